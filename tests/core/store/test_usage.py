"""How many reports and expenses stand on what is about to change, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import Session, SQLModel

from passerelle.masterdata.company import Company
from passerelle.masterdata.consequences import Usage
from passerelle.masterdata.difference import Key, compare
from passerelle.store import masterdata
from passerelle.store.database import Database
from passerelle.store.sql import execute
from passerelle.store.tables import Entry, Expense, ExportDocument, Report
from passerelle.store.usage import usage

ENTITY = {"name": "Lumen", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "pcg"}


def company(**changed: Any) -> Company:
    """A company of one entity, with an employee, a type and a section; keywords replace its parts."""
    parts = {
        "entities": {"FR": ENTITY},
        "charts": {"pcg": {"accounts": {}}},
        "axes": {"centre": {"name": "Centre", "sections": {"DIR": {"name": "D"}, "COM": {"name": "C"}}}},
        "expense_types": {"train": {"name": "Train", "accounts": {}}},
        "employees": {"E1": {"name": "Camille", "entity": "FR"}},
    }
    return Company.model_validate(parts | changed)


@pytest.fixture
def booked(database: Database) -> Database:
    """Reports by number: 1 approved and open; 2 approved and exported; 3 exported, then revised; 4 refused."""
    with database.transaction() as connection:
        masterdata.apply(connection, compare(Company(entities={}, charts={}), company())[0], "now")
        directory = masterdata.load(connection)
        with Session(connection) as session:
            for number, (day, approval, due, posted) in REPORTS.items():
                session.add_all(rows(directory, number, day, approval, due, posted))
            session.commit()
    return database


REPORTS = {
    1: ("2026-01-20", "approved", True, None),
    2: ("2026-02-10", "approved", False, 1),
    3: ("2026-01-31", "approved", False, 2),
    4: ("2026-01-05", "refused", False, None),
}


def rows(
    directory: masterdata.Directory, number: int, day: str, approval: str, due: bool, posted: int | None
) -> list[SQLModel]:
    """A report with one expense; where it was posted, its entry and the export of revision 1."""
    entity = directory.entity_id("FR")
    known = {"id": number, "entity_id": entity, "source": "s"}
    report = Report(
        **known, employee_id=directory.employee_id("E1"), source_id=str(number), kind="own", revision=1, additive=False,
        content_hash="h", number=f"ND{number}", title="t", declared_at="now", approval=approval, post_due=due,
        posted_revision=posted,
    )  # fmt: skip
    expense = Expense(
        **known, report_id=number, line_key=str(number), type_id=directory.expense_type_id("train"), day=day,
        country="FR", currency="EUR", gross=100, entity_gross=100, rate="1", payer="employee",
        split='[["100", {"centre": "DIR"}]]', declared_at="now", verdicts="[]", covered=100, entity_covered=100,
    )  # fmt: skip
    if posted is None:
        return [report, expense]
    entry = Entry(
        id=number, entity_id=entity, journal="NDF", entry_type="expense_report", origin="report", origin_id=number
    )
    document = ExportDocument(
        id=number, export_id=1, entry_id=number, revision=1, base_revision=0, rank=0, journal="NDF",
        entry_type="expense_report", entry_day=day, posting_day=day, fiscal_year="2026", report_number=f"ND{number}",
        report_title="t", employee="E1", employee_name="Camille", state="live",
    )  # fmt: skip
    return [report, expense, entry, document]


def used(database: Database, wanted: Company) -> Usage:
    """The numbers for a change to `wanted`."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        return usage(connection, directory.ids, compare(directory.company, wanted)[0])


@pytest.mark.parametrize(
    ("until", "closing"), [("2025-12-31", 0), ("2026-01-20", 1), ("2026-01-31", 2), ("2026-12-31", 2)]
)
def test_closing_counts_approved_reports_that_were_not_exported(booked: Database, until: str, closing: int) -> None:
    found = used(booked, company(entities={"FR": ENTITY | {"closed_until": until}}))
    assert found.closing == {"FR": closing}
    assert found.reports == {"FR": 4}


def test_deactivating_counts_what_is_still_open(booked: Database) -> None:
    axes = {"centre": {"name": "Centre", "sections": {"COM": {"name": "C"}}}}
    found = used(booked, company(employees={}, expense_types={}, axes=axes))
    assert found.open_reports == {Key("employee", "", "E1"): 2}
    assert found.open_expenses == {Key("expense_type", "", "train"): 2, Key("section", "centre", "DIR"): 2}


def test_a_changed_policy_counts_what_awaits_approval(booked: Database) -> None:
    with booked.transaction() as connection:
        for number, approval, submitted in (
            (1, "created", None),
            (3, "created", "now"),
            (4, "partially_approved", "now"),
        ):
            sql = "UPDATE report SET approval = ?, submitted_at = ? WHERE id = ?"
            execute(connection, sql, (approval, submitted, number))
    scale = {"name": "Own", "currency": "EUR", "rates": [{"brackets": [{"rate": "0.5"}]}]}
    leave = [{"first": "2026-05-01", "last": "2026-05-02"}]
    for wanted in (
        company(profiles={"generic": {"name": "Everyone"}}),
        company(mileage_scales={"own": scale}),
        company(employees={"E1": {"name": "Camille", "entity": "FR", "leave": leave}}),
    ):
        assert used(booked, wanted).awaiting == {Key("employee", "", "E1"): 2}  # 1 is a draft, 2 is approved
    assert used(booked, company(expense_types={})).awaiting == {}


def test_nothing_touched_counts_nothing(booked: Database) -> None:
    assert used(booked, company()) == Usage()
