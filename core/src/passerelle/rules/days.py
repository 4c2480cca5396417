"""Weekends and public holidays, as the library ``holidays`` knows them of a country and its regions; leave."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from passerelle.masterdata.company import Leave

if TYPE_CHECKING:
    from holidays import HolidayBase

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LANGUAGE = "en_US"  # of the names, where the library has them; else the country's own


class Calendar:
    """The weekend of a country, which is not Saturday and Sunday everywhere, and its public holidays.

    ``ValueError`` when the library knows no such country or region.
    """

    def __init__(self, country: str, region: str | None = None) -> None:
        self._days = _days(country, region)

    def weekend(self, day: date) -> str:
        """The name of the weekday when it is of the weekend, else nothing."""
        return _WEEKDAYS[day.weekday()] if self._days.is_weekend(day) else ""

    def holiday(self, day: date) -> str:
        """The name of the public holiday on this day, or nothing."""
        return str(self._days.get(day) or "")


def _days(country: str, region: str | None) -> HolidayBase:
    """The library is imported late: few policies speak of days, and it is large."""
    import holidays

    try:
        known = holidays.country_holidays(country, subdiv=region)
        if _LANGUAGE in known.supported_languages and known.language != _LANGUAGE:
            known = holidays.country_holidays(country, subdiv=region, language=_LANGUAGE)
    except NotImplementedError as fault:
        raise ValueError(f"no public holidays are known of {country}{f', {region}' if region else ''}") from fault
    return known


def leave_on(day: date, leave: Iterable[Leave]) -> str:
    """The employee's leave that holds this day, for a person, or nothing."""
    for absence in leave:
        if absence.first <= day <= absence.last:
            return f"leave from {absence.first} to {absence.last}"
    return ""
