"""The order of judging: by place, and no refund before what it names."""

from __future__ import annotations

import itertools

import pytest
from tests.core.rules.a_policy import expense

from passerelle.rules.declared import Declared
from passerelle.rules.order import in_order


def placed(number: int, instant: str, names: int | None = None) -> Declared:
    amount = "9.00" if names is None else f"-9.00 names={names}"
    return expense(number, f"2026-01-15 TAXI {amount}")._replace(place=(instant, f"L{number}"))


@pytest.mark.parametrize(
    ("expenses", "order"),
    [
        ([placed(1, "09:00"), placed(2, "08:00")], [2, 1]),
        ([placed(2, "09:00"), placed(1, "09:00")], [1, 2]),  # the same instant: by the source's id
        ([placed(1, "09:00", 2), placed(2, "10:00"), placed(3, "11:00")], [2, 1, 3]),  # right after what it names
        ([placed(1, "09:00", 2), placed(2, "10:00"), placed(3, "09:30")], [3, 2, 1]),
        ([placed(1, "12:00", 2), placed(2, "10:00"), placed(3, "11:00")], [2, 3, 1]),  # its own place is later
        ([placed(1, "08:00", 2), placed(2, "09:00", 3), placed(3, "10:00"), placed(4, "11:00")], [3, 2, 1, 4]),
        ([placed(1, "09:00", 1), placed(2, "08:00", 9)], [2, 1]),  # itself, and one that is not there
        ([placed(1, "09:00", 2), placed(2, "08:00", 1)], [1, 2]),  # each other: some order, always the same
    ],
)
def test_order(expenses: list[Declared], order: list[int]) -> None:
    for given in itertools.permutations(expenses):
        assert [one.id for one in in_order(given)] == order
