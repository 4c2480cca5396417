"""Mileage: what the distance of a year is worth on a scale, and what one trip adds to it."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from passerelle.masterdata.mileage import MileageScale


class Trip(NamedTuple):
    """What an expense says of a trip."""

    distance: Fraction
    unit: str  # km | mi
    power: int | None
    vehicle_class: str
    vehicle: str


def trip_of(mileage: str) -> Trip:
    """The trip of an expense, from its JSON (``reports.expense.Mileage``)."""
    raise NotImplementedError


class Scale:
    """A mileage scale, compiled."""

    def __init__(self, scale: MileageScale) -> None:
        raise NotImplementedError

    def counter(self, trip: Trip, day: str) -> tuple[str, ...]:
        """What a year's distance adds up under: the scale's year that holds ``day``, class, power, vehicle."""
        raise NotImplementedError

    def distance(self, trip: Trip) -> Fraction:
        """The trip's distance in the scale's unit; a mile is 1.609344 km exactly."""
        raise NotImplementedError

    def value(self, trip: Trip, day: str, distance: Fraction) -> int | None:
        """F of a year's ``distance`` (in the scale's unit) at the rates of ``day``: minor units of its currency,
        rounded half away from zero. ``None`` when no rate is for this class and power on this day."""
        raise NotImplementedError
