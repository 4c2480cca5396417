"""Deltas: for any chain of revisions, what has left adds up to the last revision, key by key (law 2)."""

from __future__ import annotations

import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from passerelle.exports.delta import delta, reversed_line
from passerelle.exports.frozen import FrozenLine

LINE = FrozenLine(
    kind="expense", account="625100", general="625100", auxiliary="", amount=10000, tax_code="D20", vat_rate="20",
    base=10000, day="2026-01-15", type_code="MEAL", type_name="Repas", comment="", currency="", original=None, rate="",
    sections='[[{"project":"P1"},6000],[{"project":"P2"},4000]]', expense_id=1,
)  # fmt: skip
EMPLOYEE = LINE._replace(
    kind="employee", account="421DUP", general="421000", auxiliary="DUP", amount=-10000, tax_code="", vat_rate="",
    base=None, sections="", expense_id=None,
)  # fmt: skip
REPORT = [LINE, EMPLOYEE]


@st.composite
def revisions(draw: st.DrawFn) -> list[FrozenLine]:
    """A balanced revision out of few values, so that lines of different revisions often agree."""
    lines = []
    for _ in range(draw(st.integers(0, 5))):
        amount = draw(st.sampled_from([-200, -100, 100, 200, 300]))
        sections = draw(st.sampled_from(["", "P1", "P2"]))
        foreign = draw(st.booleans())
        lines.append(
            LINE._replace(
                account=draw(st.sampled_from(["625100", "606100"])),
                general=draw(st.sampled_from(["625100", "606100"])),
                amount=amount,
                base=amount,
                tax_code=draw(st.sampled_from(["D20", ""])),
                currency="USD" if foreign else "",
                original=2 * amount if foreign else None,
                rate="0.5" if foreign else "",
                sections=f'[[{{"project":"{sections}"}},{amount}]]' if sections else "",
                expense_id=draw(st.integers(1, 5)),
            )
        )
    owed = sum(line.amount for line in lines)
    if owed:
        lines.append(EMPLOYEE._replace(amount=-owed, auxiliary=draw(st.sampled_from(["DUP", "MAR"]))))
    return lines


def sums(lines: list[FrozenLine]) -> dict[tuple[str, ...], int]:
    """Law 2's sums: per account, auxiliary, tax code and currency, and per section; those of zero are absent."""
    found: Counter[tuple[str, ...]] = Counter()
    for line in lines:
        key = (line.account, line.general, line.auxiliary, line.tax_code, line.currency)
        found[key] += line.amount
        for names, amount in json.loads(line.sections or "[]"):
            for axis, section in names.items():
                found[(*key, axis, section)] += amount
    return {key: amount for key, amount in found.items() if amount}


@given(st.lists(st.tuples(revisions(), st.booleans()), min_size=1, max_size=7))
def test_any_chain_of_revisions_and_voids_telescopes(chain: list[tuple[list[FrozenLine], bool]]) -> None:
    live: list[FrozenLine] = []
    for revision, voided in chain:
        sent = delta(revision, live)
        assert sum(line.amount for line in sent) == 0
        assert sums(live + sent) == sums(revision)
        if not voided:
            live += sent


@given(st.lists(revisions(), min_size=1, max_size=5))
def test_a_revision_that_changes_nothing_sends_nothing(chain: list[list[FrozenLine]]) -> None:
    live: list[FrozenLine] = []
    for revision in chain:
        live += delta(revision, live)
    assert delta(chain[-1], live) == []
    assert delta(list(reversed(chain[-1])), live) == []


@given(revisions())
def test_a_report_without_lines_takes_back_all_that_left(revision: list[FrozenLine]) -> None:
    assert sums(revision + delta([], revision)) == {}


@given(revisions())
def test_the_first_revision_leaves_whole(revision: list[FrozenLine]) -> None:
    assert delta(revision, []) == revision


def test_a_reversal_flips_every_amount_and_keeps_the_rate() -> None:
    line = LINE._replace(currency="USD", original=20000, rate="0.5")
    back = reversed_line(line)
    assert back == line._replace(
        amount=-10000,
        base=-10000,
        original=-20000,
        sections='[[{"project":"P1"},-6000],[{"project":"P2"},-4000]]',
    )
    assert reversed_line(back) == line


def test_equal_lines_are_dropped_and_the_others_reversed_and_rewritten() -> None:
    vat = LINE._replace(kind="vat", account="445660", general="445660", amount=2000, sections="")
    before = [LINE, vat, EMPLOYEE._replace(amount=-12000)]
    after = [LINE._replace(account="606100", general="606100"), vat, EMPLOYEE._replace(amount=-12000)]
    assert delta(after, before) == [reversed_line(LINE), after[0]]


def test_what_does_not_decide_the_books_sends_nothing() -> None:
    words = [line._replace(comment="mended", day="2026-01-16", type_name="Repas d'affaires") for line in REPORT]
    assert delta(words, REPORT) == []


def test_a_section_an_auxiliary_or_a_collective_account_that_changed_is_rewritten() -> None:
    for changed in (
        LINE._replace(sections='[[{"project":"P1"},10000]]'),
        EMPLOYEE._replace(auxiliary="MAR"),
        EMPLOYEE._replace(general="425000"),
    ):
        old = LINE if changed.kind == "expense" else EMPLOYEE
        assert delta([changed if line is old else line for line in REPORT], REPORT) == [reversed_line(old), changed]


def test_a_purchase_and_its_refund_in_one_report_are_not_taken_for_a_correction() -> None:
    both = [LINE, reversed_line(LINE)._replace(expense_id=2)]
    assert delta(both, both) == []
    third = LINE._replace(amount=500, sections="", expense_id=3)
    owed = EMPLOYEE._replace(amount=-500)
    assert delta([*both, third, owed], both) == [third, owed]


def test_what_was_taken_back_and_comes_again_leaves_as_it_now_is() -> None:
    live = REPORT + delta([], REPORT)
    again = [line._replace(comment="declared again") for line in REPORT]
    assert delta(again, live) == again
