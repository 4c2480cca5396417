"""Reports for people: found by the words every listing knows, shown with their expenses, decided upon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection

from passerelle.reports.intake import CheckedExpense
from passerelle.store.reports import in_turn
from passerelle.store.sql import execute, stream

Status = Literal["submitted", "approved", "controlled", "refused", "cancelled", "faulty"]
_OF_STATUS: dict[Status, str] = {
    "submitted": "r.approval = 'created'",
    "approved": "r.approval = 'approved' AND r.controlled_at IS NULL",
    "controlled": "r.approval = 'approved' AND r.controlled_at IS NOT NULL",
    "refused": "r.approval = 'refused'",
    "cancelled": "r.approval = 'cancelled'",
    "faulty": "r.findings <> '[]'",
}
_EXPENSE = tuple(CheckedExpense._fields)


class ReportFilter(NamedTuple):
    """What a listing asks for; empty means any. Days are those of expenses, inclusive."""

    employee_id: int | None = None
    status: Status | None = None
    first_day: str = ""
    last_day: str = ""
    text: str = ""
    number: str = ""


class ListedReport(NamedTuple):
    """A report with sums over its expenses."""

    id: int
    entity_id: int
    employee_id: int
    number: str
    title: str
    kind: str
    source: str
    source_id: str
    revision: int
    declared_at: str
    approval: str
    approved_at: str | None
    controlled_at: str | None
    post_due: bool
    posted_revision: int | None
    findings: str
    expenses: int
    total: int
    first_day: str | None
    latest_day: str | None


_COLUMNS = ListedReport._fields[:16]


def listed(connection: Connection, entity_id: int, wanted: ReportFilter, limit: int) -> list[ListedReport]:
    """The first ``limit`` reports that match, oldest first."""
    where, parameters = _where(wanted, _folding(connection) if wanted.text else "")
    rows = stream(
        connection,
        f"SELECT {', '.join(f'r.{name}' for name in _COLUMNS)}, count(x.id), coalesce(sum(x.entity_gross), 0), "
        "min(x.day), max(x.day) FROM ("
        f"SELECT * FROM report r WHERE r.entity_id = ?{where} ORDER BY r.id LIMIT {int(limit)}"
        ") r LEFT JOIN expense x ON x.report_id = r.id AND NOT x.withdrawn "
        f"GROUP BY {', '.join(f'r.{name}' for name in _COLUMNS)} ORDER BY r.id",
        (entity_id, *parameters),
    )
    return [_listed(row) for row in rows]


def expenses_of(connection: Connection, entity_id: int, report_id: int) -> Iterator[tuple[CheckedExpense, bool]]:
    """Each expense of a report, and whether its source withdrew it."""
    rows = stream(
        connection,
        f"SELECT {', '.join(_EXPENSE)}, withdrawn FROM expense WHERE entity_id = ? AND report_id = ?"
        " ORDER BY day COLLATE BINARY, id",
        (entity_id, report_id),
    )
    for *content, withdrawn in rows:
        yield CheckedExpense(*content), bool(withdrawn)


def approve(connection: Connection, entity_id: int, now: str, ids: Sequence[int] | None) -> int:
    """Approves submitted reports: those of ``ids``, or all. What waits for its control is not due to be posted."""
    return _decide(
        connection,
        "UPDATE report SET approval = 'approved', approved_at = ?, post_due = NOT awaits_control "
        "WHERE entity_id = ? AND approval = 'created'",
        (now, entity_id),
        ids,
    )


def control(connection: Connection, entity_id: int, now: str, ids: Sequence[int] | None) -> int:
    """Controls reports: those of ``ids``, or all that are approved."""
    approvals = "approval = 'approved'" if ids is None else "approval IN ('created', 'approved')"
    return _decide(
        connection,
        "UPDATE report SET controlled_at = ?, "
        "post_due = CASE WHEN approval = 'approved' AND awaits_control THEN awaits_control ELSE post_due END, "
        f"awaits_control = ? WHERE entity_id = ? AND controlled_at IS NULL AND {approvals}",
        (now, False, entity_id),
        ids,
    )


def _decide(connection: Connection, statement: str, parameters: tuple[Any, ...], ids: Sequence[int] | None) -> int:
    in_turn(connection)
    if ids is None:
        changed: int = execute(connection, statement, parameters).rowcount
        return changed
    return sum(execute(connection, f"{statement} AND id = ?", (*parameters, id)).rowcount for id in ids)


def _folding(connection: Connection) -> str:
    """What makes ``lower`` know É in a database whose locale does not, where the server has it."""
    if connection.dialect.name == "sqlite":
        return ""
    rows = execute(
        connection,
        "SELECT min(collname::text) FROM pg_collation WHERE collname IN ('und-x-icu', 'pg_c_utf8')"
        " AND collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding()))",
    ).all()
    return "".join(f' COLLATE "{name}"' for (name,) in rows if name)


def _where(wanted: ReportFilter, folding: str) -> tuple[str, list[Any]]:
    where, parameters = "", list[Any]()
    if wanted.employee_id is not None:
        where, parameters = where + " AND r.employee_id = ?", [*parameters, wanted.employee_id]
    if wanted.status is not None:
        where += f" AND {_OF_STATUS[wanted.status]}"
    if wanted.number:
        where, parameters = where + " AND r.number = ?", [*parameters, wanted.number]
    if wanted.first_day or wanted.last_day:
        where += (
            " AND EXISTS (SELECT 1 FROM expense d WHERE d.report_id = r.id AND NOT d.withdrawn "
            "AND d.day >= ? AND d.day <= ?)"
        )
        parameters = [*parameters, wanted.first_day or "0000", wanted.last_day or "9999-99-99"]
    if wanted.text:
        where += f" AND lower((r.number || ' ' || r.title || ' ' || r.source_id){folding}) LIKE ? ESCAPE '!'"
        escaped = wanted.text.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        parameters = [*parameters, f"%{escaped}%"]
    return where, parameters


def _listed(row: Sequence[Any]) -> ListedReport:
    one = ListedReport(*row)
    return one._replace(post_due=bool(one.post_due), total=int(one.total))
