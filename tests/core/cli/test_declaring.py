"""``passerelle reports declare | submit | withdraw`` as a person types them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

COMPANY = """
version = 1
[entities.FR]
name = "Boulangerie Martin"
country = "FR"
currency = "EUR"
time_zone = "Europe/Paris"
chart = "pcg"
[charts.pcg.accounts]
625100 = { name = "Voyages", role = "expense", analytical = true }
[axes.CENTRE]
name = "Centre"
sections = { MKT = { name = "Marketing" }, DIR = { name = "Direction" } }
[expense_types]
LUNCH = { name = "Déjeuner", accounts = { pcg = "625100" } }
TRIP = { name = "Trajet", kind = "mileage", accounts = { pcg = "625100" } }
[mileage_scales.KM]
name = "Kilomètres"
currency = "EUR"
rates = [{ brackets = [{ rate = 0.50 }] }]
[profiles.generic]
name = "Tous"
[profiles.generic.types]
LUNCH = { count = [{ limit = 1, period = "day" }] }
TRIP = { mileage_scale = "KM" }
[employees]
E1 = { name = "Anne", entity = "FR", account = "421E1" }
"""
ONE = ("reports", "declare", "--employee", "E1", "--type", "LUNCH", "--date", "2026-01-14")


def test_a_day_of_an_employee(cli: Any) -> None:
    Path("company.toml").write_text(COMPANY)
    assert cli("config", "apply", "company.toml").code == 0
    split = ("--split", "CENTRE=MKT:60", "--split", "CENTRE=DIR:40")
    first = cli(*ONE, "--amount", "12.00", *split, "--vat", "10", "--comment", "Lyon", "--json").json
    assert (first["report"], first["expense"], first["judgement"]["covered"]) == ("ND000001", "ND000001-1", "12.00")
    second = cli(*ONE, "--amount", "9.00")
    assert second.code == 1
    assert "refused by the policy" in second.out
    assert "PSR-3020" in second.err
    assert "next:  passerelle rules explain ND000001/ND000001-2 --entity FR" in second.err
    trip = ("--type", "TRIP", "--distance", "12", "--power", "5", "--vehicle", "AB-123-CD")
    assert "6.00 EUR, 6.00 EUR covered" in cli(*ONE[:4], *trip, "--date", "2026-01-14").out
    assert cli("reports", "withdraw", "ND000001-2").code == 0
    submitted = cli("reports", "submit", "E1")
    assert submitted.code == 0
    assert "2 expenses" in submitted.out
    assert "next:  passerelle reports approve ND000001 --entity FR" in submitted.err
    assert cli("reports", "submit", "E1").code == 1
    shown = cli("reports", "show", "ND000001", "--json").json
    (share, _) = shown["expense_lines"][0]["split"]
    assert share == {"percent": "60", "sections": {"CENTRE": "MKT"}}


def test_what_was_typed_wrongly_is_told(cli: Any) -> None:
    Path("company.toml").write_text(COMPANY)
    cli("config", "apply", "company.toml")
    assert cli(*ONE, "--amount", "12.00", "--split", "MKT").code == 2
    assert cli(*ONE, "--amount", "12,00").code == 1
    assert cli("reports", "withdraw", "ND000001-9").code == 1


TWO = (
    COMPANY.replace(
        "[charts.pcg.accounts]",
        """[entities.GB]
name = "Bakery"
country = "FR"
currency = "EUR"
time_zone = "Europe/Paris"
chart = "pcg"
[charts.pcg.accounts]""",
    )
    + 'E2 = { name = "Ben", entity = "GB", account = "421E2" }\n'
)


@pytest.fixture
def two(cli: Any) -> Any:
    """Two entities, in each the draft ND000001 with a lunch and a second one that is refused."""
    Path("company.toml").write_text(TWO)
    cli("config", "apply", "company.toml")
    for employee in ("E1", "E2"):
        for amount in ("12.00", "9.00"):
            cli(*ONE[:3], employee, *ONE[4:], "--amount", amount)
    return cli


def typed(cli: Any, words: str) -> Any:
    """What is printed as a command, typed."""
    first, *arguments = shlex.split(words)
    assert first == "passerelle"
    return cli(*arguments)


def following(answer: Any) -> str:
    return str(answer.err.rpartition("next:")[2].strip().splitlines()[0])


def test_hints_can_be_typed_where_two_entities_have_the_number(two: Any) -> None:
    made = two(*ONE[:3], "E2", *ONE[4:], "--amount", "8.00")
    assert typed(two, following(made)).code == 0
    remedy = two(*ONE[:3], "E2", *ONE[4:], "--amount", "7.00", "--json").json["findings"][0]["remedy"]
    first, _, then = remedy.partition(", then ")
    withdrawn = typed(two, first)
    assert (withdrawn.code, then.startswith("passerelle reports declare")) == (0, True)
    assert following(withdrawn) == "passerelle reports show ND000001 --entity GB"
    assert typed(two, following(withdrawn)).code == 0


def test_one_number_in_two_entities_is_told_apart(two: Any) -> None:
    unclear = two("rules", "explain", "ND000001/ND000001-1", "--json")
    (fault,) = unclear.json["findings"]
    assert (unclear.code, fault["code"]) == (2, "PSR-3045")
    names = fault["expected"].removeprefix("one of ").split(", ")
    assert names == [f"ND000001/ND000001-1 --entity {code}" for code in ("FR", "GB")]
    assert fault["remedy"].startswith("add --entity")
    assert [typed(two, f"passerelle rules explain {name}").code for name in names] == [0, 0]
    assert two("reports", "withdraw", "ND000001/ND000001-1").code == 2
    assert two("reports", "withdraw", "ND000002/ND000001-1", "--entity", "FR").code == 1


def test_withdrawing_says_what_is_judged_otherwise(two: Any) -> None:
    told = two("reports", "withdraw", "ND000001/ND000001-1", "--entity", "FR").out
    assert told == "ND000001-1 is withdrawn from ND000001.\n"  # what was refused stays refused
    text = Path("company.toml").read_text()
    capped = 'LUNCH = { cap = [{ amounts = { EUR = 20 }, period = "month" }] }'
    Path("company.toml").write_text(text.replace('LUNCH = { count = [{ limit = 1, period = "day" }] }', capped))
    two("config", "apply", "company.toml")
    for amount in ("15.00", "10.00"):
        two(*ONE, "--amount", amount)
    told = two("reports", "withdraw", "ND000001-3", "--entity", "FR").out
    assert "  ND000001/ND000001-4: 10.00 EUR covered, 5.00 before; ok, cap before" in told


def test_what_was_declared_here_is_corrected_here(two: Any) -> None:
    two("reports", "submit", "E1")
    two("reports", "approve", "--all", "--by", "paul")
    fault = two("reports", "control", "ND000001", "--entity", "FR", "--expense", "ND000001-2", "--json").json
    back, _, withdraw = fault["findings"][0]["remedy"].removeprefix("control the others, or ").partition(", then ")
    assert typed(two, back.replace("…", "wrong")).code == 0
    assert typed(two, withdraw.partition(" and ")[0]).code == 0
    two("reports", "cancel", "ND000001", "--entity", "FR", "--reason", "wrong")
    ended = two("reports", "approve", "ND000001", "--entity", "FR", "--json").json["findings"][0]
    assert (ended["code"], ended["remedy"].endswith("passerelle reports declare")) == ("PSR-1212", True)


def test_what_cannot_be_submitted_says_why(two: Any) -> None:
    two("reports", "withdraw", "ND000001-1", "--entity", "FR")
    shown = two("reports", "show", "ND000001", "--entity", "FR")
    assert following(shown) == "passerelle reports withdraw ND000001/ND000001-2 --entity FR"
    refused = two("reports", "submit", "ND000001", "--entity", "FR", "--json").json["findings"][0]
    assert (refused["code"], refused["value"]) == ("PSR-1123", "nothing in it that the policy does not refuse")
    assert typed(two, refused["remedy"].partition(",")[0]).code == 0
    assert typed(two, following(shown)).code == 0
    two("reports", "submit", "E2")
    submitted = two("reports", "submit", "ND000001", "--entity", "GB", "--json").json["findings"][0]
    assert (submitted["code"], submitted["value"]) == ("PSR-1123", "submitted already")
    assert typed(two, submitted["remedy"]).code == 0
    nobody = two("reports", "submit", "E2", "--json").json["findings"][0]
    assert (nobody["object"], nobody["value"]) == ("employee E2", "no draft")
    assert typed(two, nobody["remedy"].rpartition(": ")[2]).code == 0
    assert "PSR-1210" in two("reports", "submit", "ND000009").err
