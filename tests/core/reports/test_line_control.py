"""Control of one expense: what it may be covered with, and what is taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from passerelle.errors import Finding
from passerelle.reports.lifecycle import Case, Standing
from passerelle.reports.line_control import (
    ExpenseStanding,
    control_expense,
    in_currency,
    uncontrol_expense,
    uncontrolled,
)

CASE = Case("ND000001 --entity FR")
APPROVED = Standing("approved", "t2", posted=True, submitted_at="t1", approval_steps=1)
HOTEL = ExpenseStanding("X1", 10000, 10000, 8000, 8000, fixed=True)  # 100.00, of which a cap leaves 80.00
LOWERED = HOTEL._replace(
    covered=4000, entity_covered=4000, control_cover=4000, control_reason="bar", controlled_at="t5", granted=8000
)
REFUND = ExpenseStanding("X2", -5000, -5000, -4000, -4000, fixed=True)


def control(
    expense: ExpenseStanding, cover: int | None = None, reason: str = "bar", before: Standing = APPROVED, **how: Any
) -> tuple[Standing, ExpenseStanding] | Finding:
    case = CASE._replace(**{name: value for name, value in how.items() if name != "others"})
    return control_expense(before, case, expense, cover, reason, how.get("others", False), "EUR", "now")


def done(outcome: object) -> tuple[Standing, ExpenseStanding]:
    assert isinstance(outcome, tuple), outcome
    return outcome


@pytest.mark.parametrize(
    ("expense", "cover", "reason", "how", "expected"),
    [
        # expense, cover, reason, what else holds -> finding
        (HOTEL, 8001, "bar", {}, "PSR-1224"),  # nobody overrides a cap
        (HOTEL, 4000, " ", {}, "PSR-1222"),  # a lowered cover says why
        (HOTEL, 4000, "bar", {"frozen": 3}, "PSR-1223"),
        (LOWERED, 6000, "bar", {}, "PSR-1229"),  # raised only by taking the control back
        (REFUND, 0, "bar", {}, "PSR-1226"),
        (HOTEL._replace(withdrawn=True), None, "", {}, "PSR-1228"),
        (HOTEL._replace(blocked=True), None, "", {}, "PSR-1228"),
        (HOTEL._replace(judged=False), None, "", {}, "PSR-1231"),
        (HOTEL, None, "", {"before": Standing()}, "PSR-1220"),
        (HOTEL, None, "", {"before": replace(APPROVED, approval="refused", ended_at="t3")}, "PSR-1212"),
    ],
)
def test_what_is_not_allowed_says_why(
    expense: ExpenseStanding, cover: int | None, reason: str, how: dict[str, Any], expected: str
) -> None:
    outcome = control(expense, cover, reason, **how)
    assert isinstance(outcome, Finding)
    assert outcome.code == expected
    assert outcome.remedy


def test_a_cap_that_stands_is_shown() -> None:
    outcome = control(HOTEL, 9000)
    assert isinstance(outcome, Finding)
    assert "80.00 EUR" in outcome.message


@pytest.mark.parametrize("expense", [HOTEL, REFUND, LOWERED._replace(controlled_at=None)])
@pytest.mark.parametrize("same", [True, False])
def test_an_expense_is_controlled_as_it_is(expense: ExpenseStanding, same: bool) -> None:
    standing, after = done(control(expense, expense.entity_covered if same else None, ""))
    assert after == expense._replace(controlled_at="now")
    assert standing == APPROVED  # nothing to post, others to control


@pytest.mark.parametrize("cover", [4000, 0])
def test_a_lowered_cover_posts_and_keeps_approval_and_control(cover: int) -> None:
    before = replace(APPROVED, controlled_at="t3")
    standing, after = done(control(HOTEL, cover, " bar ", before))
    assert standing == replace(before, post_due=True)
    assert (after.covered, after.entity_covered, after.control_cover, after.granted) == (cover, cover, cover, 8000)
    assert after.control_reason == "bar"


def test_a_cover_is_lowered_again_and_the_first_grant_remembered() -> None:
    _, after = done(control(LOWERED, 1000))
    assert (after.entity_covered, after.granted) == (1000, 8000)


def test_what_is_not_fixed_remembers_no_grant_since_it_is_judged_again() -> None:
    submitted = Standing(submitted_at="t1")
    standing, after = done(control(HOTEL._replace(fixed=False), 4000, before=submitted))
    assert (standing, after.granted) == (submitted, None)


def test_a_foreign_expense_is_lowered_in_its_own_currency_too() -> None:
    dollars = HOTEL._replace(gross=11000, covered=8800)
    _, after = done(control(dollars, 4000))
    assert (after.covered, after.entity_covered) == (4400, 4000)
    assert in_currency(0, dollars._replace(entity_gross=0)) == 0


def test_with_the_last_expense_the_report_is_controlled() -> None:
    standing, _ = done(control(HOTEL, others=True))
    assert standing == replace(APPROVED, controlled_at="now")
    waiting = replace(APPROVED, awaits_control=True)
    standing, _ = done(control(HOTEL, before=waiting, others=True))
    assert standing == replace(APPROVED, controlled_at="now", post_due=True)


def test_control_of_one_expense_is_taken_back_and_with_it_the_reports() -> None:
    before = replace(APPROVED, controlled_at="t3")
    standing, after = done(uncontrol_expense(before, CASE, LOWERED))
    assert standing == replace(APPROVED, post_due=True)
    # judged again behind what is fixed, by today's room; never more than the 80.00 it had been granted
    assert after == LOWERED._replace(judged=False, controlled_at=None, control_cover=None, control_reason="")
    assert after.granted == 8000
    standing, after = done(uncontrol_expense(before, CASE, HOTEL))
    assert (standing, after) == (APPROVED, HOTEL)
    assert uncontrol_expense(APPROVED, CASE, HOTEL) == (APPROVED, HOTEL)
    assert uncontrolled(HOTEL._replace(controlled_at="t5")) == HOTEL


def test_what_has_left_keeps_its_control() -> None:
    outcome = uncontrol_expense(replace(APPROVED, controlled_at="t3"), CASE._replace(sent=4), LOWERED)
    assert isinstance(outcome, Finding)
    assert outcome.code == "PSR-1225"
    ended = uncontrol_expense(replace(APPROVED, approval="cancelled", ended_at="t3"), CASE, LOWERED)
    assert isinstance(ended, Finding)
    assert ended.code == "PSR-1212"
