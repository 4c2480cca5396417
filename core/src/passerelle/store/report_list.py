"""Reports for people: found by the words every listing knows, shown with their expenses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from passerelle.reports.intake import CheckedExpense
from passerelle.reports.status import Status, is_ended, owed
from passerelle.store.reports import REFUSED
from passerelle.store.sql import execute, stream

_ENDED = "r.approval IN ('refused', 'cancelled')"
_CONTROLLED = "EXISTS (SELECT 1 FROM expense c WHERE c.report_id = r.id AND c.controlled_at IS NOT NULL)"
_OF_STATUS: dict[Status, str] = {
    "draft": "r.approval = 'created' AND r.submitted_at IS NULL",
    "submitted": "r.approval = 'created' AND r.submitted_at IS NOT NULL",
    "partially-approved": "r.approval = 'partially_approved'",
    "approved": "r.approval = 'approved' AND r.controlled_at IS NULL",
    "partly-controlled": f"r.approval = 'approved' AND r.controlled_at IS NULL AND {_CONTROLLED}",
    "controlled": "r.approval = 'approved' AND r.controlled_at IS NOT NULL",
    "refused": "r.approval = 'refused'",
    "cancelled": "r.approval = 'cancelled'",
    "faulty": "r.findings <> '[]'",
}
_COVERED = f"CASE WHEN {_ENDED} OR {REFUSED} THEN 0 ELSE x.entity_covered END"
_PART = 10**9
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
    """A report with sums over its expenses: declared, covered.

    Own money refused by the policy is not covered, nor is anything of a report that was refused or cancelled.
    ``controlled_lines`` counts those that are controlled by themselves, ``unjudged`` those that the policy has yet
    to judge.
    """

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
    submitted_at: str | None
    approval_steps: int
    ended_at: str | None
    expenses: int
    total: int
    covered: int
    controlled_lines: int
    unjudged: int
    first_day: str | None
    latest_day: str | None


class ListedExpense(NamedTuple):
    """An expense with what the policy and an accountant made of it. ``verdicts`` is JSON, ``None``: not judged yet."""

    id: int
    withdrawn: bool
    blocked: bool
    covered: int
    entity_covered: int
    verdicts: str | None
    declared_at: str
    controlled_at: str | None
    control_cover: int | None
    control_reason: str
    content: CheckedExpense

    def owed(self, approval: str) -> tuple[int, int]:
        """To the employee, and by him as an advance, in a report with this approval; in the entity's currency."""
        counts = not self.withdrawn and self.verdicts is not None and not is_ended(approval)
        return owed(counts, self.content.kind == "own", self.content.entity_gross, self.entity_covered)


_COLUMNS = ListedReport._fields[:19]


def listed(connection: Connection, entity_id: int, wanted: ReportFilter, limit: int) -> list[ListedReport]:
    """The first ``limit`` reports that match, oldest first."""
    where, parameters = _where(wanted, _folding(connection) if wanted.text else "")
    rows = stream(
        connection,
        f"SELECT {', '.join(f'r.{name}' for name in _COLUMNS)}, count(x.id), {_parts('x.entity_gross')}, "
        f"{_parts(_COVERED)}, "
        f"count(x.controlled_at), count(CASE WHEN x.verdicts IS NULL AND NOT {_ENDED} THEN x.id END), "
        "min(x.day), max(x.day) FROM ("
        f"SELECT * FROM report r WHERE r.entity_id = ?{where} ORDER BY r.id LIMIT {int(limit)}"
        ") r LEFT JOIN expense x ON x.report_id = r.id AND NOT x.withdrawn "
        f"GROUP BY {', '.join(f'r.{name}' for name in _COLUMNS)} ORDER BY r.id",
        (entity_id, *parameters),
    )
    return [_listed(row) for row in rows]


def expenses_of(connection: Connection, entity_id: int, report_id: int) -> Iterator[ListedExpense]:
    """Each expense of a report, withdrawn ones too."""
    columns = ListedExpense._fields[:-1]
    rows = stream(
        connection,
        f"SELECT {', '.join(columns)}, {', '.join(_EXPENSE)} FROM expense WHERE entity_id = ? AND report_id = ?"
        " ORDER BY day COLLATE BINARY, id",
        (entity_id, report_id),
    )
    for id, withdrawn, blocked, *more in rows:
        policy, content = more[: len(columns) - 3], more[len(columns) - 3 :]
        facts = (id, bool(withdrawn), bool(blocked), *policy, CheckedExpense(*content))
        yield ListedExpense._make(facts)


def held(connection: Connection, report_id: int) -> tuple[int, bool]:
    """What the ledger holds of a posted report, owed or paid, and whether it does so until the report is controlled."""
    (row,) = execute(
        connection,
        "SELECT coalesce(-sum(l.amount), 0), r.awaits_control FROM report r "
        "JOIN entry e ON e.origin = 'report' AND e.origin_id = r.id "
        "LEFT JOIN line l ON l.entry_id = e.id AND l.revision = r.posted_revision "
        "AND l.kind IN ('employee', 'company') "
        "WHERE r.id = ? GROUP BY r.awaits_control",
        (report_id,),
    )
    return int(row[0]), bool(row[1])


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
    place = ListedReport._fields.index("total")
    total, rest, covered, covered_rest = map(int, row[place : place + 4])
    sums = (total * _PART + rest, covered * _PART + covered_rest)
    one = ListedReport._make((*row[:place], *sums, *row[place + 4 :]))
    return one._replace(post_due=bool(one.post_due))


def _parts(amount: str) -> str:
    """The sum of what may be beyond 64 bits together, in two columns."""
    return f"coalesce(sum(({amount}) / {_PART}), 0), coalesce(sum(({amount}) - ({amount}) / {_PART} * {_PART}), 0)"
