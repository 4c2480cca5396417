"""Expenses that may be one and the same: equal in employee, day, amount and currency.

What counts for nothing is no twin: withdrawn, of a refused or cancelled report, own money that the policy refuses, 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from passerelle.store.reports import LIVE, REFUSED
from passerelle.store.sql import stream

_COUNTING = (
    "(SELECT x.id, x.entity_id, x.source, x.report_id, x.line_key, x.day, x.gross, x.currency, r.employee_id, r.number "
    "FROM expense x JOIN report r ON r.id = x.report_id "
    f"WHERE {LIVE} AND NOT {REFUSED} AND x.gross <> 0)"
)
_EQUAL = (
    "o.entity_id = n.entity_id AND o.day = n.day AND o.gross = n.gross AND o.currency = n.currency "
    "AND o.employee_id = n.employee_id"
)


class Twin(NamedTuple):
    """An expense that equals an earlier one."""

    number: str
    line_key: str
    employee_id: int
    day: str
    gross: int
    currency: str


def possible(connection: Connection, entity_id: int, source: str, first: int, last: int) -> Iterator[Twin]:
    """Those of a source's expenses (keys ``first`` to ``last``) that an expense with a lower key equals."""
    rows = stream(
        connection,
        f"SELECT {', '.join(f'n.{name}' for name in Twin._fields)} FROM {_COUNTING} n "
        "WHERE n.id >= ? AND n.id <= ? AND n.entity_id = ? AND n.source = ? "
        f"AND EXISTS (SELECT 1 FROM {_COUNTING} o WHERE {_EQUAL} AND o.id < n.id) ORDER BY n.id",
        (first, last, entity_id, source),
    )
    return map(Twin._make, rows)


def of_report(connection: Connection, entity_id: int, report_id: int) -> dict[int, list[tuple[str, str]]]:
    """Expenses of a report -> (report number, line key) of others that equal them."""
    rows = stream(
        connection,
        f"SELECT n.id, o.number, o.line_key FROM {_COUNTING} n JOIN {_COUNTING} o ON {_EQUAL} AND o.id <> n.id "
        "WHERE n.entity_id = ? AND n.report_id = ? ORDER BY n.id, o.id",
        (entity_id, report_id),
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for id, number, key in rows:
        found.setdefault(id, []).append((number, key))
    return found
