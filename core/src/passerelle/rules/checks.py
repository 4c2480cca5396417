"""Rules that look at one expense alone: its receipt, comment, age and day. Each compiles to a function of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Literal, TypeAlias

from passerelle import money
from passerelle.masterdata.company import Leave
from passerelle.masterdata.policy import AgeRule, CommentRule, DaysRule, FutureRule, ReceiptRule
from passerelle.rules.days import Calendar, leave_on
from passerelle.rules.declared import Declared, Outcome, Verdict, new_verdict

Check: TypeAlias = Callable[[Declared, tuple[Leave, ...]], Verdict]
_Consequence: TypeAlias = Literal["allow", "alert", "block"]
_OUTCOMES: Mapping[_Consequence, Outcome] = {"allow": "ok", "alert": "alert", "block": "block"}
_GRAVER = {"allow": 0, "alert": 1, "block": 2}


@lru_cache(maxsize=4096)
def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def receipt_check(path: str, rule: ReceiptRule, currency: str, entity_currency: str) -> Check | None:
    """Above its amount only, in the expense's currency where the rule has one, else converted."""
    unit = currency if currency in rule.above else entity_currency
    if rule.above and unit not in rule.above:
        return None
    own = unit == currency
    above = money.minor(rule.above[unit], unit) if rule.above else None

    def check(expense: Declared, leave: tuple[Leave, ...]) -> Verdict:
        amount = expense.gross if own else expense.entity_gross
        if above is not None and amount <= above:
            return new_verdict(
                (path, "receipt", "ok", expense.day, 0, amount, above, None, unit, "none is needed", None)
            )
        outcome: Outcome = "ok" if expense.has_receipt else rule.consequence
        note = "" if expense.has_receipt else "there is none"
        return new_verdict((path, "receipt", outcome, expense.day, 0, amount, above, None, unit, note, None))

    return check


def comment_check(path: str, rule: CommentRule, day: str) -> Check:
    """A comment that is there says nothing more: both verdicts are made once."""
    there = Verdict(path, "comment", "ok", day)
    missing = Verdict(path, "comment", rule.consequence, day, note="there is none")

    def check(expense: Declared, leave: tuple[Leave, ...]) -> Verdict:
        return there if expense.has_comment else missing

    return check


def age_check(path: str, rule: AgeRule, day: str) -> Check:
    """Whole days from the expense to its first declaration."""
    made, most, consequence = _ordinal(day), rule.days, rule.consequence

    def check(expense: Declared, leave: tuple[Leave, ...]) -> Verdict:
        age = max(0, _ordinal(expense.declared_day) - made)
        if age <= most:
            note = "" if made <= _ordinal(expense.declared_day) else f"dated after {expense.declared_day}"
            return new_verdict((path, "age", "ok", day, 0, age, most, most - age, "", note, None))
        return Verdict(path, "age", consequence, day, 0, age, most, 0, "", f"on {expense.declared_day}")

    return check


def future_check(path: str, rule: FutureRule, day: str) -> Check:
    """Days are compared as text: ISO 8601 sorts as time does."""
    fine = Verdict(path, "future", "ok", day)

    def check(expense: Declared, leave: tuple[Leave, ...]) -> Verdict:
        if day <= expense.declared_day:
            return fine
        return Verdict(path, "future", rule.consequence, day, note=f"declared on {expense.declared_day}")

    return check


def days_check(path: str, rule: DaysRule, written: str, calendar: Calendar | None, weekends: bool) -> Check:
    """Weekend and public holiday are known of the day; leave is known of the employee only.

    Without a ``calendar`` (nothing is known of the country) whoever relies on it gets an alert, not silence.
    """
    day = date.fromisoformat(written)
    consequence: _Consequence = "allow"
    notes = []
    found: list[tuple[_Consequence, str]] = []
    on_weekend: _Consequence = rule.weekends if weekends else "allow"
    if calendar is not None:
        found = [(on_weekend, calendar.weekend(day)), (rule.holidays, calendar.holiday(day))]
    elif "alert" in (on_weekend, rule.holidays) or "block" in (on_weekend, rule.holidays):
        found = [("alert", "no weekend or public holiday is known of the entity's country and region")]
    for said, name in found:
        if name and said != "allow":
            consequence = max(consequence, said, key=_GRAVER.__getitem__)
            notes.append(name)
    graver = max(consequence, rule.leave, key=_GRAVER.__getitem__)
    usual = Verdict(path, "days", _OUTCOMES[consequence], written, note=", ".join(notes))

    def check(expense: Declared, leave: tuple[Leave, ...]) -> Verdict:
        absence = leave_on(day, leave) if leave and rule.leave != "allow" else ""
        if not absence:
            return usual
        return Verdict(path, "days", _OUTCOMES[graver], written, note=", ".join([*notes, absence]))

    return check
