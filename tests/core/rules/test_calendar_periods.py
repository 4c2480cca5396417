"""Periods by their names and ends: calendar periods, ISO weeks, 29 February."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.core.rules.a_policy import ALL_TICKED, check

from passerelle.masterdata.policy import Period
from passerelle.rules.calendar_periods import bounds, periods_of


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


ENDS = {
    "day": ("2026-01-15", "2026-01-15", "2026-01-16"),
    "week": ("2026-12-28", "2027-01-03", "2027-01-04"),  # one week, two years
    "month": ("2028-02-01", "2028-02-29", "2028-03-01"),
    "quarter": ("2026-04-01", "2026-06-30", "2026-07-01"),
    "year": ("2026-01-01", "2026-12-31", "2027-01-01"),
}


@pytest.mark.parametrize("period", ENDS)
def test_a_limit_holds_from_the_first_to_the_last_day_of_its_period(period: str) -> None:
    first, last, after = ENDS[period]
    limits = f"""
        count = [{{ limit = 2, period = "{period}" }}]
        cap = [{{ amounts = {{ EUR = 20 }}, period = "{period}" }}]
        alert = [{{ amounts = {{ EUR = 25 }}, period = "{period}" }}]
    """
    check(
        ALL_TICKED.replace("types.TAXI]\n", f"types.TAXI]\n{limits}\n"),
        f"""
        {first} TAXI 15.00 | 15.00
        {last}  TAXI 15.00 |  5.00 alert cap
        {last}  TAXI  1.00 | blocked count alert cap
        {after} TAXI 15.00 | 15.00
        """,
    )
