"""The counter of a threshold in one period: how many expenses, how much of it is used, and the shares beyond one."""

from __future__ import annotations

from passerelle.rules.shares import Shares


class Room:
    """What was counted so far."""

    __slots__ = ("beyond", "number", "used")

    def __init__(self) -> None:
        self.number = 0
        self.used = 0
        self.beyond: Shares = 0

    def take(self, amount: int, beyond: Shares) -> None:
        """Counts one expense."""
        self.number += 1
        self.used += amount
        self.beyond += beyond

    def give_back(self, amount: int, beyond: Shares) -> None:
        """Counts a refund, which is no expense of its own."""
        self.used -= amount
        self.beyond -= beyond
