"""What happened to a report: acts with who, when and why, what the ledger took of it, and what left."""

from __future__ import annotations

from passerelle.masterdata.company import Entity
from passerelle.plan import counted
from passerelle.services.lookups import entity_of
from passerelle.services.reports import Shown, find, local_time
from passerelle.store import masterdata, report_events
from passerelle.store.database import Database
from passerelle.store.report_events import Event

_DONE = {
    "declare": "declared", "submit": "submitted", "replace": "replaced", "approve": "approved", "refuse": "refused",
    "cancel": "cancelled", "control": "controlled", "uncontrol": "control undone", "send-back": "sent back",
    "withdraw": "withdrawn",
}  # fmt: skip


class Happening(Shown):
    """One thing that happened to a report at one of its revisions; ``by`` is empty where the program did it."""

    at: str
    what: str
    by: str
    revision: int
    detail: str
    reason: str


class ReportHistory(Shown):
    """What happened to a report, oldest first; instants are in the entity's zone."""

    number: str
    entity: str
    title: str
    time_zone: str
    happenings: tuple[Happening, ...]


def history(database: Database, number: str, entity: str | None = None) -> ReportHistory:
    """Everything that is kept of what was done to a report and became of it."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        row = find(connection, directory, number, entity)
        legal = entity_of(directory, row.entity_id)
        found = [(one.at, 0, _act(one, legal)) for one in report_events.of_report(connection, row.id)]
        for at, revision, lines in report_events.postings(connection, row.id):
            detail = f"revision {revision} of the entry: {counted(lines, 'line') if lines else 'nothing'}"
            found.append((at, 1, _by_program(at, "posted", detail, legal)))
        for sent in report_events.sendings(connection, [row.id]).get(row.id, []):
            piece = f", piece {sent.piece_number}" if sent.piece_number else ""
            detail = f"export {sent.sequence} ({sent.definition}), revision {sent.revision} of the entry{piece}"
            detail += "" if sent.state == "live" else f"; {sent.state} now"
            found.append((sent.frozen_at, 2, _by_program(sent.frozen_at, "exported", detail, legal)))
            if sent.voided_at is not None:
                undone = _by_program(sent.voided_at, "export voided", f"export {sent.sequence}", legal)
                found.append((sent.voided_at, 3, undone.model_copy(update={"reason": sent.void_reason})))
    found.sort(key=lambda one: one[:2])  # within one instant: acts in their order, then what followed from them
    return ReportHistory(
        number=row.number,
        entity=directory.entity_code(row.entity_id),
        title=row.title,
        time_zone=legal.time_zone,
        happenings=tuple(happening for _, _, happening in found),
    )


def _act(one: Event, entity: Entity) -> Happening:
    return Happening(
        at=local_time(entity)(one.at),
        what=_DONE.get(one.act, one.act),
        by=one.actor,
        revision=one.revision,
        detail=one.detail,
        reason=one.reason,
    )


def _by_program(at: str, what: str, detail: str, entity: Entity) -> Happening:
    return Happening(at=local_time(entity)(at), what=what, by="", revision=0, detail=detail, reason="")
