"""The configuration in the database: what was applied is loaded, what was deactivated stays known."""

from __future__ import annotations

import pytest

from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import Key, compare
from passerelle.store import masterdata
from passerelle.store.database import Database
from passerelle.store.sql import execute


def company(**employees: str) -> Company:
    """A small company; `E1="421001"` is an employee with their account."""
    return Company.model_validate({
        "entities": {
            "FR": {
                "name": "Lumen", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "pcg",
                "siren": "732829320", "bank_accounts": [{"iban": "FR1420041010050500013M02606"}],
                "journals": {"NDF": {"name": "Notes", "kind": "expense_reports"}},
            }
        },
        "charts": {"pcg": {"accounts": {"421000": {"name": "Personnel", "role": "employee"}}}},
        "axes": {"centre": {"name": "Centre", "sections": {"DIR": {"name": "Direction"}}}},
        "expense_types": {"train": {"name": "Train", "accounts": {}, "vat": [{"rate": "5.5", "country": "FR"}]}},
        "employees": {code: {"name": code, "entity": "FR", "account": account} for code, account in employees.items()},
    })  # fmt: skip


def configure(database: Database, wanted: Company, now: str = "2026-03-02T09:00:00+00:00") -> masterdata.Directory:
    """Applies a company and loads what is there."""
    with database.transaction() as connection:
        masterdata.lock(connection)
        there = masterdata.load(connection)
        masterdata.apply(connection, compare(there.company, wanted)[0], now)
    with database.reading() as connection:
        return masterdata.load(connection)


def test_nothing_applied_is_an_empty_company(database: Database) -> None:
    with database.reading() as connection:
        directory = masterdata.load(connection)
    assert directory.company == Company(entities={}, charts={})
    assert directory.ids == {}


def test_what_was_applied_is_loaded_with_its_numbers(database: Database) -> None:
    directory = configure(database, company(E1="421001", E2="421002"))
    assert directory.company == company(E1="421001", E2="421002")
    assert directory.entity_code(directory.entity_id("FR")) == "FR"
    assert directory.employee(directory.employee_id("E2")).account == "421002"
    assert directory.expense_type(directory.expense_type_id("train")).name == "Train"
    assert directory.expense_type_code(directory.expense_type_id("train")) == "train"
    assert ("section", "centre", "DIR") in directory.ids


def test_a_number_of_another_kind_is_no_employee(database: Database) -> None:
    directory = configure(database, company(E1="421001"))
    with pytest.raises(KeyError):
        directory.employee(directory.entity_id("FR"))


def test_what_disappears_is_deactivated_and_comes_back_under_its_number(database: Database) -> None:
    number = configure(database, company(E1="421001", E2="421002")).employee_id("E2")
    without = configure(database, company(E1="421001"))
    assert "E2" not in without.company.employees
    assert without.employee_id("E2") == number
    assert without.employee(number).account == "421002"
    assert without.dormant().keys() == {Key("employee", "", "E2")}
    again = configure(database, company(E1="421001", E2="421009"))
    assert again.employee_id("E2") == number
    assert again.employee(number).account == "421009"
    assert again.dormant() == {}


def test_only_what_changed_is_written(database: Database) -> None:
    configure(database, company(E1="421001", E2="421002"), "first")
    configure(database, company(E1="421001", E2="421009"), "second")
    with database.reading() as connection:
        rows = execute(connection, "SELECT code FROM master_object WHERE changed_at = ?", ("second",)).all()
    assert [row[0] for row in rows] == ["E2"]
