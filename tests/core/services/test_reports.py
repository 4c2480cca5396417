"""Reports found and shown, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from passerelle.periods import Clock
from passerelle.services import life, reports
from passerelle.services.rule_explaining import explain
from passerelle.store.database import Database
from passerelle.store.sql import execute

from .a_policed_company import Policed, configure
from .a_policed_company import a_report as policed_report
from .a_policed_company import an_expense as policed_expense
from .an_intake import Intake, a_report, an_expense, fill


@pytest.fixture
def intake(database: Database, clock: Clock, tmp_path: Path) -> Intake:
    return fill(database, clock, tmp_path)


@pytest.mark.parametrize("text", ["Été", "été", "ÉTÉ", "À ÉTRETAT", "nd000001"])
def test_text_is_found_whatever_its_case(intake: Intake, text: str) -> None:
    intake.report(None, a_report(id="R2", title="Hiver", expenses=[an_expense("X2")]), title="Été à Étretat")
    assert [one.title for one in reports.list_reports(intake.database, text=text)] == ["Été à Étretat"]


def test_wildcards_are_letters(intake: Intake) -> None:
    intake.report(title="100% _Lyon!")
    for text, hits in (("100%", 1), ("0% _l", 1), ("n!", 1), ("1_0", 0), ("%lyon", 0)):
        assert len(reports.list_reports(intake.database, text=text)) == hits, text


@pytest.mark.parametrize("end", [life.refuse, life.cancel])
def test_nothing_is_owed_for_a_report_that_ended(
    database: Database, clock: Clock, tmp_path: Path, end: Callable[..., object]
) -> None:
    configure(database)
    policed = Policed(database, clock, tmp_path)
    policed.reports(
        policed_report(
            policed_expense("own", "FREE", "50.00"), policed_expense("card", "HOTEL", "200.00", payer="company_card"),
            approved_at="2026-02-02T09:00:00+01:00",
        )
    )  # fmt: skip
    before = [reports.show(database, number) for number in ("ND000001", "CP000001")]
    assert [(one.covered, one.owed, one.advance) for one in before] == [
        ("50.00", "50.00", "0.00"), ("150.00", "0.00", "50.00"),
    ]  # fmt: skip
    end(database, clock, "paul", ["ND000001", "CP000001"], "private")
    after = [reports.show(database, number) for number in ("ND000001", "CP000001")]
    assert [(one.total, one.covered, one.owed, one.advance) for one in after] == [
        ("50.00", "0.00", "0.00", "0.00"), ("200.00", "0.00", "0.00", "0.00"),
    ]  # fmt: skip
    assert [one.covered for one in reports.list_reports(database)] == ["0.00", "0.00"]
    for key in ("own", "card"):
        told = explain(database, key)
        assert (told.owed, told.advance, told.summary) == ("0.00", "0.00", "Nothing is owed for it.")


def test_an_ended_report_waits_for_no_verdict(database: Database, clock: Clock, tmp_path: Path) -> None:
    configure(database)
    policed = Policed(database, clock, tmp_path)
    policed.reports(policed_report())
    with database.transaction() as connection:
        execute(connection, "UPDATE expense SET verdicts = NULL, covered = 0, entity_covered = 0", ())
    assert [one.unjudged for one in reports.list_reports(database)] == [1]
    with database.transaction() as connection:
        execute(connection, "UPDATE report SET approval = 'cancelled'", ())
    assert [one.unjudged for one in reports.list_reports(database)] == [0]


def test_a_report_shows_all_that_a_verdict_says(database: Database, clock: Clock, tmp_path: Path) -> None:
    configure(database)
    Policed(database, clock, tmp_path).reports(policed_report(policed_expense("card", "HOTEL", "200.00")))
    (line,) = reports.show(database, "ND000001").expense_lines
    assert line.verdicts == explain(database, "card").verdicts
    (verdict,) = line.verdicts
    assert (verdict.used, verdict.threshold, verdict.left, verdict.unit) == ("0.00", "150.00", "0.00", "EUR")
