"""``passerelle reports declare | submit | withdraw``: what employees do with their drafts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from passerelle.cli.acting import by as by_whom
from passerelle.cli.answer import Answer
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.plan import counted
from passerelle.services import declaring
from passerelle.services.declaring import Declaration, Declaring, Desk, Otherwise, Submission, Withdrawal

commands = click.Group("reports")
_entity = click.option("--entity", help="Only this legal entity.")
_TRIP = ("distance", "unit", "power", "vehicle_class", "vehicle")


def _option(name: str, words: str, **how: Any) -> Callable[[Any], Any]:
    return click.option(name, help=words, **how)


@answering(
    commands,
    "declare",
    answer=Declaration,
    help="Declare one expense of an employee. It joins the employee's draft and is judged at once: every rule that has "
    "something to say is told. An expense that the policy refuses stays in the draft and is not reimbursed.\n\n"
    "Example:  passerelle reports declare --employee E001 --type meal --date 2026-01-15 --amount 18.50",
)
@_option("--employee", "Code of the employee.", required=True)
@_option("--type", "Code of the expense type.", required=True)
@_option("--date", "Day of the expense, as 2026-01-15.", required=True)
@_option("--amount", "Gross, as 18.50; negative for a refund. Left out where the policy fills it in.")
@_option("--currency", "ISO 4217; default: the entity's.")
@_option("--rate", "The entity's currency per unit of the expense's.")
@_option("--entity-amount", "Gross in the entity's currency, instead of --rate.")
@_option("--country", "Where it was bought, ISO 3166; default: the entity's.")
@_option("--vat", "RATE, RATE:NET or RATE:NET:VAT, as 20:15.42:3.08; several add up to the amount.", multiple=True)
@_option("--payer", "Who paid; default: employee.", type=click.Choice(["employee", "company_card", "company"]))
@_option("--card-transaction", "The card's transaction, where a company card paid.")
@_option("--quantity", "Of a type that counts units, as 3.")
@_option("--guests", "How many, without the employee.", type=click.IntRange(0))
@_option("--distance", "Of a trip by the employee's own vehicle.")
@_option("--unit", "Of the distance; default: km.", type=click.Choice(["km", "mi"]))
@_option("--power", "Fiscal power of the vehicle.", type=click.IntRange(1))
@_option("--vehicle-class", "As the mileage scale names it; default: car.")
@_option("--vehicle", "Which one, as its number plate; default: the only one.")
@_option("--comment", "What it was for.")
@_option("--receipt", "Where the receipt is found.")
@_option("--cancels", "The declared expense that this refund takes back.")
@_option("--split", "AXIS=SECTION:PERCENT; more axes after a comma, more parts by --split again.", multiple=True)
@_option("--title", "Of the draft, where this expense begins it.")
@by_whom
def declare(session: Session, employee: str, title: str | None, by: str, **options: Any) -> Answer:
    """Declaration."""
    wanted = Declaring(employee, _fields(options), title or "")
    made = declaring.declare(session.database, session.clock, Desk(), wanted, by)
    refused = any(finding.severity == "error" for finding in made.findings)
    following = f"passerelle reports submit {employee}"
    if refused:
        following = f"passerelle rules explain {made.report}/{made.expense} --entity {made.entity}"
    return Answer(made, _declared_text(made), 1 if refused else 0, following, made.findings)


def _fields(options: dict[str, Any]) -> dict[str, Any]:
    """The options as the fields of an expense; what was left out is absent."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    trip = {name: given.pop(name) for name in _TRIP if name in given}
    if trip:
        given["mileage"] = trip
    if "vat" in given:
        given["vat"] = [dict(zip(("rate", "net", "vat"), base.split(":"), strict=False)) for base in given["vat"]]
    if "split" in given:
        given["split"] = [_share(written) for written in given["split"]]
    return given


def _share(written: str) -> dict[str, Any]:
    sections, colon, percent = written.rpartition(":")
    if not colon:
        sections, percent = written, "100"
    pairs = [part.partition("=") for part in sections.split(",")]
    if not all(axis and section for axis, _, section in pairs):
        raise click.BadParameter(f"expected AXIS=SECTION:PERCENT, as CENTRE=MKT:60, not {written}")
    return {"percent": percent, "sections": {axis.strip(): section.strip() for axis, _, section in pairs}}


def _declared_text(made: Declaration) -> str:
    one = made.judgement
    lines = [f"{made.expense} in draft {made.report}: {one.amount} {one.currency}"]
    if made.refused:
        lines[0] += ", refused by the policy"
    else:
        lines[0] += f", {one.covered} {one.currency} covered"
    lines += [f"  {verdict.outcome:<5}  {verdict.sentence}" for verdict in one.verdicts] or [f"  {one.sentence}"]
    return "\n".join([*lines, *_others(made.others)])


def _others(others: tuple[Otherwise, ...]) -> list[str]:
    lines = [f"{counted(len(others), 'other expense')} judged otherwise now:"] if others else []
    for one in others:
        line = f"  {one.report}/{one.expense}: {one.covered} {one.currency} covered"
        line += f", {one.covered_before} before" if one.covered != one.covered_before else ", as before"
        lines.append(line + (f"; {one.outcome}, {one.outcome_before or 'not judged'} before"
                             if one.outcome != one.outcome_before else ""))  # fmt: skip
    return lines


@answering(
    commands,
    "submit",
    answer=Submission,
    help="Hand in the draft of an EMPLOYEE, or that of a report's NUMBER. It is judged again just before; what the "
    "company paid is a report of its own and goes with it.\n\n"
    "Example:  passerelle reports submit E001",
)
@click.argument("what", metavar="EMPLOYEE|NUMBER")
@_entity
@by_whom
def submit(session: Session, what: str, entity: str | None, by: str) -> Answer:
    """Submission."""
    done = declaring.submit(session.database, session.clock, Desk(), what, entity, by)
    text = f"Submitted: {', '.join(done.reports)} of {done.employee}, {counted(done.expenses, 'expense')}, judged again"
    text += f"; the policy refuses {done.refused:,}, which are not reimbursed." if done.refused else "."
    code = 1 if any(finding.severity == "error" for finding in done.findings) else 0
    following = f"passerelle reports approve {' '.join(done.reports)} --entity {done.entity}"
    return Answer(done, text, code, following, done.findings)


@answering(
    commands,
    "withdraw",
    answer=Withdrawal,
    help="Take a declared EXPENSE out of its draft, by its id or by the number of its report, a slash and its id; what "
    "it leaves room for is judged again.\n\n"
    "Example:  passerelle reports withdraw ND000001/ND000001-2",
)
@click.argument("expense")
@_entity
@by_whom
def withdraw(session: Session, expense: str, entity: str | None, by: str) -> Answer:
    """Withdrawal."""
    done = declaring.withdraw(session.database, session.clock, Desk(), expense, entity, by)
    text = "\n".join([f"{done.expense} is withdrawn from {done.report}.", *_others(done.others)])
    following = f"passerelle reports show {done.report} --entity {done.entity}"
    return Answer(done, text, 0, following, done.findings)
