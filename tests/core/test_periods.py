"""Months, fiscal years, calendar periods, instants in a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle import periods
from passerelle.periods import FiscalYears, Period, bounds, periods_of

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


@pytest.mark.parametrize(
    ("day", "week", "month", "quarter", "year"),
    [
        ("2026-01-01", "2026-W01", "2026-01", "2026-Q1", "2026"),
        ("2026-03-31", "2026-W14", "2026-03", "2026-Q1", "2026"),
        ("2026-04-01", "2026-W14", "2026-04", "2026-Q2", "2026"),
        ("2026-12-27", "2026-W52", "2026-12", "2026-Q4", "2026"),
        ("2026-12-28", "2026-W53", "2026-12", "2026-Q4", "2026"),
        ("2027-01-03", "2026-W53", "2027-01", "2027-Q1", "2027"),  # a Sunday: of the week of the old year
        ("2027-01-04", "2027-W01", "2027-01", "2027-Q1", "2027"),
        ("2028-02-29", "2028-W09", "2028-02", "2028-Q1", "2028"),
        ("2024-12-30", "2025-W01", "2024-12", "2024-Q4", "2024"),  # a Monday: of the week of the new year
    ],
)
def test_a_day_is_in_one_period_of_each_kind(day: str, week: str, month: str, quarter: str, year: str) -> None:
    assert periods_of(day) == (day, week, month, quarter, year)


@pytest.mark.parametrize(
    ("period", "day", "first", "last"),
    [
        ("day", "2028-02-29", "2028-02-29", "2028-02-29"),
        ("week", "2026-12-31", "2026-12-28", "2027-01-03"),
        ("month", "2028-02-11", "2028-02-01", "2028-02-29"),
        ("month", "2026-02-11", "2026-02-01", "2026-02-28"),
        ("quarter", "2026-05-31", "2026-04-01", "2026-06-30"),
        ("quarter", "2026-12-31", "2026-10-01", "2026-12-31"),
        ("year", "2026-07-14", "2026-01-01", "2026-12-31"),
    ],
)
def test_both_ends_of_a_period(period: Period, day: str, first: str, last: str) -> None:
    assert [end.isoformat() for end in bounds(period, date.fromisoformat(day))] == [first, last]


def test_names_and_ends_agree_on_every_day_of_five_years() -> None:
    periods: tuple[Period, ...] = ("day", "week", "month", "quarter", "year")
    for period in periods:
        day = date(2024, 1, 1)
        while day < date(2029, 1, 1):
            first, last = bounds(period, day)
            names = {getattr(periods_of(one.isoformat()), period) for one in (first, day, last)}
            beside = {
                getattr(periods_of(one.isoformat()), period) for one in (first - timedelta(1), last + timedelta(1))
            }
            assert len(names) == 1
            assert not names & beside
            day = last + timedelta(days=1)
