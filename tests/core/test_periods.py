"""Months, fiscal years, instants in a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle import periods
from passerelle.periods import FiscalYears

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
STARTS = st.tuples(st.integers(1, 12), st.integers(1, 28))
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("start", "day", "name"),
    [
        ((1, 1), date(2025, 12, 31), "2025"),
        ((1, 1), date(2026, 1, 1), "2026"),
        ((7, 1), date(2025, 6, 30), "2024-25"),
        ((7, 1), date(2025, 7, 1), "2025-26"),
        ((4, 6), date(2000, 4, 5), "1999-00"),
    ],
)
def test_the_fiscal_year_of_a_day(start: tuple[int, int], day: date, name: str) -> None:
    assert FiscalYears(*start).name(day) == name


@given(DAYS, STARTS)
def test_a_fiscal_year_lasts_one_year(day: date, start: tuple[int, int]) -> None:
    years = FiscalYears(*start)
    begins = day.replace(year=day.year - (1 if (day.month, day.day) < start else 0), month=start[0], day=start[1])
    assert years.name(begins) == years.name(day) == years.name(begins.replace(year=begins.year + 1) - timedelta(1))
    assert years.name(begins - timedelta(1)) != years.name(begins)


@pytest.mark.parametrize("start", [(2, 29), (13, 1), (4, 31)])
def test_a_start_that_most_years_lack_is_refused(start: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"day|month"):
        FiscalYears(*start)


@given(DAYS)
def test_the_last_day_is_followed_by_another_month(day: date) -> None:
    last = periods.last_day(day.year, day.month)
    assert periods.month_of(last) == periods.month_of(day) == f"{day.year}-{day.month:02d}"
    assert periods.month_of(last + timedelta(1)) != periods.month_of(day)


@given(INSTANTS, INSTANTS, st.integers(-14, 14))
def test_the_order_of_texts_is_the_order_of_instants(one: datetime, other: datetime, hours: int) -> None:
    elsewhere = one.astimezone(timezone(timedelta(hours=hours)))
    assert periods.instant_text(elsewhere) == periods.instant_text(one)
    assert periods.parse_instant(periods.instant_text(elsewhere)) == one
    assert (periods.instant_text(one) < periods.instant_text(other)) == (one < other)


def test_an_instant_is_shown_in_the_zone_of_the_entity() -> None:
    instant = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # half an hour after the clocks went forward
    assert periods.shown(instant, "Europe/Paris") == "2026-03-29 03:30:00 Europe/Paris"
    assert periods.shown(instant, "Australia/Sydney") == "2026-03-29 12:30:00 Australia/Sydney"


def test_the_machine_s_clock_is_in_utc() -> None:
    assert periods.system_clock().utcoffset() == timedelta(0)
