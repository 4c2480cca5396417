"""Reports that are decided upon: read under locks, written back; whole sets in a few statements.

Locks are taken in one order: ``in_turn``, which every import, declaration and act begins with, employees to judge
(``store.judging``), reports, expenses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from passerelle.reports.lifecycle import Standing
from passerelle.reports.line_control import ExpenseStanding
from passerelle.store.judging import queue, queue_where, unjudge, waiting_of
from passerelle.store.masterdata import hold
from passerelle.store.report_events import Event, record_where
from passerelle.store.reports import STANDING, in_turn, set_standing, standing_of
from passerelle.store.sql import execute, execute_many

_IN = 1000  # parameters in one list
_WANTED = "r.entity_id = ? AND r.approval IN ('created', 'partially_approved') AND r.submitted_at IS NOT NULL"
# who acts gave none of the steps that are given: of the latest events of each report as many as it has steps. A window
# is one pass over all, where a count for each would be a pass for each as long as a server has no statistics
_NOT_BARRED = """
NOT EXISTS (SELECT 1 FROM (
    SELECT e.report_id, e.actor, p.approval_steps,
           row_number() OVER (PARTITION BY e.report_id ORDER BY e.id DESC) AS latest
    FROM report p JOIN report_event e ON e.report_id = p.id
    WHERE p.entity_id = ? AND p.approval = 'partially_approved' AND p.approval_steps < ? AND e.act = 'approve') g
    WHERE g.report_id = r.id AND g.actor = ? AND g.latest <= g.approval_steps)
"""


class LivingReport(NamedTuple):
    """A report to decide upon."""

    id: int
    entity_id: int
    employee_id: int
    number: str
    revision: int
    posted_revision: int | None
    source: str
    standing: Standing


def of_numbers(connection: Connection, entity_ids: Sequence[int], numbers: Sequence[str]) -> list[LivingReport]:
    """The reports of these numbers in these entities, locked until the transaction ends; no line joins them."""
    in_turn(connection)
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
    found = []
    for start in range(0, len(numbers), _IN):
        part = numbers[start : start + _IN]
        rows = execute(
            connection,
            f"SELECT id, entity_id, employee_id, number, revision, posted_revision, source, {STANDING} FROM report "
            f"WHERE entity_id IN ({_marks(entity_ids)}) AND number IN ({_marks(part)}) ORDER BY id" + lock,
            (*entity_ids, *part),
        )
        found += [LivingReport._make((*row[:7], standing_of(row[7:]))) for row in rows]
    return found


def save(connection: Connection, entity_id: int, standings: Sequence[tuple[int, Standing]]) -> None:
    """Writes where reports stand now; what is not to be posted any more has no findings of its posting."""
    set_standing(connection, entity_id, standings)
    idle = [(id,) for id, standing in standings if standing.approval != "approved"]
    execute_many(connection, "UPDATE report SET findings = '[]' WHERE id = ?", idle)


def queue_numbers(connection: Connection, entity_ids: Sequence[int], numbers: Sequence[str]) -> None:
    """The employees of these reports are judged again, once the transaction ends; nobody judges them meanwhile."""
    in_turn(connection)
    hold(connection)
    employees: dict[int, set[int]] = {}
    for start in range(0, len(numbers), _IN):
        part = numbers[start : start + _IN]
        rows = execute(
            connection,
            f"SELECT DISTINCT entity_id, employee_id FROM report WHERE entity_id IN ({_marks(entity_ids)}) "
            f"AND number IN ({_marks(part)})",
            (*entity_ids, *part),
        )
        for entity_id, employee_id in rows:
            employees.setdefault(entity_id, set()).add(employee_id)
    for entity_id in sorted(employees):
        queue(connection, entity_id, employees[entity_id])


def queue_to_approve(
    connection: Connection, entity_ids: Sequence[int], numbers: Sequence[str], everybody: bool
) -> None:
    """``queue_numbers`` for reports that are to be approved, or of those alone who wait: they are judged anew."""
    in_turn(connection)
    hold(connection)
    condition = f"r.entity_id IN ({_marks(entity_ids)}) AND r.number IN ({{}})"
    wanted = [
        (condition.format(_marks(part)), (*entity_ids, *part))
        for part in (numbers[start : start + _IN] for start in range(0, len(numbers), _IN))
    ]
    waited = sorted({one for reports in wanted for one in waiting_of(connection, *reports)})
    if everybody:
        queue_numbers(connection, entity_ids, numbers)
    else:
        for entity_id, employee_id in waited:
            queue(connection, entity_id, [employee_id])
    for reports in wanted:
        unjudge(connection, *reports, waited)


def approve_all(
    connection: Connection, entity_id: int, now: str, actor: str, steps: Sequence[str], policy: bool
) -> tuple[dict[int, int], int]:
    """One step of every submitted report of an entity: (how many, by the steps they had; how many wait for somebody
    else).

    As ``reports.lifecycle.approve`` does it, in a few statements. What waits for its control is not due to be posted.
    """
    in_turn(connection)  # so that every statement sees the same reports
    hold(connection)
    waited = waiting_of(connection, _WANTED, (entity_id,))
    if policy:
        queue_where(connection, f"report r WHERE {_WANTED}", (entity_id,))
    else:
        queue(connection, entity_id, [employee_id for _, employee_id in waited])
    unjudge(connection, _WANTED, (entity_id,), waited)
    query = f"SELECT count(*) FROM report r WHERE {_WANTED}"
    wanted: int = execute(connection, query, (entity_id,)).scalar_one()
    where, parameters = _WANTED, [entity_id]
    event, step = Event(0, now, actor, "approve", 0), _step(steps)
    if len(steps) == 1:
        given = {0: record_where(connection, event, step, where, parameters)}
    else:
        last: int = execute(connection, "SELECT coalesce(max(id), 0) FROM report_event").scalar_one()
        barred = (entity_id, len(steps), actor)
        record_where(connection, event, step, f"{where} AND {_NOT_BARRED}", (*parameters, *barred))
        where += " AND EXISTS (SELECT 1 FROM report_event n WHERE n.report_id = r.id AND n.id > ?)"
        parameters.append(last)
        counts = f"SELECT r.approval_steps, count(*) FROM report r WHERE {where} GROUP BY r.approval_steps"
        given = {had: count for had, count in execute(connection, counts, tuple(parameters))}
    complete = "r.approval_steps + 1 >= ?"
    execute(
        connection,
        f"UPDATE report AS r SET approval = CASE WHEN {complete} THEN 'approved' ELSE 'partially_approved' END, "
        f"approved_at = CASE WHEN {complete} THEN ? ELSE r.approved_at END, "
        f"post_due = CASE WHEN {complete} THEN NOT r.awaits_control ELSE r.post_due END, "
        f"approval_steps = CASE WHEN {complete} THEN ? ELSE r.approval_steps + 1 END WHERE {where}",
        (len(steps), len(steps), now, len(steps), len(steps), len(steps), *parameters),
    )
    return given, wanted - sum(given.values())


def step_name(steps: Sequence[str], given: int) -> str:
    """The step that follows ``given`` ones, where there are several."""
    number = min(given, len(steps) - 1)
    return f"step {number + 1} of {len(steps)}: {steps[number]}" if len(steps) > 1 else ""


def _step(steps: Sequence[str]) -> tuple[str, list[Any]]:
    if len(steps) == 1:
        return "''", []
    whens = " ".join("WHEN ? THEN ?" for _ in steps)
    values = [value for given in range(len(steps)) for value in (given, step_name(steps, given))]
    return f"CASE r.approval_steps {whens} ELSE ? END", [*values, step_name(steps, len(steps))]


def control_all(connection: Connection, entity_id: int, now: str, actor: str) -> int:
    """Controls every approved report of an entity; what awaited that is due to be posted."""
    in_turn(connection)
    where = "r.entity_id = ? AND r.approval = 'approved' AND r.controlled_at IS NULL"
    changed = record_where(connection, Event(0, now, actor, "control", 0), ("''", ()), where, (entity_id,))
    execute(
        connection,
        "UPDATE report AS r SET controlled_at = ?, post_due = (r.post_due OR r.awaits_control), awaits_control = ? "
        f"WHERE {where}",
        (now, False, entity_id),
    )
    return changed


_EXPENSE = (
    "x.line_key, x.gross, x.entity_gross, x.covered, x.entity_covered, x.withdrawn, x.blocked, r.kind = 'own',"
    " x.verdicts IS NOT NULL, x.verdicts IS NOT NULL AND r.approval = 'approved', x.controlled_at, x.control_cover,"
    " x.control_reason, x.granted"
)


def expenses(connection: Connection, report_id: int) -> dict[int, ExpenseStanding]:
    """Where each expense of a report stands, by key number, if its employee was queued before."""
    rows = execute(
        connection,
        f"SELECT x.id, {_EXPENSE} FROM expense x JOIN report r ON r.id = x.report_id WHERE x.report_id = ?"
        " ORDER BY x.id",
        (report_id,),
    )
    return {
        id: ExpenseStanding(*amounts, *map(bool, facts), *control)
        for id, amounts, facts, control in ((row[0], row[1:6], row[6:11], row[11:]) for row in rows)
    }


def save_expenses(connection: Connection, changes: Iterable[tuple[int, ExpenseStanding]]) -> None:
    """Writes covers and control; what is not judged any more loses its verdicts."""
    execute_many(
        connection,
        "UPDATE expense SET covered = ?, entity_covered = ?, controlled_at = ?, control_cover = ?, "
        "control_reason = ?, granted = ?, verdicts = CASE WHEN ? THEN verdicts END WHERE id = ?",
        (
            (one.covered, one.entity_covered, one.controlled_at, one.control_cover, one.control_reason, one.granted,
             one.judged, id)
            for id, one in changes
        ),
    )  # fmt: skip


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
