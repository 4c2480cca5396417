"""What a change of configuration means for the accounts, in a sentence each; and the one change that is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from passerelle.errors import Finding
from passerelle.masterdata.difference import Body, Key, ObjectChange, field_changes
from passerelle.masterdata.faults import Fault, said

POLICY_KINDS = ("profile", "mileage_scale")
"""Objects that make up the expense policy."""


@dataclass(frozen=True)
class Usage:
    """How much stands on what would change. *Open* reports are neither refused, cancelled nor wholly exported.

    By code: ``reports`` every report of an entity, ``closing`` its approved reports not exported yet whose posting
    date would be newly closed, ``open_reports`` those of an entity or employee, ``open_expenses`` those of an expense
    type or section; ``awaiting`` the submitted reports of an employee whose approval is not complete.
    """

    reports: Mapping[str, int] = field(default_factory=dict)
    closing: Mapping[str, int] = field(default_factory=dict)
    open_reports: Mapping[Key, int] = field(default_factory=dict)
    open_expenses: Mapping[Key, int] = field(default_factory=dict)
    awaiting: Mapping[Key, int] = field(default_factory=dict)


def forbidden(changes: Iterable[ObjectChange], usage: Usage) -> list[Fault]:
    """Changes that would make what is already booked wrong."""
    faults: list[Fault] = []
    for change in changes:
        before, booked = change.before or change.dormant, usage.reports.get(change.key.code, 0)
        if change.key.kind != "entity" or not before or not change.after or not booked:
            continue
        if before["currency"] == change.after["currency"]:
            continue
        finding = Finding(
            code="PSR-2040",
            message=f'The currency of entity "{change.key.code}" cannot change: it has {_count(booked, "report")}.',
            object=f'entity "{change.key.code}"',
            field=f"entities.{change.key.code}.currency",
            value=said(change.after["currency"]),
            expected=f'"{before["currency"]}", in which its reports and entries are kept',
            remedy="give the entity with the new currency a code of its own",
            who="admin",
        )
        faults.append(Fault(("entities", change.key.code, "currency"), finding))
    return faults


def consequences(changes: Iterable[ObjectChange], usage: Usage) -> dict[Key, tuple[str, ...]]:
    """The sentences under each change."""
    return {change.key: tuple(_sentences(change, usage)) for change in changes}


def _sentences(change: ObjectChange, usage: Usage) -> Iterator[str]:
    if change.key.kind in POLICY_KINDS:
        yield from _judged_again(sum(usage.awaiting.values()))
    if change.before is None:
        if change.dormant is not None:
            yield "it was deactivated and comes back, with what points to it"
        return
    if change.after is None:
        yield from _deactivated(change.key, usage)
        return
    fields = {changed.field for changed in field_changes(change.before, change.after)}
    if change.key.kind == "entity":
        yield from _entity(change.key, change.before, change.after, fields, usage)
    elif change.key.kind == "employee":
        yield from _employee(change.key, change.before, fields, usage)
    elif change.key.kind == "expense_type" and any(path.startswith(("accounts", "vat")) for path in fields):
        open_expenses = usage.open_expenses.get(change.key, 0)
        yield "posted entries stay as they are; what is posted from now on follows the new rule" + (
            f" ({_count(open_expenses, 'expense')} of reports not exported yet)" if open_expenses else ""
        )
    elif change.key.kind == "connection":
        yield "holds from the next export on; files already made keep their bytes"


def _entity(key: Key, before: Body, after: Body, fields: set[str], usage: Usage) -> Iterator[str]:
    if "closed_until" in fields:
        old, new = before["closed_until"] or "", after["closed_until"] or ""
        closing = usage.closing.get(key.code, 0)
        if new < old:
            yield f"the days after {new} up to {old} are open again" if new else f"the days up to {old} are open again"
        elif closing:
            yield f"{_count(closing, 'approved report')} now {'falls' if closing == 1 else 'fall'} in a closed period"
    if "fiscal_year_start" in fields:
        yield "documents exported from now on are numbered in the new fiscal years"
    if "country" in fields:
        yield f"what is posted from now on recovers VAT of {after['country']}, no longer of {before['country']}"
    if "chart" in fields or any(path.startswith("accounts.") for path in fields):
        yield "posted entries keep their accounts; what is posted from now on uses the new ones"


def _employee(key: Key, before: Body, fields: set[str], usage: Usage) -> Iterator[str]:
    open_reports = usage.open_reports.get(key, 0)
    if "entity" in fields and open_reports:
        stays = "stays" if open_reports == 1 else "stay"
        yield f"{_count(open_reports, 'report')} not exported yet {stays} in entity {before['entity']}"
    if "account" in fields and before["account"]:
        yield f"what is posted stays on {before['account']}; what is posted from now on goes to the new account"
    if fields & {"collective", "auxiliary"}:
        yield "holds from the next export on; exported documents keep what they were sent with"
    if "profile" in fields or any(path.startswith("leave") for path in fields):
        yield from _judged_again(usage.awaiting.get(key, 0))


def _judged_again(reports: int) -> Iterator[str]:
    if reports:
        await_, are = ("awaits", "is") if reports == 1 else ("await", "are")
        yield f"{_count(reports, 'report')} that {await_} approval {are} judged again; what is approved stays as it was"


def _deactivated(key: Key, usage: Usage) -> Iterator[str]:
    open_reports, open_expenses = usage.open_reports.get(key, 0), usage.open_expenses.get(key, 0)
    if open_reports:
        yield f"{_count(open_reports, 'report')} not exported yet {'points' if open_reports == 1 else 'point'} to it"
    if open_expenses:
        verb = "points" if open_expenses == 1 else "point"
        yield f"{_count(open_expenses, 'expense')} of reports not exported yet {verb} to it"
    if key.kind == "account":
        yield "nothing is posted to it any more; posted lines stay"
    elif key.kind == "journal":
        yield "documents of its kind cannot be posted until the entity has another journal for them"
    elif key.kind in ("employee", "expense_type", "section"):
        yield "new expenses that name it are refused"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
