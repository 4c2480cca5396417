"""What the counted expenses of one employee have taken so far, and how an expense takes its place among them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction

from passerelle.rules.declared import Declared
from passerelle.rules.filling import TripKey, YearSoFar
from passerelle.rules.plan import Amount, Plan
from passerelle.rules.refunds import Original, in_original
from passerelle.rules.room import Room
from passerelle.rules.shares import Shares


class Mix:
    """The declarations of a restriction's types in a period."""

    __slots__ = ("number", "types")

    def __init__(self) -> None:
        self.number = 0
        self.types: set[str] = set()


class Counted:
    """The counters of one employee. ``named`` are the expenses that refunds name."""

    __slots__ = ("lists", "mixes", "named", "numbers", "originals", "rooms", "years")

    def __init__(self, named: Collection[int]) -> None:
        self.named = named
        self.numbers: dict[str, int] = {}
        self.mixes: dict[str, Mix] = {}
        self.rooms: dict[str, Room] = {}
        self.years: dict[TripKey, YearSoFar] = {}
        self.lists: dict[str, list[Declared]] = {}  # what rules of plugins are shown
        self.originals: dict[int, Original] = {}

    def room(self, key: str) -> Room:
        """The counter of a threshold's period."""
        room = self.rooms.get(key)
        if room is None:
            room = self.rooms[key] = Room()
        return room

    def take(
        self,
        plan: Plan,
        expense: Declared,
        covered: int,
        entity_covered: int,
        beyond: Shares,
        year: TripKey | None = None,
        distance: Fraction = Fraction(0),
    ) -> None:
        """Counts an expense with its effective cover: caps take what is granted, alerts what is declared."""
        limits, numbers, rooms = plan.counting, self.numbers, self.rooms
        for _, _, key, _ in limits.counts:
            numbers[key] = numbers.get(key, 0) + 1
        for _, _, key, _ in limits.restrictions:
            mix = self.mixes.get(key) or self.mixes.setdefault(key, Mix())
            mix.number += 1
            mix.types.add(expense.type)
        for _, _, key, _, own, _ in limits.caps:
            (rooms.get(key) or self.room(key)).take(covered if own else entity_covered, beyond)
        for _, _, key, _, own, _ in limits.alerts:
            (rooms.get(key) or self.room(key)).take(expense.gross if own else expense.entity_gross, beyond)
        so_far = None
        if year is not None:
            so_far = self.years.setdefault(year, YearSoFar())
            so_far.trips += 1
            so_far.distance += distance
            so_far.worth += expense.gross
        lists: list[list[Declared]] = []
        if limits.contributed:
            lists = [self.lists.setdefault(rule.key, []) for rule in limits.contributed]
            shown = expense._replace(covered=covered, entity_covered=entity_covered)
            for counted in lists:
                counted.append(shown)
        if expense.id in self.named:
            caps, alerts = self._standing(plan.counting.caps), self._standing(plan.counting.alerts)
            self.originals[expense.id] = Original(
                expense, covered, entity_covered, beyond, caps, alerts, lists, so_far, distance
            )

    def original(self, refund: Declared) -> Original | None:
        """What a refund names, where it is known."""
        return self.originals.get(refund.cancels) if refund.cancels is not None else None

    def take_refund(self, original: Original, refund: Declared, beyond: Shares, early: bool) -> None:
        """A refund returns the room of its cover to the periods of the expense that it names."""
        original.give_back(refund, beyond, early)
        for counted in original.lists:
            counted.append(refund)
        if refund.id in self.named:
            self.originals[refund.id] = Original(refund, refund.covered, refund.entity_covered)

    def return_cover(self, plan: Plan, original: Declared, refund: Declared) -> None:
        """The room of a fixed refund is there before the open expense that it names is judged."""
        _, back = in_original(original, refund)
        for room, own in self._standing(plan.counting.caps):
            room.give_back(back if own else -refund.entity_covered, 0)

    def return_declared(self, plan: Plan, original: Declared, refunds: Iterable[Declared], sign: int = 1) -> None:
        """What fixed refunds take back of the alerts of an expense that is about to be judged."""
        for refund in refunds:
            size, _ = in_original(original, refund)
            for room, own in self._standing(plan.counting.alerts):
                room.give_back(sign * (size if own else -refund.entity_gross), 0)

    def take_unnamed_refund(self, plan: Plan, refund: Declared) -> None:
        """A refund that names no expense gives room back to its own period, and is no declaration."""
        caps, alerts = self._standing(plan.counting.caps), self._standing(plan.counting.alerts)
        for room, own in caps:
            room.give_back(-(refund.covered if own else refund.entity_covered), 0)
        for room, own in alerts:
            room.give_back(-(refund.gross if own else refund.entity_gross), 0)
        for rule in plan.counting.contributed:
            self.lists.setdefault(rule.key, []).append(refund)
        if refund.id in self.named:
            self.originals[refund.id] = Original(refund, refund.covered, refund.entity_covered, 0, caps, alerts)

    def set_aside(self, plan: Plan, expense: Declared) -> None:
        """An expense that counts for nothing, gone or blocked, for the refunds that name it.

        What those take back, nonetheless, is room of its periods.
        """
        self.originals[expense.id] = Original(expense, caps=self._standing(plan.counting.caps))

    def _standing(self, thresholds: tuple[Amount, ...]) -> list[tuple[Room, bool]]:
        return [(self.room(threshold.key), threshold.own) for threshold in thresholds]
