"""The acts on reports: each in one transaction, of several reports all or none; then what is due is posted.

``by`` is who acts. Where one of the reports named is at fault, every fault is told and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict

from passerelle import money
from passerelle.errors import Finding, Refused
from passerelle.periods import Clock, instant_text
from passerelle.reports import lifecycle, line_control, objections
from passerelle.reports.expense import DECIMAL
from passerelle.reports.lifecycle import Act, Case, Standing
from passerelle.reports.line_control import ExpenseStanding
from passerelle.services.judging import judge_due
from passerelle.services.lookups import entities, entity_of, not_one, refusal
from passerelle.services.posting import post_due
from passerelle.store import masterdata, report_events
from passerelle.store import report_life as stored
from passerelle.store.database import Connection, Database
from passerelle.store.masterdata import Directory
from passerelle.store.report_events import Event
from passerelle.store.report_life import LivingReport, step_name

_Deciding = Callable[[LivingReport, Case, str], Standing | Finding]


class Decided(BaseModel):
    """What an act did. ``unchanged``: it was so already; ``waiting``: its next step is for somebody else to give."""

    model_config = ConfigDict(frozen=True)
    changed: int
    unchanged: int
    posted: int
    ledger_lines: int
    held_back: int
    findings: tuple[Finding, ...]
    waiting: int = 0


def approve(
    database: Database, clock: Clock, by: str, numbers: Sequence[str] | None, entity: str | None = None
) -> Decided:
    """Gives the next step of the reports of ``numbers``, or of all that are submitted when it is ``None``."""
    if numbers is not None:
        return _each(database, clock, by, numbers, entity, "approve",
                     lambda one, case, now: lifecycle.approve(one.standing, case, by, now))  # fmt: skip
    changed = waiting = 0
    with database.transaction() as connection:
        directory = masterdata.load(connection)
        for one in entities(directory, entity):
            steps = entity_of(directory, one).approval_steps
            done = stored.approve_all(
                connection, one, instant_text(clock()), by, steps, bool(directory.company.profiles)
            )
            changed, waiting = changed + done[0], waiting + done[1]
    return _then_posted(database, clock, changed, 0, waiting)


def refuse(
    database: Database, clock: Clock, by: str, numbers: Sequence[str], reason: str, entity: str | None = None
) -> Decided:
    """Refuses reports, for a reason; what the ledger holds of them is posted to nothing."""
    return _each(database, clock, by, numbers, entity, "refuse",
                 lambda one, case, now: lifecycle.refuse(one.standing, case, reason, now), reason)  # fmt: skip


def cancel(
    database: Database, clock: Clock, by: str, numbers: Sequence[str], reason: str, entity: str | None = None
) -> Decided:
    """Cancels reports, drafts as well, for a reason; what the ledger holds of them is posted to nothing."""
    return _each(database, clock, by, numbers, entity, "cancel",
                 lambda one, case, now: lifecycle.cancel(one.standing, case, reason, now), reason)  # fmt: skip


def send_back(
    database: Database, clock: Clock, by: str, numbers: Sequence[str], reason: str, entity: str | None = None
) -> Decided:
    """Makes reports drafts again, for a reason: neither approved nor controlled."""
    return _each(database, clock, by, numbers, entity, "send-back",
                 lambda one, case, now: lifecycle.send_back(one.standing, case, reason), reason)  # fmt: skip


def control(
    database: Database, clock: Clock, by: str, numbers: Sequence[str] | None, entity: str | None = None
) -> Decided:
    """Marks reports as controlled, whole: those of ``numbers``, or all that are approved."""
    if numbers is not None:
        return _each(database, clock, by, numbers, entity, "control",
                     lambda one, case, now: lifecycle.control(one.standing, case, now))  # fmt: skip
    with database.transaction() as connection:
        directory = masterdata.load(connection)
        now = instant_text(clock())
        changed = sum(stored.control_all(connection, one, now, by) for one in entities(directory, entity))
    return _then_posted(database, clock, changed, 0, 0)


def uncontrol(database: Database, clock: Clock, by: str, numbers: Sequence[str], entity: str | None = None) -> Decided:
    """Takes the control of reports back, that of their expenses and covers that it lowered included."""
    now = instant_text(clock())
    with database.transaction() as connection:
        directory = masterdata.load(connection)
        rows = _chosen(connection, directory, numbers, entity, judge=True)
        lines = {one.id: stored.expenses(connection, one.id) for one in rows}

        def decide(one: LivingReport, case: Case, now: str) -> Standing | Finding:
            found = lines[one.id].values()
            lowered = any(line.control_cover is not None for line in found)
            some = lowered or any(line.controlled_at is not None for line in found)
            return lifecycle.uncontrol(one.standing, case, some, lowered)

        changed = _decide(connection, directory, rows, decide, now)
        before = {one.id: one for one in rows}
        _record(connection, directory, before, changed, "uncontrol", by, now, "")
        for id in changed:
            _free_lines(connection, lines[id], keep_granted=True)
    return _then_posted(database, clock, len(changed), len(rows) - len(changed), 0)


def control_expense(
    database: Database,
    clock: Clock,
    by: str,
    number: str,
    expense: str,
    cover: str | None = None,
    reason: str = "",
    entity: str | None = None,
) -> Decided:
    """Controls one expense of a report: as the policy covers it, or by ``cover`` (an amount of the entity's currency)
    for a reason. With the last of its expenses the report is controlled."""

    def decide(
        one: LivingReport, case: Case, line: ExpenseStanding, others: Sequence[ExpenseStanding], currency: str, now: str
    ) -> tuple[Standing, ExpenseStanding] | Finding:
        minor = None if cover is None else _cover(cover, currency)
        if cover is not None and minor is None:
            return objections.bad_cover(case.name, line.key, cover, currency)
        done = all(other.controlled_at is not None for other in others if other.to_control)
        return line_control.control_expense(one.standing, case, line, minor, reason, done, currency, now)

    return _one_expense(database, clock, by, number, expense, entity, "control", decide, reason)


def uncontrol_expense(
    database: Database, clock: Clock, by: str, number: str, expense: str, entity: str | None = None
) -> Decided:
    """Takes the control of one expense back, and the cover that it lowered; the report is not controlled any more."""

    def decide(
        one: LivingReport, case: Case, line: ExpenseStanding, others: Sequence[ExpenseStanding], currency: str, now: str
    ) -> tuple[Standing, ExpenseStanding] | Finding:
        return line_control.uncontrol_expense(one.standing, case, line)

    return _one_expense(database, clock, by, number, expense, entity, "uncontrol", decide, "")


_DecidingLine = Callable[
    [LivingReport, Case, ExpenseStanding, Sequence[ExpenseStanding], str, str],
    tuple[Standing, ExpenseStanding] | Finding,
]


def _one_expense(
    database: Database,
    clock: Clock,
    by: str,
    number: str,
    key: str,
    entity: str | None,
    act: Act,
    decide: _DecidingLine,
    reason: str,
) -> Decided:
    found = judge_due(database, clock).findings  # so that it is known what the policy covers
    now = instant_text(clock())
    with database.transaction() as connection:
        directory = masterdata.load(connection)
        [one] = _chosen(connection, directory, [number], entity, judge=True)
        [case] = _cases(connection, directory, [one])
        lines = stored.expenses(connection, one.id)
        ids = {line.key: id for id, line in lines.items()}
        if key not in ids:
            raise Refused(objections.unknown_expense(case.name, key, ids))
        id, line = ids[key], lines[ids[key]]
        others = [other for key_number, other in lines.items() if key_number != id]
        currency = entity_of(directory, one.entity_id).currency
        outcome = decide(one, case, line, others, currency, now)
        if isinstance(outcome, Finding):
            raise Refused(outcome)
        standing, after = outcome
        changed = (standing, after) != (one.standing, line)
        if changed:
            changes = {id: after}
            if one.standing.controlled_at is not None and standing.controlled_at is None:
                changes |= _controlled_alone(lines, id, one.standing.controlled_at)
            stored.save(connection, one.entity_id, [(one.id, standing)])
            stored.save_expenses(connection, changes.items())
            shown = f"expense {key}"
            if act == "control":
                shown += f": covered {money.text(after.entity_covered, currency)}"
                shown += f" of {money.display(after.entity_gross, currency)}"
            events = [Event(one.id, now, by, act, one.revision, shown, reason.strip())]
            if act == "control" and standing.controlled_at != one.standing.controlled_at:
                events.append(Event(one.id, now, by, act, one.revision, "every expense is controlled"))
            report_events.record(connection, events)
    decided = _then_posted(database, clock, int(changed), int(not changed), 0)
    return decided.model_copy(update={"findings": (*found, *decided.findings)})


def _controlled_alone(
    lines: dict[int, ExpenseStanding], without: int, controlled_at: str
) -> dict[int, ExpenseStanding]:
    """The other expenses of a report that was controlled whole: each by itself from now on."""
    return {
        id: line._replace(controlled_at=line.controlled_at or controlled_at)
        for id, line in lines.items()
        if id != without and line.to_control
    }


def _cover(written: str, currency: str) -> int | None:
    if not DECIMAL.fullmatch(written):
        return None
    try:
        minor = money.minor(money.parse_decimal(written), currency)
    except ValueError:
        return None
    return minor if minor >= 0 else None


def _each(
    database: Database,
    clock: Clock,
    by: str,
    numbers: Sequence[str],
    entity: str | None,
    act: Act,
    decide: _Deciding,
    reason: str = "",
) -> Decided:
    now = instant_text(clock())
    with database.transaction() as connection:
        directory = masterdata.load(connection)
        judge = act in ("refuse", "cancel", "send-back") or (act == "approve" and bool(directory.company.profiles))
        rows = _chosen(connection, directory, numbers, entity, judge)
        changed = _decide(connection, directory, rows, decide, now)
        _record(connection, directory, {one.id: one for one in rows}, changed, act, by, now, reason)
        if act == "send-back":
            for id in changed:
                _free_lines(connection, stored.expenses(connection, id), keep_granted=False)
    return _then_posted(database, clock, len(changed), len(rows) - len(changed), 0)


def _chosen(
    connection: Connection, directory: Directory, numbers: Sequence[str], entity: str | None, judge: bool
) -> list[LivingReport]:
    """The reports of these numbers, locked; every number at fault is told, and then nothing is changed.

    ``judge``: what is done to them bears on the judgement of their employees' expenses.
    """
    wanted = list(dict.fromkeys(numbers))
    if judge:
        stored.queue_numbers(connection, entities(directory, entity), wanted)
    by_number: dict[str, list[LivingReport]] = {number: [] for number in wanted}
    for one in stored.of_numbers(connection, entities(directory, entity), wanted):
        by_number[one.number].append(one)
    faults = [
        not_one(number, [directory.entity_code(one.entity_id) for one in found])
        for number, found in by_number.items()
        if len(found) != 1
    ]
    if faults:
        raise refusal(faults)
    return [found[0] for found in by_number.values()]


def _cases(connection: Connection, directory: Directory, rows: Sequence[LivingReport]) -> list[Case]:
    partly = [(one.id, one.standing.approval_steps) for one in rows if one.standing.approval == "partially_approved"]
    approvers = report_events.approvers(connection, partly)
    sendings = report_events.sendings(connection, [one.id for one in rows])
    definitions = directory.company.exports
    cases = []
    for one in rows:
        held = [sent for sent in sendings.get(one.id, ()) if sent.held]
        present = one.posted_revision if not one.standing.post_due else None
        cases.append(
            Case(
                name=f"{one.number} --entity {directory.entity_code(one.entity_id)}",
                steps=entity_of(directory, one.entity_id).approval_steps,
                approvers=approvers.get(one.id, ()),
                sent=max((sent.sequence for sent in held if sent.revision == present), default=0),
                frozen=max(
                    (
                        sent.sequence
                        for sent in held
                        if sent.definition in definitions and definitions[sent.definition].on_change == "refuse"
                    ),
                    default=0,
                ),
            )
        )
    return cases


def _decide(
    connection: Connection, directory: Directory, rows: Sequence[LivingReport], decide: _Deciding, now: str
) -> dict[int, Standing]:
    """Where the reports that change stand from now on; raises every objection."""
    faults: list[Finding] = []
    changed: dict[int, Standing] = {}
    for one, case in zip(rows, _cases(connection, directory, rows), strict=True):
        after = decide(one, case, now)
        if isinstance(after, Finding):
            faults.append(after)
        elif after != one.standing:
            changed[one.id] = after
    if faults:
        raise Refused(faults)
    return changed


def _record(
    connection: Connection,
    directory: Directory,
    rows: dict[int, LivingReport],
    changed: dict[int, Standing],
    act: Act,
    by: str,
    now: str,
    reason: str,
) -> None:
    """Writes where reports stand, and who did that."""
    for entity_id in sorted({rows[id].entity_id for id in changed}):
        standings = [(id, standing) for id, standing in changed.items() if rows[id].entity_id == entity_id]
        stored.save(connection, entity_id, standings)
    events = []
    for id in changed:
        one = rows[id]
        steps = entity_of(directory, one.entity_id).approval_steps
        detail = step_name(steps, one.standing.approval_steps) if act == "approve" else ""
        events.append(Event(id, now, by, act, one.revision, detail, reason.strip()))
    report_events.record(connection, events)


def _free_lines(connection: Connection, lines: dict[int, ExpenseStanding], keep_granted: bool) -> None:
    """Takes the control of a report's expenses back; the policy judges anew those whose cover it lowered."""
    freed = {id: line_control.uncontrolled(line) for id, line in lines.items()}
    if not keep_granted:
        freed = {id: line._replace(granted=None) for id, line in freed.items()}
    stored.save_expenses(connection, [(id, line) for id, line in freed.items() if line != lines[id]])


def _then_posted(database: Database, clock: Clock, changed: int, unchanged: int, waiting: int) -> Decided:
    outcome = post_due(database, clock)
    return Decided(
        changed=changed,
        unchanged=unchanged,
        posted=outcome.posted,
        ledger_lines=outcome.lines,
        held_back=outcome.refused,
        findings=outcome.findings,
        waiting=waiting,
    )
