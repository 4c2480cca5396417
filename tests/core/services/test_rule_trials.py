"""`rules check`: a policy on the expenses of a file. Each expected cover was reckoned by hand."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from passerelle.services.rule_trials import Tried, check

POLICY = """
[expense_types]
MEAL = {}
TAXI = {}
HOTEL = { kind = "quantity" }
[profiles.generic]
types.MEAL.cap = [{ amounts = { EUR = 20 }, period = "day" }]
types.TAXI.count = [{ limit = 1, period = "day" }]
types.HOTEL.cap = [{ amounts = { EUR = 100 }, period = "day" }]
[profiles.boss]
types.MEAL = {}
[employees]
E1 = {}
E2 = { profile = "boss" }
"""


def tried(tmp_path: Path, expenses: str) -> Tried:
    """Lines of ``id employee type day amount more``, each an expense."""
    text = POLICY
    for line in expenses.strip().splitlines():
        id, employee, type_code, day, amount, *more = line.split(maxsplit=5)
        text += f'[[expenses]]\nid = "{id}"\nemployee = "{employee}"\ntype = "{type_code}"\n'
        text += f"date = 2026-01-{day}\namount = {amount}\n" + "\n".join(more) + "\n"
    (tmp_path / "t.toml").write_text(text)
    return check(tmp_path / "t.toml")


def covers(found: Tried) -> dict[str, tuple[str, str]]:
    return {one.id: (one.outcome, one.covered) for one in found.expenses}


def test_expenses_are_judged_in_the_order_of_the_file_by_the_profile_of_each(tmp_path: Path) -> None:
    found = tried(
        tmp_path,
        """
        a E1 MEAL 05 15
        b E1 MEAL 05 15
        c E2 MEAL 05 90
        d E1 MEAL 06 20
        e E1 TAXI 06 9
        f E1 TAXI 06 9
        g E1 HOTEL 07 260 quantity = 2
        h E1 MEAL 08 -15 cancels = "b"
        """,
    )
    assert covers(found) == {
        "a": ("ok", "15.00"),
        "b": ("cap", "5.00"),  # 20 a day
        "c": ("ok", "90.00"),  # ticked without control
        "d": ("ok", "20.00"),
        "e": ("ok", "9.00"),
        "f": ("block", "0.00"),
        "g": ("cap", "200.00"),  # two nights
        "h": ("ok", "-5.00"),  # what was covered of it
    }
    assert (found.blocked, found.capped, found.alerts, found.ok) == (1, 2, 0, 5)
    by_id = {one.id: one for one in found.expenses}
    assert by_id["b"].decided_by == "profiles.generic.types.MEAL.cap[1]"
    assert by_id["b"].sentence.startswith("Cap on MEAL, 20.00 EUR a day: 10.00 EUR of 15.00 EUR is not covered")
    verdict = by_id["b"].verdicts[0]
    assert (verdict.used, verdict.threshold, verdict.left, verdict.unit) == ("15.00", "20.00", "0.00", "EUR")
    assert by_id["f"].verdicts[0].used == "1"  # a number of declarations, not an amount
    assert by_id["c"].profile == "boss"
    assert by_id["c"].sentence == "No rule of the policy concerns it."


def test_what_is_approved_takes_its_room_first(tmp_path: Path) -> None:
    """Judged among themselves in their order, fixed, and only then the others, whatever their place."""
    found = tried(
        tmp_path,
        """
        a E1 MEAL 05 15
        b E1 MEAL 05 15 approved = true
        c E1 TAXI 05 9
        d E1 TAXI 05 9 approved = true
        e E1 TAXI 05 9 approved = true
        """,
    )
    assert covers(found) == {
        "a": ("cap", "5.00"),
        "b": ("ok", "15.00"),
        "c": ("block", "0.00"),
        "d": ("ok", "9.00"),
        "e": ("block", "0.00"),  # the second of the approved ones
    }


def test_control_lowers_the_cover_and_leaves_room(tmp_path: Path) -> None:
    found = tried(tmp_path, "a E1 MEAL 05 15 control_cover = 4\nb E1 MEAL 05 18")
    assert covers(found) == {"a": ("ok", "4.00"), "b": ("cap", "16.00")}


def test_a_company_without_profiles_covers_everything_and_says_so(tmp_path: Path) -> None:
    text = "[expense_types]\nMEAL = {}\n[employees]\nE1 = {}\n[[expenses]]\n"
    (tmp_path / "t.toml").write_text(text + 'employee = "E1"\ntype = "MEAL"\ndate = 2026-01-05\namount = 999\n')
    found = check(tmp_path / "t.toml")
    assert covers(found) == {"#1": ("ok", "999.00")}
    assert found.without_policy


@pytest.fixture
def example(tmp_path: Path) -> Tried:
    text = files("passerelle.cli").joinpath("starter", "policy.toml").read_text(encoding="utf-8")
    (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
    return check(tmp_path / "policy.toml")


def test_the_example_shows_each_outcome(example: Tried) -> None:
    assert covers(example) == {
        "lunch": ("ok", "18.50"),
        "dinner": ("cap", "6.50"),
        "hotel": ("cap", "240.00"),
        "client": ("cap", "180.00"),
        "parking": ("block", "0.00"),
        "trip": ("alert", "60.00"),
        "back": ("ok", "-6.50"),
    }
