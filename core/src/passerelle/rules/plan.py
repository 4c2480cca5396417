"""What holds on one day for one type in one currency, resolved so that judging only counts and compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from passerelle import money
from passerelle.masterdata.company import Company
from passerelle.masterdata.mileage import shipped_scale
from passerelle.masterdata.policy import (
    AgeRule,
    CommentRule,
    CountLimit,
    Dated,
    DaysRule,
    FutureRule,
    MultipleThreshold,
    PluginRule,
    ReceiptRule,
    Restriction,
    Threshold,
)
from passerelle.periods import Periods, bounds, periods_of
from passerelle.rules.checks import Check, age_check, comment_check, days_check, future_check, receipt_check
from passerelle.rules.contract import PolicyRule
from passerelle.rules.contributed import Contributed
from passerelle.rules.days import Calendar
from passerelle.rules.declared import Verdict
from passerelle.rules.filling import Fill, Mileage, flat_rate
from passerelle.rules.inheritance import PlacedRule, TypePolicy, type_policy, weekends_worked
from passerelle.rules.shares import Kind


class Numbered(NamedTuple):
    """A limit on a number of declarations. ``key`` names the counter of its period."""

    path: str
    period: str
    key: str
    limit: int


class Amount(NamedTuple):
    """A threshold. ``own``: it judges the expense's own currency, not the amount in the entity's."""

    path: str
    period: str
    key: str
    threshold: int
    own: bool
    unit: str


class PlacedLimit(NamedTuple):
    """What counts something in a period, and where it stands in the policy."""

    path: str
    kind: str
    limit: CountLimit | Threshold | Restriction | MultipleThreshold | PluginRule


class Limits(NamedTuple):
    """All that counts something in a period."""

    counts: tuple[Numbered, ...] = ()
    restrictions: tuple[Numbered, ...] = ()
    alerts: tuple[Amount, ...] = ()
    caps: tuple[Amount, ...] = ()
    contributed: tuple[Contributed, ...] = ()


class Plan(NamedTuple):
    """All that is asked of an expense, and what it counts in.

    A limit judges the expenses of the days on which it holds, and counts all of a period of which it holds on a day.
    """

    refused: Verdict | None  # the type may not be declared
    kind: Kind
    judging: Limits
    counting: Limits
    checks: tuple[Check, ...]
    fill: Fill | None
    mileage: Mileage | None


class Planner:
    """Makes plans for the employees of one entity who have one profile."""

    def __init__(self, company: Company, entity: str, profile: str | None, offered: Mapping[str, PolicyRule]) -> None:
        self._company, self._profile, self._offered = company, profile, offered
        self._weekends = not weekends_worked(company, profile)
        self.entity = company.entities[entity]
        self._types: dict[str, TypePolicy] = {}
        self._mileage: dict[str, Mileage | None] = {}
        self._calendar: Calendar | None = None
        self._calendar_sought = False

    def policy_of(self, type_code: str) -> TypePolicy:
        """What the profile says of a type."""
        policy = self._types.get(type_code)
        if policy is None:
            policy = self._types[type_code] = type_policy(self._company, self._profile, type_code)
        return policy

    def plan(self, type_code: str, written: str, currency: str) -> Plan:
        """The plan of a type on a day, for expenses in a currency."""
        policy, day = self.policy_of(type_code), date.fromisoformat(written)
        counting = _near(policy, day)
        judging = [placed for placed in counting if placed.limit.holds_on(day)]
        periods = periods_of(written)
        refused = None
        if not policy.allowed:
            note = "neither this profile nor the generic one ticks it"
            refused = Verdict(f"{policy.path}.types.{type_code}", "type", "block", written, note=note)
        counted = self._limits(counting, periods, currency)
        fill, mileage = self._fill(type_code, policy, day)
        return Plan(
            refused=refused,
            kind=self.kind(type_code),
            judging=counted if len(judging) == len(counting) else self._limits(judging, periods, currency),
            counting=counted,
            checks=tuple(
                check
                for placed in policy.rules
                if placed.rule.holds_on(day) and (check := self._check(placed, written, currency)) is not None
            ),
            fill=fill,
            mileage=mileage,
        )

    def _limits(self, placed: Sequence[PlacedLimit], periods: Periods, currency: str) -> Limits:
        counts, restrictions, contributed = [], [], []
        amounts: dict[str, list[Amount]] = {"cap": [], "alert": []}
        for path, kind, limit in placed:
            period: str = getattr(periods, limit.period)
            if isinstance(limit, CountLimit):
                counts.append(Numbered(path, period, f"{path} {period}", limit.limit))
            elif isinstance(limit, Restriction):
                restrictions.append(Numbered(path, period, f"{path} {period}", limit.limit))
            elif isinstance(limit, PluginRule):
                offered = self._offered.get(limit.rule)
                contributed.append(Contributed(path, period, f"{path} {period}", limit.rule, limit.settings, offered))
            else:
                amounts[kind] += self._amount(path, limit, period, currency)
        return Limits(
            tuple(counts), tuple(restrictions), tuple(amounts["alert"]), tuple(amounts["cap"]), tuple(contributed)
        )

    def _amount(self, path: str, threshold: Threshold | MultipleThreshold, period: str, currency: str) -> list[Amount]:
        """In the expense's currency where the threshold has one, else converted, in the entity's."""
        unit = currency if currency in threshold.amounts else self.entity.currency
        if unit not in threshold.amounts:
            return []
        limit = money.minor(threshold.amounts[unit], unit)
        return [Amount(path, period, f"{path} {unit} {period}", limit, unit == currency, unit)]

    def window(self, type_code: str, day: date) -> tuple[date, date]:
        """The first and last day of the periods that any rule of the type looks at around a day."""
        policy = self.policy_of(type_code)
        ends = [(day, day), *(bounds(placed.limit.period, day) for placed in _near(policy, day))]
        if self.kind(type_code) == "mileage" and (mileage := self.mileage(policy)) is not None:
            ends.append(mileage.bounds(day))
        return min(first for first, _ in ends), max(last for _, last in ends)

    def kind(self, type_code: str) -> Kind:
        """The kind of a type; one that is no longer configured is standard."""
        known = self._company.expense_types.get(type_code)
        return known.kind if known is not None else "standard"

    def _check(self, placed: PlacedRule, day: str, currency: str) -> Check | None:
        path, rule = placed
        if isinstance(rule, ReceiptRule):
            return receipt_check(path, rule, currency, self.entity.currency)
        if isinstance(rule, CommentRule):
            return comment_check(path, rule, day)
        if isinstance(rule, AgeRule):
            return age_check(path, rule, day)
        if isinstance(rule, FutureRule):
            return future_check(path, rule, day)
        if isinstance(rule, DaysRule):
            return days_check(path, rule, day, self._known_days(), self._weekends)
        return None

    def _known_days(self) -> Calendar | None:
        if not self._calendar_sought:
            self._calendar_sought = True
            try:
                self._calendar = Calendar(self.entity.country, self.entity.holiday_region)
            except ValueError:
                self._calendar = None
        return self._calendar

    def _fill(self, type_code: str, policy: TypePolicy, day: date) -> tuple[Fill | None, Mileage | None]:
        controls, kind = policy.controls, self.kind(type_code)
        if kind == "mileage" and controls.mileage_scale is not None:
            mileage = self.mileage(policy)
            return (mileage.fill, mileage) if mileage is not None else (None, None)
        rates = [(i, rate) for i, rate in enumerate(controls.flat_rate, 1) if rate.holds_on(day)]
        return (flat_rate(policy.path, rates, kind, self.entity.currency), None) if controls.flat_rate else (None, None)

    def mileage(self, policy: TypePolicy) -> Mileage | None:
        """The scale of a type, compiled: the company's own of that code, else the shipped one."""
        code = policy.controls.mileage_scale or ""
        if policy.path not in self._mileage:
            scale = self._company.mileage_scales.get(code) or shipped_scale(code)
            self._mileage[policy.path] = (
                None if scale is None else Mileage(f"{policy.path}.mileage_scale", code, scale, self.entity.currency)
            )
        return self._mileage[policy.path]


def _near(policy: TypePolicy, day: date) -> list[PlacedLimit]:
    """The limits that hold on some day of their period around this one."""
    controls = policy.controls
    placed = [
        *(PlacedLimit(f"{policy.path}.count[{i}]", "count", one) for i, one in enumerate(controls.count, 1)),
        *(PlacedLimit(f"{policy.path}.alert[{i}]", "alert", one) for i, one in enumerate(controls.alert, 1)),
        *(PlacedLimit(f"{policy.path}.cap[{i}]", "cap", one) for i, one in enumerate(controls.cap, 1)),
        *(
            PlacedLimit(path, rule.kind, rule)
            for path, rule in policy.rules
            if isinstance(rule, Restriction | MultipleThreshold | PluginRule)
        ),
    ]
    return [one for one in placed if _holds_between(one.limit, *bounds(one.limit.period, day))]


def _holds_between(dated: Dated, first: date, last: date) -> bool:
    starts_after = dated.valid_from is not None and dated.valid_from > last
    return not starts_after and (dated.valid_until is None or dated.valid_until >= first)
