"""Rows of expense reports and expenses, read and written in blocks; every function is scoped to one entity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from passerelle.reports.intake import CheckedExpense, ReportKind
from passerelle.reports.lifecycle import Standing
from passerelle.store import report_events
from passerelle.store.sql import execute, execute_many, insert, take_ids

_SERIES: dict[ReportKind, str] = {"own": "ND", "company": "CP"}
_IN = 1000  # parameters in one list
_EXPENSE = tuple(CheckedExpense._fields)
STANDING = (
    "approval, approved_at, controlled_at, awaits_control, post_due, posted_revision IS NOT NULL, submitted_at,"
    " approval_steps, ended_at"
)
LIVE = "(NOT x.withdrawn AND r.approval NOT IN ('refused', 'cancelled'))"  # an expense x of a report r
REFUSED = "(x.blocked AND r.kind = 'own')"  # own money that the policy refuses: nothing is owed for it
TAKING_LINES = (  # the submitted reports of a mapping that still take lines
    "r.entity_id = ? AND r.source = ? AND r.group_key <> '' AND r.approval = 'created' AND r.submitted_at IS NOT NULL"
)


class NewReport(NamedTuple):
    """A report to add. ``order`` is its place among those of one call: numbers follow it."""

    employee_id: int
    source: str
    source_id: str
    kind: ReportKind
    revision: int
    additive: bool
    group_key: str
    content_hash: str
    title: str
    declared_at: str
    standing: Standing
    stated: bool = True  # by its source, which is kept as who declared it; else the caller says who did


class StoredExpense(NamedTuple):
    """An expense as it stands."""

    id: int
    report_id: int
    withdrawn: bool
    employee_id: int
    content: CheckedExpense


class NewExpense(NamedTuple):
    """An expense to add, first declared at ``declared_at``. ``judged``: no policy concerns it, and it is covered whole;
    else its employee must stand in the queue of the judges."""

    report_id: int
    declared_at: str
    judged: bool
    content: CheckedExpense


class StoredHalf(NamedTuple):
    """One half of a submission as it stands."""

    id: int
    employee_id: int
    revision: int
    content_hash: str
    standing: Standing


def expenses_by_key(
    connection: Connection, entity_id: int, source: str, keys: Sequence[str]
) -> dict[str, StoredExpense]:
    """The expenses of a source that have one of these line keys."""
    found: dict[str, StoredExpense] = {}
    columns = ", ".join(f"x.{name}" for name in _EXPENSE)
    for part in _parts(keys):
        rows = execute(
            connection,
            # a join: from a long IN list a server without statistics reads the whole entity
            f"WITH wanted (line_key) AS (VALUES {', '.join(['(?)'] * len(part))}) "
            f"SELECT x.id, x.report_id, x.withdrawn, r.employee_id, {columns} FROM wanted w "
            "JOIN expense x ON x.entity_id = ? AND x.source = ? AND x.line_key = w.line_key "
            "JOIN report r ON r.id = x.report_id",
            (*part, entity_id, source),
        )
        for id, report_id, withdrawn, employee_id, *content in rows:
            expense = StoredExpense(id, report_id, bool(withdrawn), employee_id, CheckedExpense(*content))
            found[expense.content.line_key] = expense
    return found


def in_turn(connection: Connection) -> None:
    """From here to the end of the transaction nobody else adds lines to open reports, or approves or controls any.

    It comes before every other lock. Else a line could join a report that is being approved: it would never be posted.
    SQLite has one writer anyway.
    """
    if connection.dialect.name != "sqlite":
        execute(connection, "SELECT pg_advisory_xact_lock(hashtextextended('passerelle:reports', 0))")


def groups(
    connection: Connection, entity_id: int, source: str, group_keys: Sequence[str]
) -> dict[tuple[str, ReportKind], tuple[int, int | None, bool]]:
    """For each group and kind: (how many reports it has, the one that takes lines, whether that one is controlled).

    They stay so until the transaction ends.
    """
    in_turn(connection)
    found: dict[tuple[str, ReportKind], tuple[int, int | None, bool]] = {}
    for part in _parts(group_keys):
        rows = execute(
            connection,
            "SELECT group_key, kind, count(*), max(CASE WHEN approval = 'created' THEN id END), "
            "count(CASE WHEN approval = 'created' THEN controlled_at END) FROM report "
            f"WHERE entity_id = ? AND source = ? AND group_key <> '' AND group_key IN ({_marks(part)}) "
            "GROUP BY group_key, kind",
            (entity_id, source, *part),
        )
        found |= {(key, kind): (count, opened, controlled > 0) for key, kind, count, opened, controlled in rows}
    return found


def halves(
    connection: Connection, entity_id: int, source: str, source_ids: Sequence[str]
) -> dict[str, dict[ReportKind, StoredHalf]]:
    """The stored halves of whole submissions, locked until the transaction ends."""
    found: dict[str, dict[ReportKind, StoredHalf]] = {}
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
    for part in _parts(source_ids):
        rows = execute(
            connection,
            f"SELECT source_id, kind, id, employee_id, revision, content_hash, {STANDING} FROM report "
            f"WHERE entity_id = ? AND source = ? AND NOT additive AND source_id IN ({_marks(part)}) ORDER BY id" + lock,
            (entity_id, source, *part),
        )
        for source_id, kind, id, employee_id, revision, content_hash, *standing in rows:
            half = StoredHalf(id, employee_id, revision, content_hash, standing_of(standing))
            found.setdefault(source_id, {})[kind] = half
    return found


def standing_of(row: Sequence[Any]) -> Standing:
    """A ``Standing`` from the columns that hold it."""
    approval, approved_at, controlled_at, awaits_control, post_due, posted, *life = row
    return Standing(approval, approved_at, controlled_at, bool(awaits_control), bool(post_due), bool(posted), *life)


def add_reports(connection: Connection, entity_id: int, reports: Sequence[NewReport]) -> list[int]:
    """Writes reports, numbered in their order in a series per kind; returns their keys in the same order."""
    ids = list(take_ids(connection, "report", len(reports)))
    counts = {kind: sum(report.kind == kind for report in reports) for kind in _SERIES}
    numbers = {
        kind: iter(_take_numbers(connection, entity_id, f"report:{kind}", count))
        for kind, count in counts.items()
        if count
    }
    insert(
        connection,
        "report",
        ("id", "entity_id", "employee_id", "source", "source_id", "kind", "revision", "additive", "group_key",
         "content_hash", "number", "title", "declared_at", "approval", "approved_at", "controlled_at",
         "awaits_control", "post_due", "findings", "submitted_at", "approval_steps", "ended_at"),
        [
            (id, entity_id, one.employee_id, one.source, one.source_id, one.kind, one.revision, one.additive,
             one.group_key, one.content_hash, f"{_SERIES[one.kind]}{next(numbers[one.kind]):06d}", one.title,
             one.declared_at, one.standing.approval, one.standing.approved_at, one.standing.controlled_at,
             one.standing.awaits_control, one.standing.post_due, "[]", one.standing.submitted_at,
             one.standing.approval_steps, one.standing.ended_at)
            for id, one in zip(ids, reports, strict=True)
        ],
    )  # fmt: skip
    report_events.record(
        connection,
        (
            event
            for id, one in zip(ids, reports, strict=True)
            if one.stated
            for event in report_events.stated(id, one.source, one.revision, one.declared_at, "declare", one.standing)
        ),
    )
    return ids


def _take_numbers(connection: Connection, entity_id: int, name: str, count: int) -> range:
    """The next ``count`` numbers of a series, whose row stays locked until the transaction ends."""
    last: int = execute(
        connection,
        "INSERT INTO counter (entity_id, name, last) VALUES (?, ?, ?) "
        "ON CONFLICT (entity_id, name) DO UPDATE SET last = counter.last + excluded.last RETURNING last",
        (entity_id, name, count),
    ).scalar_one()
    return range(last - count + 1, last + 1)


def add_expenses(connection: Connection, entity_id: int, source: str, expenses: Sequence[NewExpense]) -> list[int]:
    """Writes expenses; returns their keys in the same order. What is not judged yet is covered by nothing."""
    ids = list(take_ids(connection, "expense", len(expenses)))
    rows = (
        (id, entity_id, report_id, source, *content, False, declared_at, "[]" if judged else None, False,
         content.gross if judged else 0, content.entity_gross if judged else 0, "")
        for id, (report_id, declared_at, judged, content) in zip(ids, expenses, strict=True)
    )  # fmt: skip
    columns = ("id", "entity_id", "report_id", "source", *_EXPENSE, "withdrawn", "declared_at", "verdicts", "blocked",
               "covered", "entity_covered", "control_reason")  # fmt: skip
    insert(connection, "expense", columns, rows)
    return ids


def change_expenses(connection: Connection, entity_id: int, changes: Iterable[tuple[int, int, CheckedExpense]]) -> None:
    """Declares expenses (key, report, content) again: with new content, not judged, not controlled by themselves.

    A withdrawn one comes back. Their employees must stand in the queue of the judges.
    """
    assignments = ", ".join(f"{name} = ?" for name in _EXPENSE)
    execute_many(
        connection,
        f"UPDATE expense SET report_id = ?, {assignments}, withdrawn = ?, blocked = ?, verdicts = NULL, covered = 0, "
        "entity_covered = 0, controlled_at = NULL, control_cover = NULL, control_reason = '', granted = NULL "
        "WHERE id = ? AND entity_id = ?",
        ((report_id, *content, False, False, id, entity_id) for id, report_id, content in changes),
    )


def live_expenses(connection: Connection, entity_id: int, report_ids: Sequence[int]) -> Iterator[tuple[int, int, str]]:
    """(key, report, line key) of the expenses of these reports that are not withdrawn."""
    for part in _parts(report_ids):
        rows = execute(
            connection,
            "SELECT id, report_id, line_key FROM expense "
            f"WHERE entity_id = ? AND NOT withdrawn AND report_id IN ({_marks(part)}) ORDER BY id",
            (entity_id, *part),
        )
        yield from ((id, report_id, key) for id, report_id, key in rows)


def withdraw_expenses(connection: Connection, entity_id: int, ids: Iterable[int]) -> None:
    """Marks expenses as withdrawn by their source."""
    statement = "UPDATE expense SET withdrawn = ? WHERE id = ? AND entity_id = ?"
    execute_many(connection, statement, ((True, id, entity_id) for id in ids))


def change_report(
    connection: Connection, entity_id: int, id: int, revision: int, content_hash: str, header: tuple[int, str, str]
) -> None:
    """A report's new revision; ``header`` is (employee, title, declared_at)."""
    execute(
        connection,
        "UPDATE report SET revision = ?, content_hash = ?, employee_id = ?, title = ?, declared_at = ?, "
        "findings = '[]' WHERE id = ? AND entity_id = ?",
        (revision, content_hash, *header, id, entity_id),
    )


def set_standing(connection: Connection, entity_id: int, standings: Iterable[tuple[int, Standing]]) -> None:
    """Writes approval, control and what they mean for the ledger."""
    execute_many(
        connection,
        "UPDATE report SET approval = ?, approved_at = ?, controlled_at = ?, awaits_control = ?, post_due = ?, "
        "submitted_at = ?, approval_steps = ?, ended_at = ? WHERE id = ? AND entity_id = ?",
        (
            (
                one.approval,
                one.approved_at,
                one.controlled_at,
                one.awaits_control,
                one.post_due,
                one.submitted_at,
                one.approval_steps,
                one.ended_at,
                id,
                entity_id,
            )
            for id, one in standings
        ),
    )


def clear_control(connection: Connection, entity_id: int, ids: Iterable[int]) -> None:
    """Takes back the control of reports that lines have joined since."""
    statement = "UPDATE report SET controlled_at = NULL WHERE id = ? AND entity_id = ?"
    execute_many(connection, statement, ((id, entity_id) for id in ids))


def employees_of_groups(connection: Connection, entity_id: int, source: str) -> set[int]:
    """The employees whose submitted reports of a mapping still take lines."""
    rows = execute(
        connection,
        "SELECT DISTINCT employee_id FROM report WHERE entity_id = ? AND source = ? AND group_key <> '' "
        "AND approval = 'created' AND submitted_at IS NOT NULL",
        (entity_id, source),
    )
    return {row[0] for row in rows}


def approve_groups(
    connection: Connection, entity_id: int, source: str, approved_at: str, controlled_at: str | None, steps: int
) -> int:
    """Approves every submitted report of a mapping that still takes lines, by all steps; returns how many."""
    in_turn(connection)
    if controlled_at is not None:
        control_groups(connection, entity_id, source, controlled_at)
    _record_groups(connection, entity_id, source, approved_at, "approve")
    changed: int = execute(
        connection,
        "UPDATE report AS r SET approval = 'approved', approved_at = ?, post_due = NOT awaits_control, "
        f"approval_steps = ? WHERE {TAKING_LINES}",
        (approved_at, steps, entity_id, source),
    ).rowcount
    return changed


def control_groups(connection: Connection, entity_id: int, source: str, controlled_at: str) -> None:
    """Marks every report of a mapping that still takes lines as controlled."""
    in_turn(connection)
    _record_groups(connection, entity_id, source, controlled_at, "control", " AND r.controlled_at IS NULL")
    execute(
        connection,
        "UPDATE report AS r SET controlled_at = ?, awaits_control = ? "
        f"WHERE {TAKING_LINES} AND r.controlled_at IS NULL",
        (controlled_at, False, entity_id, source),
    )


def _record_groups(connection: Connection, entity_id: int, source: str, at: str, act: str, more: str = "") -> None:
    event = report_events.Event(0, at, source, act, 0)
    detail = ("'stated by its mapping'", ())
    report_events.record_where(connection, event, detail, TAKING_LINES + more, (entity_id, source))


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _IN):
        yield values[start : start + _IN]


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
