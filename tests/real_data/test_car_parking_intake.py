"""Real lines of a parliament's car parking, through a mapping file: taken to the cent, twice the same."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import compare
from passerelle.periods import Clock
from passerelle.services.intake import ImportRequest, import_reports, load_mapping
from passerelle.store import masterdata
from passerelle.store.database import Database
from passerelle.store.sql import execute

MAPPINGS = Path(__file__).parent / "mappings"


@pytest.fixture
def file(shared_data: Path) -> Path:
    """The source, outside this repository."""
    path = shared_data / "expenses" / "au_parl_finance_ccbysa" / "all_car_parking.csv"
    if not path.exists():
        pytest.skip(f"real data absent: {path.name}")
    return path


def company(employees: set[str]) -> Company:
    """A company that employs everyone the file names."""
    journals = {"EXP": {"name": "Expenses", "kind": "expense_reports"}}
    names = {"name": "Parliament", "country": "AU", "currency": "AUD", "time_zone": "Australia/Sydney"}
    accounts = {"421000": {"name": "Members", "role": "employee"}, "625100": {"name": "Cars", "role": "expense"}}
    return Company.model_validate(
        {
            "entities": {"AU": {**names, "chart": "au", "journals": journals}},
            "charts": {"au": {"accounts": accounts}},
            "expense_types": {"PARKING": {"name": "Parking", "accounts": {"au": "625100"}}},
            "employees": {code: {"name": code, "entity": "AU", "account": "421000"} for code in employees},
        }
    )


def test_every_line_comes_in_to_the_cent_and_again_changes_nothing(
    database: Database, clock: Clock, file: Path
) -> None:
    with file.open(newline="", encoding="utf-8") as handle:
        lines = list(csv.DictReader(handle))
    total = sum((Decimal(line["amount"]) for line in lines), Decimal(0))
    changes, _ = compare(Company(entities={}, charts={}), company({line["parl_id"].replace("'", "") for line in lines}))
    with database.transaction() as connection:
        masterdata.apply(connection, changes, "2026-01-01T00:00:00.000000+00:00")

    request = ImportRequest(file, MAPPINGS / "all_car_parking.toml")
    outcome = import_reports(database, clock, request)
    groups = {(line["parl_id"], line["start_date"][:7]) for line in lines}
    assert (outcome.lines.read, outcome.lines.taken, outcome.lines.refused) == (1109, 1109, 0)
    assert [(one.currency, Decimal(one.amount)) for one in outcome.amounts_taken] == [("AUD", total)]
    assert outcome.reports_new == outcome.approved == outcome.posted == len(groups)
    with database.reading() as connection:
        kept = execute(connection, "SELECT count(*), sum(gross), count(DISTINCT report_id) FROM expense").one()
        owed = execute(connection, "SELECT -sum(amount) FROM line WHERE kind = 'employee'").scalar_one()
    assert (kept[0], Decimal(int(kept[1])) / 100, kept[2]) == (1109, total, len(groups))
    assert Decimal(int(owed)) / 100 == total

    again = import_reports(database, clock, request)
    assert (again.lines.unchanged, again.reports_new, again.approved, again.posted) == (1109, 0, 0, 0)


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_mapping_file_loads(path: Path) -> None:
    assert load_mapping(path).report.approved
