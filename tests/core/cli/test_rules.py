"""`passerelle rules`: what a person and a program see."""

from __future__ import annotations

import json
from typing import Any

import pytest

COMPANY = """
[entities.FR]
name = "Martin"
country = "FR"
currency = "EUR"
time_zone = "Europe/Paris"
chart = "pcg"
accounts = { advance = "425000", bank = "512000" }
journals = { NDF = { name = "Frais", kind = "expense_reports" }, CB = { name = "Carte", kind = "company_paid" } }
[charts.pcg.accounts]
421000 = { name = "Personnel", role = "employee" }
425000 = { name = "Avances", role = "advance" }
512000 = { name = "Banque", role = "bank" }
625100 = { name = "Voyages", role = "expense" }
[expense_types]
MEAL = { name = "Repas", accounts = { pcg = "625100" } }
BUS = { name = "Bus", accounts = { pcg = "625100" } }
[profiles.generic]
name = "Everyone"
types.MEAL.cap = [{ amounts = { EUR = 20 }, period = "day" }]
[employees]
E1 = { name = "Anna", entity = "FR", account = "421000" }
"""
LOOSER = """
[profiles.generic]
name = "Everyone"
types.MEAL.cap = [{ amounts = { EUR = 25 }, period = "day" }]
types.BUS = {}
"""


@pytest.fixture
def ready(cli: Any) -> Any:
    """A company with a policy, and a report of a capped meal and a blocked bus."""
    (cli.folder / "company.toml").write_text(COMPANY)
    (cli.folder / "looser.toml").write_text(LOOSER)
    applied = cli("config", "apply", "company.toml")
    assert applied.code in (0, 1), applied.err
    lines = (("a", "MEAL", "30.00"), ("b", "BUS", "2.00"))
    expenses = [{"id": id, "type": code, "date": "2026-01-05", "amount": amount} for id, code, amount in lines]
    report = {"source": "s", "id": "1", "entity": "FR", "employee": "E1", "title": "t", "expenses": expenses}
    (cli.folder / "r.jsonl").write_text(json.dumps(report | {"declared_at": "2026-01-06T08:00:00Z"}))
    cli("reports", "import", "r.jsonl")
    return cli


def test_the_example_can_be_checked_at_once(cli: Any) -> None:
    example = cli("rules", "check", "--example")
    assert example.code == 0
    (cli.folder / "policy.toml").write_text(example.out)
    told = cli("rules", "check", "policy.toml")
    assert told.code == 0  # whatever the verdicts
    lines = told.out.splitlines()
    assert lines[0].split() == ["expense", "employee", "date", "type", "amount", "verdict", "covered"]
    dinner = next(line for line in lines if line.startswith("dinner"))
    assert dinner.split()[:7] == ["dinner", "E001", "2026-01-14", "MEAL", "14.00", "EUR", "capped"]
    assert any(line.startswith("dinner: Cap on MEAL, 25.00 EUR a day: 7.50 EUR of 14.00") for line in lines)
    assert lines[-1] == "7 expenses: 1 blocked, 3 capped, 1 with an alert, 2 ok."
    assert told.err.strip() == "next:  passerelle rules check policy.toml --all"
    whole = cli("rules", "check", "policy.toml", "--all")
    assert " => Cap on HOTEL, 240.00 EUR a day" in whole.out
    assert "[profiles.generic.rules.AGE]" in whole.out
    data = cli("rules", "check", "policy.toml", "--json").json
    assert [one["covered"] for one in data["expenses"]][:3] == ["18.50", "6.50", "240.00"]
    assert data["expenses"][1]["verdicts"][-1]["left"] == "0.00"


def test_a_file_that_is_wrong_is_told_in_its_place(cli: Any) -> None:
    (cli.folder / "bad.toml").write_text("[expense_types]\nMEAL = {}\n[[expenses]]\ntype = 'MEEL'\n")
    told = cli("rules", "check", "bad.toml")
    assert told.code == 3
    assert "PSR-1002" in told.err
    assert "bad.toml:3" in told.err
    (cli.folder / "none.toml").write_text("")
    assert "The file holds no expense" in cli("rules", "check", "none.toml").out
    assert cli("rules", "check").code == 2
    assert cli("rules", "check", "bad.toml", "--example").code == 2
    assert cli("rules", "check", "absent.toml").code == 3


def test_the_policy_is_listed_with_what_cannot_be_declared(ready: Any) -> None:
    told = ready("rules", "list")
    assert told.code == 0
    assert told.out.splitlines() == [
        "generic: Everyone (1 employee)",
        "type  standing    what holds                     place",
        "----  ----------  -----------------------------  ----------------------------------",
        "MEAL  ticked      Cap on MEAL: 20.00 EUR a day.  profiles.generic.types.MEAL.cap[1]",
        "BUS   not ticked  It cannot be declared.",
    ]
    person = ready("rules", "list", "--employee", "E1", "--type", "BUS")
    assert person.out.startswith("E1, Anna, of FR: the employee has no profile of their own")
    assert "MEAL" not in person.out
    assert ready("rules", "list", "--profile", "x").code == 2
    assert ready("rules", "list", "--profile", "generic", "--employee", "E1").code == 2
    assert ready("rules", "list", "--json").json["profiles"][0]["types"][1]["standing"] == "not ticked"


def test_an_expense_is_explained(ready: Any) -> None:
    told = ready("rules", "explain", "ND000001/a")
    assert told.code == 0
    assert told.out.splitlines()[0] == "ND000001/a  2026-01-05  MEAL  30.00 EUR"
    assert " => Cap on MEAL, 20.00 EUR a day: 10.00 EUR of 30.00 EUR is not covered; 0.00 EUR left" in told.out
    assert told.out.splitlines()[-1] == "It was paid with own money: 20.00 EUR is owed to the employee."
    assert told.err.strip() == "next:  passerelle reports show ND000001 --entity FR"
    assert ready("rules", "explain", "b", "--json").json["outcome"] == "block"
    assert ready("rules", "explain", "zz").code == 1


def test_another_policy_is_simulated_and_nothing_is_written(ready: Any) -> None:
    told = ready("rules", "simulate", "looser.toml", "--since", "2026-01-01")
    assert told.code == 0, told.err
    assert "FR: 2 expenses of 1 employee; something would change for 1." in told.out
    assert "difference: 7.00 EUR" in told.out  # 5 of the meal, 2 of the bus
    assert told.out.splitlines()[-1] == "Nothing was written."
    assert "next:  passerelle config export" in told.err
    whole = ready("rules", "simulate", "company.toml", "--since", "2026-01-01")
    assert "next:  passerelle config apply company.toml --dry-run" in whole.err
    assert ready("config", "apply", "company.toml", "--dry-run").code == 0
    data = ready("rules", "simulate", "looser.toml", "--since", "2026-01-01", "--json").json
    assert [(one["employee"], one["difference"]) for one in data["entities"][0]["persons"]] == [("E1", "7.00")]
    nothing = ready("rules", "simulate", "looser.toml", "--since", "2027-01-01")
    assert nothing.out.splitlines() == ["Nothing was declared since 2027-01-01.", "", "Nothing was written."]
    assert ready("rules", "simulate", "looser.toml").code == 2
    (ready.folder / "bad.toml").write_text(LOOSER.replace("BUS", "BOAT"))
    bad = ready("rules", "simulate", "bad.toml", "--since", "2026-01-01")
    assert (bad.code, "bad.toml:5" in bad.err) == (3, True)


def test_a_changed_policy_is_listed_next(ready: Any) -> None:
    (ready.folder / "company.toml").write_text(COMPANY.replace("EUR = 20", "EUR = 21"))
    assert "next:  passerelle rules list" in ready("config", "apply", "company.toml").err
    assert "21.00 EUR" in ready("rules", "list").out
