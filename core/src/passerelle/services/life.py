"""The acts on reports: each in one transaction, of several reports all or none; then what is due is posted.

``by`` is who acts. Where one of the reports named is at fault, every fault is told and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from passerelle import money
from passerelle.errors import Finding, Refused
from passerelle.periods import Clock, instant_text
from passerelle.reports import lifecycle, line_control, objections
from passerelle.reports.expense import DECIMAL, Text
from passerelle.reports.faults import of_text
from passerelle.reports.intake import OWN_SOURCE
from passerelle.reports.lifecycle import Act, Case, Standing
from passerelle.reports.line_control import ExpenseStanding
from passerelle.services.approval_steps import StepGiven, steps_given, steps_of
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


@dataclass(frozen=True)
class _Acting:
    """Who acts (``by``), where and when, and in which entity alone (``None``: in any)."""

    database: Database
    clock: Clock
    by: str
    entity: str | None


class Decided(BaseModel):
    """What an act did. ``unchanged``: it was so already; ``waiting``: its next step is for somebody else to give;
    ``steps``: given to reports that wait for more, which are not among the ``changed``."""

    model_config = ConfigDict(frozen=True)
    changed: int
    unchanged: int
    posted: int
    ledger_lines: int
    held_back: int
    findings: tuple[Finding, ...]
    waiting: int = 0
    steps: tuple[StepGiven, ...] = ()


def approve(
    database: Database, clock: Clock, by: str, numbers: Sequence[str] | None, entity: str | None = None
) -> Decided:
    """Gives the next step of the reports of ``numbers``, or of all that are submitted when it is ``None``."""
    acting = _Acting(database, clock, by, entity)
    found = judge_due(database).findings  # approval fixes what the policy covers today
    if numbers is not None:
        decided = _each(acting, numbers, "approve",
                        lambda one, case, now: lifecycle.approve(one.standing, case, by, now), judge=False)  # fmt: skip
    else:
        decided = _approve_all(acting)
    return decided.model_copy(update={"findings": (*found, *decided.findings)})


def _approve_all(acting: _Acting) -> Decided:
    changed = waiting = 0
    given: tuple[StepGiven, ...] = ()
    with acting.database.transaction() as connection:
        directory = masterdata.load(connection)
        policy, now = bool(directory.company.profiles), instant_text(acting.clock())
        for one in entities(directory, acting.entity):
            steps = entity_of(directory, one).approval_steps
            by_steps, left = stored.approve_all(connection, one, now, acting.by, steps, policy)
            given += steps_given(directory.entity_code(one), steps, by_steps)
            changed, waiting = changed + sum(by_steps.values()), waiting + left
    return _then_posted(acting, changed, 0, waiting, given)


def refuse(
    database: Database, clock: Clock, by: str, numbers: Sequence[str], reason: str, entity: str | None = None
) -> Decided:
    """Refuses reports, for a reason; what the ledger holds of them is posted to nothing."""
    return _each(_Acting(database, clock, by, entity), numbers, "refuse",
                 lambda one, case, now: lifecycle.refuse(one.standing, case, reason, now), reason)  # fmt: skip


def cancel(
    database: Database, clock: Clock, by: str, numbers: Sequence[str], reason: str, entity: str | None = None
) -> Decided:
    """Cancels reports, drafts as well, for a reason; what the ledger holds of them is posted to nothing."""
    return _each(_Acting(database, clock, by, entity), numbers, "cancel",
                 lambda one, case, now: lifecycle.cancel(one.standing, case, reason, now), reason)  # fmt: skip


def send_back(
    database: Database, clock: Clock, by: str, numbers: Sequence[str], reason: str, entity: str | None = None
) -> Decided:
    """Makes reports drafts again, for a reason: neither approved nor controlled."""
    return _each(_Acting(database, clock, by, entity), numbers, "send-back",
                 lambda one, case, now: lifecycle.send_back(one.standing, case, reason), reason)  # fmt: skip


def control(
    database: Database, clock: Clock, by: str, numbers: Sequence[str] | None, entity: str | None = None
) -> Decided:
    """Marks reports as controlled, whole: those of ``numbers``, or all that are approved."""
    acting = _Acting(database, clock, by, entity)
    if numbers is not None:
        return _each(acting, numbers, "control",
                     lambda one, case, now: lifecycle.control(one.standing, case, now), judge=False)  # fmt: skip
    with database.transaction() as connection:
        directory = masterdata.load(connection)
        now = instant_text(clock())
        changed = sum(stored.control_all(connection, one, now, by) for one in entities(directory, entity))
    return _then_posted(acting, changed, 0)


def uncontrol(database: Database, clock: Clock, by: str, numbers: Sequence[str], entity: str | None = None) -> Decided:
    """Takes the control of reports back, that of their expenses and covers that it lowered included."""
    acting, now = _Acting(database, clock, by, entity), instant_text(clock())
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
        _record(connection, directory, before, changed, Event(0, now, by, "uncontrol", 0))
        for id in changed:
            _free_lines(connection, lines[id], keep_granted=True)
    return _then_posted(acting, len(changed), len(rows) - len(changed))


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

    def decide(one: _Line) -> tuple[Standing, ExpenseStanding] | Finding:
        minor = None if cover is None else _cover(cover, one.currency)
        if cover is not None and minor is None:
            return objections.bad_cover(one.case.name, expense, cover, one.currency)
        return line_control.control_expense(
            one.report, one.case, one.expense, minor, reason, one.others_controlled, one.currency, one.now
        )

    return _one_expense(_Acting(database, clock, by, entity), number, expense, "control", decide, reason)


def uncontrol_expense(
    database: Database, clock: Clock, by: str, number: str, expense: str, entity: str | None = None
) -> Decided:
    """Takes the control of one expense back, and the cover that it lowered; the report is not controlled any more."""
    return _one_expense(_Acting(database, clock, by, entity), number, expense, "uncontrol",
                        lambda one: line_control.uncontrol_expense(one.report, one.case, one.expense))  # fmt: skip


class _Line(NamedTuple):
    """One expense of a report, as an act finds both."""

    report: Standing
    case: Case
    expense: ExpenseStanding
    others_controlled: bool
    currency: str
    now: str


_DecidingLine = Callable[[_Line], tuple[Standing, ExpenseStanding] | Finding]


def _one_expense(acting: _Acting, number: str, key: str, act: Act, decide: _DecidingLine, reason: str = "") -> Decided:
    _legible(reason)
    found = judge_due(acting.database).findings  # so that it is known what the policy covers
    now = instant_text(acting.clock())
    with acting.database.transaction() as connection:
        directory = masterdata.load(connection)
        [one] = _chosen(connection, directory, [number], acting.entity, judge=True)
        [case] = _cases(connection, directory, [one])
        lines = stored.expenses(connection, one.id)
        ids = {line.key: id for id, line in lines.items()}
        if key not in ids:
            raise Refused(objections.unknown_expense(case.name, key, ids))
        id, line = ids[key], lines[ids[key]]
        others = (other for key_number, other in lines.items() if key_number != id)
        done = all(other.controlled_at is not None for other in others if other.to_control)
        currency = entity_of(directory, one.entity_id).currency
        outcome = decide(_Line(one.standing, case, line, done, currency, now))
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
            event = Event(one.id, now, acting.by, act, one.revision, shown, reason.strip())
            events = [event]
            if act == "control" and standing.controlled_at != one.standing.controlled_at:
                events.append(event._replace(detail="every expense is controlled", reason=""))
            report_events.record(connection, events)
    decided = _then_posted(acting, int(changed), int(not changed))
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


def _legible(reason: str) -> None:
    if faults := of_text(Text, reason, "", "--reason"):
        raise Refused(faults)


def _each(
    acting: _Acting, numbers: Sequence[str], act: Act, decide: _Deciding, reason: str = "", judge: bool = True
) -> Decided:
    """The act on each report. ``judge``: whether it bears on judgements; approval does where there is a policy."""
    _legible(reason)
    now = instant_text(acting.clock())
    with acting.database.transaction() as connection:
        directory = masterdata.load(connection)
        if act == "approve":
            policy = bool(directory.company.profiles)
            stored.queue_to_approve(connection, entities(directory, acting.entity), numbers, policy)
        rows = _chosen(connection, directory, numbers, acting.entity, judge)
        changed = _decide(connection, directory, rows, decide, now)
        done = Event(0, now, acting.by, act, 0, "", reason.strip())
        _record(connection, directory, {one.id: one for one in rows}, changed, done)
        if act == "send-back":
            for id in changed:
                _free_lines(connection, stored.expenses(connection, id), keep_granted=False)
        given = steps_of(directory, rows, changed)
    return _then_posted(acting, len(changed), len(rows) - len(changed), 0, given)


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
                declared_here=one.source == OWN_SOURCE,
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
    done: Event,
) -> None:
    """Writes where reports stand, and that of each of them ``done`` is true."""
    for entity_id in sorted({rows[id].entity_id for id in changed}):
        standings = [(id, standing) for id, standing in changed.items() if rows[id].entity_id == entity_id]
        stored.save(connection, entity_id, standings)
    events = []
    for id in changed:
        one = rows[id]
        steps = entity_of(directory, one.entity_id).approval_steps
        detail = step_name(steps, one.standing.approval_steps) if done.act == "approve" else ""
        events.append(done._replace(report_id=id, revision=one.revision, detail=detail))
    report_events.record(connection, events)


def _free_lines(connection: Connection, lines: dict[int, ExpenseStanding], keep_granted: bool) -> None:
    """Takes the control of a report's expenses back; the policy judges anew those whose cover it lowered."""
    freed = {id: line_control.uncontrolled(line) for id, line in lines.items()}
    if not keep_granted:
        freed = {id: line._replace(granted=None) for id, line in freed.items()}
    stored.save_expenses(connection, [(id, line) for id, line in freed.items() if line != lines[id]])


def _then_posted(
    acting: _Acting, changed: int, unchanged: int, waiting: int = 0, steps: tuple[StepGiven, ...] = ()
) -> Decided:
    outcome = post_due(acting.database, acting.clock)
    return Decided(
        changed=changed - sum(step.reports for step in steps),
        unchanged=unchanged,
        posted=outcome.posted,
        ledger_lines=outcome.lines,
        held_back=outcome.refused,
        findings=outcome.findings,
        waiting=waiting,
        steps=steps,
    )
