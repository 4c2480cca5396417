"""A verdict as one plain sentence for a person; ``descriptions`` says what a policy holds in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from passerelle import money
from passerelle.rules.declared import Verdict, VerdictKind

_OUTCOMES = {"block": "blocked", "alert": "alert"}


def sentence(verdict: Verdict) -> str:
    """What the rule says of the expense: the rule, its period, what was counted, the threshold, the room left."""
    return _SENTENCES[verdict.kind](verdict, _subject(verdict.rule))


def _subject(path: str) -> str:
    """The type or the rule that a path names: ``profiles.sales.types.MEAL.cap[0]`` is about MEAL."""
    _, held, rest = path.partition(".types.")
    if held:
        control = rest.rpartition(".")
        return control[0] if control[2].partition("[")[0] in _CONTROLS else rest
    return path.partition(".rules.")[2] or path


_CONTROLS = {"count", "alert", "cap", "flat_rate", "mileage_scale"}


def _of(verdict: Verdict, subject: str) -> str:
    """What a threshold is for: one type, or the types of a rule."""
    return f"of rule {subject}" if ".rules." in verdict.rule else f"on {subject}"


def _each(period: str) -> str:
    """The kind of a period, from its name."""
    if "W" in period:
        return "a week"
    return "a quarter" if "Q" in period else {10: "a day", 7: "a month", 4: "a year"}.get(len(period), "")


def _within(period: str) -> str:
    if "W" in period:
        return f"in week {period}"
    return f"on {period}" if len(period) == 10 else f"in {period}"


def _before(verdict: Verdict, what: str = "expense") -> str:
    return f"({verdict.counted} {what}{'' if verdict.counted == 1 else 's'} counted before)"


def _amount(amount: int | None, unit: str) -> str:
    return money.display(amount or 0, unit) if unit else str(amount or 0)


def _ending(verdict: Verdict) -> str:
    outcome = _OUTCOMES.get(verdict.outcome)
    return f": {outcome}" if outcome else ""


def _threshold(verdict: Verdict) -> str:
    """The effective threshold, and what it is for each share where shares have raised it."""
    each = "" if verdict.each is None else f" ({_amount(verdict.each, verdict.unit)} a share)"
    return f"{_amount(verdict.threshold, verdict.unit)} {_each(verdict.period)}{each}"


def _type(verdict: Verdict, subject: str) -> str:
    return f"{subject} may not be declared: {verdict.note}."


def _count(verdict: Verdict, subject: str) -> str:
    rule = f"At most {verdict.threshold} {subject} {_each(verdict.period)}"
    if verdict.threshold == 0:
        return f"No {subject} may be declared: blocked {_within(verdict.period)}."
    if verdict.outcome == "block":
        return f"{rule}: blocked, since {verdict.used} counted before {_within(verdict.period)}."
    return f"{rule}: {verdict.left} left {_within(verdict.period)} {_before(verdict)}."


def _restriction(verdict: Verdict, subject: str) -> str:
    times = "once" if verdict.threshold == 1 else f"{verdict.threshold} times"
    rule = f"Restriction {subject}, different types at most {times} {_each(verdict.period)}"
    if verdict.outcome == "block":
        return f"{rule}: blocked {verdict.note}; {verdict.used} counted before {_within(verdict.period)}."
    return f"{rule}: allowed {_within(verdict.period)} {_before(verdict)}."


def _cap(verdict: Verdict, subject: str) -> str:
    said = verdict.note if verdict.outcome == "cap" else "not reached"
    return (
        f"Cap {_of(verdict, subject)}, {_threshold(verdict)}: {said}; "
        f"{_amount(verdict.left, verdict.unit)} left {_within(verdict.period)} {_before(verdict)}."
    )


def _alert(verdict: Verdict, subject: str) -> str:
    said = verdict.note if verdict.outcome == "alert" else f"{_amount(verdict.left, verdict.unit)} left"
    return (
        f"Alert threshold {_of(verdict, subject)}, {_threshold(verdict)}: {said} "
        f"{_within(verdict.period)} {_before(verdict)}."
    )


def _flat_rate(verdict: Verdict, subject: str) -> str:
    if verdict.threshold is None:
        return f"Flat rate on {subject}: blocked, {verdict.note}."
    rule, expected = f"Flat rate on {subject}, {verdict.note}", _amount(verdict.threshold, verdict.unit)
    if verdict.outcome == "block":
        return f"{rule}: blocked, {expected} is expected and {_amount(verdict.used, verdict.unit)} is stated."
    return f"{rule}: {expected}."


def _mileage(verdict: Verdict, subject: str) -> str:
    if verdict.threshold is None:
        return f"Mileage scale on {subject}: blocked, {verdict.note}."
    so_far = f"{verdict.note}, {_within(verdict.period)} {_before(verdict, 'trip')}"
    expected = _amount(verdict.threshold, verdict.unit)
    if verdict.outcome == "block":
        stated = _amount(verdict.used, verdict.unit)
        return f"Mileage scale on {subject}: blocked, {expected} is expected and {stated} is stated; {so_far}."
    return f"Mileage scale on {subject}: {expected}; {so_far}."


def _receipt(verdict: Verdict, subject: str) -> str:
    above = "" if verdict.threshold is None else f" above {_amount(verdict.threshold, verdict.unit)}"
    said = f"{verdict.note or 'there is one'} for {_amount(verdict.used, verdict.unit)}"
    return f"Rule {subject}, a receipt is required{above}: {said}{_ending(verdict)}."


def _comment(verdict: Verdict, subject: str) -> str:
    return f"Rule {subject}, a comment is required: {verdict.note or 'there is one'}{_ending(verdict)}."


def _age(verdict: Verdict, subject: str) -> str:
    note = f", {verdict.note}" if verdict.note else ""
    said = f"declared {_days(verdict.used)} after {verdict.period}{note}"
    if verdict.note.startswith("dated after"):
        said = f"{verdict.period} is after its declaration"
    return f"Rule {subject}, at most {_days(verdict.threshold)} old: {said}{_ending(verdict)}."


def _future(verdict: Verdict, subject: str) -> str:
    said = f"{verdict.period} was {verdict.note}" if verdict.note else f"{verdict.period} is not after it"
    return f"Rule {subject}, no date after the declaration: {said}{_ending(verdict)}."


def _on_days(verdict: Verdict, subject: str) -> str:
    return f"Rule {subject}, {verdict.period}: {verdict.note or 'a day on which it is allowed'}{_ending(verdict)}."


def _plugin(verdict: Verdict, subject: str) -> str:
    note = verdict.note.rstrip(".") or "no reason is given"
    cover = "" if verdict.threshold is None else f"; at most {_amount(verdict.threshold, verdict.unit)} is covered"
    return f"Rule {subject}, {_within(verdict.period)}: {note}{cover}{_ending(verdict)} {_before(verdict)}."


def _refund(verdict: Verdict, subject: str) -> str:
    if verdict.threshold is not None:
        return f"Refunds: {verdict.note}, hence {_amount(verdict.threshold, verdict.unit)} at most is covered now."
    if verdict.left is None:
        return f"Refund of {verdict.period}: it {verdict.note}, and is taken back whole."
    return (
        f"Refund, {verdict.note} of {verdict.period}: {_amount(verdict.used, verdict.unit)} of that was still covered, "
        f"{_amount(verdict.left, verdict.unit)} stays covered."
    )


_SENTENCES: Final[Mapping[VerdictKind, Callable[[Verdict, str], str]]] = {
    "type": _type,
    "count": _count,
    "restriction": _restriction,
    "cap": _cap,
    "alert": _alert,
    "flat_rate": _flat_rate,
    "mileage": _mileage,
    "receipt": _receipt,
    "comment": _comment,
    "age": _age,
    "future": _future,
    "days": _on_days,
    "plugin": _plugin,
    "refund": _refund,
}


def _days(number: int | None) -> str:
    return f"{number} day{'' if number == 1 else 's'}"
