"""Why an act on a report is not allowed, and what would allow it. ``name`` is "ND000001 --entity FR"."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence

from passerelle import money
from passerelle.errors import Finding
from passerelle.reports.faults import hinted, one_of


def _report(name: str) -> str:
    return "report " + name.partition(" ")[0]


def _expense(name: str, expense: str) -> str:
    """What ``rules explain`` and ``reports withdraw`` call an expense."""
    number, _, entity = name.partition(" ")
    return f"{shlex.quote(f'{number}/{expense}')} {entity}"


def ended(name: str, approval: str, declared_here: bool) -> Finding:
    """Refused or cancelled."""
    return Finding(
        "PSR-1212",
        f"The report was {approval}: nothing can be done with it any more.",
        object=_report(name),
        value=approval,
        expected="a draft, submitted or approved report",
        remedy="have what is right declared in a new report:  passerelle reports declare"
        if declared_here
        else "have it declared again in its source, with a higher revision",
        who="accountant",
    )


def draft(name: str) -> Finding:
    """Not submitted yet."""
    return Finding(
        "PSR-1220",
        "The report is a draft: it can be neither approved, refused nor controlled.",
        object=_report(name),
        value="draft",
        expected="a submitted report",
        remedy=f"passerelle reports submit {name}; a draft that is not wanted: passerelle reports cancel {name}",
        who="employee",
    )


def approved_before(name: str, actor: str, step: int, steps: Sequence[str]) -> Finding:
    """One person may not give two steps of one report."""
    return Finding(
        "PSR-1221",
        f"{actor} has approved the report already; step {step} of {len(steps)} is for somebody else.",
        object=_report(name),
        field="--by",
        value=actor,
        expected=f"another person for the step {steps[step - 1]}",
        remedy=f"passerelle reports approve {name} --by SOMEBODY_ELSE",
        who="accountant",
    )


def no_reason(name: str) -> Finding:
    """What takes something from an employee says why."""
    return Finding(
        "PSR-1222",
        "A reason is needed.",
        object=_report(name),
        field="--reason",
        expected="what the employee is to read",
        remedy='add --reason "…"',
        who="accountant",
    )


def frozen(name: str, export: int) -> Finding:
    """An export whose definition sends no corrections holds the report."""
    return Finding(
        "PSR-1223",
        f"The report left in export {export}, which sends no corrections: what was exported stays.",
        object=_report(name),
        expected='nothing that changes its entry: on_change = "refuse" freezes what was exported',
        remedy=f"passerelle export void {export} --reason …, or correct it in the accounting software",
        who="accountant",
    )


def above_policy(name: str, expense: str, cover: int, granted: int, currency: str) -> Finding:
    """Nobody overrides a cap."""
    return Finding(
        "PSR-1224",
        f"The policy covers at most {money.display(granted, currency)} of the expense; nobody can override it.",
        object=f"{_report(name)}, expense {expense}",
        field="--cover",
        value=money.display(cover, currency),
        expected=f"at most {money.display(granted, currency)}",
        remedy=f"passerelle rules explain {_expense(name, expense)}",
        who="accountant",
    )


def sent(name: str, export: int, declared_here: bool) -> Finding:
    """Control cannot be undone once the report has left."""
    return Finding(
        "PSR-1225",
        f"The report left in export {export} as it is now: its control can no longer be undone.",
        object=_report(name),
        expected="a report that no live export holds at its present revision",
        remedy=f"passerelle export void {export} --reason …, or have it corrected: "
        + (f"passerelle reports send-back {name} --reason …" if declared_here else "a higher revision in its source"),
        who="accountant",
    )


def refund(name: str, expense: str) -> Finding:
    """What a refund takes back follows from the expense it names."""
    return Finding(
        "PSR-1226",
        "The cover of a refund follows from what it cancels; it cannot be set.",
        object=f"{_report(name)}, expense {expense}",
        field="--cover",
        expected="control of the refund as it is, without --cover",
        remedy="lower the cover of the expense that it cancels, or refuse the report",
        who="accountant",
    )


def unknown_expense(name: str, expense: str, known: Collection[str]) -> Finding:
    """No such expense in the report."""
    return Finding(
        "PSR-1227",
        "The report has no expense of this id.",
        object=_report(name),
        field="--expense",
        value=expense,
        expected=one_of(known, "expenses"),
        remedy=hinted(expense, known, f"passerelle reports show {name}"),
        who="accountant",
    )


def withdrawn(name: str, expense: str) -> Finding:
    """Taken out of its report."""
    return _nothing_to_control(name, expense, "withdrawn", "control the others; the report goes on without it")


def refused_by_policy(name: str, expense: str, declared_here: bool) -> Finding:
    """Own money that is not reimbursed."""
    again = "have it sent again by its source, in a higher revision"
    if declared_here:
        again = f"passerelle reports send-back {name} --reason …, then passerelle reports withdraw "
        again += f"{_expense(name, expense)} and declare what is right"
    return _nothing_to_control(name, expense, "refused by the policy", f"control the others, or {again}")


def _nothing_to_control(name: str, expense: str, why: str, remedy: str) -> Finding:
    return Finding(
        "PSR-1228",
        f"The expense was {why}: there is nothing to control.",
        object=f"{_report(name)}, expense {expense}",
        value=why,
        expected="an expense that is paid or posted with its report",
        remedy=remedy,
        who="accountant",
    )


def lowered_before(name: str, expense: str, covered: int, currency: str) -> Finding:
    """A lowered cover is raised by taking the control back, so that the policy says how far."""
    return Finding(
        "PSR-1229",
        f"The cover was lowered to {money.display(covered, currency)}; more is given only by taking that back first.",
        object=f"{_report(name)}, expense {expense}",
        field="--cover",
        expected=f"at most {money.display(covered, currency)}",
        remedy=f"passerelle reports uncontrol {name} --expense {expense}, then control it again",
        who="accountant",
    )


def bad_cover(name: str, expense: str, cover: str, currency: str) -> Finding:
    """Not an amount that can be covered."""
    return Finding(
        "PSR-1230",
        "The covered amount cannot be used.",
        object=f"{_report(name)}, expense {expense}",
        field="--cover",
        value=cover,
        expected=f"an amount in {currency} with a dot, of at least 0 and with the decimals of {currency}",
        remedy="correct the amount; 0 covers nothing",
        who="accountant",
    )


def not_judged(name: str, expense: str) -> Finding:
    """What the policy covers is not known yet."""
    return Finding(
        "PSR-1231",
        "The policy has not judged the expense yet.",
        object=f"{_report(name)}, expense {expense}",
        expected="an expense whose cover is known",
        remedy="run the command again; if that does not help: passerelle doctor",
        who="accountant",
    )
