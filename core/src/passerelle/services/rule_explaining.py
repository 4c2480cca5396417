"""``rules explain``: every verdict of a stored expense, what decides, and what is covered and owed in the end."""

from __future__ import annotations

import json
import shlex
from typing import NamedTuple

from passerelle import money
from passerelle.errors import Finding, Refused, UsageFault
from passerelle.masterdata.policy import GENERIC
from passerelle.reports.status import is_ended
from passerelle.rules.declared import Judgement, Verdict
from passerelle.services.lookups import entities, entity_of
from passerelle.services.verdicts_shown import JudgementShown, judgement_shown
from passerelle.store import judging as stored
from passerelle.store import masterdata, report_list
from passerelle.store.database import Connection, Database
from passerelle.store.masterdata import Directory
from passerelle.store.report_list import ListedExpense, ListedReport, ReportFilter


class Explained(JudgementShown):
    """A stored expense and what the policy says of it."""

    expense: str
    report: str
    entity: str
    employee: str
    employee_name: str
    profile: str
    type: str
    date: str
    payer: str
    judged: bool
    standing: str  # where it stands, in words
    control_cover: str | None  # what an accountant lowered the cover to, in the entity's currency
    control_reason: str
    owed: str  # to the employee, in the entity's currency; of company money nothing is
    advance: str  # what company money paid and nothing covers
    summary: str


class _Found(NamedTuple):
    report: ListedReport
    expense: ListedExpense


def explain(database: Database, name: str, entity: str | None = None) -> Explained:
    """The expense called ``name``: a report's number, a slash and the expense's id, or that id alone."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        found = [one for entity_id in entities(directory, entity) for one in _named(connection, entity_id, name)]
    if len(found) != 1:
        raise _several(name, found, directory) if found else _none(name)
    return _explained(found[0], directory)


def _named(connection: Connection, entity_id: int, name: str) -> list[_Found]:
    """An id may hold slashes of its own: the whole name is tried as an id, too."""
    number, slash, key = name.partition("/")
    places = [(number, key)] if slash else []
    places += [(there, name) for there in stored.reports_with(connection, entity_id, name)]
    return [
        _Found(report, expense)
        for number, key in places
        for report in report_list.listed(connection, entity_id, ReportFilter(number=number), 1)
        for expense in report_list.expenses_of(connection, entity_id, report.id)
        if expense.content.line_key == key
    ]


def _none(name: str) -> Refused:
    return Refused(
        Finding(
            "PSR-3044",
            "There is no expense of this name.",
            object=f"expense {name}",
            value=name,
            expected="the number of its report, a slash and its id, as ND000001/X17, or its id alone",
            remedy="passerelle reports list, then passerelle reports show NUMBER",
            who="accountant",
        )
    )


def _several(name: str, found: list[_Found], directory: Directory) -> UsageFault:
    typed = [
        f"{shlex.quote(f'{one.report.number}/{one.expense.content.line_key}')} "
        f"--entity {directory.entity_code(one.report.entity_id)}"
        for one in found
    ]
    same = len({one.report.number for one in found}) == 1
    return UsageFault(
        Finding(
            "PSR-3045",
            "Several expenses have this name.",
            object=f"expense {name}",
            value=name,
            expected=f"one of {', '.join(typed)}",
            remedy="add --entity, since each entity numbers its own reports" if same else "name the report as well",
            who="accountant",
        )
    )


def _explained(found: _Found, directory: Directory) -> Explained:
    report, expense = found
    one = expense.content
    entity = directory.entity_code(report.entity_id)
    currency = entity_of(directory, report.entity_id).currency
    verdicts = tuple(Verdict(*verdict) for verdict in json.loads(expense.verdicts or "[]"))
    judgement = Judgement(
        expense.id, one.gross, one.entity_gross, expense.covered, expense.entity_covered, expense.blocked, verdicts
    )
    shown = judgement_shown(judgement, one.currency, currency)
    own = one.payer == "employee"
    owed, advance = expense.owed(report.approval)
    employee = directory.employee(report.employee_id)
    lowered = expense.control_cover
    return Explained(
        **dict(shown),
        expense=one.line_key,
        report=report.number,
        entity=entity,
        employee=directory.employee_code(report.employee_id),
        employee_name=employee.name,
        profile=employee.profile or GENERIC,
        type=directory.expense_type_code(one.type_id),
        date=one.day,
        payer=one.payer,
        judged=expense.verdicts is not None,
        standing=_standing(found, own),
        control_cover=None if lowered is None else money.text(lowered, currency),
        control_reason=expense.control_reason,
        owed=money.text(owed, currency),
        advance=money.text(advance, currency),
        summary=_summary(found, own, expense.entity_covered, advance, currency),
    )


def _standing(found: _Found, own: bool) -> str:
    report, expense = found
    if expense.withdrawn:
        return "withdrawn: it counts for nothing"
    if is_ended(report.approval):
        return f"its report was {report.approval}: it counts for nothing"
    if expense.verdicts is None:
        return "not judged yet"
    if report.approval == "approved":
        return "approved: its verdicts are fixed"
    if expense.blocked and own:
        return "refused: it counts for nothing until it is declared again"
    return "open: its verdicts may change until its report is approved"


def _summary(found: _Found, own: bool, covered: int, advance: int, currency: str) -> str:
    report, expense = found
    lowered = expense.control_cover
    words = []
    if lowered is not None:
        why = f" ({expense.control_reason})" if expense.control_reason else ""
        words.append(f"Control lowered the cover to at most {money.display(lowered, currency)}{why}.")
    if expense.withdrawn or is_ended(report.approval):
        words.append("Nothing is owed for it.")
    elif expense.verdicts is None:
        words.append("The policy has not judged it yet; every import, declaration and approval judges what waits.")
    elif own and expense.blocked:
        words.append("It was paid with own money and is refused: nothing is owed for it.")
    else:
        words.append(_settled(own, covered, advance, currency, taken_back=expense.content.gross < 0))
    return " ".join(words)


def _settled(own: bool, covered: int, advance: int, currency: str, taken_back: bool) -> str:
    """What becomes of the cover, and of company money that nothing covers; a negative one takes back."""
    cover, rest = money.display(abs(covered), currency), money.display(abs(advance), currency)
    if own and taken_back:
        return f"Of own money, {cover} that was covered is taken back from the employee."
    if own:
        return f"It was paid with own money: {cover} is owed to the employee."
    if taken_back:
        less = f", and {rest} is taken off the one-off advance that the employee owes" if advance < 0 else ""
        more = f", and {rest} is a one-off advance that the employee owes" if advance > 0 else ""
        return f"Of company money, {cover} that was covered is taken back{less}{more}."
    if advance:
        return f"The company paid: {cover} is covered, and {rest} is a one-off advance that the employee owes."
    return f"The company paid: {cover} is covered, all of it."
