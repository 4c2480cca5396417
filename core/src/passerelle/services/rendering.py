"""From frozen documents to proven artifacts: the snapshot an export keeps, trial renders, files, read-back.

Everything that decides bytes is in the snapshot (format texts, settings, mappings, entity), so that an old export
renders the same bytes whatever the configuration says today.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from passerelle.errors import ConfigurationFault, Defect, Finding
from passerelle.exports.frozen import FrozenDocument
from passerelle.exports.projection import CodeMap, Merging, Projection, Shape, step_of
from passerelle.exports.proof import Proof, prove
from passerelle.exports.tally import Tally
from passerelle.formats.document import Document
from passerelle.formats.language import LINE_KINDS
from passerelle.formats.load import declared_settings, load_format
from passerelle.formats.reader import read
from passerelle.formats.shapes import Format
from passerelle.formats.writer import Writer, compile_format, file_name, render
from passerelle.masterdata.company import ArtifactChoice, Company
from passerelle.periods import Clock, instant_text
from passerelle.plugins import discover
from passerelle.services import Progress
from passerelle.services.export_records import named
from passerelle.services.export_sample import Sample, sample_of
from passerelle.services.file_names import name_faults
from passerelle.services.format_texts import format_text
from passerelle.store import deliveries, ledger, masterdata
from passerelle.store import exports as stored
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database

Snapshot = dict[str, Any]
_BLOCK = 1 << 18
_FIRST_KINDS = ("expense", "vat", "employee", "company")
"""The line kinds that there were when snapshots did not yet name them."""


@dataclass(frozen=True)
class ArtifactPlan:
    """One file to be: its format with settings laid over it, and the projection of its connection."""

    position: int
    connection: str
    format: Format
    projection: Projection

    def writes(self, document: FrozenDocument) -> bool:
        """Whether documents of this entry type leave in this format."""
        return document.entry_type in self.format.entry_types

    @property
    def changes_amounts(self) -> bool:
        """Whether a line of the ledger may leave with another amount, or not at all."""
        return bool(self.projection.shape.merging or self.projection.shape.step > 1 or self.format.omitted)

    def count(self, tally: Tally, document: FrozenDocument, projected: Document | None = None) -> None:
        """Counts a document into the tally of this file."""
        if self.changes_amounts:
            shown = projected or self.projection.project(document)
            tally.add(document, self.projection.merged(document), shown, self.format.omitted)
        else:
            tally.add_whole(document)


class Renderer:
    """The artifacts of one export, as its snapshot describes them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.plans = [_plan(position, artifact, snapshot) for position, artifact in enumerate(snapshot["artifacts"], 1)]

    @classmethod
    def of(cls, directory: masterdata.Directory, definition: str, now: datetime) -> Renderer:
        """The renderer of a definition as configured now; faulty formats or settings are a ``ConfigurationFault``."""
        company = directory.company
        chosen = company.exports[definition]
        entity = company.entities[chosen.entity]
        day = now.astimezone(ZoneInfo(entity.time_zone)).date().isoformat()
        formats = {name: connector.formats for name, connector in discover().connectors.items()}
        snapshot: Snapshot = {
            "definition": definition,
            "entity": chosen.entity,
            "entity_name": entity.name,
            "siren": entity.siren or "",
            "currency": entity.currency,
            "run_day": day,
            "kinds": list(LINE_KINDS),
            "destinations": list(chosen.destinations),
            "artifacts": [_artifact(choice, company, formats) for choice in chosen.artifacts],
        }
        renderer = cls(snapshot)
        misnamed = name_faults(company, definition, [plan.format for plan in renderer.plans])
        if misnamed:
            raise ConfigurationFault([fault.finding for fault in misnamed])
        return renderer

    def content(self) -> str:
        """The snapshot as canonical JSON, without the day of the run: what ``--expect`` covers."""
        return json.dumps({**self.snapshot, "run_day": ""}, sort_keys=True, ensure_ascii=False)

    def stored(self) -> str:
        """The snapshot as an export keeps it."""
        return json.dumps(self.snapshot, sort_keys=True, ensure_ascii=False)

    def run_row(self, sequence: int) -> tuple[str | int, ...]:
        """The values of the run variables (``formats.document.RUN_COLUMNS``)."""
        s = self.snapshot
        named = (s["entity"], s["entity_name"], s["siren"], s["currency"], s["definition"])
        return (*named, sequence, s["run_day"])

    def trial(self, sequence: int = 1) -> Trial:
        """Renders documents for their findings alone."""
        return Trial([(plan, compile_format(plan.format, self.run_row(sequence))) for plan in self.plans])

    def samples(self, documents: list[FrozenDocument], sequence: int, tallies: Sequence[Tally]) -> list[Sample]:
        """The first lines of every artifact, for eyes, each with the tally of the whole file."""
        run = self.run_row(sequence)
        samples = []
        for plan, tally in zip(self.plans, tallies, strict=True):
            shown = [plan.projection.project(document) for document in documents if plan.writes(document)]
            samples.append(sample_of(plan.format, plan.connection, run, shown, tally))
        return samples


class Trial:
    """Trial render: every document through every format, with its findings.

    ``tallies`` holds, for each file, what it would hold of the documents that were counted.
    """

    def __init__(self, writers: list[tuple[ArtifactPlan, Writer]]) -> None:
        self._writers = writers
        self.tallies = [Tally() for _ in writers]

    def findings(self, document: FrozenDocument) -> list[Finding]:
        """What keeps this document from leaving in one of the files."""
        found: list[Finding] = []
        taken = False
        for plan, writer in self._writers:
            if plan.writes(document):
                taken = True
                writer.document(plan.projection.project(document, found), found)
        if not taken:
            found.append(_nobody_writes(document))
        return found

    def count(self, document: FrozenDocument) -> None:
        """Counts in a document that leaves."""
        for (plan, _), tally in zip(self._writers, self.tallies, strict=True):
            if plan.writes(document):
                plan.count(tally, document)

    def vanished_from(self) -> list[str]:
        """The formats in which nothing is left of some document that was counted."""
        return [
            plan.format.name for (plan, _), tally in zip(self._writers, self.tallies, strict=True) if tally.vanished
        ]


def _plan(position: int, artifact: dict[str, Any], snapshot: Snapshot) -> ArtifactPlan:
    form = load_format(
        artifact["text"],
        artifact["format"],
        settings=artifact["settings"],
        labels=artifact["labels"],
        also_declared=artifact["declared"],
        kinds=snapshot.get("kinds", _FIRST_KINDS),
    )
    file = form.file
    codes = CodeMap(artifact["accounts"], artifact["journals"], artifact["sections"], artifact["axes"])
    merging = () if file.merge is None else (Merging(frozenset(file.merge.kinds), file.merge.by, bool(form.analytic)),)
    step = step_of(file.truncate_to, snapshot["currency"])
    shape = Shape(merging, step, form.line_order, _needs_slots(form))
    return ArtifactPlan(position, artifact["connection"], form, Projection(codes, shape))


def _needs_slots(form: Format) -> bool:
    """Whether analytic records tell the axis by its slot, for every axis."""
    shapes = form.analytic.values()
    chosen = any(condition.name == "slot" for shape in shapes for condition in shape.conditions)
    return not chosen and any("slot" in cell.names for shape in shapes for cell in shape.cells)


def _artifact(choice: ArtifactChoice, company: Company, formats: dict[str, Any]) -> dict[str, Any]:
    connection = company.connections[choice.connection]
    shipped = formats.get(connection.connector, {})
    text = format_text(choice.format, shipped, connection.connector)
    return {
        "connection": choice.connection,
        "connector": connection.connector,
        "format": choice.format,
        "text": text,
        "settings": connection.settings,
        "declared": sorted({name for other in shipped.values() for name in declared_settings(other)}),
        "labels": connection.labels,
        "accounts": connection.accounts,
        "journals": connection.journals,
        "sections": connection.sections,
        "axes": connection.axes,
    }


def produce(
    database: Database, clock: Clock, folder: ArtifactFolder, export_id: int, progress: Progress | None
) -> list[stored.ArtifactRow]:
    """Renders every artifact of a frozen export, reads it back, proves it, stores it and plans its deliveries.

    Can be repeated at will until the export is ``proven``. A file that does not prove is a ``Defect`` (PSR-6901 …): the
    export stays frozen and nothing is delivered.
    """
    with database.reading() as connection:
        export = stored.export(connection, export_id)
        drifted = ledger.drifted(connection, export.entity_id, export_id)
        name = named(connection, export)
    if drifted:
        raise Defect([_drift(export, account, name) for _, _, account in drifted])
    renderer = Renderer(json.loads(export.snapshot))
    rows = [
        _produce_one(database, folder, export, renderer, plan, instant_text(clock()), progress)
        for plan in renderer.plans
    ]
    with database.transaction() as connection:
        ids = stored.save_artifacts(connection, rows)
        now = instant_text(clock())
        for artifact_id, row in zip(ids, rows, strict=True):
            for destination in renderer.snapshot["destinations"]:
                deliveries.add(connection, artifact_id, destination, row[4], now)
        stored.set_state(connection, export_id, "proven")
        return stored.artifacts(connection, export_id)


def _produce_one(
    database: Database,
    folder: ArtifactFolder,
    export: stored.ExportRow,
    renderer: Renderer,
    plan: ArtifactPlan,
    now: str,
    progress: Progress | None,
) -> tuple[Any, ...]:
    kept = folder.keep(rendered(database, export, renderer, plan, progress))
    path = folder.check(kept.sha256)
    proof = proven(database, export, renderer, plan, path)
    name = file_name(plan.format, renderer.run_row(export.sequence or 0))
    return (
        export.id, plan.position, plan.format.name, plan.connection, name, kept.sha256, kept.size,
        json.dumps(proof.counted()), now,
    )  # fmt: skip


def projected(
    database: Database, export: stored.ExportRow, plan: ArtifactPlan, tally: Tally | None = None
) -> Iterator[Document]:
    """The documents of an export as one artifact shows them, streamed from what is frozen, counted into ``tally``."""
    with database.reading() as connection:
        for document in stored.documents(connection, export.id, plan.format.document_order):
            if plan.writes(document):
                shown = plan.projection.project(document)
                if tally is not None:
                    plan.count(tally, document, shown)
                yield shown


def rendered(
    database: Database,
    export: stored.ExportRow,
    renderer: Renderer,
    plan: ArtifactPlan,
    progress: Progress | None = None,
) -> Iterator[bytes]:
    """The bytes of one artifact, in pieces, from what is frozen."""
    writer = compile_format(plan.format, renderer.run_row(export.sequence or 0))

    def counted() -> Iterator[Document]:
        for number, document in enumerate(projected(database, export, plan), 1):
            if progress is not None and number % 256 == 0:
                progress(f"rendered {plan.format.name}", number, export.documents)
            yield document

    return render(writer, counted())


def proven(database: Database, export: stored.ExportRow, renderer: Renderer, plan: ArtifactPlan, path: Path) -> Proof:
    """Reads a file back and compares it, record by record, with the projection; raises ``Defect`` at any difference."""
    currency, year = renderer.snapshot["currency"], int(renderer.snapshot["run_day"][:4])
    run = renderer.run_row(export.sequence or 0)
    with path.open("rb") as handle:
        records = read(plan.format, iter(lambda: handle.read(_BLOCK), b""), currency=currency, year=year)
        tally = Tally()
        documents = projected(database, export, plan, tally)
        proof = prove(plan.format, run, documents, records, f"export {export.sequence}")
    return replace(proof, tally=tally)


def _nobody_writes(document: FrozenDocument) -> Finding:
    return Finding(
        "PSR-6005",
        f"No format of this export writes entries of type {document.entry_type}.",
        object=f"report {document.report_number}",
        field="entry type",
        value=document.entry_type,
        expected="a format whose `entries.writes` holds it",
        remedy="add an artifact that writes it, or leave its journal out of the export definition",
        who="admin",
    )


def _drift(export: stored.ExportRow, account: str, name: str) -> Finding:
    return Finding(
        "PSR-6900",
        f"What export {export.sequence} froze differs from the ledger on account {account}.",
        object=f"export {export.sequence}",
        field="account",
        value=account,
        expected="frozen lines that add up to the ledger's revision",
        remedy=f"nothing was sent; report this with: passerelle export verify {name}",
        who="admin",
    )
