"""Rules that look at one expense alone: receipt, comment, age, future, special days."""

from __future__ import annotations

from datetime import date

import pytest
from tests.core.rules.a_policy import ALL_TICKED, check, company, expense, judgements

from passerelle.masterdata.company import Leave


def rule(kind: str, more: str = "") -> str:
    return ALL_TICKED + f"[profiles.generic.rules.RULE]\nkind = '{kind}'\n{more}\n"


@pytest.mark.parametrize(
    ("policy", "table"),
    [
        pytest.param(
            rule("receipt"),
            """
            2026-01-15 TAXI 0.50 | 0.50
            2026-01-15 TAXI 0.50 no-receipt | blocked receipt
            """,
            id="a receipt, always",
        ),
        pytest.param(
            rule("receipt", "above = { EUR = 20, USD = 30 }"),
            """
            2026-01-15 TAXI 20.00 no-receipt | 20.00
            2026-01-15 TAXI 20.01 no-receipt | blocked receipt
            2026-01-15 TAXI 20.01 | 20.01
            2026-01-15 TAXI 30.00 USD no-receipt | 30.00
            2026-01-15 TAXI 30.01 USD no-receipt | blocked receipt
            2026-01-15 TAXI 16.66 GBP no-receipt | 16.66
            2026-01-15 TAXI 16.68 GBP no-receipt | blocked receipt
            2026-01-15 TAXI -99.00 no-receipt | -99.00
            """,
            id="a receipt above an amount: in the expense's currency where there is one, else converted",
        ),
        pytest.param(
            rule("receipt", "types = ['TAXI']\nconsequence = 'alert'"),
            """
            2026-01-15 TAXI 9.00 no-receipt | 9.00 receipt
            2026-01-15 GAS  9.00 no-receipt | 9.00
            """,
            id="an alert, for types of a list",
        ),
        pytest.param(
            rule("comment", "valid_from = 2026-01-15\nvalid_until = 2026-01-16"),
            """
            2026-01-14 TAXI 9.00 no-comment | 9.00
            2026-01-15 TAXI 9.00 no-comment | blocked comment
            2026-01-16 TAXI 9.00 no-comment | blocked comment
            2026-01-17 TAXI 9.00 no-comment | 9.00
            2026-01-16 TAXI 9.00 | 9.00
            """,
            id="a comment, for expenses of certain days, both ends included",
        ),
        pytest.param(
            rule("age", "days = 30"),
            """
            2026-01-31 TAXI 9.00 declared=2026-03-02 | 9.00
            2026-01-30 TAXI 9.00 declared=2026-03-02 | blocked age
            2028-01-30 TAXI 9.00 declared=2028-02-29 | 9.00
            2026-03-02 TAXI 9.00 declared=2026-01-01 | 9.00
            """,
            id="at most thirty days old when it is first declared",
        ),
        pytest.param(
            rule("age", "days = 0\nconsequence = 'alert'"),
            """
            2026-01-15 TAXI 9.00 declared=2026-01-15 | 9.00
            2026-01-15 TAXI 9.00 declared=2026-01-16 | 9.00 age
            """,
            id="the same day",
        ),
        pytest.param(
            rule("future"),
            """
            2026-01-15 TAXI 9.00 declared=2026-01-15 | 9.00
            2026-01-16 TAXI 9.00 declared=2026-01-15 | blocked future
            2027-01-01 TAXI 9.00 declared=2026-12-31 | blocked future
            """,
            id="not after the day of its declaration",
        ),
        pytest.param(
            rule("days", "weekends = 'block'\nholidays = 'alert'"),
            """
            2026-05-01 TAXI 9.00 | 9.00 days
            2026-05-02 TAXI 9.00 | blocked days
            2026-05-03 TAXI 9.00 | blocked days
            2026-05-04 TAXI 9.00 | 9.00
            2026-11-01 TAXI 9.00 | blocked days
            """,
            id="Labour Day, a weekend, a Monday; All Saints' on a Sunday: the graver one decides",
        ),
    ],
)
def test_rules_of_one_expense(policy: str, table: str) -> None:
    check(policy, table)


@pytest.mark.parametrize(
    ("weekends", "holidays", "leave", "day", "expected", "note"),
    [
        ("allow", "allow", "block", "2026-01-14", "ok", ""),
        ("allow", "allow", "block", "2026-01-15", "block", "leave from 2026-01-15 to 2026-01-18"),
        ("alert", "allow", "block", "2026-01-18", "block", "Sunday, leave from 2026-01-15 to 2026-01-18"),
        ("block", "allow", "alert", "2026-01-17", "block", "Saturday, leave from 2026-01-15 to 2026-01-18"),
        ("alert", "allow", "allow", "2026-01-17", "alert", "Saturday"),
        ("allow", "allow", "block", "2026-01-19", "ok", ""),
        ("alert", "block", "allow", "2026-07-14", "block", "National Day"),
        ("allow", "allow", "allow", "2026-07-14", "ok", ""),
    ],
)
def test_special_days(weekends: str, holidays: str, leave: str, day: str, expected: str, note: str) -> None:
    policy = company(rule("days", f"weekends = '{weekends}'\nholidays = '{holidays}'\nleave = '{leave}'"))
    away = Leave(first=date(2026, 1, 15), last=date(2026, 1, 18))
    [verdict] = judgements(policy, [expense(1, f"{day} TAXI 9.00")], leave=(away,))[1].verdicts
    assert (verdict.outcome, verdict.note) == (expected, note)


def test_weekends_that_are_worked_are_days_like_others() -> None:
    policy = rule("days", "weekends = 'block'\nholidays = 'block'")
    policy += "[profiles.night]\nname = 'Night'\nweekends_worked = true\n"
    check(policy, "2026-01-17 TAXI 9.00 | 9.00", "night")
    check(policy, "2026-01-17 TAXI 9.00 | blocked days")
    check(policy, "2026-11-01 TAXI 9.00 | blocked days", "night")  # yet a public holiday stays one


def test_where_no_holidays_are_known_there_is_an_alert_instead_of_silence() -> None:
    policy = rule("days", "holidays = 'block'")
    check(company(policy, country="FR", holiday_region="Atlantis"), "2026-01-15 TAXI 9.00 | 9.00 days")
    check(company(rule("days", "leave = 'block'"), holiday_region="Atlantis"), "2026-01-15 TAXI 9.00 | 9.00")


def test_a_check_explains_itself() -> None:
    found = check(rule("age", "days = 30"), "2026-01-01 TAXI 9.00 declared=2026-03-02 | blocked age")
    [verdict] = found[1].verdicts
    assert (verdict.rule, verdict.used, verdict.threshold, verdict.left) == ("profiles.generic.rules.RULE", 60, 30, 0)
    assert verdict.note == "on 2026-03-02"
    found = check(rule("receipt", "above = { EUR = 20 }"), "2026-01-01 TAXI 10.00 USD no-receipt | 10.00")
    [verdict] = found[1].verdicts
    assert (verdict.used, verdict.threshold, verdict.unit, verdict.note) == (900, 2000, "EUR", "none is needed")
