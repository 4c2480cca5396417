"""What a submission does to a report: the rules of whole reports, approval and control after a change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from passerelle.reports.intake import CheckedExpense, CheckedReport, ReportKind
from passerelle.reports.lifecycle import Standing
from passerelle.reports.revision import Stated, after_approval, after_change, after_revision, decide

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def expense(key: str, payer: str = "employee") -> CheckedExpense:
    return CheckedExpense(
        key, 1, "2026-01-14", "FR", "EUR", 100, 100, "1", payer, "", "[]", "", 0, "", "", "", "[]", "", "", False
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


POSTED = Standing("approved", "t1", "t2", posted=True, submitted_at="t0", approval_steps=1)


def test_a_change_clears_what_the_new_content_does_not_state() -> None:
    changed = Standing("created", awaits_control=True, posted=True, submitted_at="t3")
    assert after_change(POSTED, Stated("t3")) == changed
    approved = replace(changed, approval="approved", approved_at="t3", approval_steps=2)
    assert after_change(POSTED, Stated("t3", "t3", None, 2)) == approved
    controlled = replace(approved, controlled_at="t4", awaits_control=False, post_due=True)
    assert after_change(POSTED, Stated("t3", "t3", "t4", 2)) == controlled
    never_controlled = replace(POSTED, controlled_at=None)
    assert after_change(never_controlled, Stated("t3", "t3")).post_due
    assert after_change(after_change(POSTED, Stated("t3")), Stated("t5", "t5")).awaits_control
    assert after_change(POSTED, Stated(None)).draft


def test_facts_that_arrive_later_are_recorded_once() -> None:
    approved = Standing("approved", "t1", post_due=True, submitted_at="t0", approval_steps=1)
    assert after_approval(Standing(), Stated("t0", "t1")) == approved
    assert after_approval(
        Standing("partially_approved", submitted_at="t0", approval_steps=1), Stated("t0", "t1", None, 2)
    ) == (replace(approved, approval_steps=2))
    assert after_approval(POSTED, Stated("t9", "t9", "t9")) == POSTED
    assert after_approval(Standing(), Stated(None)) == Standing()
    waiting = after_change(POSTED, Stated("t3", "t3"))
    assert after_approval(waiting, Stated("t3", "t3", "t4")) == replace(
        waiting, controlled_at="t4", awaits_control=False, post_due=True
    )


@pytest.mark.parametrize("approval", ["refused", "cancelled"])
@pytest.mark.parametrize("same_content", [True, False])
def test_only_a_higher_revision_opens_what_was_refused(approval: str, same_content: bool) -> None:
    ended = replace(POSTED, approval=approval, ended_at="t5", post_due=True)
    assert after_approval(ended, Stated("t1", "t1", "t1")) == ended
    assert after_revision(ended, same_content, Stated("t6")) == Standing(posted=True, submitted_at="t6")
