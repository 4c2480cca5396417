"""Mileage, in exact fractions: what the distance of a year is worth on a scale, and what one trip adds to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from passerelle import money
from passerelle.masterdata.mileage import MileageRate, MileageScale
from passerelle.periods import FiscalYears

_KM_PER_MILE = Fraction(1_609_344, 1_000_000)  # the international mile, exactly


class Trip(NamedTuple):
    """What an expense says of a trip."""

    distance: Fraction
    unit: str  # km | mi
    power: int | None
    vehicle_class: str
    vehicle: str


def trip_of(mileage: str) -> Trip:
    """The trip of an expense, from its JSON (``reports.expense.Mileage``)."""
    stated = json.loads(mileage)
    return Trip(
        distance=Fraction(stated["distance"]),
        unit=stated["unit"],
        power=stated["power"],
        vehicle_class=stated["vehicle_class"],
        vehicle=stated["vehicle"] or "",
    )


class _Bracket(NamedTuple):
    up_to: Fraction | None
    rate: Fraction  # minor units per unit of distance, multiplied
    fixed: Fraction  # minor units, multiplied


class _Rate(NamedTuple):
    first: str  # day, or empty
    last: str
    powers: tuple[int | None, int | None]
    brackets: tuple[_Bracket, ...]

    def is_for(self, power: int | None, day: str) -> bool:
        least, most = self.powers
        if (self.first and day < self.first) or (self.last and day > self.last):
            return False
        if power is None:
            return least is None and most is None
        return (least is None or least <= power) and (most is None or power <= most)


class Scale:
    """A mileage scale, compiled."""

    def __init__(self, scale: MileageScale) -> None:
        month, day = (int(part) for part in scale.year_start.split("-"))
        self._years = FiscalYears(month, day)
        self._unit = scale.unit
        self._by_vehicle = scale.by_vehicle
        units = Fraction(10) ** money.exponent(scale.currency)
        self._rates: dict[str, list[_Rate]] = {}
        for rate in scale.rates:
            self._rates.setdefault(rate.vehicle, []).append(_compiled(rate, units))
        self._powered = {
            vehicle for vehicle, rates in self._rates.items() if any(rate.powers != (None, None) for rate in rates)
        }

    def counter(self, trip: Trip, day: str) -> tuple[str, ...]:
        """What a year's distance adds up under: the scale's year that holds ``day``, class, power, vehicle.

        The power is left out where the scale's rates of the class do not depend on it, the vehicle where distances
        add up for all vehicles of a class.
        """
        power = trip.power if trip.vehicle_class in self._powered else None
        return (
            self._years.name(date.fromisoformat(day)),
            trip.vehicle_class,
            "" if power is None else str(power),
            trip.vehicle if self._by_vehicle else "",
        )

    def distance(self, trip: Trip) -> Fraction:
        """The trip's distance in the scale's unit; a mile is 1.609344 km exactly."""
        if trip.unit == self._unit:
            return trip.distance
        return trip.distance * _KM_PER_MILE if trip.unit == "mi" else trip.distance / _KM_PER_MILE

    def value(self, trip: Trip, day: str, distance: Fraction) -> int | None:
        """F of a year's ``distance`` (in the scale's unit) at the rates of ``day``: minor units of its currency,
        rounded half away from zero. ``None`` when no rate is for this class and power on this day."""
        for rate in self._rates.get(trip.vehicle_class, ()):
            if rate.is_for(trip.power, day):
                bracket = _bracket(rate.brackets, distance)
                return money.round_half_away(distance * bracket.rate + bracket.fixed)
        return None


def _compiled(rate: MileageRate, units: Fraction) -> _Rate:
    factor = units * Fraction(rate.multiplier)
    return _Rate(
        first=rate.valid_from.isoformat() if rate.valid_from else "",
        last=rate.valid_until.isoformat() if rate.valid_until else "",
        powers=(rate.power_from, rate.power_until),
        brackets=tuple(
            _Bracket(
                None if bracket.up_to is None else Fraction(bracket.up_to),
                Fraction(bracket.rate) * factor,
                Fraction(bracket.fixed) * factor,
            )
            for bracket in rate.brackets
        ),
    )


def _bracket(brackets: Sequence[_Bracket], distance: Fraction) -> _Bracket:
    for bracket in brackets:
        if bracket.up_to is None or distance <= bracket.up_to:
            return bracket
    return brackets[-1]
