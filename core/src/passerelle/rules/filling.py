"""Amounts that the policy fills in, or that a source states and the policy expects: flat rates and mileage.

Both verdicts carry the expense's amount as ``used`` and the expected one as ``threshold``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from passerelle import money
from passerelle.masterdata.mileage import MileageScale
from passerelle.masterdata.policy import FlatRate
from passerelle.reports.bounds import GREATEST
from passerelle.rules.declared import Declared, Verdict, VerdictKind
from passerelle.rules.mileage import Scale, Trip, trip_of
from passerelle.rules.shares import Kind, Shares, units

TripKey: TypeAlias = tuple[str, ...]


class YearSoFar:
    """The counted trips of one vehicle in a year of a scale: how many, how far, and what they were worth."""

    __slots__ = ("distance", "trips", "worth")

    def __init__(self) -> None:
        self.trips = 0
        self.distance = Fraction(0)
        self.worth = 0


class Filled(NamedTuple):
    """An expense with its amount, what there is to say of it, and the distance that it adds to a year."""

    expense: Declared
    verdict: Verdict | None
    year: TripKey | None = None
    distance: Fraction = Fraction(0)


Fill: TypeAlias = Callable[[Declared, dict[TripKey, YearSoFar]], Filled]


def nothing_fills(path: str, kind: VerdictKind, expense: Declared, note: str) -> Filled:
    """Blocked: there is no amount, and none can be found."""
    verdict = Verdict(path, kind, "block", expense.day, 0, 0, None, None, expense.currency, note)
    return Filled(expense._replace(gross=0, entity_gross=0) if expense.computed else expense, verdict)


def _compared(
    expense: Declared, expected: int, verdict: Verdict, entity_currency: str, year: TripKey | None, distance: Fraction
) -> Filled:
    """The amount is filled in where none was stated; one that was stated must be the expected one."""
    if expense.computed:
        entity_gross = expected
        if expense.currency != entity_currency:
            entity_gross = money.convert(expected, expense.currency, Decimal(expense.rate), entity_currency)
        if max(abs(expected), abs(entity_gross)) >= GREATEST:
            return nothing_fills(verdict.rule, verdict.kind, expense, f"the amount is too large: {verdict.note}")
        expense = expense._replace(gross=expected, entity_gross=entity_gross)
    elif expense.gross != expected:
        verdict = verdict._replace(outcome="block")
    return Filled(expense, verdict._replace(used=expense.gross, threshold=expected), year, distance)


def flat_rate(path: str, rates: Sequence[tuple[int, FlatRate]], kind: Kind, entity_currency: str) -> Fill:
    """The rate of the country where the expense was made, else the one that names no country."""

    def fill(expense: Declared, years: dict[TripKey, YearSoFar]) -> Filled:
        there = [(i, rate) for i, rate in rates if expense.country in rate.countries]
        chosen = there or [(i, rate) for i, rate in rates if not rate.countries]
        if not chosen:
            if not expense.computed:
                return Filled(expense, None)
            return nothing_fills(
                path, "flat_rate", expense, f"no flat rate holds on {expense.day} in {expense.country}"
            )
        place = f"{path}.flat_rate[{chosen[0][0]}]"
        each = chosen[0][1].amounts.get(expense.currency)
        if each is None:
            return nothing_fills(place, "flat_rate", expense, f"the flat rate has no amount in {expense.currency}")
        number = units(kind, expense.quantity, expense.guests)
        rate = money.minor(each, expense.currency)
        note = money.display(rate, expense.currency) + (f" × {_number(number)}" if number != 1 else "")
        verdict = Verdict(place, "flat_rate", "ok", expense.day, unit=expense.currency, note=note)
        expected = money.round_half_away(Fraction(rate) * number)
        return _compared(expense, expected, verdict, entity_currency, None, Fraction(0))

    return fill


class Mileage:
    """A mileage scale at work: a trip is worth what it adds to the value of its year."""

    def __init__(self, path: str, code: str, scale: MileageScale, entity_currency: str) -> None:
        self._path, self._code, self._scale = path, code, Scale(scale)
        month, day = scale.year_start.split("-")
        self._start = int(month), int(day)
        self._currency, self._unit, self._entity_currency = scale.currency, scale.unit, entity_currency

    def bounds(self, day: date) -> tuple[date, date]:
        """The first and last day of the scale's year that holds a day."""
        first = day.replace(month=self._start[0], day=self._start[1])
        if first > day:
            first = first.replace(year=day.year - 1)
        return first, first.replace(year=first.year + 1) - timedelta(days=1)

    def year(self, expense: Declared) -> tuple[TripKey, Fraction] | None:
        """Where a trip that is counted as it stands adds up, and its distance."""
        if not expense.mileage or expense.currency != self._currency:
            return None
        trip = trip_of(expense.mileage)
        return (self._code, *self._scale.counter(trip, expense.day)), self._scale.distance(trip)

    def fill(self, expense: Declared, years: dict[TripKey, YearSoFar]) -> Filled:
        """F of the year's distance with this trip, less what the trips before it were worth."""
        if not expense.mileage:
            return self._cannot(expense, "the trip's distance is missing")
        trip = trip_of(expense.mileage)
        if trip.distance < 0:
            return self._cannot(expense, "a trip's distance is not negative")
        if expense.currency != self._currency:
            return self._cannot(expense, f"the mileage scale is in {self._currency}")
        key = (self._code, *self._scale.counter(trip, expense.day))
        before = years.get(key) or YearSoFar()
        distance = self._scale.distance(trip)
        value = self._scale.value(trip, expense.day, before.distance + distance)
        if value is None:
            return self._cannot(expense, f"the mileage scale has no rate for {_vehicle(trip)} on {expense.day}")
        note = (
            f"{_number(distance)} {self._unit} after {_number(before.distance)} {self._unit}: "
            f"{money.display(value, self._currency)} − {money.display(before.worth, self._currency)}"
        )
        verdict = Verdict(self._path, "mileage", "ok", key[1], before.trips, unit=self._currency, note=note)
        return _compared(expense, value - before.worth, verdict, self._entity_currency, key, distance)

    def _cannot(self, expense: Declared, note: str) -> Filled:
        return nothing_fills(self._path, "mileage", expense, note)


def _vehicle(trip: Trip) -> str:
    return trip.vehicle_class if trip.power is None else f"{trip.vehicle_class}, fiscal power {trip.power}"


def _number(value: Shares) -> str:
    """A distance or quantity for a person, to the thousandth."""
    thousandths = money.round_half_away(Fraction(value) * 1000)
    return f"{Decimal(thousandths).scaleb(-3):,f}".rstrip("0").rstrip(".")
