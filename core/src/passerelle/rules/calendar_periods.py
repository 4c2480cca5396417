"""Calendar periods of an expense's day: their names and their ends. Never rolling ones."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from passerelle.masterdata.policy import Period
from passerelle.periods import last_day


class Periods(NamedTuple):
    """The names of the periods that hold a day; ``getattr(periods, "week")`` gives that of a configured period."""

    day: str  # 2026-01-15
    week: str  # 2026-W03: ISO 8601, Monday to Sunday, named by the year that holds its Thursday
    month: str  # 2026-01
    quarter: str  # 2026-Q1
    year: str  # 2026


@lru_cache(maxsize=4096)
def periods_of(day: str) -> Periods:
    """The periods that hold a day, given as ISO 8601 writes it."""
    there = date.fromisoformat(day)
    year, week, _ = there.isocalendar()
    quarter = (there.month + 2) // 3
    return Periods(day, f"{year:04d}-W{week:02d}", day[:7], f"{day[:4]}-Q{quarter}", day[:4])


def bounds(period: Period, day: date) -> tuple[date, date]:
    """The first and the last day of the period that holds ``day``."""
    if period == "day":
        return day, day
    if period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if period == "month":
        return day.replace(day=1), last_day(day.year, day.month)
    if period == "quarter":
        first = (day.month - 1) // 3 * 3 + 1
        return date(day.year, first, 1), last_day(day.year, first + 2)
    return date(day.year, 1, 1), date(day.year, 12, 31)
