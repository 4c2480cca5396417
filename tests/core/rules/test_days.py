"""Weekends and public holidays by country and region, as the library knows them."""

from __future__ import annotations

from datetime import date

import pytest

from passerelle.masterdata.company import Leave
from passerelle.rules.days import Calendar, leave_on


@pytest.mark.parametrize(
    ("country", "region", "day", "weekend", "holiday"),
    [
        ("FR", None, "2026-07-14", "", "National Day"),
        ("FR", None, "2026-04-03", "", ""),  # Good Friday …
        ("FR", "57", "2026-04-03", "", "Good Friday"),  # … is one in Moselle
        ("FR", None, "2026-07-18", "Saturday", ""),
        ("SA", None, "2026-07-17", "Friday", ""),
        ("SA", None, "2026-07-19", "", ""),  # a Sunday is worked
        ("DE", "BY", "2026-01-06", "", "Epiphany"),
        ("DE", "BE", "2026-01-06", "", ""),
        ("AE", None, "2021-05-07", "Friday", ""),  # until 2021; Saturday and Sunday since
        ("AE", None, "2026-05-08", "", ""),
    ],
)
def test_days(country: str, region: str | None, day: str, weekend: str, holiday: str) -> None:
    calendar, there = Calendar(country, region), date.fromisoformat(day)
    assert (calendar.weekend(there), calendar.holiday(there)) == (weekend, holiday)


@pytest.mark.parametrize(("country", "region"), [("ZZ", None), ("FR", "Atlantis")])
def test_what_the_library_does_not_know_is_said(country: str, region: str | None) -> None:
    with pytest.raises(ValueError, match=f"no public holidays are known of {country}"):
        Calendar(country, region)


@pytest.mark.parametrize(
    ("day", "away"), [(14, ""), (15, "2026-01-15 to"), (18, "2026-01-15 to"), (19, ""), (30, "2026-01-30 to")]
)
def test_leave_has_both_ends(day: int, away: str) -> None:
    first, second = (Leave(first=date(2026, 1, a), last=date(2026, 1, b)) for a, b in [(15, 18), (30, 30)])
    assert away in leave_on(date(2026, 1, day), (first, second))
    assert bool(away) is bool(leave_on(date(2026, 1, day), (first, second)))
