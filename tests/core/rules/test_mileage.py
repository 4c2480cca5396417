"""Mileage: F of a year's distance, to the cent, on the scales that are shipped and on a company's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.masterdata.mileage import SHIPPED, MileageScale, shipped_scale
from passerelle.reports.expense import Mileage
from passerelle.rules.mileage import Scale, Trip, trip_of

DAY = "2026-06-15"


def shipped(code: str) -> Scale:
    """A shipped scale, compiled."""
    scale = shipped_scale(code)
    assert scale is not None
    return Scale(scale)


def own(*rates: dict[str, Any], **scale: Any) -> Scale:
    """A company's own scale in EUR."""
    return Scale(MileageScale.model_validate({"name": "Own", "currency": "EUR", **scale, "rates": rates}))


def trip(distance: str = "1", power: int | None = None, vehicle_class: str = "car", **more: str) -> Trip:
    """A trip, in km unless said otherwise."""
    return Trip(Fraction(distance), more.get("unit", "km"), power, vehicle_class, more.get("vehicle", ""))


FR, GB = shipped("FR"), shipped("GB")


# --- the shipped scales ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kilometres", "worth"),
    [(0, 0), (4_500, 286_200), (5_000, 318_000), (5_001, 318_036), (6_000, 353_700), (20_000, 853_500),
     (20_001, 854_043)],
)  # fmt: skip
def test_a_car_of_five_cv(kilometres: int, worth: int) -> None:
    assert FR.value(trip(power=5), DAY, Fraction(kilometres)) == worth


def test_a_trip_across_a_bracket_is_worth_the_difference() -> None:
    before, after = (FR.value(trip(power=5), DAY, Fraction(km)) for km in (4_500, 6_000))
    assert before is not None
    assert after == before + 675_00


def _cells(published: dict[str, Any]) -> Iterator[tuple[str, int | None, Fraction, Fraction]]:
    """(class, power, distance, F in euros) at both ends of every bracket of every row of the published table."""
    rows = [("moped", None, published["moped"]["thresholds_km"], published["moped"]["all"])]
    powers = {"3": (1, 2, 3), "7": (7, 12), "1-2": (1, 2), "3-5": (3, 4, 5), "6+": (6, 30)}
    for vehicle in ("car", "motorcycle"):
        for written, brackets in published[vehicle]["by_cv"].items():
            rows += [
                (vehicle, power, published[vehicle]["thresholds_km"], brackets)
                for power in powers.get(written) or (int(written),)
            ]
    for vehicle, power, (first, second), brackets in rows:
        within = ((1, first), (first + 1, second), (second + 1, 60_000))
        for (rate, fixed), ends in zip(brackets, within, strict=True):
            for distance in ends:
                yield vehicle, power, Fraction(distance), distance * Fraction(rate) + Fraction(fixed)


def test_every_cell_of_the_published_french_scale(shared_data: Path) -> None:
    path = shared_data / "samples/payments/made_here/fr_bareme_kilometrique_2026.json"
    published = json.loads(path.read_text(encoding="utf-8"))
    electric = Fraction(published["electric_multiplier"])
    cells = list(_cells(published))
    assert len(cells) == 6 * (8 + 7 + 1)  # ends of brackets × (powers of cars, of motorcycles, mopeds)
    for vehicle, power, distance, euros in cells:
        assert FR.value(trip(power=power, vehicle_class=vehicle), DAY, distance) == _cents(euros)
        kind = f"electric {vehicle}"
        assert FR.value(trip(power=power, vehicle_class=kind), DAY, distance) == _cents(euros * electric)


def _cents(euros: Fraction) -> int:
    return int((Decimal(euros.numerator) / Decimal(euros.denominator) * 100).quantize(Decimal(1), "ROUND_HALF_UP"))


@pytest.mark.parametrize(
    ("vehicle_class", "miles", "pence"),
    [("car", 10_000, 450_000), ("car", 10_001, 450_025), ("motorcycle", 12_000, 288_000), ("bicycle", 7, 140)],
)
def test_the_british_rates(vehicle_class: str, miles: int, pence: int) -> None:
    assert GB.value(trip(vehicle_class=vehicle_class), DAY, Fraction(miles)) == pence


def test_shipped_scales_are_the_files_of_the_package_and_name_their_source() -> None:
    folder = files("passerelle.masterdata").joinpath("scales")
    assert {entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")} == SHIPPED
    for code in SHIPPED:
        scale = shipped_scale(code)
        assert scale is not None
        assert "gov.uk" in scale.name or "service-public.fr" in scale.name
    assert shipped_scale("XX") is None


# --- which rate ------------------------------------------------------------------------------------------------------

RATED = own(
    {"power_until": 3, "brackets": [{"rate": "0.10"}]},
    {"power_from": 4, "power_until": 6, "valid_from": "2026-01-01", "valid_until": "2026-12-31",
     "brackets": [{"up_to": "100.5", "rate": "0.20"}, {"rate": "0.15", "fixed": "5"}]},
    {"power_from": 7, "brackets": [{"rate": "0.30"}], "multiplier": "1.5"},
    {"vehicle": "bicycle", "brackets": [{"rate": "0.25"}]},
)  # fmt: skip


@pytest.mark.parametrize(
    ("vehicle_class", "power", "day", "worth_of_100"),
    [
        ("car", 1, DAY, 10_00),
        ("car", 3, DAY, 10_00),
        ("car", 4, DAY, 20_00),
        ("car", 6, DAY, 20_00),
        ("car", 7, DAY, 45_00),  # 0.30 × 1.5
        ("car", 200, DAY, 45_00),
        ("car", 4, "2026-01-01", 20_00),  # both ends of the validity belong to it
        ("car", 4, "2026-12-31", 20_00),
        ("car", 4, "2025-12-31", None),
        ("car", 4, "2027-01-01", None),
        ("car", None, DAY, None),  # every rate of a car asks for its power
        ("bicycle", None, DAY, 25_00),
        ("bicycle", 5, DAY, 25_00),  # none of a bicycle does
        ("Car", 4, DAY, None),
        ("boat", 4, DAY, None),
    ],
)
def test_the_rate_is_that_of_class_power_and_day(
    vehicle_class: str, power: int | None, day: str, worth_of_100: int | None
) -> None:
    assert RATED.value(trip(power=power, vehicle_class=vehicle_class), day, Fraction(100)) == worth_of_100


def test_the_end_of_a_bracket_belongs_to_it() -> None:
    worth = [RATED.value(trip(power=5), DAY, Fraction(distance)) for distance in ("100.5", "100.6")]
    assert worth == [20_10, 20_09]  # 0.20 × 100.5; 0.15 × 100.6 + 5


def test_french_validity_begins_in_2023() -> None:
    assert FR.value(trip(power=5), "2023-01-01", Fraction(10)) == 636
    assert FR.value(trip(power=5), "2022-12-31", Fraction(10)) is None


# --- rounding and units ----------------------------------------------------------------------------------------------


def test_a_half_cent_goes_away_from_zero_in_the_minor_units_of_the_currency() -> None:
    rate = {"brackets": [{"rate": "0.005"}]}
    assert own(rate).value(trip(), DAY, Fraction(1)) == 1
    assert own(rate).value(trip(), DAY, Fraction(-1)) == -1
    assert own({"brackets": [{"rate": "15.5"}]}, currency="JPY").value(trip(), DAY, Fraction(1)) == 16
    assert own({"brackets": [{"rate": "0.1234"}]}, currency="TND").value(trip(), DAY, Fraction(1)) == 123


def test_miles_and_kilometres_are_exact() -> None:
    assert FR.distance(trip("12.5")) == Fraction("12.5")
    assert FR.distance(trip("1", unit="mi")) == Fraction("1.609344")
    assert GB.distance(trip("1.609344")) == 1
    there = GB.distance(trip("100"))
    assert FR.distance(Trip(there, "mi", None, "car", "")) == 100


def test_a_trip_is_read_as_an_expense_keeps_it() -> None:
    stated = Mileage(distance="120.50", unit="mi", power=7, vehicle_class="electric car", vehicle="AB-123-CD")  # type: ignore[arg-type]
    assert trip_of(stated.model_dump_json()) == Trip(Fraction("120.5"), "mi", 7, "electric car", "AB-123-CD")
    assert trip_of(Mileage(distance="3").model_dump_json()) == Trip(Fraction(3), "km", None, "car", "")  # type: ignore[arg-type]


# --- the year's counter ----------------------------------------------------------------------------------------------


def test_a_calendar_year_begins_on_1_january_and_holds_29_february() -> None:
    days = ("2023-12-31", "2024-01-01", "2024-02-29", "2024-12-31", "2025-01-01")
    assert [FR.counter(trip(power=5), day)[0] for day in days] == ["2023", "2024", "2024", "2024", "2025"]


def test_the_british_tax_year_begins_on_6_april() -> None:
    days = ("2025-04-05", "2025-04-06", "2026-04-05", "2026-04-06", "2028-02-29")
    years = [GB.counter(trip(), day)[0] for day in days]
    assert years == ["2024-25", "2025-26", "2025-26", "2026-27", "2027-28"]


def test_distances_add_up_by_class_power_and_vehicle() -> None:
    trips = [
        trip(power=5),
        trip(power=6),
        trip(power=5, vehicle="AB-123-CD"),
        trip(power=5, vehicle_class="electric car"),
    ]
    assert len({FR.counter(one, DAY) for one in trips}) == len(trips)
    assert FR.counter(trip("1", 5), DAY) == FR.counter(trip("99", 5, unit="mi"), "2026-01-01")


def test_the_power_matters_only_where_a_rate_asks_for_it() -> None:
    assert FR.counter(trip(power=2, vehicle_class="moped"), DAY) == FR.counter(trip(vehicle_class="moped"), DAY)


def test_british_cars_of_one_person_add_up_together() -> None:
    assert GB.counter(trip(vehicle="AB12 CDE"), DAY) == GB.counter(trip(power=7, vehicle="XY34 ZZZ"), DAY)
    assert GB.counter(trip(vehicle_class="bicycle"), DAY) != GB.counter(trip(), DAY)


@given(
    st.lists(st.decimals("0", "3000", places=2), max_size=25),
    st.sampled_from([(FR, trip(power=4)), (FR, trip(vehicle_class="electric moped")), (GB, trip(unit="mi"))]),
)
def test_the_trips_of_a_year_add_up_to_f_however_they_are_cut(
    distances: list[Decimal], subject: tuple[Scale, Trip]
) -> None:
    scale, one = subject
    ends = [Fraction(0)]
    for distance in distances:
        ends.append(ends[-1] + scale.distance(one._replace(distance=Fraction(distance))))
    worth = [scale.value(one, DAY, end) or 0 for end in ends]
    amounts = [after - before for before, after in pairwise(worth)]
    assert min(amounts, default=0) >= 0  # a longer year is never worth less
    whole = scale.distance(one._replace(distance=Fraction(sum(distances))))
    assert sum(amounts) == scale.value(one, DAY, whole)
