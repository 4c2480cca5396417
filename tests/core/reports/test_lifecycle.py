"""Every act on a report in every state: what becomes of it, or the finding that says why not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.errors import Finding
from passerelle.reports import lifecycle
from passerelle.reports.lifecycle import Case, Standing
from passerelle.reports.revision import Stated, after_change
from passerelle.reports.status import status

TWO = Case("ND000001 --entity FR", ("manager", "finance"), ("paul",))
DRAFT = Standing()
SUBMITTED = Standing(submitted_at="t1")
STATES = {
    "draft": DRAFT,
    "submitted": SUBMITTED,
    "one step given": replace(SUBMITTED, approval="partially_approved", approval_steps=1),
    "approved": replace(SUBMITTED, approval="approved", approved_at="t2", approval_steps=2, posted=True),
    "controlled": replace(
        SUBMITTED, approval="approved", approved_at="t2", approval_steps=2, posted=True, controlled_at="t3"
    ),
    "submitted, controlled": replace(SUBMITTED, controlled_at="t3"),
    "changed after control": replace(SUBMITTED, awaits_control=True, posted=True),
    "refused": Standing("refused", submitted_at="t1", ended_at="t4"),
    "cancelled": Standing("cancelled", ended_at="t4"),
}

# what becomes of the report; "=" stays as it is; a code says why not. "(posts)": the ledger takes it at once.
TABLE = """
state                 | submit    | approve by jane    | refuse          | cancel            | control               | uncontrol      | send back
draft                 | submitted | 1220               | 1220            | cancelled         | 1220                  | =              | =
submitted             | =         | one step given     | refused         | cancelled         | submitted, controlled | =              | draft
one step given        | =         | approved (posts)   | refused         | cancelled         | one step, controlled  | =              | draft
approved              | =         | =                  | refused (posts) | cancelled (posts) | controlled            | =              | draft, posted
controlled            | =         | =                  | refused (posts) | cancelled (posts) | =                     | approved       | draft, waiting
submitted, controlled | =         | one step, controlled | refused       | cancelled         | =                     | submitted      | draft
changed after control | =         | one step, waiting  | refused (posts) | cancelled (posts) | changed, controlled   | =              | draft, waiting
refused               | 1212      | 1212               | =               | 1212              | 1212                  | 1212           | 1212
cancelled             | 1212      | 1212               | 1212            | =                 | 1212                  | 1212           | 1212
"""  # noqa: E501
ACTS = {
    "submit": lambda one: lifecycle.submit(one, TWO, "now"),
    "approve by jane": lambda one: lifecycle.approve(one, TWO, "jane", "now"),
    "refuse": lambda one: lifecycle.refuse(one, TWO, "why", "now"),
    "cancel": lambda one: lifecycle.cancel(one, TWO, "why", "now"),
    "control": lambda one: lifecycle.control(one, TWO, "now"),
    "uncontrol": lambda one: lifecycle.uncontrol(one, TWO, False, False),
    "send back": lambda one: lifecycle.send_back(one, TWO, "why"),
}
ROWS = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]
CASES = [(row[0], act, cell) for row in ROWS[1:] for act, cell in zip(ROWS[0][1:], row[1:], strict=True)]


def described(before: Standing, after: Standing | Finding) -> str:
    """An outcome in the words of the table."""
    if isinstance(after, Finding):
        assert after.object == "report ND000001"
        assert after.remedy
        return after.code.removeprefix("PSR-")
    if after == before:
        return "="
    if after.ended:
        assert after.ended_at == "now"
        word = after.approval
    elif after.draft:
        word = "draft"
        word += ", waiting" if after.awaits_control else ", posted" if after.posted else ""
    else:
        word = {"created": "submitted", "partially_approved": "one step given"}.get(after.approval, after.approval)
        if before.awaits_control and after.controlled_at:
            word = "changed"
        if after.controlled_at:
            word = "controlled" if word == "approved" else word.removesuffix(" given") + ", controlled"
        if after.awaits_control:
            word = word.removesuffix(" given") + ", waiting"
    return word + (" (posts)" if after.post_due else "")


def test_the_table_names_every_state_and_act() -> None:
    assert [row[0] for row in ROWS[1:]] == list(STATES)
    assert ROWS[0][1:] == list(ACTS)


@pytest.mark.parametrize(("state", "act", "expected"), CASES, ids=[f"{act} a {state}" for state, act, _ in CASES])
def test_every_act_in_every_state(state: str, act: str, expected: str) -> None:
    before = STATES[state]
    assert described(before, ACTS[act](before)) == expected


def code(outcome: object) -> str:
    assert isinstance(outcome, Finding), outcome
    return outcome.code


def test_nobody_gives_two_steps_unless_the_step_is_wanted_no_more() -> None:
    half = STATES["one step given"]
    refused = lifecycle.approve(half, TWO, "paul", "now")
    assert code(refused) == "PSR-1221"
    assert isinstance(refused, Finding)
    assert "finance" in refused.expected
    one_step = TWO._replace(steps=("manager",))
    assert lifecycle.approve(half, one_step, "paul", "now") == replace(
        half, approval="approved", approval_steps=1, approved_at="now", post_due=True
    )


@pytest.mark.parametrize("reason", ["", " \t"])
def test_what_takes_something_away_says_why(reason: str) -> None:
    for outcome in (
        lifecycle.refuse(SUBMITTED, TWO, reason, "now"),
        lifecycle.cancel(SUBMITTED, TWO, reason, "now"),
        lifecycle.send_back(SUBMITTED, TWO, reason),
    ):
        assert code(outcome) == "PSR-1222"


def test_what_left_is_frozen_where_no_corrections_are_sent() -> None:
    frozen, controlled = TWO._replace(frozen=7, sent=7), STATES["controlled"]
    for outcome in (
        lifecycle.refuse(controlled, frozen, "why", "now"),
        lifecycle.cancel(controlled, frozen, "why", "now"),
        lifecycle.send_back(controlled, frozen, "why"),
    ):
        assert code(outcome) == "PSR-1223"
    sent = lifecycle.uncontrol(controlled, TWO._replace(sent=7), False, False)
    assert isinstance(sent, Finding)
    assert (sent.code, "export void 7" in sent.remedy) == ("PSR-1225", True)
    here = lifecycle.uncontrol(controlled, TWO._replace(sent=7, declared_here=True), False, False)
    assert isinstance(here, Finding)
    assert here.remedy.endswith("passerelle reports send-back ND000001 --entity FR --reason …")
    approved = STATES["approved"]
    assert lifecycle.uncontrol(approved, frozen, False, False) == approved  # nothing to take back


def test_control_is_taken_back_with_the_covers_that_it_lowered() -> None:
    after = lifecycle.uncontrol(STATES["controlled"], TWO, True, True)
    assert after == replace(STATES["approved"], post_due=True)
    not_yet = lifecycle.uncontrol(replace(SUBMITTED, controlled_at="t3"), TWO, True, True)
    assert not_yet == SUBMITTED


def test_a_report_sent_back_is_posted_again_once_it_has_what_it_had() -> None:
    back = lifecycle.send_back(STATES["controlled"], TWO, "why")
    assert isinstance(back, Standing)
    handed_in = lifecycle.submit(back, TWO, "now")
    assert isinstance(handed_in, Standing)
    one = Case("ND000001")
    approved = lifecycle.approve(handed_in, one, "jane", "now")
    assert isinstance(approved, Standing)
    assert (approved.approval, approved.post_due) == ("approved", False)
    controlled = lifecycle.control(approved, one, "now")
    assert isinstance(controlled, Standing)
    assert (controlled.awaits_control, controlled.post_due) == (False, True)


def test_what_was_never_posted_has_nothing_to_take_back() -> None:
    held_back = replace(STATES["approved"], posted=False, post_due=True)
    refused = lifecycle.refuse(held_back, TWO, "why", "now")
    assert isinstance(refused, Standing)
    assert not refused.post_due


@given(st.lists(st.sampled_from([*ACTS.values(), lambda one: after_change(one, Stated("t5"))]), max_size=12))
def test_whatever_is_done_a_report_stands_somewhere_sensible(acts: list[object]) -> None:
    one = Standing()
    for act in acts:
        assert callable(act)
        after = act(one)
        one = one if isinstance(after, Finding) else after
        one = replace(one, posted=one.posted or one.post_due, post_due=False) if one.post_due else one
        assert one.ended == (one.ended_at is not None)
        assert (one.approved_at is not None) >= (one.approval == "approved")
        assert not (one.awaits_control and (one.controlled_at or not one.posted))
        assert not (one.draft and (one.controlled_at or one.approved_at or one.approval_steps))
        assert (0 < one.approval_steps < 2) == (one.approval == "partially_approved") or one.ended


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (("created", False, 0, 2, False, 0), "draft"),
        (("created", True, 0, 2, False, 0), "submitted"),
        (("created", True, 0, 2, True, 3), "submitted"),
        (("partially_approved", True, 1, 2, False, 0), "partially approved, step 1 of 2"),
        (("approved", True, 2, 2, False, 0), "approved"),
        (("approved", True, 2, 2, False, 1), "approved & partly controlled"),
        (("approved", True, 2, 2, True, 0), "approved & controlled"),
        (("refused", True, 2, 2, True, 0), "refused"),
        (("cancelled", False, 0, 2, False, 0), "cancelled"),
    ],
)
def test_the_status_is_derived(facts: tuple[str, bool, int, int, bool, int], words: str) -> None:
    assert status(*facts) == words
