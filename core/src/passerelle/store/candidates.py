"""What may leave: entries not yet exported at their current revision, with the rows of a frozen document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from passerelle.exports.frozen import FrozenLine
from passerelle.store import sql
from passerelle.store.database import Connection
from passerelle.store.reports import REFUSED

_LIVE = "('live', 'unknown')"
_CANDIDATES = f"""
FROM entry e
JOIN report r ON e.origin = 'report' AND r.id = e.origin_id
JOIN entry_revision v ON v.entry_id = e.id AND v.revision = r.posted_revision
LEFT JOIN (
    SELECT d.entry_id, max(d.revision) AS revision, count(*) AS documents
    FROM export_document d WHERE d.state IN {_LIVE} GROUP BY d.entry_id
) x ON x.entry_id = e.id
WHERE e.entity_id = ? AND NOT r.post_due
  AND ((r.approval = 'approved' AND r.controlled_at IS NOT NULL) OR r.approval IN ('refused', 'cancelled'))
  AND ((x.revision IS NULL AND v.line_count > 0) OR x.revision < v.revision)
"""


_CANDIDATES_WITH_LINES = _CANDIDATES.replace(
    "WHERE e.entity_id",
    "JOIN line l ON l.entry_id = e.id AND l.revision = v.revision LEFT JOIN expense p ON p.id = l.expense_id"
    " WHERE e.entity_id",
)


class CandidateRow(NamedTuple):
    """An entry that may leave; ``live_revision`` is 0 when nothing of it has left."""

    entry_id: int
    revision: int
    live_revision: int
    live_documents: int
    journal: str
    entry_type: str
    entry_day: str
    latest_day: str
    report_number: str
    report_title: str
    employee_id: int
    approved_at: str | None
    controlled_at: str | None
    declared_at: str
    changed_at: str | None  # of a report that has left: when it was refused or cancelled, or last lost cover by control


_CHANGED_AT = """CASE WHEN x.revision IS NULL THEN NULL WHEN r.approval IN ('refused', 'cancelled') THEN r.ended_at ELSE
    (SELECT max(c.controlled_at) FROM expense c
     WHERE c.report_id = r.id AND NOT c.withdrawn AND c.control_cover IS NOT NULL) END"""


def _filter(journals: Sequence[str], entry_id: int | None) -> str:
    only = "" if entry_id is None else f" AND e.id = {int(entry_id)}"
    return (f"AND e.journal IN ({', '.join('?' * len(journals))})" if journals else "") + only


def candidates(
    connection: Connection, entity_id: int, journals: Sequence[str], entry_id: int | None = None
) -> Iterator[CandidateRow]:
    """Entries that may leave (or the one of ``entry_id``) in the order of their ids; no ``journals`` means all."""
    rows = sql.stream(
        connection,
        "SELECT e.id, v.revision, coalesce(x.revision, 0), coalesce(x.documents, 0), e.journal, e.entry_type, v.day,"
        " v.latest_day, r.number, r.title, r.employee_id, r.approved_at, r.controlled_at, r.declared_at,"
        f" {_CHANGED_AT} {_CANDIDATES} {_filter(journals, entry_id)} ORDER BY e.id",
        (entity_id, *journals),
    )
    return map(CandidateRow._make, rows)


def candidate_lines(
    connection: Connection, entity_id: int, journals: Sequence[str], entry_id: int | None = None
) -> Iterator[tuple[Any, ...]]:
    """The lines of ``candidates``, in the same order: (entry id, kind, account, employee id or None, amount, tax code,
    VAT rate, base, day, type id or None, comment, currency, original, rate, sections, expense id)."""
    return sql.stream(
        connection,
        "SELECT e.id, l.kind, l.account, l.employee_id, l.amount, l.tax_code, l.vat_rate, l.base,"
        " coalesce(p.day, v.latest_day), p.type_id, coalesce(p.comment, ''), l.currency, l.original, l.rate,"
        f" l.sections, l.expense_id {_CANDIDATES_WITH_LINES} {_filter(journals, entry_id)} ORDER BY e.id, l.id",
        (entity_id, *journals),
    )


def exported_lines(connection: Connection, entry_id: int) -> list[FrozenLine]:
    """The lines of every live export of one entry, in the order in which they left."""
    columns = ", ".join(f"l.{name}" for name in FrozenLine._fields)
    rows = sql.execute(
        connection,
        f"SELECT {columns} FROM export_line l JOIN export_document d ON d.id = l.document_id"
        " AND d.export_id = l.export_id"
        f" WHERE d.entry_id = ? AND d.state IN {_LIVE} ORDER BY d.rank, l.rank",
        (entry_id,),
    )
    return [FrozenLine._make(row) for row in rows]


def held_reports(connection: Connection, entity_id: int) -> list[tuple[str, str]]:
    """(number, findings as JSON) of approved reports that could not be posted, so that nothing of them can leave."""
    rows = sql.execute(
        connection,
        "SELECT number, findings FROM report WHERE entity_id = ? AND post_due AND findings <> '[]'"
        " ORDER BY number COLLATE BINARY",
        (entity_id,),
    )
    return [(row[0], row[1]) for row in rows]


def waiting_reports(connection: Connection, entity_id: int) -> tuple[int, int]:
    """How many reports of an entity await approval, and how many approved ones await an accountant's control."""
    row = sql.execute(
        connection,
        "SELECT sum(CASE WHEN approval IN ('created', 'partially_approved') AND submitted_at IS NOT NULL"
        " THEN 1 ELSE 0 END),"
        " sum(CASE WHEN approval = 'approved' AND controlled_at IS NULL THEN 1 ELSE 0 END)"
        " FROM report WHERE entity_id = ?",
        (entity_id,),
    ).one()
    return int(row[0] or 0), int(row[1] or 0)


class Standing(NamedTuple):
    """Everything that decides whether a report is in an export, for ``export why``.

    ``judging``: its employee waits to be judged; ``refused`` counts its own-money expenses that the policy refuses,
    ``uncontrolled`` those of the others that no accountant controlled by itself, of ``expenses``.
    """

    report_id: int
    report_number: str
    kind: str
    entity_id: int
    approval: str
    controlled_at: str | None
    post_due: bool
    posted_revision: int | None
    findings: str
    submitted_at: str | None
    approval_steps: int
    awaits_control: bool
    entry_id: int | None
    journal: str | None
    line_count: int | None
    judging: bool
    expenses: int
    refused: int
    uncontrolled: int


_EXPENSES = "SELECT count(*) FROM expense x WHERE x.report_id = r.id AND NOT x.withdrawn"


def standing(connection: Connection, number: str) -> list[Standing]:
    """The facts of every report of this number or source id (one per entity and kind)."""
    rows = sql.execute(
        connection,
        "SELECT r.id, r.number, r.kind, r.entity_id, r.approval, r.controlled_at, r.post_due, r.posted_revision,"
        " r.findings, r.submitted_at, r.approval_steps, r.awaits_control, e.id, e.journal, v.line_count,"
        " EXISTS (SELECT 1 FROM judging_due j WHERE j.entity_id = r.entity_id AND j.employee_id = r.employee_id),"
        f" ({_EXPENSES}), ({_EXPENSES} AND {REFUSED}), ({_EXPENSES} AND NOT {REFUSED} AND x.controlled_at IS NULL)"
        " FROM report r"
        " LEFT JOIN entry e ON e.origin = 'report' AND e.origin_id = r.id"
        " LEFT JOIN entry_revision v ON v.entry_id = e.id AND v.revision = r.posted_revision"
        " WHERE r.number = ? OR r.source_id = ? ORDER BY r.id",
        (number, number),
    )
    return [Standing._make(row) for row in rows]


def live_exports(connection: Connection, report_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """The live exports that hold something of these reports: report -> [(sequence, definition), …]."""
    if not report_ids:
        return {}
    rows = sql.execute(
        connection,
        "SELECT e.origin_id, x.sequence, x.definition FROM export_document d JOIN export x ON x.id = d.export_id"
        f" JOIN entry e ON e.id = d.entry_id AND e.origin = 'report' WHERE d.state IN {_LIVE}"
        f" AND e.origin_id IN ({', '.join('?' * len(report_ids))}) ORDER BY x.id",
        tuple(report_ids),
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for report_id, sequence, definition in rows:
        found.setdefault(report_id, []).append((sequence, definition))
    return found


def exports_of(connection: Connection, entry_id: int) -> list[tuple[int, int, str, int, int, int, str]]:
    """(export id, sequence, state of the document, revision, rank, piece number, definition) of one entry's exports."""
    rows = sql.execute(
        connection,
        "SELECT x.id, coalesce(x.sequence, 0), d.state, d.revision, d.rank, d.piece_number, x.definition"
        " FROM export_document d JOIN export x ON x.id = d.export_id"
        " WHERE d.entry_id = ? AND d.state <> 'draft' ORDER BY x.id",
        (entry_id,),
    )
    return [tuple(row) for row in rows]
