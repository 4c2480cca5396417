"""Shares: for how many an expense was made, by which thresholds grow; and amounts in proportion."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypeAlias

from passerelle.money import round_half_away

Kind: TypeAlias = Literal["standard", "quantity", "guests", "mileage"]
Shares: TypeAlias = int | Fraction


@lru_cache(maxsize=4096)
def beyond_one(kind: Kind, quantity: str, guests: int) -> Shares:
    """Shares − 1 of an expense: max(1, quantity) shares of a quantity type, 1 + guests of a guests type, else one."""
    if kind == "guests":
        return guests
    if kind != "quantity" or not quantity:
        return 0
    stated = Fraction(Decimal(quantity))
    beyond = max(Fraction(1), stated) - 1
    return int(beyond) if beyond.denominator == 1 else beyond


@lru_cache(maxsize=4096)
def units(kind: Kind, quantity: str, guests: int) -> Shares:
    """What a flat rate is multiplied by: the quantity of a quantity type (one where none is stated), else shares."""
    if kind == "quantity":
        return max(Fraction(0), Fraction(Decimal(quantity or "1")))
    return 1 + beyond_one(kind, quantity, guests)


def raised(threshold: int, beyond: Shares) -> int:
    """T × (1 + Σ (shares − 1)), rounded once, half away from zero."""
    if type(beyond) is int:
        return threshold * (1 + beyond)
    return round_half_away(Fraction(threshold) * (1 + beyond))


def scaled(amount: int, numerator: int, denominator: int) -> int:
    """``amount`` × ``numerator`` / ``denominator``, half away from zero; zero where the denominator is."""
    if numerator == denominator:
        return amount
    return round_half_away(Fraction(amount * numerator, denominator)) if denominator else 0
