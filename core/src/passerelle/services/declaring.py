"""Interactive declaration: one expense of one employee, judged in the transaction that takes it.

What is declared joins the employee's draft: a report for own money, one for what the company paid, submitted together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError

from passerelle import money
from passerelle.errors import Finding, Refused, UsageFault
from passerelle.periods import Clock, instant_text, month_of
from passerelle.reports import lifecycle
from passerelle.reports.expense import ExpenseInput, Title
from passerelle.reports.faults import of_model, of_text
from passerelle.reports.intake import OWN_SOURCE, CheckedExpense, ReportKind, check_expense
from passerelle.reports.lifecycle import Case, Standing
from passerelle.reports.refunds import may_be_cancelled, nothing_to_cancel
from passerelle.rules.deciding import outcome_of
from passerelle.rules.declared import Verdict
from passerelle.services.desk import Desk as Desk
from passerelle.services.duplicates import possible_duplicates
from passerelle.services.judging import Newest, Ruling, judge_newest, judge_now
from passerelle.services.lookups import entities, not_one, refusal, unknown
from passerelle.services.verdicts_shown import JudgementShown, judgement_shown
from passerelle.store import drafts, judging, report_events, report_list
from passerelle.store import reports as stored
from passerelle.store.database import Connection, Database
from passerelle.store.drafts import Draft
from passerelle.store.masterdata import Directory
from passerelle.store.report_events import Event
from passerelle.store.report_list import ReportFilter

_NAME = "the expense"
_FIELDS = tuple(name for name in ExpenseInput.model_fields if name != "id")


@dataclass(frozen=True)
class Declaring:
    """What an employee declares: the fields of ``ExpenseInput`` without an id, which is given here."""

    employee: str
    fields: Mapping[str, Any]
    title: str = ""  # of the draft, if this expense begins it


class Otherwise(BaseModel):
    """An expense that is treated otherwise now: what is covered of it and the strictest outcome, before and now."""

    model_config = ConfigDict(frozen=True)
    report: str
    expense: str
    currency: str
    covered_before: str
    covered: str
    outcome_before: str  # empty: not judged yet
    outcome: str


class Declaration(BaseModel):
    """A declared expense and what the policy says of it.

    ``refused``: paid by the employee and blocked: it stays in the draft and is not reimbursed. ``others`` are other
    expenses of the employee that are treated otherwise now.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    entity: str
    employee: str
    report: str
    expense: str
    kind: str
    refused: bool
    judgement: JudgementShown
    others: tuple[Otherwise, ...]
    findings: tuple[Finding, ...]


class Submission(BaseModel):
    """What was handed in for approval, and what of it the policy refuses; judged again just before."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    entity: str
    employee: str
    reports: tuple[str, ...]
    expenses: int
    refused: int
    findings: tuple[Finding, ...]


class Withdrawal(BaseModel):
    """An expense that was taken out of its draft; ``others`` are treated otherwise now."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    entity: str
    report: str
    expense: str
    others: tuple[Otherwise, ...]
    findings: tuple[Finding, ...]


def declare(database: Database, clock: Clock, desk: Desk, declaring: Declaring, by: str = "") -> Declaration:
    """Takes one expense into the employee's draft and judges it; ``Refused`` when it cannot be taken as it is stated.

    Two declarations of one employee stand in line, in whatever process: the second is judged beside the first.
    """
    given = _given(declaring)
    _warm(database, desk)
    with database.transaction() as connection:
        stored.in_turn(connection)
        entity, employee_id = _employee(connection, desk, declaring.employee)
        view = desk.view(entity)
        checked, findings = check_expense(view, declaring.employee, given, _NAME)
        if checked is None:
            unknown_type = all(finding.code == "PSR-1103" for finding in findings)
            raise UsageFault(findings) if unknown_type else Refused(findings)  # as of an unknown employee
        settled = not judging.is_waiting(connection, view.id, employee_id)
        judging.queue(connection, view.id, [employee_id])
        now = clock()  # in the employee's turn: who waited for it stands after who had it
        _refund_of_something(connection, view.id, employee_id, checked)
        draft = _draft(connection, desk, entity, employee_id, checked.kind, declaring, now)
        checked = checked._replace(line_key=f"{draft.number}-{draft.lines + 1}")
        new = stored.NewExpense(draft.id, instant_text(now), False, checked)
        ids = stored.add_expenses(connection, view.id, OWN_SOURCE, [new])
        newest = Newest(ids[0], given.type, checked.day)
        alone = None
        if settled and (checked.gross >= 0 or checked.computed):  # else others may have other verdicts
            alone = judge_newest(connection, desk, view.id, employee_id, newest)
        rulings = [alone] if alone is not None else judge_now(connection, desk, view.id, [employee_id])
        findings += possible_duplicates(connection, desk.directory, view.id, OWN_SOURCE, ids[0], ids[0])
        (own,) = (one for one in rulings if one.before.id == ids[0])
        amount = money.display(own.judgement.gross, checked.currency)
        what = f"expense {checked.line_key}: {given.type}, {checked.day}, {amount}"
        event = Event(draft.id, instant_text(now), by or declaring.employee, "declare", draft.revision, what)
        report_events.record(connection, [event])
    currency = desk.directory.company.entities[entity].currency
    return Declaration(
        entity=entity,
        employee=declaring.employee,
        report=draft.number,
        expense=checked.line_key,
        kind=checked.kind,
        refused=own.refused,
        judgement=judgement_shown(own.judgement, checked.currency, currency),
        others=_others(one for one in rulings if one is not own),
        findings=(*findings, *_told(rulings)),
    )


def submit(
    database: Database, clock: Clock, desk: Desk, what: str, entity: str | None = None, by: str = ""
) -> Submission:
    """Hands in the drafts of an employee (a code), or that of a number with its other half. They are judged again."""
    _warm(database, desk)
    now = instant_text(clock())
    with database.transaction() as connection:
        stored.in_turn(connection)
        found = _drafts(connection, desk, what, entity)
        entity_id, employee_id = found[0].entity_id, found[0].employee_id
        judging.queue(connection, entity_id, [employee_id])
        rulings = judge_now(connection, desk, entity_id, [employee_id])
        ids = {one.id for one in found}
        found = [one for one in drafts.drafts_of(connection, entity_id, employee_id) if one.id in ids]
        filled = [one for one in found if one.standing_lines]
        if not filled:
            raise Refused(_all_out(found[0], desk.directory))
        entity_code = desk.directory.entity_code(entity_id)
        steps = desk.directory.company.entities[entity_code].approval_steps
        standings = [
            (one.id, _submitted(one, Case(f"{one.number} --entity {entity_code}", steps), now)) for one in filled
        ]
        stored.set_standing(connection, entity_id, standings)
        employee = desk.directory.employee_code(employee_id)
        events = [Event(one.id, now, by or employee, "submit", one.revision) for one in filled]
        report_events.record(connection, events)
        counts = drafts.counts(connection, [one.id for one in filled])
    return Submission(
        entity=entity_code,
        employee=employee,
        reports=tuple(one.number for one in filled),
        expenses=counts[0],
        refused=counts[1],
        findings=tuple(_told(rulings)),
    )


def withdraw(
    database: Database, clock: Clock, desk: Desk, expense: str, entity: str | None = None, by: str = ""
) -> Withdrawal:
    """Takes a declared expense, called by its id or NUMBER/ID, out of its draft; what had no room is judged again."""
    number, _, key = expense.rpartition("/")
    _warm(database, desk)
    now = instant_text(clock())
    with database.transaction() as connection:
        stored.in_turn(connection)
        directory = desk.open(connection)
        found = drafts.of_expense(connection, entities(directory, entity), key)
        found = [(id, one) for id, one in found if number in ("", one.number)]
        if len(found) > 1:
            raise refusal([not_one(expense, [directory.entity_code(one.entity_id) for _, one in found])])
        if not found:
            raise Refused(_not_in_a_draft(expense))
        id, draft = found[0]
        judging.queue(connection, draft.entity_id, [draft.employee_id])
        stored.withdraw_expenses(connection, draft.entity_id, [id])
        actor = by or directory.employee_code(draft.employee_id)
        report_events.record(connection, [Event(draft.id, now, actor, "withdraw", draft.revision, f"expense {key}")])
        rulings = judge_now(connection, desk, draft.entity_id, [draft.employee_id])
    return Withdrawal(
        entity=directory.entity_code(draft.entity_id),
        report=draft.number,
        expense=key,
        others=_others(rulings),
        findings=tuple(_told(rulings)),
    )


def _given(declaring: Declaring) -> ExpenseInput:
    if declaring.title and (faults := of_text(Title, declaring.title, "the draft", "title")):
        raise Refused(faults)
    try:
        return ExpenseInput.model_validate({**declaring.fields, "id": "new"})
    except ValidationError as fault:
        raise Refused(of_model(fault, _NAME, _FIELDS)) from fault


def _warm(database: Database, desk: Desk) -> None:
    """Reads the configuration before anybody has to wait for it."""
    if not desk.is_open:
        with database.reading() as connection:
            desk.look(connection)


def _employee(connection: Connection, desk: Desk, code: str) -> tuple[str, int]:
    directory = desk.open(connection)
    if code not in directory.company.employees:
        raise UsageFault(unknown("employee", code, directory.company.employees))
    return directory.company.employees[code].entity, directory.employee_id(code)


def _refund_of_something(connection: Connection, entity_id: int, employee_id: int, refund: CheckedExpense) -> None:
    if not refund.cancels:
        return
    named = stored.expenses_by_key(connection, entity_id, OWN_SOURCE, [refund.cancels]).get(refund.cancels)
    if named is None or named.employee_id != employee_id or not may_be_cancelled(named.content):
        raise Refused(nothing_to_cancel(refund, _NAME))


def _draft(
    connection: Connection,
    desk: Desk,
    entity: str,
    employee_id: int,
    kind: ReportKind,
    declaring: Declaring,
    now: datetime,
) -> Draft:
    """The employee's newest draft of this kind; begun where there is none, beside the other kind's where that is.

    Beside a draft that was sent back alone, its other half being decided, a new submission begins.
    """
    entity_id = desk.view(entity).id
    there = [one for one in drafts.drafts_of(connection, entity_id, employee_id) if one.source == OWN_SOURCE]
    newest = there[-1].source_id if there else ""
    same = [one for one in there if one.kind == kind and one.source_id == newest]
    if same:
        return same[0]
    if newest and drafts.has_half(connection, entity_id, newest, kind):
        newest = ""
    begun = drafts.submissions_of(connection, entity_id, employee_id)
    local = now.astimezone(ZoneInfo(desk.directory.company.entities[entity].time_zone)).date()
    new = stored.NewReport(
        employee_id, OWN_SOURCE, newest or f"{declaring.employee}/{begun + 1}", kind, 1, False, "", "",
        declaring.title or f"{month_of(local)} {declaring.employee}", instant_text(now), Standing(),
        stated=False,
    )  # fmt: skip
    (report_id,) = stored.add_reports(connection, entity_id, [new])
    (added,) = (one for one in drafts.drafts_of(connection, entity_id, employee_id) if one.id == report_id)
    return added


def _drafts(connection: Connection, desk: Desk, what: str, entity: str | None) -> list[Draft]:
    """The drafts of an employee or a number, all of one employee."""
    directory = desk.open(connection)
    scope = entities(directory, entity)
    if ("employee", "", what) in directory.ids:
        employee_id = directory.employee_id(what)
        found = [one for entity_id in scope for one in drafts.drafts_of(connection, entity_id, employee_id)]
        found = [one for one in found if one.entity_id == found[-1].entity_id]
    else:
        found = drafts.of_number(connection, scope, what)
        if len({one.entity_id for one in found}) > 1:
            raise refusal([not_one(what, [directory.entity_code(one.entity_id) for one in found])])
    if not found:
        raise _no_draft(connection, directory, scope, what)
    return found


def _submitted(draft: Draft, case: Case, now: str) -> Standing:
    after = lifecycle.submit(draft.standing, case, now)
    if isinstance(after, Finding):
        raise Refused(after)
    return after


def _others(rulings: Iterable[Ruling]) -> tuple[Otherwise, ...]:
    """Without those of which only what was counted differs."""
    found = []
    for one in rulings:
        row, now = one.before, one.judgement
        before = "" if row.verdicts is None else outcome_of([Verdict(*verdict) for verdict in json.loads(row.verdicts)])
        outcome = outcome_of(now.verdicts)
        if (row.gross, row.covered, before) != (now.gross, now.covered, outcome):
            found.append(
                Otherwise(
                    report=row.report_number,
                    expense=row.line_key,
                    currency=row.currency,
                    covered_before=money.text(row.covered, row.currency),
                    covered=money.text(now.covered, row.currency),
                    outcome_before=before,
                    outcome=outcome,
                )
            )
    return tuple(found)


def _told(rulings: Sequence[Ruling]) -> list[Finding]:
    return [finding for one in rulings for finding in one.findings]


def _no_draft(connection: Connection, directory: Directory, scope: Sequence[int], what: str) -> Refused | UsageFault:
    """Why an employee's code or a number leads to no draft."""
    if ("employee", "", what) in directory.ids:
        again = f"passerelle reports declare --employee {what} …; what waits already: "
        again += f"passerelle reports list --employee {what}"
        return Refused(_nothing_to_submit(f"employee {what}", "no draft", again))
    found = [
        one for entity_id in scope for one in report_list.listed(connection, entity_id, ReportFilter(number=what), 1)
    ]
    if len(found) != 1:
        return refusal([not_one(what, [directory.entity_code(one.entity_id) for one in found])])
    (one,) = found
    name = f"{what} --entity {directory.entity_code(one.entity_id)}"
    how = "submitted already" if one.ended_at is None else one.approval
    return Refused(_nothing_to_submit(f"report {what}", how, f"passerelle reports history {name}"))


def _all_out(draft: Draft, directory: Directory) -> Finding:
    name = f"{draft.number} --entity {directory.entity_code(draft.entity_id)}"
    return _nothing_to_submit(
        f"report {draft.number}",
        "nothing in it that the policy does not refuse",
        f"passerelle reports show {name}, which says what to withdraw and to declare again",
    )


def _nothing_to_submit(object: str, value: str, remedy: str) -> Finding:
    return Finding(
        "PSR-1123",
        "There is nothing to submit.",
        object=object,
        value=value,
        expected="a draft with an expense that the policy does not refuse",
        remedy=remedy,
        who="employee",
    )


def _not_in_a_draft(expense: str) -> Finding:
    return Finding(
        "PSR-1124",
        "No draft holds a declared expense of this id.",
        object=f"expense {expense}",
        value=expense,
        expected="an expense declared here, in a report that is not submitted",
        remedy="passerelle reports send-back NUMBER, where it was submitted; imported ones are changed in their source",
        who="employee",
    )
