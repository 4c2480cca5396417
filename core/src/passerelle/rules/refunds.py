"""Refunds: what is taken back of the expense that one names, and the room that returns to that expense's periods.

All is reckoned in the currency of the original expense, so that a full refund gives back exactly what it took,
whatever the rate of the day.
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

    One that is gone or blocked was covered by nothing and stands in no counter.
    """

    __slots__ = (
        "_alerts", "_beyond", "_caps", "_covered", "_entity_covered", "_year", "covered", "distance", "expense",
        "lists", "refunded",
    )  # fmt: skip

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
        self._covered, self._entity_covered, self._beyond = covered, entity_covered, beyond
        self._caps, self._alerts, self.lists = caps, alerts, lists
        self._year, self.distance = year, distance

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
        left, refunded = self.covered - back, self.refunded + size
        freed = self._in_entity(self.covered) - self._in_entity(left)
        whole, entity_whole = self.expense.gross, self.expense.entity_gross
        undeclared = scaled(refunded, entity_whole, whole) - scaled(self.refunded, entity_whole, whole)
        shares = self._beyond if refunded >= whole else min(beyond, self._beyond)
        for room, own in self._caps:
            room.give_back(back if own else freed, shares)
        for room, own in self._alerts:
            room.give_back(size if own else undeclared, shares)
        if self._year is not None and whole > 0:
            part = min(refunded, whole) - min(self.refunded, whole)
            self._year.worth -= part
            self._year.distance -= self.distance * Fraction(part, whole)
        self._beyond -= shares
        self.covered, self.refunded = left, refunded

    def _size(self, refund: Declared) -> int:
        """The refund's amount in the currency of the original."""
        if refund.currency == self.expense.currency:
            return -refund.gross
        return scaled(-refund.entity_gross, self.expense.gross, self.expense.entity_gross)

    def _in_entity(self, covered: int) -> int:
        """A part of the cover as it stands in counters of the entity's currency."""
        if self._covered:
            return scaled(covered, self._entity_covered, self._covered)
        return scaled(covered, self.expense.entity_gross, self.expense.gross)


def refund_verdict(refund: Declared, original: Original | None) -> Verdict:
    """What a refund cancels; ``used`` is what was still covered of it, and ``left`` what stays so. Taken beforehand."""
    if original is None:
        note = "names no expense that it cancels"
        return Verdict("", "refund", "ok", refund.day, 0, 0, None, None, refund.currency, note)
    there = original.expense
    return Verdict(
        "", "refund", "ok", there.day, 0, original.covered, None, None, there.currency, f"cancels {there.place[1]}"
    )
