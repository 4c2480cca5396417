"""Drafts: the reports that employees declare into, one of each kind, until they are submitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from passerelle.reports.intake import OWN_SOURCE, ReportKind
from passerelle.reports.lifecycle import Standing
from passerelle.store.reports import REFUSED, STANDING, standing_of
from passerelle.store.sql import execute

_DRAFT = "r.approval = 'created' AND r.submitted_at IS NULL"
_EXPENSES = "SELECT count(*) FROM expense x WHERE x.report_id = r.id"


class Draft(NamedTuple):
    """A report that is not submitted. ``lines`` counts all of its expenses, ``standing_lines`` those neither withdrawn
    nor refused by the policy."""

    id: int
    entity_id: int
    employee_id: int
    kind: ReportKind
    number: str
    source: str
    source_id: str
    revision: int
    lines: int
    standing_lines: int
    standing: Standing


def drafts_of(connection: Connection, entity_id: int, employee_id: int) -> list[Draft]:
    """The drafts of an employee, oldest first."""
    return _found(connection, "r.entity_id = ? AND r.employee_id = ?", (entity_id, employee_id))


def of_number(connection: Connection, entity_ids: Sequence[int], number: str) -> list[Draft]:
    """The drafts of this number, with the other halves of the same submissions."""
    marks = ", ".join("?" * len(entity_ids))
    named = (
        f"r.entity_id IN ({marks}) AND EXISTS (SELECT 1 FROM report n WHERE n.entity_id = r.entity_id "
        "AND n.number = ? AND n.source = r.source AND n.source_id = r.source_id)"
    )
    return _found(connection, named, (*entity_ids, number))


def of_expense(connection: Connection, entity_ids: Sequence[int], key: str) -> list[tuple[int, Draft]]:
    """(expense, its draft) for the live expenses declared under this id."""
    marks = ", ".join("?" * len(entity_ids))
    rows = execute(
        connection,
        "SELECT id, report_id, entity_id FROM expense WHERE source = ? AND line_key = ? AND NOT withdrawn "
        f"AND entity_id IN ({marks}) ORDER BY id",
        (OWN_SOURCE, key, *entity_ids),
    ).all()
    found = []
    for expense_id, report_id, entity_id in rows:
        found += [
            (expense_id, one) for one in _found(connection, "r.id = ? AND r.entity_id = ?", (report_id, entity_id))
        ]
    return found


def submissions_of(connection: Connection, entity_id: int, employee_id: int) -> int:
    """How many submissions of an employee were begun here."""
    query = "SELECT count(DISTINCT source_id) FROM report WHERE entity_id = ? AND employee_id = ? AND source = ?"
    return int(execute(connection, query, (entity_id, employee_id, OWN_SOURCE)).scalar_one())


def has_half(connection: Connection, entity_id: int, source_id: str, kind: ReportKind) -> bool:
    """Whether this half of a submission was begun here, in whatever standing it is now."""
    query = "SELECT 1 FROM report WHERE entity_id = ? AND source = ? AND source_id = ? AND kind = ?"
    return execute(connection, query, (entity_id, OWN_SOURCE, source_id, kind)).first() is not None


def counts(connection: Connection, report_ids: Sequence[int]) -> tuple[int, int]:
    """How many live expenses these reports hold, and how many of those the policy refuses."""
    rows = execute(
        connection,
        f"SELECT count(*), count(CASE WHEN {REFUSED} THEN 1 END) FROM report r "
        f"JOIN expense x ON x.report_id = r.id WHERE NOT x.withdrawn AND r.id IN ({', '.join('?' * len(report_ids))})",
        tuple(report_ids),
    )
    (row,) = rows
    return int(row[0]), int(row[1])


def _found(connection: Connection, where: str, parameters: tuple[object, ...]) -> list[Draft]:
    rows = execute(
        connection,
        f"SELECT r.id, r.entity_id, r.employee_id, r.kind, r.number, r.source, r.source_id, r.revision, ({_EXPENSES}), "
        f"({_EXPENSES} AND NOT x.withdrawn AND NOT {REFUSED}), "
        f"{STANDING} FROM report r WHERE {where} AND {_DRAFT} ORDER BY r.id",
        parameters,
    )
    return [Draft._make((*row[:10], standing_of(row[10:]))) for row in rows]
