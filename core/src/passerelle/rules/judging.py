"""The judge: the expenses of one employee in, in any order; a judgement of each open one out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction

from passerelle.masterdata.company import Company, Leave
from passerelle.rules.contract import PolicyRule
from passerelle.rules.contributed import ask
from passerelle.rules.counted import Counted
from passerelle.rules.declared import Declared, Judgement, Verdict, new_verdict
from passerelle.rules.filling import Filled, nothing_fills
from passerelle.rules.granting import grant, watch
from passerelle.rules.order import in_order
from passerelle.rules.plan import Limits, Plan, Planner
from passerelle.rules.refunds import not_covered, refund_verdict, told_verdict
from passerelle.rules.shares import beyond_one

_NO_DISTANCE = Fraction(0)
_MOST_PLANS = 10_000  # kept at once: memory stays bounded however many days, types and currencies pass by


class Policy:
    """What holds for the employees of one entity who have one profile; compiled once, used for all of them.

    Without any profile in the company everything is allowed and covered whole (refunds by what is left of the expense
    they name).
    """

    def __init__(
        self,
        company: Company,
        entity: str,
        profile: str | None,
        plugin_rules: Mapping[str, PolicyRule] | None = None,
    ) -> None:
        self._planner = Planner(company, entity, profile, plugin_rules or {})
        self._currency = self._planner.entity.currency
        self._is_there = bool(company.profiles)
        self._plans: dict[tuple[str, str, str], Plan] = {}

    def window(self, type_code: str, day: date) -> tuple[date, date]:
        """The first and last day of the expenses that bear on the judgement of one of this type and day.

        Open ones beyond it bear on it all the same, by what they leave to those within.
        """
        return self._planner.window(type_code, day)

    def judge(self, expenses: Iterable[Declared], leave: tuple[Leave, ...] = ()) -> Iterator[Judgement]:
        """Judges the open expenses of one employee, all that bear on them being among ``expenses``.

        What is fixed takes its room first whatever its place; the open ones follow in the order of their places. The
        amounts of a fixed refund are room from the start, its shares once the open expense that it names is judged.
        """
        ordered = in_order(expenses)
        by_id = {expense.id: expense for expense in ordered}
        named = {e.cancels for e in ordered if e.cancels is not None and e.is_refund} & by_id.keys()
        counted = Counted(named)
        waiting: dict[int, list[Declared]] = {}
        for expense in ordered:
            if expense.id in named and expense.state in ("blocked", "gone"):
                counted.set_aside(self._plan(expense), expense)
        for expense in ordered:
            if expense.state != "fixed":
                continue
            if expense.is_refund and expense.cancels in by_id and by_id[expense.cancels].state == "open":
                waiting.setdefault(expense.cancels, []).append(expense)
                counted.return_cover(self._plan(by_id[expense.cancels]), by_id[expense.cancels], expense)
            else:
                self._count_fixed(expense, counted)
        for expense in ordered:
            if expense.state == "open":
                refunds = waiting.get(expense.id, ()) if waiting else ()
                if expense.is_refund:
                    yield self._refund(expense, counted)
                else:
                    yield self._judge(expense, counted, leave, refunds)
                for refund in refunds:
                    self._count_refund(self._plan(refund), refund, counted, early=True)

    def _plan(self, expense: Declared) -> Plan:
        key = (expense.type, expense.day, expense.currency)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = self._planner.plan(*key)
        return plan

    def _count_fixed(self, expense: Declared, counted: Counted) -> None:
        plan = self._plan(expense)
        if expense.is_refund:
            self._count_refund(plan, expense, counted)
            return
        beyond = beyond_one(plan.kind, expense.quantity, expense.guests)
        year = plan.mileage.year(expense) if plan.mileage is not None else None
        counted.take(plan, expense, expense.covered, expense.entity_covered, beyond, *(year or ()))

    def _count_refund(self, plan: Plan, refund: Declared, counted: Counted, early: bool = False) -> None:
        """Returns the room of a refund whose cover is known."""
        original = counted.original(refund)
        if original is None:
            counted.take_unnamed_refund(plan, refund)
            return
        kind = self._planner.kind(original.expense.type)
        # some sources state the quantity of a refund as a negative one
        counted.take_refund(original, refund, beyond_one(kind, refund.quantity.lstrip("-"), refund.guests), early)

    def _refund(self, refund: Declared, counted: Counted) -> Judgement:
        """Never blocked, and no rule looks at it: what was covered of the original and is no longer due comes back."""
        original = counted.original(refund)
        covered, entity_covered = refund.gross, refund.entity_gross
        if original is not None:
            covered, entity_covered = original.taken_back(refund)
        verdict = refund_verdict(refund, original)
        refund = refund._replace(covered=covered, entity_covered=entity_covered)
        self._count_refund(self._plan(refund), refund, counted)
        if original is not None:
            verdict = verdict._replace(left=original.covered)
        # without a policy what names nothing is taken as it comes, unjudged: judged later it is the same
        said = (verdict,) if original is not None or self._is_there else ()
        return Judgement(refund.id, refund.gross, refund.entity_gross, covered, entity_covered, False, said)

    def _judge(
        self, expense: Declared, counted: Counted, leave: tuple[Leave, ...], refunds: Sequence[Declared]
    ) -> Judgement:
        plan = self._plan(expense)
        verdicts: list[Verdict] = [] if plan.refused is None else [plan.refused]
        year, distance, amount_known = None, _NO_DISTANCE, True
        if expense.computed or plan.fill is not None:
            expense, filling, year, distance = self._filled(plan, expense, counted)
            if filling is not None:
                verdicts.append(filling)
            amount_known = not expense.computed or (filling is not None and filling.outcome != "block")
        _numbers(plan.judging, expense, counted, verdicts)
        for check in plan.checks:
            verdicts.append(check(expense, leave))
        bounds = self._bounds(plan.judging, expense, counted, refunds, verdicts)
        blocked = False
        for verdict in verdicts:
            if verdict.outcome == "block":
                blocked = True
        beyond = beyond_one(plan.kind, expense.quantity, expense.guests)
        covered = entity_covered = 0
        if refunds:
            counted.return_declared(plan, expense, refunds)
        if amount_known:
            watch(plan.judging.alerts, expense, beyond, counted, verdicts)
            covered, entity_covered = grant(plan.judging.caps, expense, beyond, counted, bounds, verdicts)
        if blocked:
            covered = entity_covered = 0
            verdicts = [_without_it(verdict) for verdict in verdicts]
            counted.return_declared(plan, expense, refunds, -1)
            if expense.id in counted.named:
                counted.set_aside(plan, expense)
        else:
            counted.take(plan, expense, covered, entity_covered, beyond, year, distance)
        return Judgement(
            expense.id, expense.gross, expense.entity_gross, covered, entity_covered, blocked, tuple(verdicts)
        )

    def _bounds(
        self,
        limits: Limits,
        expense: Declared,
        counted: Counted,
        refunds: Sequence[Declared],
        verdicts: list[Verdict],
    ) -> tuple[int, int]:
        """The most that control, its fixed refunds and rules of plugins let be covered, in both currencies."""
        own, entity = expense.gross, expense.entity_gross
        if expense.control_cover is not None and own > 0:
            entity = min(entity, expense.control_cover)
        if refunds and (told := not_covered(expense, refunds)):
            own = min(own, max(0, own - told))
            verdicts.append(told_verdict(expense, told, len(refunds)))
        for rule in limits.contributed:
            verdict, cover = ask(rule, expense, counted.lists.get(rule.key, ()), self._currency)
            if verdict is not None:
                verdicts.append(verdict)
            if cover is not None:
                entity = min(entity, cover)
        return own, entity

    def _filled(self, plan: Plan, expense: Declared, counted: Counted) -> Filled:
        """The expense with its amount."""
        if plan.fill is not None:
            return plan.fill(expense, counted.years)
        if plan.refused is not None:
            return Filled(expense._replace(gross=0, entity_gross=0), None)
        path = self._planner.policy_of(expense.type).path
        return nothing_fills(path, "flat_rate", expense, "no amount is stated, and the policy has none for the type")


def _numbers(limits: Limits, expense: Declared, counted: Counted, verdicts: list[Verdict]) -> None:
    """The limits on numbers of declarations."""
    for path, period, key, limit in limits.counts:
        number = counted.numbers.get(key, 0)
        if number < limit:
            left = limit - number - 1
            verdicts.append(new_verdict((path, "count", "ok", period, number, number, limit, left, "", "", None)))
        else:
            verdicts.append(Verdict(path, "count", "block", period, number, number, limit, 0))
    for path, period, key, limit in limits.restrictions:
        mix = counted.mixes.get(key)
        number = 0 if mix is None else mix.number
        others = () if mix is None or number < limit else sorted(mix.types - {expense.type})
        if not others:
            left = max(0, limit - number - 1)
            verdicts.append(new_verdict((path, "restriction", "ok", period, number, number, limit, left, "", "", None)))
        else:
            note = f"beside {', '.join(others)}"
            verdicts.append(Verdict(path, "restriction", "block", period, number, number, limit, 0, "", note))


def _without_it(verdict: Verdict) -> Verdict:
    """A blocked expense takes no room: what is left is what was left before it."""
    if verdict.kind not in ("count", "restriction", "cap", "alert") or verdict.threshold is None:
        return verdict
    return verdict._replace(left=max(0, verdict.threshold - verdict.used))
