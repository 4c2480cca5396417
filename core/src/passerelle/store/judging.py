"""Who waits to be judged, what the policy must see of them, and the judgements written back; what was judged.

A row of ``judging_due`` is durable, and its lock is the employee's turn: whoever changes what bears on a judgement
queues the employee first, in ascending order and before it locks reports or counters, so that nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection

from passerelle.store.reports import LIVE, REFUSED
from passerelle.store.sql import execute, execute_many, fetch

_IN = 500  # parameters in one list
_FIXED = "(r.approval = 'approved' AND x.verdicts IS NOT NULL)"
_REFUSED = f"({REFUSED} AND x.verdicts IS NOT NULL)"
_OPEN = f"{LIVE} AND NOT {_FIXED} AND NOT {_REFUSED}"
_QUEUED = "ON CONFLICT (entity_id, employee_id) DO UPDATE SET employee_id = excluded.employee_id"


def _rows(control_cover: str, verdicts: str) -> str:
    return f"""
SELECT x.id, x.source, x.line_key, x.declared_at, x.type_id, x.day, x.country, x.currency, x.gross, x.entity_gross,
       r.kind = 'own', x.quantity, x.guests, x.comment, trim(x.receipt) <> '', x.cancels, x.mileage,
       x.computed, x.rate, {control_cover}, x.covered, x.entity_covered, x.blocked,
       NOT {LIVE} OR r.employee_id <> ?, r.approval = 'approved', {verdicts}, r.number
FROM report r JOIN expense x ON x.report_id = r.id
WHERE r.entity_id = ?
"""


# what was granted when it was fixed bounds a judgement, and verdicts of what is fixed are not read for one; a
# simulation fixes nothing, and compares with those verdicts
_CONTROL = "coalesce(x.control_cover, x.granted)"
_TO_JUDGE = _rows(_CONTROL, f"CASE WHEN {_FIXED} THEN '[]' ELSE x.verdicts END")
_STANDING = _rows(_CONTROL, "CASE WHEN x.verdicts IS NOT NULL THEN '[]' END")
_AS_DECIDED = _rows("x.control_cover", "x.verdicts")


class JudgedRow(NamedTuple):
    """An expense as the judge loads it. ``verdicts``: ``None`` where it was not judged; of a fixed one never read.

    ``control_cover`` is the most that control leaves it.
    """

    id: int
    source: str
    line_key: str
    declared_at: str
    type_id: int
    day: str
    country: str
    currency: str
    gross: int
    entity_gross: int
    own_money: bool
    quantity: str
    guests: int
    comment: str
    has_receipt: bool
    cancels: str
    mileage: str
    computed: bool
    rate: str
    control_cover: int | None
    covered: int
    entity_covered: int
    blocked: bool
    gone: bool
    approved: bool
    verdicts: str | None
    report_number: str

    @property
    def fixed(self) -> bool:
        """Approved once it was judged: no judgement changes it."""
        return bool(self.approved) and self.verdicts is not None


class Written(NamedTuple):
    """What a judgement makes of an expense."""

    gross: int
    entity_gross: int
    covered: int
    entity_covered: int
    blocked: bool
    verdicts: str
    id: int


def queue(connection: Connection, entity_id: int, employee_ids: Iterable[int]) -> None:
    """These employees are to be judged; each is locked until the transaction ends."""
    execute_many(
        connection,
        f"INSERT INTO judging_due (entity_id, employee_id) VALUES (?, ?) {_QUEUED}",
        ((entity_id, employee_id) for employee_id in sorted(set(employee_ids))),
    )


def queue_where(connection: Connection, reports: str, parameters: tuple[object, ...] = ()) -> None:
    """``queue`` for the employees of reports ``r``; ``reports`` is SQL that follows FROM."""
    execute(
        connection,
        "INSERT INTO judging_due (entity_id, employee_id) SELECT DISTINCT r.entity_id, r.employee_id "
        f"FROM {reports} ORDER BY r.entity_id, r.employee_id {_QUEUED}",
        parameters,
    )


def queue_open(
    connection: Connection, entity_ids: Collection[int] | None = None, employee_ids: Collection[int] | None = None
) -> None:
    """Queues every employee who has open expenses: of these entities or among these, or (``None``) all."""
    where = _OPEN
    for column, ids in (("r.entity_id", entity_ids), ("r.employee_id", employee_ids)):
        if ids is not None:  # keys are integers: no value of a user stands in the statement
            where += f" AND {column} IN ({', '.join(str(int(one)) for one in sorted(ids)) or 'NULL'})"
    queue_where(connection, f"report r JOIN expense x ON x.report_id = r.id WHERE {where}")


def hold_all(connection: Connection) -> None:
    """No other transaction queues or judges anybody until this one ends (SQLite's transaction sees to that)."""
    if connection.dialect.name != "sqlite":
        execute(connection, "LOCK TABLE judging_due IN SHARE ROW EXCLUSIVE MODE")


def waiting(connection: Connection) -> dict[int, int]:
    """Entities in which employees wait, each with how many."""
    rows = execute(connection, "SELECT entity_id, count(*) FROM judging_due GROUP BY entity_id ORDER BY entity_id")
    return {int(entity_id): int(count) for entity_id, count in rows}


def queued(connection: Connection) -> list[tuple[int, int]]:
    """(entity, employee) of everybody who waits, as far as this transaction sees."""
    rows = execute(connection, "SELECT entity_id, employee_id FROM judging_due ORDER BY entity_id, employee_id")
    return [(int(entity_id), int(employee_id)) for entity_id, employee_id in rows]


def is_waiting(connection: Connection, entity_id: int, employee_id: int) -> bool:
    """Whether an employee is still to be judged, as far as other transactions have said."""
    query = "SELECT 1 FROM judging_due WHERE entity_id = ? AND employee_id = ?"
    return bool(fetch(connection, query, (entity_id, employee_id)))


def waiting_of(connection: Connection, reports: str, parameters: tuple[object, ...]) -> list[tuple[int, int]]:
    """(entity, employee) of those who wait among the employees of reports ``r``; ``reports`` is their condition.

    Under ``store.reports.in_turn`` and ``store.masterdata.hold`` nobody else begins to wait.
    """
    query = "SELECT j.entity_id, j.employee_id FROM judging_due j WHERE EXISTS (SELECT 1 FROM report r "
    query += f"WHERE {reports} AND r.entity_id = j.entity_id AND r.employee_id = j.employee_id) "
    query += "ORDER BY j.entity_id, j.employee_id"
    return [(int(entity_id), int(employee_id)) for entity_id, employee_id in execute(connection, query, parameters)]


def unjudge(
    connection: Connection, reports: str, parameters: tuple[object, ...], employees: Iterable[tuple[int, int]]
) -> None:
    """Of reports ``r`` that are to be approved: the verdicts of (entity, employee) who waited, which were not those of
    today, are dropped, so that approval fixes none of them. What was refused stays so.

    Their expenses are then judged in their place, and fixed by that, as those of a report that arrives approved.
    """
    for entity_id, found in groupby(sorted(employees), itemgetter(0)):
        ids = [employee_id for _, employee_id in found]
        for start in range(0, len(ids), _IN):
            part = ids[start : start + _IN]
            execute(
                connection,
                "UPDATE expense SET verdicts = NULL, blocked = ?, covered = 0, entity_covered = 0 WHERE id IN ("
                "SELECT x.id FROM report r JOIN expense x ON x.report_id = r.id "
                f"WHERE {reports} AND r.entity_id = ? AND r.employee_id IN ({', '.join('?' * len(part))}) "
                f"AND r.approval IN ('created', 'partially_approved') AND {_OPEN} AND x.verdicts IS NOT NULL)",
                (False, *parameters, entity_id, *part),
            )


def take(connection: Connection, entity_id: int, after: int, limit: int) -> list[int]:
    """The next employees in turn, ascending; they wait no longer, unless the transaction fails."""
    lock = ""
    if connection.dialect.name != "sqlite":  # first the table as the deletion needs it: hold_all may not come between
        execute(connection, "LOCK TABLE judging_due IN ROW EXCLUSIVE MODE")
        lock = " FOR UPDATE"
    query = "SELECT employee_id FROM judging_due WHERE entity_id = ? AND employee_id > ? ORDER BY employee_id LIMIT ?"
    taken = [int(row[0]) for row in execute(connection, query + lock, (entity_id, after, limit))]
    settle(connection, entity_id, taken)
    return taken


def settle(connection: Connection, entity_id: int, employee_ids: Iterable[int]) -> None:
    """These employees wait no longer: this transaction judges them."""
    statement = "DELETE FROM judging_due WHERE entity_id = ? AND employee_id = ?"
    execute_many(connection, statement, [(entity_id, one) for one in sorted(set(employee_ids))])


def open_days(
    connection: Connection, entity_id: int, employee_ids: Sequence[int]
) -> dict[int, list[tuple[int, str, str]]]:
    """For each employee with open expenses: (type, first day, last day) of those."""
    found: dict[int, list[tuple[int, str, str]]] = {}
    for start in range(0, len(employee_ids), _IN):
        part = employee_ids[start : start + _IN]
        rows = execute(
            connection,
            "SELECT r.employee_id, x.type_id, min(x.day), max(x.day) "
            "FROM report r JOIN expense x ON x.report_id = r.id "
            f"WHERE r.entity_id = ? AND r.employee_id IN ({', '.join('?' * len(part))}) AND {_OPEN} "
            "GROUP BY r.employee_id, x.type_id",
            (entity_id, *part),
        )
        for employee_id, *days in rows:
            found.setdefault(int(employee_id), []).append((int(days[0]), days[1], days[2]))
    return found


def expenses_of(
    connection: Connection, entity_id: int, employee_id: int, first: str, last: str, *, with_open: bool = True
) -> list[JudgedRow]:
    """What bears on an employee's judgement: all that counts from ``first`` to ``last``, all that is open
    (``with_open``), every refund and what it names. Else what is open keeps its verdicts, and they are not read."""
    bearing = f"AND r.employee_id = ? AND {LIVE} AND NOT {_REFUSED} AND (x.day >= ? AND x.day <= ? OR x.cancels <> ''"
    query, more = (_TO_JUDGE, f" OR {_OPEN})") if with_open else (_STANDING, ")")
    parameters = (employee_id, entity_id, employee_id, first, last)
    found = [JudgedRow._make(row) for row in fetch(connection, f"{query} {bearing}{more}", parameters)]
    return _with_originals(connection, query, entity_id, employee_id, found)


def history(connection: Connection, entity_id: int, employee_id: int, first: str) -> list[JudgedRow]:
    """What an employee declared from ``first`` on, what the policy refused included; every refund; what those name.

    As it was decided: with the verdicts of what is fixed.
    """
    query = f"{_AS_DECIDED} AND r.employee_id = ? AND {LIVE} AND (x.day >= ? OR x.cancels <> '') ORDER BY x.id"
    parameters = (employee_id, entity_id, employee_id, first)
    found = [JudgedRow._make(row) for row in fetch(connection, query, parameters)]
    return _with_originals(connection, _AS_DECIDED, entity_id, employee_id, found)


def _with_originals(
    connection: Connection, query: str, entity_id: int, employee_id: int, found: list[JudgedRow]
) -> list[JudgedRow]:
    """With what refunds among them name; what has gone to another employee since is gone for this one."""
    known = {(row.source, row.line_key) for row in found}
    missing: dict[str, set[str]] = {}
    for row in found:
        if row.cancels and (row.source, row.cancels) not in known:
            missing.setdefault(row.source, set()).add(row.cancels)
    for source in sorted(missing):
        keys = sorted(missing[source])
        for start in range(0, len(keys), _IN):
            part = keys[start : start + _IN]
            named = f"AND x.entity_id = ? AND x.source = ? AND x.line_key IN ({', '.join('?' * len(part))})"
            parameters = (employee_id, entity_id, entity_id, source, *part)
            found.extend(JudgedRow._make(row) for row in fetch(connection, f"{query} {named}", parameters))
    return found


def save(connection: Connection, entity_id: int, changed: Iterable[Written]) -> None:
    """Writes what judgements changed."""
    execute_many(
        connection,
        "UPDATE expense SET gross = ?, entity_gross = ?, covered = ?, entity_covered = ?, blocked = ?, verdicts = ? "
        f"WHERE id = ? AND entity_id = {int(entity_id)}",
        changed,
    )


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
        f"WHERE x.entity_id = ? AND x.day >= ? AND {LIVE} ORDER BY r.employee_id",
        (entity_id, day),
    )
    return [int(row[0]) for row in rows]


def types_since(connection: Connection, entity_id: int, day: str) -> list[int]:
    """The types of expenses of this day or later."""
    query = "SELECT DISTINCT type_id FROM expense WHERE entity_id = ? AND day >= ? ORDER BY type_id"
    return [int(row[0]) for row in execute(connection, query, (entity_id, day))]
