"""Calendar periods, fiscal years and the clock, which is always passed in.

Instants are aware datetimes in UTC inside; a person sees them in the legal entity's time zone, with the zone.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
Period = Literal["day", "week", "month", "quarter", "year"]
"""A calendar period that a policy counts in. Never a rolling one."""


def system_clock() -> datetime:
    """The machine's present instant in UTC: the one place that reads it."""
    return datetime.now(UTC)


def instant_text(instant: datetime) -> str:
    """An instant as stored: ISO 8601 in UTC with microseconds, so that text order is time order."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def parse_instant(stored: str) -> datetime:
    """What ``instant_text`` wrote."""
    return datetime.fromisoformat(stored)


def shown(instant: datetime, time_zone: str) -> str:
    """An instant for a person: in the entity's zone, with the zone."""
    return f"{instant.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M:%S} {time_zone}"


@dataclass(frozen=True, slots=True)
class FiscalYears:
    """Fiscal years that start each year on ``month``-``day`` (1 January by default).

    A year is named by the calendar year in which it starts when it starts on 1 January, else by both ("2025-26").
    29 February is refused as a start, since most years lack it.
    """

    month: int = 1
    day: int = 1

    def __post_init__(self) -> None:
        date(2001, self.month, self.day)

    def name(self, day: date) -> str:
        """The name of the fiscal year that holds ``day``."""
        start = day.year if (day.month, day.day) >= (self.month, self.day) else day.year - 1
        return str(start) if (self.month, self.day) == (1, 1) else f"{start}-{(start + 1) % 100:02d}"


def month_of(day: date) -> str:
    """The calendar month of a day: ``2026-02``."""
    return f"{day:%Y-%m}"


def last_day(year: int, month: int) -> date:
    """The last day of a calendar month."""
    return date(year, month, calendar.monthrange(year, month)[1])


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
