"""``passerelle reports approve | refuse | cancel | control | uncontrol | send-back | history``."""

from __future__ import annotations

from datetime import datetime

import click

from passerelle.cli.acting import by as by_whom
from passerelle.cli.answer import Answer, table
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.periods import shown
from passerelle.plan import counted
from passerelle.services import configuration, life
from passerelle.services.life import Decided
from passerelle.services.report_history import ReportHistory, history

commands = click.Group("reports")
_entity = click.option("--entity", help="Only this legal entity.")
_reason = click.option("--reason", required=True, help="Why; the employee reads it, and it is kept.")
_expense = click.option("--expense", metavar="ID", help="Only this expense of one report.")
_some = click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...")
_any = click.argument("numbers", nargs=-1, metavar="[NUMBER]...")


def _numbers(numbers: tuple[str, ...], all_: bool) -> tuple[str, ...] | None:
    if bool(numbers) == all_:
        raise click.UsageError("Name the reports by number, or give --all.")
    return None if all_ else numbers


def _one(numbers: tuple[str, ...] | None) -> str:
    if numbers is None or len(numbers) != 1:
        raise click.UsageError("--expense is for one report: name it by its number.")
    return numbers[0]


def _decided(decided: Decided, done: str, following: str, what: str = "report") -> Answer:
    were = f"{decided.unchanged:,} {'was' if decided.unchanged == 1 else 'were'} already"
    text = f"{counted(decided.changed, what)} {done}; {were}. " if decided.changed or not decided.steps else ""
    for one in decided.steps:
        text += f"{counted(one.reports, what)} of {one.entity}: step {one.step} of {one.of} ({one.name}) given, "
        text += f"{one.following} next. "
    if decided.waiting:
        text += f"{counted(decided.waiting, 'report')} that you approved before: the next step is for somebody else. "
    text += f"Ledger: {counted(decided.posted, 'report')} posted, {counted(decided.ledger_lines, 'line')}, "
    text += f"{decided.held_back:,} held back."
    return Answer(
        decided,
        text=text,
        exit_code=1 if any(finding.severity == "error" for finding in decided.findings) else 0,
        next=following,
        findings=decided.findings,
    )


def _to_export(session: Session, entity: str | None) -> str:
    """What leaves next, by the first definition that may send it; where nothing is sent, what is ready to leave."""
    for code, definition in configuration.current(session.database).exports.items():
        if entity in (None, definition.entity):
            return f"passerelle export preview {code}"
    return f"passerelle reports list --status controlled{_only(entity)}"


def _show(numbers: tuple[str, ...], entity: str | None) -> str:
    return f"passerelle reports show {numbers[0]}{_only(entity)}"


def _these(numbers: tuple[str, ...], entity: str | None) -> str:
    return (" ".join(numbers) or "--all") + _only(entity)


def _only(entity: str | None) -> str:
    return f" --entity {entity}" if entity else ""


@answering(
    commands,
    "approve",
    answer=Decided,
    help="Approve reports by NUMBER, or all that are submitted. With the last of the entity's approval steps they "
    "enter the ledger; one person gives one step of a report.\n\n"
    "Example:  passerelle reports approve ND000001 ND000002 --by paul",
)
@_any
@click.option("--all", "all_", is_flag=True, help="All submitted reports.")
@_entity
@by_whom
def approve(session: Session, numbers: tuple[str, ...], all_: bool, entity: str | None, by: str) -> Answer:
    """Approval."""
    decided = life.approve(session.database, session.clock, by, _numbers(numbers, all_), entity)
    these = _these(numbers, entity)
    following = f"passerelle reports control {these}"
    if decided.steps:
        following = f"passerelle reports approve {these} --by SOMEBODY_ELSE"
    elif not decided.changed and decided.waiting:
        following = f"passerelle reports list --status partially-approved{_only(entity)}"
    return _decided(decided, "approved", following)


@answering(
    commands,
    "refuse",
    answer=Decided,
    help="Refuse submitted or approved reports, for a reason. What the ledger holds of them is taken back at once; "
    "they come again only in a higher revision of their source, or declared anew where they were declared here.\n\n"
    'Example:  passerelle reports refuse ND000001 --reason "not a business trip"',
)
@_some
@_reason
@_entity
@by_whom
def refuse(session: Session, numbers: tuple[str, ...], reason: str, entity: str | None, by: str) -> Answer:
    """Refusal."""
    decided = life.refuse(session.database, session.clock, by, numbers, reason, entity)
    return _decided(decided, "refused", _show(numbers, entity))


@answering(
    commands,
    "cancel",
    answer=Decided,
    help="Cancel reports, drafts as well, for a reason. What the ledger holds of them is taken back at once; they come "
    "again only in a higher revision of their source, or declared anew where they were declared here.\n\n"
    'Example:  passerelle reports cancel ND000001 --reason "declared in the wrong entity"',
)
@_some
@_reason
@_entity
@by_whom
def cancel(session: Session, numbers: tuple[str, ...], reason: str, entity: str | None, by: str) -> Answer:
    """Cancellation."""
    decided = life.cancel(session.database, session.clock, by, numbers, reason, entity)
    return _decided(decided, "cancelled", _show(numbers, entity))


@answering(
    commands,
    "send-back",
    answer=Decided,
    help="Make submitted or approved reports drafts again, for a reason: neither approved nor controlled. The ledger "
    "keeps what it holds of them until they are approved again, and controlled if they were.\n\n"
    'Example:  passerelle reports send-back ND000001 --reason "the hotel bill is missing"',
)
@_some
@_reason
@_entity
@by_whom
def send_back(session: Session, numbers: tuple[str, ...], reason: str, entity: str | None, by: str) -> Answer:
    """Back to the employee."""
    decided = life.send_back(session.database, session.clock, by, numbers, reason, entity)
    return _decided(decided, "sent back", f"passerelle reports list --status draft{_only(entity)}")


@answering(
    commands,
    "control",
    answer=Decided,
    help="Mark reports as controlled by an accountant: by NUMBER, or all that are approved. Then they may leave.\n\n"
    "With --expense one expense is controlled: covered as the policy says, or less by --cover with a reason (0: not at "
    "all). No cover goes above what the policy allows. With the last expense the report is controlled.\n\n"
    "Examples:  passerelle reports control --all --entity FR\n\n"
    'Example:  passerelle reports control ND000001 --expense X1 --cover 40.00 --reason "no bar bill"',
)
@_any
@click.option("--all", "all_", is_flag=True, help="All approved reports.")
@_expense
@click.option("--cover", metavar="AMOUNT", help="Cover so much of the expense, in the entity's currency, as 40.00.")
@click.option("--reason", default="", help="Why the cover is lowered.")
@_entity
@by_whom
def control(
    session: Session,
    numbers: tuple[str, ...],
    all_: bool,
    expense: str | None,
    cover: str | None,
    reason: str,
    entity: str | None,
    by: str,
) -> Answer:
    """Control, whole or of one expense."""
    chosen = _numbers(numbers, all_)
    if expense is None:
        if cover is not None or reason:
            raise click.UsageError("--cover and --reason are for one expense: add --expense ID.")
        decided = life.control(session.database, session.clock, by, chosen, entity)
        return _decided(decided, "controlled", _to_export(session, entity))
    number = _one(chosen)
    decided = life.control_expense(session.database, session.clock, by, number, expense, cover, reason, entity)
    return _decided(decided, "controlled", _show(numbers, entity), "expense")


@answering(
    commands,
    "uncontrol",
    answer=Decided,
    help="Take the control of reports back, or with --expense that of one expense, until they have left. Covers that "
    "it lowered are what the policy says again, within the room that is left now.\n\n"
    "Example:  passerelle reports uncontrol ND000001 --expense X1",
)
@_some
@_expense
@_entity
@by_whom
def uncontrol(session: Session, numbers: tuple[str, ...], expense: str | None, entity: str | None, by: str) -> Answer:
    """Control undone."""
    if expense is None:
        decided = life.uncontrol(session.database, session.clock, by, numbers, entity)
        return _decided(decided, "no longer controlled", f"passerelle reports control {_these(numbers, entity)}")
    decided = life.uncontrol_expense(session.database, session.clock, by, _one(numbers), expense, entity)
    return _decided(decided, "no longer controlled", _show(numbers, entity), "expense")


@answering(
    commands,
    "history",
    answer=ReportHistory,
    help="Show who did what to the report NUMBER and when: declared, submitted, replaced, approved step by step, "
    "refused, controlled with covers and reasons; and what the ledger took and what left.\n\n"
    "Example:  passerelle reports history ND000001",
)
@click.argument("number")
@_entity
def history_(session: Session, number: str, entity: str | None) -> Answer:
    """What happened to a report."""
    one = history(session.database, number, entity)
    rows = [
        [
            shown(datetime.fromisoformat(happening.at), one.time_zone),
            happening.what,
            happening.by,
            str(happening.revision or ""),
            happening.detail,
            happening.reason,
        ]
        for happening in one.happenings
    ]
    text = f"{one.number}  {one.title}\n\n"
    text += table(["when", "what", "by", "revision", "", "reason"], rows, right=frozenset({3}))
    return Answer(one, text=text, next=f"passerelle reports show {one.number} --entity {one.entity}")
