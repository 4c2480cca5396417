"""No figure of one employee, however absurd, stops judging, posting or listing for everybody; on both databases."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from tests.core.services.a_policed_company import COMPANY, Policed, a_report, an_expense, configure

from passerelle.periods import Clock
from passerelle.services import declaring, ledger, life, reports
from passerelle.store.database import Database
from passerelle.store.sql import execute

APPROVED = "2026-02-03T10:00:00+01:00"
LARGEST = "9999999999999.00"


@pytest.fixture
def policed(database: Database, clock: Clock, tmp_path: Path) -> Policed:
    """A policy with the greatest amounts that a configuration may hold."""
    company = copy.deepcopy(COMPANY)
    company["expense_types"]["DIEM"]["kind"] = "quantity"
    company["expense_types"]["LUNCH"]["kind"] = "guests"
    greatest = {"amounts": {"EUR": "999999999999"}, "period": "year"}
    company["profiles"]["generic"]["types"] |= {
        "DIEM": {"flat_rate": [{"amounts": {"EUR": "999999999999", "USD": "1"}}]},
        "LUNCH": {"cap": [greatest], "alert": [greatest]},
    }
    company["mileage_scales"]["KM"]["rates"] = [{"brackets": [{"rate": "999999999999"}]}]
    configure(database, company)
    return Policed(database, clock, tmp_path)


def test_an_amount_filled_in_beyond_all_measure_is_refused(policed: Policed) -> None:
    expenses = [
        an_expense("D", "DIEM", None, quantity="1000000"),
        an_expense("F", "DIEM", None, quantity="100", currency="USD", rate="999999999999"),
        an_expense("L", "LUNCH", "9999999999990.00", guests=100_000),
        an_expense("T", "TRIP", None, mileage={"distance": "1000000"}),
    ]
    outcome = policed.reports(a_report(*expenses, approved_at=APPROVED))
    assert outcome.lines.taken == 1
    assert policed.judged() == [
        ("D", 0, 0, True),
        ("F", 0, 0, True),
        ("L", 999_999_999_999_000, 999_999_999_999_000, False),
        ("T", 0, 0, True),
    ]
    shown = reports.show(policed.database, "ND000001")
    said = {line.id: line.verdicts[0].sentence for line in shown.expense_lines}
    assert said["D"].startswith(
        "Flat rate on DIEM: blocked, the amount is too large: 999,999,999,999.00 EUR × 1,000,00"
    )
    assert said["F"] == "Flat rate on DIEM: blocked, the amount is too large: 1.00 USD × 100."
    assert said["T"].startswith("Mileage scale on TRIP: blocked, the amount is too large: 1,000,000 km after 0 km")
    assert shown.posted_revision == 1
    assert policed.rows("SELECT count(*) FROM judging_due") == [(0,)]


def test_what_could_not_be_added_up_is_refused_at_the_door(policed: Policed) -> None:
    half = [an_expense(f"B{n:03d}", "FREE", LARGEST) for n in range(2)]
    told = policed.reports(a_report(*half), a_report(an_expense("D", "DIEM", None, quantity="1" * 30), id="R2"))
    assert [finding.code for finding in told.findings] == ["PSR-1126", "PSR-1125"]
    assert told.lines.taken == 0


def test_a_report_that_grew_too_large_is_held_back_and_listed(policed: Policed) -> None:
    for _ in range(2):
        policed.declare("FREE", LARGEST)
    declaring.submit(policed.database, policed.clock, policed.desk, "E1")
    decided = life.approve(policed.database, policed.clock, "paul", ["ND000001"])
    assert (decided.posted, decided.held_back) == (0, 1)
    assert [finding.code for finding in decided.findings] == ["PSR-4009"]
    other = policed.reports(a_report(approved_at=APPROVED, employee="E2"))
    assert (other.posted, other.held_back) == (1, 1)
    assert ledger.verify(policed.database).findings == ()
    with policed.database.transaction() as connection:  # as thousands of such lines would
        execute(
            connection,
            "UPDATE expense SET entity_gross = 9223372036854775807, entity_covered = -9223372036854775807 "
            "WHERE report_id IN (SELECT id FROM report WHERE number = 'ND000001')",
        )
    listed = reports.list_reports(policed.database)[0]
    assert (listed.total, listed.covered) == ("184467440737095516.14", "-184467440737095516.14")
