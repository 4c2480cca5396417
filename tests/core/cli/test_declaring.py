"""``passerelle reports declare | submit | withdraw`` as a person types them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
    assert "next:  passerelle rules explain ND000001/ND000001-2" in second.err
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
