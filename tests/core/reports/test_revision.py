"""What a submission does to a report: the rules of whole reports, approval and control after a change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from passerelle.reports.intake import CheckedExpense, CheckedReport, ReportKind
from passerelle.reports.revision import Standing, after_approval, after_change, decide

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def expense(key: str, payer: str = "employee") -> CheckedExpense:
    return CheckedExpense(
        key, 1, "2026-01-14", "FR", "EUR", 100, 100, "1", payer, "", "[]", "", 0, "", "", "", "[]", ""
    )


def report(revision: int, *expenses: CheckedExpense) -> CheckedReport:
    halves: dict[ReportKind, tuple[CheckedExpense, ...]] = {}
    for one in expenses:
        halves[one.kind] = (*halves.get(one.kind, ()), one)
    return CheckedReport(1, "tool", "R1", revision, 1, "Lyon", NOW, None, None, halves)


def stored(given: CheckedReport, *kinds: ReportKind) -> dict[ReportKind, tuple[int, str]]:
    return {kind: (given.revision, given.content_hash(kind)) for kind in kinds}


BOTH = report(2, expense("a"), expense("b", "company"))


@pytest.mark.parametrize(
    ("given", "decision"),
    [
        (BOTH, "unchanged"),
        (report(2, expense("b", "company"), expense("a")), "unchanged"),
        (report(2, expense("a")), "conflict"),
        (report(2, expense("a"), expense("c", "company")), "conflict"),
        (report(1, expense("a"), expense("b", "company")), "lower"),
        (report(3, expense("a")), "replace"),
    ],
)
def test_both_halves_decide_together(given: CheckedReport, decision: str) -> None:
    assert decide(stored(BOTH, "own", "company"), given) == decision


def test_nothing_there_is_new_and_an_emptied_half_is_the_same_again() -> None:
    assert decide({}, BOTH) == "new"
    own = report(3, expense("a"))
    assert decide(stored(own, "own", "company"), own) == "unchanged"


def test_the_hash_knows_content_and_not_approval() -> None:
    assert replace(BOTH, approved_at=NOW).content_hash("own") == BOTH.content_hash("own")
    assert replace(BOTH, title="Nice").content_hash("own") != BOTH.content_hash("own")


POSTED = Standing("approved", "t1", "t2", posted=True)


def test_a_change_clears_what_the_new_content_does_not_state() -> None:
    assert after_change(POSTED, None, None) == Standing("created", awaits_control=True, posted=True)
    assert after_change(POSTED, "t3", None) == Standing("approved", "t3", None, awaits_control=True, posted=True)
    assert after_change(POSTED, "t3", "t4") == Standing("approved", "t3", "t4", post_due=True, posted=True)
    never_controlled = replace(POSTED, controlled_at=None)
    assert after_change(never_controlled, "t3", None).post_due
    assert after_change(after_change(POSTED, None, None), "t5", None).awaits_control


def test_facts_that_arrive_later_are_recorded_once() -> None:
    assert after_approval(Standing(), "t1", None) == Standing("approved", "t1", post_due=True)
    assert after_approval(POSTED, "t9", "t9") == POSTED
    refused = Standing("refused")
    assert after_approval(refused, "t1", "t1") == refused
    waiting = after_change(POSTED, "t3", None)
    assert after_approval(waiting, "t3", "t4") == Standing("approved", "t3", "t4", post_due=True, posted=True)
