"""Calendar periods, fiscal years and the clock, which is always passed in.

Instants are aware datetimes in UTC inside; a person sees them in the legal entity's time zone, with the zone.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


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
