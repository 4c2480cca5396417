"""What became of exports: lists, details, bytes by hand, verification, the register of pieces."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from passerelle import money
from passerelle.errors import Defect, Finding, Refused
from passerelle.periods import Clock, instant_text, parse_instant, shown
from passerelle.services import rendering
from passerelle.services.export_records import by_number, named
from passerelle.store import deliveries, ledger, masterdata, pieces
from passerelle.store import exports as stored
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Connection, Database
from passerelle.store.masterdata import Directory


@dataclass(frozen=True, slots=True)
class ArtifactFacts:
    """One file of an export. ``where`` says what became of it at each destination."""

    position: int
    format: str
    connection: str
    file_name: str
    sha256: str
    size: int
    proof: dict[str, object]
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """One export as a person sees it; the instant is in the entity's zone. ``named`` is what commands call it."""

    number: int
    named: str
    entity: str
    definition: str
    state: str
    frozen_at: str
    documents: int
    lines: int
    debit: str
    currency: str
    void_reason: str
    artifacts: tuple[ArtifactFacts, ...]


def facts(connection: Connection, directory: Directory, export: stored.ExportRow) -> ExportFacts:
    """An export with its artifacts and their deliveries."""
    code = directory.entity_code(export.entity_id)
    snapshot = json.loads(export.snapshot)
    entity = directory.company.entities.get(code)
    at = parse_instant(export.frozen_at or export.created_at)
    where: dict[int, list[str]] = {}
    for delivery in deliveries.select(connection, export_id=export.id):
        where.setdefault(delivery.artifact_id, []).append(f"{delivery.destination}: {delivery.state}")
    return ExportFacts(
        export.sequence or 0,
        named(connection, export),
        code,
        export.definition,
        export.state,
        shown(at, entity.time_zone) if entity is not None else instant_text(at),
        export.documents,
        export.lines,
        money.text(export.debit, snapshot["currency"]),
        snapshot["currency"],
        export.void_reason,
        tuple(
            ArtifactFacts(
                a.position, a.format, a.connection, a.file_name, a.sha256, a.size, json.loads(a.proof),
                tuple(where.get(a.id, ())),
            )
            for a in stored.artifacts(connection, export.id)
        ),
    )  # fmt: skip


def listed(database: Database, entity: str | None = None, state: str | None = None) -> list[ExportFacts]:
    """Exports, oldest first."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        found = [facts(connection, directory, export) for export in stored.exports(connection)]
    return [one for one in found if entity in (None, one.entity) and state in (None, one.state)]


def shown_export(database: Database, number: int, entity: str | None) -> ExportFacts:
    """One export."""
    with database.reading() as connection:
        return facts(connection, masterdata.load(connection), by_number(connection, number, entity))


def take_artifact(
    database: Database, clock: Clock, folder: ArtifactFolder, number: int, entity: str | None, position: int, to: str
) -> tuple[stored.ArtifactRow, Path]:
    """The stored bytes of one file, checked against their hash; taking them is recorded, for they have left then."""
    with database.transaction() as connection:
        export = by_number(connection, number, entity)
        found = {a.position: a for a in stored.artifacts(connection, export.id)}
        if position not in found:
            raise Refused(_no_file(connection, export, position, found))
        path = folder.check(found[position].sha256)
        stored.record_download(connection, found[position].id, to, instant_text(clock()))
    return found[position], path


def rendered_copy(
    database: Database, number: int, entity: str | None, position: int
) -> tuple[stored.ExportRow, Iterator[bytes]]:
    """A fresh rendering of one file from what is frozen: a copy that is never delivered nor recorded."""
    with database.reading() as connection:
        export = by_number(connection, number, entity)
        renderer = rendering.Renderer(json.loads(export.snapshot))
        plans = {plan.position: plan for plan in renderer.plans}
        if position not in plans:
            raise Refused(_no_file(connection, export, position, plans))
    return export, rendering.rendered(database, export, renderer, plans[position])


def _no_file(connection: Connection, export: stored.ExportRow, position: int, known: Iterable[int]) -> Finding:
    return Finding(
        "PSR-6032",
        f"Export {export.sequence} has no file {position}.",
        object=f"export {export.sequence}",
        value=str(position),
        expected=f"one of {', '.join(map(str, known)) or 'none: it was not rendered'}",
        remedy=f"passerelle export show {named(connection, export)}",
        who="accountant",
    )


@dataclass(frozen=True, slots=True)
class Verified:
    """What ``verify`` looked at; ``findings`` is empty when stored bytes, rendering and ledger agree."""

    number: int
    artifacts: int
    documents: int
    findings: tuple[Finding, ...]


def verify(database: Database, folder: ArtifactFolder, number: int, entity: str | None) -> Verified:
    """Renders again from what is frozen, compares with the stored bytes, reads them back, and compares with the ledger.

    Every difference is a finding, never a replacement: stored bytes are the truth of what left.
    """
    with database.reading() as connection:
        export = by_number(connection, number, entity)
        rows = {a.position: a for a in stored.artifacts(connection, export.id)}
        drifted = [] if export.state == "voided" else ledger.drifted(connection, export.entity_id, export.id)
    findings = [_differs(number, f"account {account}", "the ledger") for _, _, account in drifted]
    renderer = rendering.Renderer(json.loads(export.snapshot))
    for plan in renderer.plans:
        if plan.position not in rows:
            continue
        row = rows[plan.position]
        try:
            rendering.proven(database, export, renderer, plan, folder.check(row.sha256))
        except Defect as fault:
            findings.extend(fault.findings)
        digest = hashlib.sha256()
        for piece in rendering.rendered(database, export, renderer, plan):
            digest.update(piece)
        if digest.hexdigest() != row.sha256:
            findings.append(_differs(number, row.file_name, "a rendering by this version"))
    return Verified(number, len(rows), export.documents, tuple(findings))


def _differs(number: int, what: str, other: str) -> Finding:
    return Finding(
        "PSR-6033",
        f"Export {number} differs from {other} on {what}.",
        object=f"export {number}",
        expected="the same bytes and sums",
        remedy="the stored bytes are what left; compare with: passerelle export render",
        who="integrator",
    )


@dataclass(frozen=True, slots=True)
class Piece:
    """One number of the register of pieces: used, voided (until it is used again) or cancelled, with the reason."""

    entity: str
    journal: str
    fiscal_year: str
    number: int
    state: str
    reason: str
    report: str


def register(database: Database, entity: str | None = None) -> list[Piece]:
    """Every piece number ever given, without a hole in its journal and fiscal year."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        return [
            Piece(directory.entity_code(entity_id), *row)
            for entity_id in sorted(number for key, number in directory.ids.items() if key[0] == "entity")
            if entity in (None, directory.entity_code(entity_id))
            for row in pieces.register(connection, entity_id)
        ]
