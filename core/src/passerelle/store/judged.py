"""What was judged, read for people: the reports that hold an expense, and the history of an employee."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from passerelle.store.judging import JudgedRow
from passerelle.store.sql import execute, stream

_GONE = "(x.withdrawn OR r.approval IN ('refused', 'cancelled'))"
_HISTORY = f"""
SELECT x.id, x.source, x.line_key, x.declared_at, x.type_id, x.day, x.country, x.currency, x.gross, x.entity_gross,
       r.kind = 'own', x.quantity, x.guests, x.comment, trim(x.receipt) <> '', x.cancels, x.mileage,
       x.computed, x.rate, x.control_cover, x.covered, x.entity_covered, x.blocked, {_GONE},
       r.approval = 'approved' AND x.verdicts IS NOT NULL, x.verdicts, r.number
FROM report r JOIN expense x ON x.report_id = r.id
WHERE r.entity_id = ? AND r.employee_id = ?
"""


def reports_with(connection: Connection, entity_id: int, line_key: str) -> list[str]:
    """The numbers of the reports that hold an expense of this id: one for each source that has such an id."""
    sources = [
        row[0] for row in execute(connection, "SELECT DISTINCT source FROM report WHERE entity_id = ?", (entity_id,))
    ]
    found: list[str] = []
    for source in sorted(sources):
        query = "SELECT r.number FROM expense x JOIN report r ON r.id = x.report_id"
        query += " WHERE x.entity_id = ? AND x.source = ? AND x.line_key = ?"
        found.extend(row[0] for row in execute(connection, query, (entity_id, source, line_key)))
    return sorted(found)


def employees_since(connection: Connection, entity_id: int, day: str) -> list[int]:
    """The employees who have expenses of this day or later, withdrawn ones and those of ended reports not counted."""
    rows = execute(
        connection,
        "SELECT DISTINCT r.employee_id FROM expense x JOIN report r ON r.id = x.report_id "
        f"WHERE x.entity_id = ? AND x.day >= ? AND NOT {_GONE} ORDER BY r.employee_id",
        (entity_id, day),
    )
    return [int(row[0]) for row in rows]


def types_since(connection: Connection, entity_id: int, day: str) -> list[int]:
    """The types of expenses of this day or later."""
    query = "SELECT DISTINCT type_id FROM expense WHERE entity_id = ? AND day >= ? ORDER BY type_id"
    return [int(row[0]) for row in execute(connection, query, (entity_id, day))]


def history(connection: Connection, entity_id: int, employee_id: int, first: str) -> list[JudgedRow]:
    """What an employee declared from ``first`` on, what the policy refused included; every refund; what those name."""
    found = [
        JudgedRow._make(row)
        for row in stream(
            connection,
            f"{_HISTORY} AND NOT {_GONE} AND (x.day >= ? OR x.cancels <> '') ORDER BY x.id",
            (entity_id, employee_id, first),
        )
    ]
    there = {(row.source, row.line_key) for row in found}
    missing = sorted({(row.source, row.cancels) for row in found if row.cancels} - there)
    return [*found, *_named(connection, entity_id, employee_id, missing)]


def _named(
    connection: Connection, entity_id: int, employee_id: int, keys: list[tuple[str, str]]
) -> Iterator[JudgedRow]:
    for source, line_key in keys:
        query = f"{_HISTORY} AND x.entity_id = ? AND x.source = ? AND x.line_key = ?"
        parameters = (entity_id, employee_id, entity_id, source, line_key)
        yield from map(JudgedRow._make, execute(connection, query, parameters))
