"""A configured rule as one plain sentence for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from passerelle import money
from passerelle.masterdata.policy import (
    AgeRule,
    CommentRule,
    CountLimit,
    Dated,
    DaysRule,
    FlatRate,
    FutureRule,
    MultipleThreshold,
    PluginRule,
    ReceiptRule,
    Restriction,
    Rule,
    Threshold,
    Ticked,
)

Described = tuple[str, str, str]
"""Where a rule stands in the policy, its kind, and what it says."""


def describe(configured: Rule | Ticked, path: str) -> list[Described]:
    """What a profile holds at ``path``: a ticked type gives a line for each of its controls, a rule gives one."""
    if not isinstance(configured, Ticked):
        return [(path, configured.kind, _rule_sentence(configured))]
    type_code = path.partition(".types.")[2] or path
    if not configured.is_set:
        return [(path, "type", f"{type_code} may be declared, without control.")]
    lines: list[Described] = []
    for i, count in enumerate(configured.count, 1):
        lines.append((f"{path}.count[{i}]", "count", _count(count, type_code)))
    for i, alert in enumerate(configured.alert, 1):
        lines.append((f"{path}.alert[{i}]", "alert", _threshold("Alert threshold", alert, type_code)))
    for i, cap in enumerate(configured.cap, 1):
        lines.append((f"{path}.cap[{i}]", "cap", _threshold("Cap", cap, type_code)))
    for i, rate in enumerate(configured.flat_rate, 1):
        lines.append((f"{path}.flat_rate[{i}]", "flat_rate", _flat_rate(rate, type_code)))
    if configured.mileage_scale is not None:
        scale = f"The amount of {type_code} is filled in by the mileage scale {configured.mileage_scale}."
        lines.append((f"{path}.mileage_scale", "mileage", scale))
    return lines


def _rule_sentence(rule: Rule) -> str:
    """What a rule over several types says: what is asked, of which types, of which days."""
    return f"{_asked(rule)}{_dates(rule)}."


def _asked(rule: Rule) -> str:
    types = _types(rule.types)
    if isinstance(rule, Restriction):
        return f"At most {_times(rule.limit)} a {rule.period} among {types}, unless all are of one type"
    if isinstance(rule, MultipleThreshold):
        name = "Cap" if rule.kind == "cap" else "Alert threshold"
        return f"{name} on {types} together: {_amounts(rule.amounts)} a {rule.period}"
    if isinstance(rule, DaysRule):
        days = {"weekends": rule.weekends, "public holidays": rule.holidays, "leave": rule.leave}
        return f"{types.capitalize() if not rule.types else types} on " + ", ".join(
            f"{day}: {_CONSEQUENCES[said]}" for day, said in days.items()
        )
    if isinstance(rule, PluginRule):
        settings = "".join(f", {key} = {value}" for key, value in rule.settings.items())
        return f"{rule.rule} judges {types}{settings}, with what was counted in the {rule.period}"
    return f"{_alone(rule)}, of {types}; else {_CONSEQUENCES[rule.consequence]}"


def _alone(rule: ReceiptRule | CommentRule | AgeRule | FutureRule) -> str:
    if isinstance(rule, ReceiptRule):
        return "A receipt is required" + (f" above {_amounts(rule.above)}" if rule.above else "")
    if isinstance(rule, CommentRule):
        return "A comment is required"
    if isinstance(rule, AgeRule):
        return f"Declared at most {rule.days} day{'' if rule.days == 1 else 's'} after the expense"
    return "Not dated after the declaration"


_CONSEQUENCES = {"allow": "allowed", "alert": "alert", "block": "blocked"}


def _count(count: CountLimit, type_code: str) -> str:
    return f"At most {count.limit} {type_code} a {count.period}{_dates(count)}."


def _threshold(name: str, threshold: Threshold, type_code: str) -> str:
    return f"{name} on {type_code}: {_amounts(threshold.amounts)} a {threshold.period}{_dates(threshold)}."


def _flat_rate(rate: FlatRate, type_code: str) -> str:
    where = f" in {', '.join(rate.countries)}" if rate.countries else ""
    return f"The amount of {type_code}{where} is filled in: {_amounts(rate.amounts)} each{_dates(rate)}."


def _types(types: Sequence[str]) -> str:
    return ", ".join(types) if types else "all types"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _amounts(amounts: Mapping[str, Decimal]) -> str:
    return " or ".join(money.display(money.minor(amount, currency), currency) for currency, amount in amounts.items())


def _dates(dated: Dated) -> str:
    """The days of the expenses that are concerned."""
    first = f" from {dated.valid_from}" if dated.valid_from else ""
    last = f" until {dated.valid_until}" if dated.valid_until else ""
    return f", for expenses{first}{last}" if first or last else ""
