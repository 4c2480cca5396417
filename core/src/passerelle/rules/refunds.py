"""Refunds: what is taken back of the expense that one names, and the room that returns to that expense's periods.

What is still covered is reckoned in the currency of the original expense, whatever the rates of the days.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from passerelle.rules.declared import Declared, Verdict
from passerelle.rules.filling import YearSoFar
from passerelle.rules.room import Room
from passerelle.rules.shares import Shares, scaled


class Original:
    """An expense that refunds name: what is still covered of it, and the counters it stands in.

    One that is gone or blocked was covered by nothing, and its alerts and shares count nowhere.
    """

    __slots__ = ("_alerts", "_beyond", "_caps", "_distance", "_year", "covered", "expense", "lists", "refunded")

    def __init__(
        self,
        expense: Declared,
        covered: int = 0,
        beyond: Shares = 0,
        caps: Sequence[tuple[Room, bool]] = (),
        alerts: Sequence[tuple[Room, bool]] = (),
        lists: Sequence[list[Declared]] = (),
        year: YearSoFar | None = None,
        distance: Fraction = Fraction(0),
    ) -> None:
        self.expense, self.covered, self.refunded = expense, covered, 0
        self._beyond, self._caps, self._alerts, self.lists = beyond, caps, alerts, lists
        self._year, self._distance = year, distance

    def taken_back(self, refund: Declared) -> tuple[int, int]:
        """The cover of a refund, in its currency and in the entity's: never above zero.

        Money that was not covered goes first: only what exceeds it reduces the cover.
        """
        size = self._size(refund)
        back = max(0, self.covered - (self.expense.gross - self.refunded - size))
        if back == size:
            return refund.gross, refund.entity_gross
        entity_covered = scaled(back, refund.entity_gross, size)
        if refund.currency == self.expense.currency:
            return -back, entity_covered
        return scaled(entity_covered, refund.gross, refund.entity_gross), entity_covered

    def give_back(self, refund: Declared, covered: int, entity_covered: int, beyond: Shares) -> None:
        """Returns the room of a refund with its cover. A full refund returns all shares, whatever it states."""
        size, back = self._size(refund), -covered
        if refund.currency != self.expense.currency:
            back = scaled(-entity_covered, self.expense.gross, self.expense.entity_gross)
        whole, refunded = self.expense.gross, self.refunded + size
        shares = self._beyond if refunded >= whole else min(beyond, self._beyond)
        for room, own in self._caps:
            room.give_back(back if own else -entity_covered, shares)
        for room, own in self._alerts:
            room.give_back(size if own else -refund.entity_gross, shares)
        if self._year is not None and whole > 0:
            part = min(refunded, whole) - min(self.refunded, whole)
            self._year.worth -= part
            self._year.distance -= self._distance * Fraction(part, whole)
        self._beyond -= shares
        self.covered, self.refunded = self.covered - back, refunded

    def _size(self, refund: Declared) -> int:
        """The refund's amount in the currency of the original."""
        if refund.currency == self.expense.currency:
            return -refund.gross
        return scaled(-refund.entity_gross, self.expense.gross, self.expense.entity_gross)


def refund_verdict(refund: Declared, original: Original | None) -> Verdict:
    """What a refund cancels; ``used`` is what was still covered of it, and ``left`` what stays so. Taken beforehand."""
    if original is None:
        note = "names no expense that it cancels"
        return Verdict("", "refund", "ok", refund.day, 0, 0, None, None, refund.currency, note)
    there = original.expense
    return Verdict(
        "", "refund", "ok", there.day, 0, original.covered, None, None, there.currency, f"cancels {there.place[1]}"
    )
