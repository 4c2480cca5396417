"""Inheritance, case by case: whose control set holds for a type, and which rules."""

from __future__ import annotations

import pytest
from tests.core.rules.a_policy import check, company

from passerelle.rules.inheritance import type_policy, weekends_worked

CAP = "cap = [{{ amounts = {{ EUR = {} }}, period = 'day' }}]"
GENERIC = f"""
[profiles.generic]
name = "All"
[profiles.generic.types.MEAL]
{CAP.format(20)}
[profiles.generic.types.TAXI]
{CAP.format(30)}
[profiles.generic.types.GAS]
[profiles.generic.rules.FUEL]
kind = "cap"
types = ["GAS", "DIESEL"]
amounts = {{ EUR = 50 }}
period = "day"
"""
SALES = f"""
[profiles.sales]
name = "Sales"
[profiles.sales.types.MEAL]
{CAP.format(40)}
[profiles.sales.types.TAXI]
[profiles.sales.types.DIESEL]
[profiles.sales.rules.FUEL]
kind = "cap"
types = ["GAS", "DIESEL"]
amounts = {{ EUR = 90 }}
period = "month"
"""


@pytest.mark.parametrize(
    ("profile", "row"),
    [
        ("sales", "2026-01-15 MEAL 100.00 | 40.00 cap"),  # ticked with a set: that set, whole
        ("sales", "2026-01-15 TAXI 100.00 | 100.00"),  # ticked without a set: no control
        ("sales", "2026-01-15 GAS 10.00 | 10.00"),  # not ticked: as generic says
        ("sales", "2026-01-15 NIGHT 10.00 | blocked type"),  # ticked in neither
        (None, "2026-01-15 MEAL 100.00 | 20.00 cap"),  # without a profile: generic alone
        (None, "2026-01-15 TAXI 100.00 | 30.00 cap"),
        (None, "2026-01-15 DIESEL 10.00 | blocked type"),  # what another profile ticks helps nobody
        ("generic", "2026-01-15 MEAL 100.00 | 20.00 cap"),
        ("sales", "2026-01-15 DIESEL 60.00 | 50.00 cap"),  # rules over types: those of generic hold beside one's own …
        ("sales", "2026-01-15 GAS 100.00 | 50.00 cap cap"),  # … all of them, and the tightest decides
    ],
)
def test_whose_control_set_holds(profile: str | None, row: str) -> None:
    check(GENERIC + SALES, row, profile)


def test_rules_of_both_profiles_keep_their_own_verdicts() -> None:
    table = """
        2026-01-15 GAS    45.00 | 45.00
        2026-01-16 DIESEL 50.00 | 45.00 cap
    """
    found = check(GENERIC + SALES, table, "sales")
    said = [(verdict.rule, verdict.outcome) for verdict in found[2].verdicts]
    assert said == [("profiles.sales.rules.FUEL", "cap"), ("profiles.generic.rules.FUEL", "ok")]


def test_a_set_is_never_merged() -> None:
    """The count limit of generic is gone where one's own profile has a cap of the type."""
    generic = "[profiles.generic]\nname = 'All'\n[profiles.generic.types.MEAL]\ncount = [{ limit = 0, period = 'day' }]"
    check(generic + SALES, "2026-01-15 MEAL 10.00 | 10.00", "sales")
    check(generic + SALES, "2026-01-15 MEAL 10.00 | blocked count", None)


def test_without_any_profile_everything_is_allowed_and_covered_whole() -> None:
    check("", "2026-01-15 MEAL 1000.00 no-receipt | 1000.00")
    check("", "2026-01-15 MEAL ? | blocked flat_rate")  # yet nothing says how much it is


def test_without_a_generic_profile_only_the_own_one_ticks() -> None:
    check(SALES, "2026-01-15 MEAL 10.00 | 10.00", "sales")
    check(SALES, "2026-01-15 GAS 10.00 | blocked type", "sales")
    check(SALES, "2026-01-15 MEAL 10.00 | blocked type", None)


def test_where_a_control_set_stands() -> None:
    policy = company(GENERIC + SALES)
    paths = {code: type_policy(policy, "sales", code).path for code in ("MEAL", "GAS", "NIGHT")}
    assert paths == {
        "MEAL": "profiles.sales.types.MEAL",
        "GAS": "profiles.generic.types.GAS",
        "NIGHT": "profiles.sales",
    }


@pytest.mark.parametrize(
    ("generic", "own", "worked"),
    [
        ("", "", False),
        ("weekends_worked = true", "", True),
        ("weekends_worked = true", "weekends_worked = false", False),
        ("", "weekends_worked = true", True),
    ],
)
def test_weekends_are_worked_as_the_profile_says_else_generic(generic: str, own: str, worked: bool) -> None:
    policy = company(f"[profiles.generic]\nname = 'All'\n{generic}\n[profiles.night]\nname = 'Night'\n{own}\n")
    assert weekends_worked(policy, "night") is worked
