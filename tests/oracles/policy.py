"""A naive judge of the expense policy, written from the description of the policy alone, to hold the real one to it.

Nothing is kept from one expense to the next but the list of those that count: every number is worked out again, from
the definitions, for each expense judged. Mileage and plugins are left out. READING marks where the description leaves
two readings and one was taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from passerelle.masterdata.company import Company, Leave
from passerelle.masterdata.policy import Dated, DaysRule, FlatRate, Profile, Rule, Ticked
from passerelle.rules.declared import Declared

MINOR = {"EUR": 100, "GBP": 100, "USD": 100, "JPY": 1, "SAR": 100}
WEEKENDS = {"FR": (5, 6), "SA": (4, 5), "AE": (5, 6)}  # Monday is 0
HOLIDAYS = {"FR": [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)]}  # the movable ones left out
NOBODY = Profile(name="nobody")


Leaves = Sequence[Leave]


class Said(NamedTuple):  # the numbers are None where the rule counts nothing
    outcome: str
    used: int | None = None
    threshold: int | None = None
    left: int | None = None


class Judged(NamedTuple):
    gross: int
    entity_gross: int
    covered: int
    entity_covered: int
    blocked: bool
    said: dict[str, Said]


class Counted(NamedTuple):  # for a refund, type and day are of what it names
    expense: Declared
    covered: int
    entity_covered: int
    type: str
    day: date


class Limit(NamedTuple):  # a threshold with the types that share it
    kind: str
    types: tuple[str, ...]
    amounts: dict[str, Decimal]
    period: str


def nearest(value: Fraction) -> int:
    size = math.floor(abs(value) + Fraction(1, 2))  # half away from zero
    return size if value >= 0 else -size


def period_of(period: str, day: date) -> tuple[int, ...]:
    if period in ("day", "week"):
        return (day.toordinal(),) if period == "day" else day.isocalendar()[:2]
    return (day.year, {"month": day.month, "quarter": (day.month - 1) // 3, "year": 0}[period])


class Oracle:
    def __init__(self, company: Company, entity: str, profile: str | None) -> None:
        self.company = company
        self.currency = company.entities[entity].currency
        self.country = company.entities[entity].country
        self.profile = profile
        self.own = company.profiles[profile] if profile is not None else NOBODY
        self.generic = company.profiles.get("generic", NOBODY)

    def control_set(self, type_code: str) -> tuple[str, Ticked | None]:
        """Ticked in P: P's set, whole, be it empty. Else generic's. Ticked in neither: none."""
        if not self.company.profiles:
            return "", Ticked()
        if type_code in self.own.types:
            return f"profiles.{self.profile}.types.{type_code}", self.own.types[type_code]
        return f"profiles.generic.types.{type_code}", self.generic.types.get(type_code)

    def rules(self, expense: Declared) -> Iterator[tuple[str, Rule]]:
        for code in sorted({"generic", self.profile or "generic"} & set(self.company.profiles)):
            for name, rule in self.company.profiles[code].rules.items():
                if (not rule.types or expense.type in rule.types) and holds(rule, expense):
                    yield f"profiles.{code}.rules.{name}", rule

    def units(self, expense: Declared) -> Fraction:
        """max(1, quantity) for quantity types, 1 + guests for guests types, else 1."""
        kind = self.company.expense_types[expense.type].kind
        if kind == "quantity":
            return max(Fraction(1), Fraction(expense.quantity or "1"))
        return Fraction(1 + expense.guests) if kind == "guests" else Fraction(1)

    def unit(self, amounts: Iterable[str], currency: str) -> str:
        """The currency that judges: its own where there is a threshold in it, else the entity's."""
        return currency if currency in amounts else self.currency

    def amount(self, expense: Declared, unit: str) -> int:
        return expense.entity_gross if unit == self.currency else expense.gross

    def filled(self, expense: Declared, path: str, rates: Sequence[FlatRate]) -> tuple[Declared, dict[str, Said]]:
        """With the flat rate's amount where none was stated, and what the rate says of a stated one.

        READING: "those no other one names" means no other one that holds that day; a quantity below one is paid as it
        is ("× quantity"); a rate without the currency of the expense has no amount for it, which blocks.
        """
        valid = [(number, rate) for number, rate in enumerate(rates, 1) if holds(rate, expense)]
        named = [one for one in valid if expense.country in one[1].countries]
        chosen = named or [one for one in valid if not one[1].countries]
        if not chosen:
            return expense, ({path: Said("block")} if expense.computed else {})
        rate, name = chosen[0][1], f"{path}.flat_rate[{chosen[0][0]}]"
        if expense.currency not in rate.amounts:
            return expense, {name: Said("block")}
        is_quantity = self.company.expense_types[expense.type].kind == "quantity"
        times = Fraction(expense.quantity or "1") if is_quantity else self.units(expense)
        due = nearest(Fraction(rate.amounts[expense.currency]) * MINOR[expense.currency] * times)
        if not expense.computed:
            return expense, {name: Said("ok" if expense.gross == due else "block")}
        scale = Fraction(MINOR[self.currency], MINOR[expense.currency]) * Fraction(expense.rate)
        return expense._replace(gross=due, entity_gross=nearest(due * scale)), {name: Said("ok")}

    def order(self, expenses: list[Declared]) -> list[Declared]:
        """READING: a refund declared before the expense that it names stands right after the place of that one."""

        def place(expense: Declared) -> tuple[tuple[str, str], int, tuple[str, str]]:
            later = [e.place for e in expenses if e.id == expense.cancels and e.place > expense.place]
            return (later[0], 1, expense.place) if later else (expense.place, 0, expense.place)

        return sorted((e for e in expenses if e.state == "open"), key=place)

    def judge(self, expenses: list[Declared], leave: Leaves = ()) -> dict[int, Judged]:
        def where(expense: Declared) -> tuple[str, date]:
            """READING: a refund counts in all where the expense it names does: type, period, thresholds."""
            at = next((e for e in expenses if e.id == expense.cancels), expense)
            return at.type, date.fromisoformat(at.day)

        fixed = sorted((e for e in expenses if e.state == "fixed"), key=lambda e: e.place)
        counted = [Counted(e, e.covered, e.entity_covered, *where(e)) for e in fixed]
        answers: dict[int, Judged] = {}
        for expense in self.order(expenses):
            if expense.is_refund:
                answer = self.refund(expense, expenses, counted)
            else:
                answer = self.declaration(expense, counted, leave)
                expense = expense._replace(gross=answer.gross, entity_gross=answer.entity_gross)
            answers[expense.id] = answer
            if not answer.blocked:
                counted.append(Counted(expense, answer.covered, answer.entity_covered, *where(expense)))
        return answers

    def refund(self, refund: Declared, expenses: list[Declared], counted: list[Counted]) -> Judged:
        """READING: "all refunds naming it" are those that stand before it and itself.

        READING: where it is worth what the original was, in the entity's currency (one unit apart, for rounding), the
        parts of it that were taken back so far and with it are each rounded once, and it takes back what lies between,
        so that refunds of all of it sum up to what was covered; what lies above that, and any refund at another rate,
        follow its own conversion. So does company money covered whole: no cent of it is an advance.
        """
        covered, entity_covered = refund.gross, refund.entity_gross
        if refund.cancels is not None:
            named = next(e for e in expenses if e.id == refund.cancels)
            same = [c for c in counted if c.expense.id == named.id]
            earlier = [c for c in counted if c.expense.cancels == named.id]
            named = same[0].expense if same else named  # with its amount filled in
            once, entity_once = (same[0].covered, same[0].entity_covered) if same else (0, 0)
            taken = -sum(c.covered for c in earlier)
            rest = named.gross + sum(c.expense.gross for c in earlier) + refund.gross
            covered = -max(0, once - taken - rest)
            entity_covered = nearest(Fraction(refund.entity_gross * covered, refund.gross))
            worth = nearest(Fraction(named.entity_gross * -refund.gross, named.gross)) if named.gross else 0
            is_whole = (once, entity_once) == (named.gross, named.entity_gross)
            if abs(worth + refund.entity_gross) <= 1 and (refund.own_money or not is_whole):
                stays = [max(0, once - taken), max(0, once - taken + covered)]
                if once:
                    entity_stays = [nearest(Fraction(entity_once * part, once)) for part in stays]
                else:
                    entity_stays = [entity_once if left > 0 else 0 for left in (rest - refund.gross, rest)]
                own_rate = Fraction(refund.entity_gross, -refund.gross)
                above = nearest((-covered - (stays[0] - stays[1])) * own_rate)
                entity_covered = entity_stays[1] - entity_stays[0] + above
        return Judged(refund.gross, refund.entity_gross, covered, entity_covered, False, {})

    def declaration(self, expense: Declared, counted: list[Counted], leave: Leaves) -> Judged:
        """READING: every rule is asked, also of what another one blocks; what is blocked takes nothing of any room."""
        path, ticked = self.control_set(expense.type)
        expense, said = self.filled(expense, path, ticked.flat_rate) if ticked else (expense, {})
        has_amount = not expense.computed or (bool(ticked) and all(one.outcome == "ok" for one in said.values()))
        said |= dict(self.formal(expense, leave))
        counts = list(self.counts(expense, counted))
        blocked = (
            ticked is None or "block" in [s.outcome for s in said.values()] or any(blocks for *_, blocks in counts)
        )
        for name, used, limit, blocks in counts:
            said[name] = Said("block" if blocks else "ok", used, limit, max(0, limit - used - (not blocked)))
        covered, entity_covered = (0, 0) if blocked else self.cover(expense, counted)
        for name, threshold in self.thresholds(expense) if has_amount else ():
            used, limit, unit = self.room(expense, threshold, counted)
            amount = self.amount(expense, unit)
            granted = covered if unit != self.currency else entity_covered
            is_over = amount > limit - used and (amount > 0 or threshold.kind == "alert")
            takes = (0 if blocked else amount) if threshold.kind == "alert" else granted
            said[name] = Said(threshold.kind if is_over else "ok", used, limit, max(0, limit - used - takes))
        return Judged(expense.gross, expense.entity_gross, covered, entity_covered, blocked, said)

    def counts(self, expense: Declared, counted: list[Counted]) -> Iterator[tuple[str, int, int, bool]]:
        path, ticked = self.control_set(expense.type)
        day = date.fromisoformat(expense.day)

        def declared(types: Sequence[str], period: str) -> list[str]:
            here = [c for c in counted if period_of(period, c.day) == period_of(period, day)]
            return [c.type for c in here if c.type in types and not c.expense.is_refund]

        for number, count in enumerate(ticked.count if ticked else (), 1):
            if holds(count, expense):
                used = len(declared([expense.type], count.period))
                yield f"{path}.count[{number}]", used, count.limit, used + 1 > count.limit
        for name, rule in self.rules(expense):
            if rule.kind == "restriction":
                before = declared(rule.types, rule.period)
                blocks = len({*before, expense.type}) >= 2 and len(before) + 1 > rule.limit
                yield name, len(before), rule.limit, blocks

    def thresholds(self, expense: Declared) -> Iterator[tuple[str, Limit]]:
        path, ticked = self.control_set(expense.type)
        for kind, several in (("alert", ticked.alert), ("cap", ticked.cap)) if ticked else ():
            for number, one in enumerate(several, 1):
                if holds(one, expense):
                    yield f"{path}.{kind}[{number}]", Limit(kind, (expense.type,), one.amounts, one.period)
        for name, rule in self.rules(expense):
            if rule.kind in ("cap", "alert"):
                yield name, Limit(rule.kind, rule.types, rule.amounts, rule.period)

    def room(self, expense: Declared, threshold: Limit, counted: list[Counted]) -> tuple[int, int, str]:
        """What is used before, the effective threshold, their currency."""
        amounts, period = threshold.amounts, period_of(threshold.period, date.fromisoformat(expense.day))
        unit = self.unit(amounts, expense.currency)
        judged = [c for c in counted if c.type in threshold.types and period_of(threshold.period, c.day) == period]
        judged = [c for c in judged if self.unit(amounts, c.expense.currency) == unit]
        # READING: a refund of an expense that does not count (blocked, gone) takes nothing back from an alert
        standing = {None, expense.id, *(c.expense.id for c in counted)}
        if threshold.kind == "alert":
            used = sum(self.amount(c.expense, unit) for c in judged if c.expense.cancels in standing)
        else:
            used = sum(c.entity_covered if unit == self.currency else c.covered for c in judged)
        shares = self.units(expense) + sum(self.beyond(c.expense, counted) for c in judged if not c.expense.is_refund)
        return used, nearest(Fraction(amounts[unit]) * MINOR[unit] * shares), unit

    def beyond(self, expense: Declared, counted: list[Counted]) -> Fraction:
        """READING: a refund gives back its own shares, at most those left; the one that completes it, all of them.
        While an expense is judged it has all of its shares, though a refund of it be fixed.
        """
        left, rest = self.units(expense) - 1, expense.gross
        for refund in [c.expense for c in counted if c.expense.cancels == expense.id]:
            rest += refund.gross
            left -= left if rest <= 0 else min(left, self.units(refund) - 1)
        return left

    def cover(self, expense: Declared, counted: list[Counted]) -> tuple[int, int]:
        """What is left of the tightest cap, then what control leaves of it.

        READING: where a cap in the entity's currency is the tightest, its room is granted to the cent in that currency
        and the other amount follows the ratio, so that no cap is ever passed; an accountant's cover does the same.
        READING: what control takes away is room for the others. What fixed refunds of it settled without giving it back
        (declared again, it is open and they are not) is not covered now: the two never pass what it cost.
        """
        settled = sum(c.expense.gross - c.covered for c in counted if c.expense.cancels == expense.id)
        ratio = Fraction(max(0, expense.gross + settled), expense.gross or 1) if settled else Fraction(1)  # exact
        for _, cap in [(name, threshold) for name, threshold in self.thresholds(expense) if threshold.kind == "cap"]:
            used, limit, unit = self.room(expense, cap, counted)
            if amount := self.amount(expense, unit):
                ratio = min(ratio, Fraction(max(0, limit - used), amount))
        covered, entity_covered = nearest(expense.gross * ratio), nearest(expense.entity_gross * ratio)
        if expense.control_cover is not None and expense.control_cover < entity_covered:
            covered = nearest(Fraction(expense.gross * expense.control_cover, expense.entity_gross))
            entity_covered = expense.control_cover
        return covered, entity_covered

    def formal(self, expense: Declared, leave: Leaves) -> Iterator[tuple[str, Said]]:
        day, declared = date.fromisoformat(expense.day), date.fromisoformat(expense.declared_day)
        for name, rule in self.rules(expense):
            if rule.kind == "receipt":
                unit = self.unit(rule.above, expense.currency)
                required = not rule.above or self.amount(expense, unit) > rule.above[unit] * MINOR[unit]
                yield name, Said(rule.consequence if required and not expense.has_receipt else "ok")
            elif rule.kind == "comment":
                yield name, Said("ok" if expense.has_comment else rule.consequence)
            elif rule.kind == "age":
                yield name, Said(rule.consequence if (declared - day).days > rule.days else "ok")
            elif rule.kind == "future":
                yield name, Said(rule.consequence if day > declared else "ok")
            elif rule.kind == "days" and (outcome := self.of_days(day, rule, leave)):
                yield name, Said(outcome)

    def of_days(self, day: date, rule: DaysRule, leave: Leaves) -> str:
        home = self.generic if self.own.weekends_worked is None else self.own
        is_weekend = day.weekday() in WEEKENDS[self.country] and not home.weekends_worked
        is_holiday = (day.month, day.day) in HOLIDAYS.get(self.country, [])
        is_leave = any(one.first <= day <= one.last for one in leave)
        applies = [(is_weekend, rule.weekends), (is_holiday, rule.holidays), (is_leave, rule.leave)]
        is_said = [outcome for applying, outcome in applies if applying]
        return next((outcome for outcome in ("block", "alert") if outcome in is_said), "")


def holds(dated: Dated, expense: Declared) -> bool:
    """READING: a rule valid on certain days judges the expenses of those days, and counts all of their period."""
    day = date.fromisoformat(expense.day)
    return (dated.valid_from or day) <= day <= (dated.valid_until or day)
