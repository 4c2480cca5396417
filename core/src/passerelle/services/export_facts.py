"""What became of exports: lists, details, bytes by hand, verification, and why a document is where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from passerelle import money
from passerelle.errors import Finding, Refused
from passerelle.periods import Clock, instant_text, parse_instant, shown
from passerelle.services import rendering
from passerelle.services.export_records import by_number
from passerelle.store import candidates, deliveries, ledger, masterdata
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
    """One export as a person sees it; the instant is in the entity's zone."""

    number: int
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
            raise Refused(
                Finding(
                    "PSR-6032",
                    f"Export {number} has no file {position}.",
                    object=f"export {number}",
                    value=str(position),
                    expected=f"one of {', '.join(map(str, found)) or 'none: it was not rendered'}",
                    remedy=f"passerelle export show {number}",
                    who="accountant",
                )
            )
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
    for plan in renderer.plans:
        if plan.position == position:
            return export, rendering.rendered(database, export, renderer, plan)
    raise Refused(
        Finding("PSR-6032", f"Export {number} has no file {position}.", expected=f"1 to {len(renderer.plans)}")
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

    A difference is a finding, never a replacement: stored bytes are the truth of what left.
    """
    import hashlib

    with database.reading() as connection:
        export = by_number(connection, number, entity)
        rows = {a.position: a for a in stored.artifacts(connection, export.id)}
        drifted = [] if export.state == "voided" else ledger.drifted(connection, export.entity_id, export.id)
    findings = [_differs(number, f"account {account}", "the ledger") for _, _, account in drifted]
    renderer = rendering.Renderer(json.loads(export.snapshot))
    for plan in renderer.plans:
        if plan.position not in rows:
            continue
        path = folder.check(rows[plan.position].sha256)
        rendering.proven(database, export, renderer, plan, path)
        digest = hashlib.sha256()
        for piece in rendering.rendered(database, export, renderer, plan):
            digest.update(piece)
        if digest.hexdigest() != rows[plan.position].sha256:
            findings.append(_differs(number, rows[plan.position].file_name, "a rendering by this version"))
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
class Why:
    """Where a document stands towards exports, in sentences, and what to do next."""

    document: str
    entity: str
    sentences: tuple[str, ...]
    findings: tuple[Finding, ...]
    next: str


def why(database: Database, document: str) -> list[Why]:
    """Why a report is not in an export, or where it is; refused (PSR-6034) when nothing has this number."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        found = candidates.standing(connection, document)
        if not found:
            raise Refused(
                Finding(
                    "PSR-6034",
                    f"There is no report {document}.",
                    value=document,
                    expected="the number or source id of a report",
                    remedy="passerelle reports list --text …",
                    who="accountant",
                )
            )
        return [_why(connection, directory, one) for one in found]


def _why(connection: Connection, directory: Directory, one: candidates.Standing) -> Why:
    entity = directory.entity_code(one.entity_id)
    sentences: list[str] = []
    findings = tuple(ledger.stored_findings(one.findings))
    following = f"passerelle reports show {one.report_number}"
    left = candidates.exports_of(connection, one.entry_id) if one.entry_id is not None else []
    for _, sequence, state, revision, rank, piece, definition in left:
        what = "whole" if rank == 0 else f"as correction {rank}"
        sentences.append(
            f"Export {sequence} ({definition}) holds it {what} at revision {revision}, piece {piece}: {state}."
        )
        following = f"passerelle export show {sequence}"
    live = max((revision for _, _, state, revision, *_ in left if state in ("live", "unknown")), default=0)
    if one.approval not in ("approved", "refused", "cancelled"):
        sentences.append("It is not approved yet.")
        following = f"passerelle reports approve {one.report_number}"
    elif one.approval == "approved" and one.controlled_at is None:
        sentences.append("It is approved, but no accountant has controlled it yet.")
        following = f"passerelle reports control {one.report_number}"
    elif findings:
        sentences.append(f"It could not be posted: {len(findings)} findings.")
        following = findings[0].remedy
    elif one.post_due or one.posted_revision is None:
        sentences.append("It is approved and waits to be posted; the next preview or export posts it.")
    elif not one.line_count and not live:
        sentences.append("It posts no line, so there is nothing to export.")
    elif live >= one.posted_revision:
        sentences.append("Everything it says now has left.")
    else:
        named = _definitions(directory, entity, one.journal or "")
        sentences.append(f"It is a candidate: {'a correction of ' if live else ''}the next export takes it.")
        if not named:
            sentences.append(f"But no export definition of {entity} takes journal {one.journal}.")
        following = f"passerelle export preview {named[0]}" if named else "add one to company.toml: [exports.NAME]"
    return Why(one.report_number, entity, tuple(sentences), findings, following)


def _definitions(directory: Directory, entity: str, journal: str) -> list[str]:
    return [
        code
        for code, definition in directory.company.exports.items()
        if definition.entity == entity and (not definition.journals or journal in definition.journals)
    ]
