"""Whole reports by id and revision, on both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from passerelle.periods import Clock
from passerelle.services import life
from passerelle.store.database import Database

from .an_intake import EXPENSES, REPORTS, Intake, a_report, an_expense, fill


@pytest.fixture
def intake(database: Database, clock: Clock, tmp_path: Path) -> Intake:
    return fill(database, clock, tmp_path)


# --- whole: JSON Lines -----------------------------------------------------------------------------------------------


def test_the_same_revision_changes_nothing_or_is_a_conflict(intake: Intake) -> None:
    assert intake.report().lines.taken == 1
    assert intake.report().lines.unchanged == 1
    assert intake.codes(intake.report(expenses=[an_expense(amount="13.00")])) == ["PSR-1200"]
    assert intake.rows(EXPENSES)[0][1] == 1200


def test_a_higher_revision_replaces_and_withdraws_a_lower_is_refused(intake: Intake, tmp_path: Path) -> None:
    intake.report(expenses=[an_expense("X1"), an_expense("X2", "5.00")])
    outcome = intake.report(revision=3, expenses=[an_expense("X2", "6.00"), an_expense("X3")])
    assert (outcome.withdrawn, outcome.reports_changed, outcome.reports_new) == (1, 1, 0)
    assert [(key, gross, bool(gone)) for key, gross, gone, _ in intake.rows(EXPENSES)] == [
        ("X1", 1200, True),
        ("X2", 600, False),
        ("X3", 1200, False),
    ]
    rejects = tmp_path / "refused.jsonl"
    assert intake.codes(intake.report(rejects, revision=2)) == ["PSR-1201"]
    assert json.loads(rejects.read_text())["revision"] == 2


def test_a_mixed_submission_becomes_two_reports_of_one_revision(intake: Intake) -> None:
    mixed = [an_expense("X1"), an_expense("X2", payer="company_card", card_transaction="T1")]
    intake.report(expenses=mixed)
    assert [row[:3] for row in intake.rows(REPORTS)] == [("CP000001", "company", "R1"), ("ND000001", "own", "R1")]
    intake.report(revision=2, expenses=[an_expense("X1"), an_expense("X2")])
    assert [(row[0], row[5]) for row in intake.rows(REPORTS)] == [("CP000001", 2), ("ND000001", 2)]
    assert intake.rows("line_key, r.number FROM expense x JOIN report r ON r.id = x.report_id") == [
        ("X1", "ND000001"),
        ("X2", "ND000001"),
    ]
    assert intake.report(revision=2, expenses=[an_expense("X1"), an_expense("X2")]).lines.unchanged == 1


def test_one_bad_expense_refuses_its_report_and_no_other(intake: Intake) -> None:
    good = a_report(id="R2", expenses=[an_expense("Y1")])
    outcome = intake.report(None, good, expenses=[an_expense("X1"), an_expense("X2", type="TAXY")])
    assert intake.codes(outcome) == ["PSR-1103"]
    assert "TAXI" in outcome.findings[0].expected
    assert (outcome.lines.taken, outcome.lines.refused, outcome.expenses.refused) == (1, 1, 2)
    assert [row[0] for row in intake.rows(EXPENSES)] == ["Y1"]


def test_an_expense_moves_once_its_old_report_has_let_it_go(intake: Intake) -> None:
    intake.report(expenses=[an_expense("X1"), an_expense("X2")])
    assert intake.codes(intake.report(id="R2", expenses=[an_expense("X2")])) == ["PSR-1202"]
    outcome = intake.report(None, a_report(id="R2", expenses=[an_expense("X2")]), revision=2)
    assert (outcome.lines.taken, outcome.withdrawn) == (2, 0)


def test_changed_content_awaits_the_approval_and_control_it_had(intake: Intake) -> None:
    facts = "approval, controlled_at IS NOT NULL, post_due, posted_revision FROM report"
    assert intake.report(approved=True, controlled=True).approved == 1
    assert intake.rows(facts) == [("approved", True, False, 1)]
    intake.report(revision=2, expenses=[an_expense(amount="13.00")])
    assert intake.rows(facts) == [("created", False, False, 1)]
    assert life.approve(intake.database, intake.clock, "paul", ["ND000001"]).posted == 0
    assert life.control(intake.database, intake.clock, "paul", ["ND000001"]).posted == 1
    assert intake.rows(facts) == [("approved", True, False, 2)]


def test_the_same_content_may_arrive_approved_later(intake: Intake) -> None:
    intake.report()
    outcome = intake.report(approved_at="2026-02-03T10:00:00+01:00")
    assert (outcome.lines.unchanged, outcome.approved, outcome.posted) == (1, 1, 1)


@pytest.mark.parametrize("name", ["approved_at", "controlled_at"])
def test_nothing_is_decided_before_it_is_declared(intake: Intake, name: str) -> None:
    """09:00 in Paris is the instant of the declaration; control alone, before approval, is fine."""
    assert intake.codes(intake.report(None, **{name: "2026-02-01T07:59:59+00:00"})) == ["PSR-1118"]
    assert intake.report(None, **{name: "2026-02-01T08:00:00+00:00"}).lines.taken == 1


def test_possible_duplicates_are_told_and_taken(intake: Intake) -> None:
    outcome = intake.report(expenses=[an_expense("X1"), an_expense("X2"), an_expense("X3", "9.00")])
    assert (outcome.duplicates, intake.codes(outcome), outcome.expenses.taken) == (1, ["PSR-1204"], 3)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "PSR-1001"),
        ("[]", "PSR-1004"),
        (json.dumps(a_report(entity="XX")), "PSR-1100"),
        (json.dumps(a_report(employee="EE1")), "PSR-1101"),
        (json.dumps(a_report(titel="x")), "PSR-1003"),
        (json.dumps(a_report(declared_at="2026-02-01T09:00:00")), "PSR-1004"),
        (json.dumps(a_report(expenses=[an_expense(amount=12)])), "PSR-1004"),  # type: ignore[arg-type]
        (json.dumps(a_report(expenses=[an_expense(), an_expense()])), "PSR-1114"),
        ('{"title": "\udce9"}', "PSR-1005"),
    ],
)
def test_a_bad_report_is_named(sqlite_database: Database, clock: Clock, tmp_path: Path, line: str, code: str) -> None:
    intake = fill(sqlite_database, clock, tmp_path)
    path, rejects = tmp_path / "in.jsonl", tmp_path / "refused.jsonl"
    path.write_bytes(line.encode("utf-8", "surrogateescape") + b"\r\n")
    assert code in intake.codes(intake.file(path, None, rejects))
    assert rejects.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"expenses": []}, "at least 1 item"),
        ({"expenses": {}}, "a list: [ … ]"),
        ({"expenses": [3]}, "an object: { … }"),
        ({"title": 3}, 'text between quotes, as "401000"'),
        ({"revision": "1"}, "a whole number, without quotes"),
        ({"approved": "yes"}, "true or false, without quotes"),
        ({"declared_at": "soon"}, "an instant with its offset, as 2026-01-31T09:00:00+01:00"),
        ({"expenses": [an_expense(payer="bank")]}, 'one of: "employee", "company_card", "company"'),
        ({"expenses": [an_expense(guests=-1)]}, "at least 0"),
        ({"employee": "E3"}, "one of E1, E2"),
    ],
)
def test_what_is_expected_is_said_in_our_words(
    sqlite_database: Database, clock: Clock, tmp_path: Path, fields: dict[str, object], expected: str
) -> None:
    [finding] = fill(sqlite_database, clock, tmp_path).report(None, **fields).findings
    assert finding.expected == expected


def test_text_that_no_database_could_hold_is_refused(intake: Intake) -> None:
    bad = [an_expense(comment="a\0b"), an_expense("X2", receipt="\x07")]
    outcome = intake.report(None, a_report(id="R\0"), expenses=bad)
    assert (intake.codes(outcome), outcome.lines.refused) == (["PSR-1004"] * 3, 2)


def test_half_of_a_letter_is_refused(sqlite_database: Database, clock: Clock, tmp_path: Path) -> None:
    intake = fill(sqlite_database, clock, tmp_path)
    (tmp_path / "r.jsonl").write_text(json.dumps(a_report(title="\ud83d")))
    assert intake.codes(intake.file(tmp_path / "r.jsonl")) == ["PSR-1001"]
