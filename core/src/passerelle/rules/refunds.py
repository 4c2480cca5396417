"""Refunds: what is taken back of the expense that one names, and the room that returns to that expense's periods.

What is still covered is reckoned in the currency of the original expense, whatever the rates of the days. In the
entity's currency, what stays covered is its part of what was covered of the original, rounded once, and a refund takes
back the difference: a whole one, in however many parts, leaves nothing of the cover nor of the room that it took.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from passerelle import money
from passerelle.rules.declared import Declared, Verdict
from passerelle.rules.filling import YearSoFar
from passerelle.rules.room import Room
from passerelle.rules.shares import Shares, scaled


class Original:
    """An expense that refunds name: what is still covered of it, and the counters it stands in.

    One that is gone or blocked was covered by nothing, and its alerts and shares count nowhere.
    """

    __slots__ = (
        "_alerts",
        "_beyond",
        "_caps",
        "_distance",
        "_granted",
        "_year",
        "covered",
        "expense",
        "lists",
        "refunded",
    )

    def __init__(
        self,
        expense: Declared,
        covered: int = 0,
        entity_covered: int = 0,
        beyond: Shares = 0,
        caps: Sequence[tuple[Room, bool]] = (),
        alerts: Sequence[tuple[Room, bool]] = (),
        lists: Sequence[list[Declared]] = (),
        year: YearSoFar | None = None,
        distance: Fraction = Fraction(0),
    ) -> None:
        self.expense, self.covered, self.refunded = expense, covered, 0
        self._granted = covered, entity_covered
        self._beyond, self._caps, self._alerts, self.lists = beyond, caps, alerts, lists
        self._year, self._distance = year, distance

    def taken_back(self, refund: Declared) -> tuple[int, int]:
        """The cover of a refund, in its currency and in the entity's: never above zero.

        Money that was not covered goes first: only what exceeds it reduces the cover. Of what has become a refund
        itself nothing was covered that could come back.
        """
        if self.expense.is_refund:
            return 0, 0
        size, _ = in_original(self.expense, refund)
        back = max(0, self.covered - (self.expense.gross - self.refunded - size))
        if self._at_its_own_amount(refund, size):
            entity_covered = scaled(back, refund.entity_gross, size)
        else:
            left = self._entity_left(self.covered - back, self.refunded + size)
            above = back - min(back, max(0, self.covered))  # what was never covered
            entity_covered = left - self._entity_left(self.covered, self.refunded)
            entity_covered += scaled(above, refund.entity_gross, size)
        if refund.currency == self.expense.currency:
            return -back, entity_covered
        return scaled(entity_covered, refund.gross, refund.entity_gross), entity_covered

    def _at_its_own_amount(self, refund: Declared, size: int) -> bool:
        """Whether a refund comes back at its own amount in the entity's currency: that of another rate than the
        original's; and, of company money covered whole, that of any, for a cent of rounding is no one's advance.
        """
        there = self.expense
        if not refund.own_money and self._granted == (there.gross, there.entity_gross):
            return True
        return abs(refund.entity_gross + scaled(size, there.entity_gross, there.gross)) > 1

    def _entity_left(self, covered: int, refunded: int) -> int:
        """What stays covered in the entity's currency while ``covered`` does in the original's."""
        granted, entity_granted = self._granted
        if granted > 0:
            return scaled(entity_granted, max(0, covered), granted)
        return entity_granted if refunded < self.expense.gross else 0  # less than a minor unit of the original's

    def give_back(self, refund: Declared, beyond: Shares, early: bool = False) -> None:
        """Returns the room of a refund whose cover is known; ``early``: that of its amounts is returned already.

        A full refund returns all shares, whatever it states.
        """
        size, back = in_original(self.expense, refund)
        whole, refunded = self.expense.gross, self.refunded + size
        shares = self._beyond if refunded >= whole else min(beyond, self._beyond)
        for room, own in self._caps:
            room.give_back(0 if early else back if own else -refund.entity_covered, shares)
        for room, own in self._alerts:
            room.give_back(0 if early else size if own else -refund.entity_gross, shares)
        if self._year is not None and whole > 0:
            part = min(refunded, whole) - min(self.refunded, whole)
            self._year.worth -= part
            self._year.distance -= self._distance * Fraction(part, whole)
        self._beyond -= shares
        self.covered, self.refunded = self.covered - back, refunded


def in_original(original: Declared, refund: Declared) -> tuple[int, int]:
    """A refund's amount and what it takes back, both positive, in the currency of the expense that it names."""
    if refund.currency == original.currency:
        return -refund.gross, -refund.covered
    whole, entity_whole = original.gross, original.entity_gross
    return scaled(-refund.entity_gross, whole, entity_whole), scaled(-refund.entity_covered, whole, entity_whole)


def not_covered(original: Declared, refunds: Sequence[Declared]) -> int:
    """What fixed refunds tell of the expense that they name: this much of it was not covered, in its currency.

    Money that was not covered goes first, hence what they give back less than their amounts. Without this the room that
    they return would cover what they have settled.
    """
    amounts = [in_original(original, refund) for refund in refunds]
    return max(0, sum(size - back for size, back in amounts))


def told_verdict(expense: Declared, told: int, refunds: int) -> Verdict:
    """Of an open expense: what its fixed refunds have settled of it."""
    note = f"{money.display(told, expense.currency)} of it was not covered when its refunds were approved"
    return Verdict(
        "", "refund", "cap", expense.day, refunds, 0, max(0, expense.gross - told), None, expense.currency, note
    )


def refund_verdict(refund: Declared, original: Original | None) -> Verdict:
    """What a refund cancels; ``used`` is what was still covered of it, and ``left`` what stays so. Taken beforehand."""
    if original is None:
        note = "names no expense that it cancels"
        return Verdict("", "refund", "ok", refund.day, 0, 0, None, None, refund.currency, note)
    there = original.expense
    return Verdict(
        "", "refund", "ok", there.day, 0, original.covered, None, None, there.currency, f"cancels {there.place[1]}"
    )
