"""Shares, thresholds raised by them, and amounts in proportion."""

from __future__ import annotations

from fractions import Fraction

import pytest

from passerelle.rules.shares import Kind, beyond_one, raised, scaled, units


@pytest.mark.parametrize(
    ("kind", "quantity", "guests", "beyond", "rate_times"),
    [
        ("standard", "7", 7, 0, 1),
        ("mileage", "", 0, 0, 1),
        ("guests", "", 0, 0, 1),
        ("guests", "", 3, 3, 4),
        ("quantity", "", 3, 0, 1),
        ("quantity", "1", 0, 0, 1),
        ("quantity", "0.5", 0, 0, Fraction(1, 2)),  # half a day: half the rate, yet one share
        ("quantity", "2.5", 0, Fraction(3, 2), Fraction(5, 2)),
        ("quantity", "-2", 0, 0, 0),
    ],
)
def test_shares(kind: Kind, quantity: str, guests: int, beyond: int, rate_times: int) -> None:
    assert beyond_one(kind, quantity, guests) == beyond
    assert units(kind, quantity, guests) == rate_times


@pytest.mark.parametrize(
    ("threshold", "beyond", "expected"),
    [(2000, 0, 2000), (2000, 3, 8000), (1, Fraction(1, 2), 2), (1, Fraction(1, 4), 1), (9999, Fraction(3, 2), 24998)],
)
def test_a_threshold_is_raised_and_rounded_once(threshold: int, beyond: int, expected: int) -> None:
    assert raised(threshold, beyond) == expected


@pytest.mark.parametrize(
    ("amount", "numerator", "denominator", "expected"),
    [(10, 1, 4, 3), (-10, 1, 4, -3), (10, 7, 7, 10), (0, 3, 7, 0), (10, 3, 0, 0), (1000, 1800, 2000, 900)],
)
def test_amounts_in_proportion(amount: int, numerator: int, denominator: int, expected: int) -> None:
    assert scaled(amount, numerator, denominator) == expected
