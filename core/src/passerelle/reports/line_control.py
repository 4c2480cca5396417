"""Control of one expense: covered as the policy says, less with a reason, or not at all; and taken back.

Covers are in the entity's currency. The policy's cap stands: control lowers a cover, it never raises one.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from passerelle import money
from passerelle.errors import Finding
from passerelle.reports import objections
from passerelle.reports.lifecycle import Case, Standing, controlled, uncontrol, with_covers


class ExpenseStanding(NamedTuple):
    """Where an expense stands. ``fixed``: judged, and its report is approved: the policy says no more about it.

    ``granted`` is what the policy had granted when a fixed cover was lowered: taking that back never gives more.
    """

    key: str
    gross: int
    entity_gross: int
    covered: int
    entity_covered: int
    withdrawn: bool = False
    blocked: bool = False
    own_money: bool = True
    judged: bool = True
    fixed: bool = False
    controlled_at: str | None = None
    control_cover: int | None = None
    control_reason: str = ""
    granted: int | None = None

    @property
    def to_control(self) -> bool:
        """Whether it needs a control before the report is controlled."""
        return not (self.withdrawn or self.blocked)


def control_expense(
    before: Standing,
    case: Case,
    expense: ExpenseStanding,
    cover: int | None,
    reason: str,
    others_controlled: bool,
    currency: str,
    now: str,
) -> tuple[Standing, ExpenseStanding] | Finding:
    """Controls one expense, covered by ``cover`` or (``None``) as it is. With the last one the report is controlled."""
    if before.ended:
        return objections.ended(case.name, before.approval, case.declared_here)
    if before.draft:
        return objections.draft(case.name)
    lowers = cover is not None and cover != expense.entity_covered
    fault = _unusable(case, expense) or (_wrong_cover(case, expense, cover, reason, currency) if lowers else None)
    if fault is not None:
        return fault
    after = expense
    if lowers:
        assert cover is not None
        granted = expense.granted
        if expense.fixed and granted is None:
            granted = expense.entity_covered
        after = after._replace(
            covered=in_currency(cover, expense), entity_covered=cover, control_cover=cover,
            control_reason=reason.strip(), granted=granted,
        )  # fmt: skip
    if lowers or (expense.controlled_at is None and before.controlled_at is None):
        after = after._replace(controlled_at=now)  # of a lowered cover always: what corrects an export has this date
    standing = with_covers(before, lowers)
    if others_controlled and standing.controlled_at is None:
        standing = controlled(standing, now)
    return standing, after


def _unusable(case: Case, expense: ExpenseStanding) -> Finding | None:
    if expense.withdrawn:
        return objections.withdrawn(case.name, expense.key)
    if expense.blocked and expense.own_money:
        return objections.refused_by_policy(case.name, expense.key, case.declared_here)
    if not expense.judged:
        return objections.not_judged(case.name, expense.key)
    return None


def _wrong_cover(case: Case, expense: ExpenseStanding, cover: int | None, reason: str, currency: str) -> Finding | None:
    assert cover is not None
    if expense.entity_gross < 0:
        return objections.refund(case.name, expense.key)
    if case.frozen:
        return objections.frozen(case.name, case.frozen)
    if cover > expense.entity_covered:
        if expense.control_cover is not None:
            return objections.lowered_before(case.name, expense.key, expense.entity_covered, currency)
        return objections.above_policy(case.name, expense.key, cover, expense.entity_covered, currency)
    return None if reason.strip() else objections.no_reason(case.name)


def uncontrol_expense(
    before: Standing, case: Case, expense: ExpenseStanding
) -> tuple[Standing, ExpenseStanding] | Finding:
    """Takes the control of one expense back, and with it the report's own. The cover is what the policy says now.

    The others keep theirs: where the report was controlled whole, the caller controls each of them by itself.
    """
    lowered = expense.control_cover is not None
    standing = uncontrol(before, case, expense.controlled_at is not None or lowered, lowered)
    if isinstance(standing, Finding):
        return standing
    return standing, uncontrolled(expense)


def uncontrolled(expense: ExpenseStanding) -> ExpenseStanding:
    """Without control. A lowered cover is judged again: a fixed one behind what is fixed, and never above what it had
    been granted, since room that it gave back may be taken."""
    judged = expense.judged and expense.control_cover is None
    return expense._replace(judged=judged, controlled_at=None, control_cover=None, control_reason="")


def in_currency(entity_amount: int, expense: ExpenseStanding) -> int:
    """An amount of the entity's currency in the expense's own, by the ratio of its gross amounts."""
    if expense.entity_gross in (0, expense.gross):
        return entity_amount
    return money.round_half_away(Fraction(entity_amount * expense.gross, expense.entity_gross))
