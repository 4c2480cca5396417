"""Projection: what a connection and a format make of a frozen document, without losing balance or totals."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.errors import Finding
from passerelle.exports.frozen import FrozenDocument, FrozenLine
from passerelle.exports.projection import CodeMap, Merging, Projection, Shape, merge, step_of, truncate
from passerelle.formats.document import DOCUMENT_COLUMNS, LINE_COLUMNS, Document

EXPENSE = FrozenLine(
    kind="expense", account="625100", general="625100", auxiliary="", amount=10050, tax_code="D20", vat_rate="20",
    base=10050, day="2026-01-15", type_code="MEAL", type_name="Repas", comment="Lyon", currency="", original=None,
    rate="", sections="", expense_id=1,
)  # fmt: skip
VAT = EXPENSE._replace(kind="vat", account="445660", general="445660", amount=2010)
EMPLOYEE = EXPENSE._replace(
    kind="employee", account="421DUP", general="421000", auxiliary="DUP", amount=-12060, tax_code="", vat_rate="",
    base=None, type_code="", type_name="", comment="", expense_id=None,
)  # fmt: skip
BY_ACCOUNT = Merging(frozenset({"expense", "vat"}), ("account",))


def document(*lines: FrozenLine) -> FrozenDocument:
    return FrozenDocument(
        5, 2, 1, 1, "NDF", "expense_report", "2026-01-31", "2026-02-01", "2026", "N000001", "Salon", "dupont",
        "Anne Dupont", list(lines), 42,
    )  # fmt: skip


def project(frozen: FrozenDocument, codes: CodeMap | None = None, shape: Shape | None = None) -> Document:
    return Projection(codes or CodeMap(), shape or Shape()).project(frozen)


def column(projected: Document, name: str) -> list[object]:
    place = [variable.name for variable in LINE_COLUMNS].index(name)
    return [line[place] for line in projected.lines]


def split(line: FrozenLine, **sections: int) -> FrozenLine:
    """The line on sections of the axis ``project``."""
    parts = [[{"project": code}, amount] for code, amount in sections.items()]
    return line._replace(amount=sum(sections.values()), sections=json.dumps(parts))


def sections_of(lines: list[FrozenLine]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for line in lines:
        for names, amount in json.loads(line.sections or "[]"):
            found[names["project"]] += amount
    return {code: amount for code, amount in found.items() if amount}


def totals_of(lines: list[FrozenLine]) -> dict[tuple[str, ...], int]:
    found: Counter[tuple[str, ...]] = Counter()
    for line in lines:
        found[line.general, line.auxiliary, line.tax_code, line.currency] += line.amount
    return {key: amount for key, amount in found.items() if amount}


# --- mapping ---------------------------------------------------------------------------------------------------------


def test_a_document_without_settings_leaves_as_it_is_frozen() -> None:
    projected = project(document(EXPENSE, VAT, EMPLOYEE))
    assert dict(zip((v.name for v in DOCUMENT_COLUMNS), projected.values, strict=True)) == {
        "piece": 42, "journal": "NDF", "posting_day": "2026-02-01", "entry_day": "2026-01-31", "fiscal_year": "2026",
        "entry_type": "expense_report", "report": "N000001", "title": "Salon", "employee": "dupont",
        "employee_name": "Anne Dupont", "rank": 1,
    }  # fmt: skip
    assert projected.lines[0] == (
        1, "expense", "625100", "625100", "", 10050, "D20", "20", 10050, "2026-01-15", "MEAL", "Repas", "Lyon", "", 0,
        "", (),
    )  # fmt: skip
    assert column(projected, "number") == [1, 2, 3]


def test_codes_become_those_of_the_accounting_software_and_absent_ones_stay() -> None:
    codes = CodeMap(
        {"625100": "6251", "421000": "421"}, {"NDF": "EXP"}, {"project": {"P1": "A1", "P2": "A1"}}, {"project": 3}
    )
    line = split(EXPENSE, P1=6000, P2=3000, P3=1000)
    projected = project(document(line, EMPLOYEE._replace(amount=-10000)), codes)
    assert projected.values[1] == "EXP"
    assert column(projected, "account") == ["6251", "421DUP"]
    assert column(projected, "general") == ["6251", "421"]
    assert projected.lines[0][-1] == (("project", 3, "A1", 9000), ("project", 3, "P3", 1000))


def test_every_axis_has_its_own_totals() -> None:
    parts = [[{"project": "P1", "client": "C1"}, 60], [{"project": "P2", "client": "C1"}, 40]]
    projected = project(document(EXPENSE._replace(amount=100, sections=json.dumps(parts))))
    assert projected.lines[0][-1] == (("client", 0, "C1", 100), ("project", 0, "P1", 60), ("project", 0, "P2", 40))


def test_an_axis_without_a_place_is_said_once_for_a_document() -> None:
    findings: list[Finding] = []
    lines = [split(EXPENSE, P1=60, P2=40), split(EXPENSE, P1=5)]
    Projection(CodeMap(), Shape(needs_slots=True)).project(document(*lines), findings)
    assert [(f.code, f.object, f.field) for f in findings] == [
        ("PSR-6004", "report N000001", "connections.*.axes.project")
    ]
    Projection(CodeMap(), Shape()).project(document(*lines), findings)
    Projection(CodeMap(axes={"project": 1}), Shape(needs_slots=True)).project(document(*lines), findings)
    assert len(findings) == 1


def test_lines_stand_in_the_order_of_the_format_and_are_numbered_so() -> None:
    second = EXPENSE._replace(comment="Nice")
    projected = project(document(EXPENSE, VAT, second, EMPLOYEE), shape=Shape(line_order=("employee", "expense")))
    assert column(projected, "kind") == ["employee", "expense", "expense", "vat"]
    assert column(projected, "comment") == ["", "Lyon", "Nice", "Lyon"]
    assert column(projected, "number") == [1, 2, 3, 4]


# --- merging ---------------------------------------------------------------------------------------------------------


def test_lines_that_agree_leave_as_one_at_the_place_of_the_first() -> None:
    other = EXPENSE._replace(amount=950, base=950, type_code="TAXI", comment="Nice")
    assert merge([EXPENSE, VAT, other, EMPLOYEE], BY_ACCOUNT) == [
        EXPENSE._replace(amount=11000, base=11000), VAT, EMPLOYEE,
    ]  # fmt: skip
    assert merge([EXPENSE, other], Merging(frozenset({"expense"}), ("account", "type"))) == [EXPENSE, other]
    assert merge([EXPENSE, other], Merging(frozenset({"vat"}), ("account",))) == [EXPENSE, other]


def test_what_the_books_tell_apart_is_never_merged() -> None:
    for change in (
        {"general": "606100"}, {"auxiliary": "X"}, {"tax_code": "D10"}, {"currency": "USD", "original": 1, "rate": "2"},
        {"kind": "vat"}, {"sections": '[[{"project":"P1"},10050]]'},
    ):  # fmt: skip
        lines = [EXPENSE, EXPENSE._replace(**change)]
        assert merge(lines, Merging(frozenset({"expense", "vat"}), ("day", "journal"))) == lines, change


def test_originals_of_one_currency_add_up() -> None:
    dollars = EXPENSE._replace(currency="USD", original=10000, rate="1.005")
    (merged,) = merge([dollars, dollars], BY_ACCOUNT)
    assert (merged.amount, merged.original, merged.rate) == (20100, 20000, "1.005")


def test_lines_that_cancel_out_disappear() -> None:
    back = split(EXPENSE, P1=-60, P2=-40)
    assert merge([split(EXPENSE, P1=60, P2=40), EMPLOYEE, back], BY_ACCOUNT) == [EMPLOYEE]
    assert merge([EXPENSE, EXPENSE._replace(amount=-10050)], BY_ACCOUNT) == []


def test_an_amount_that_moves_from_section_to_section_does_not_disappear() -> None:
    """The delta of a report whose project was corrected."""
    moved = merge([split(EXPENSE, P1=-100), split(EXPENSE, P2=60), split(EXPENSE, P2=40)], BY_ACCOUNT)
    assert [line.amount for line in moved] == [100, -100]
    assert sections_of(moved) == {"P1": -100, "P2": 100}


@st.composite
def balanced(draw: st.DrawFn) -> list[FrozenLine]:
    """A balanced document, some of whose lines agree; split lines have parts of any sign."""
    lines = []
    small = st.integers(-3000, 3000)
    for _ in range(draw(st.integers(1, 6))):
        account = draw(st.sampled_from(["625100", "606100"]))
        line = EXPENSE._replace(account=account, general=account, tax_code=draw(st.sampled_from(["", "D20"])))
        parts = draw(st.lists(small.filter(bool), max_size=3))
        if sum(parts):
            lines.append(split(line, **{f"P{draw(st.integers(1, 3))}{i}": part for i, part in enumerate(parts)}))
        else:
            lines.append(line._replace(amount=draw(small.filter(bool))))
    owed = sum(line.amount for line in lines)
    if owed:
        lines.append(EMPLOYEE._replace(amount=-owed))
    return lines


@given(balanced())
def test_merging_keeps_the_balance_every_total_and_every_section(lines: list[FrozenLine]) -> None:
    merged = merge(lines, BY_ACCOUNT)
    assert totals_of(merged) == totals_of(lines)
    assert sections_of(merged) == sections_of(lines)
    assert len(merged) <= len(lines)
    for line in merged:
        assert line.amount
        assert not line.sections or sum(amount for _, amount in json.loads(line.sections)) == line.amount
    assert merge(merged, BY_ACCOUNT) == merged


# --- truncation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "currency", "step"),
    [
        (None, "EUR", 1), ("unit", "EUR", 100), ("tenth", "EUR", 10), ("hundredth", "EUR", 1),
        ("unit", "JPY", 1), ("tenth", "JPY", 1), ("unit", "TND", 1000), ("hundredth", "TND", 10),
    ],
)  # fmt: skip
def test_the_step_kept_depends_on_the_currency(to: str | None, currency: str, step: int) -> None:
    assert step_of(to, currency) == step


def test_amounts_are_cut_toward_zero_and_the_gap_goes_to_the_largest_line_of_the_lighter_side() -> None:
    lines = [EXPENSE._replace(amount=amount) for amount in (1099, 550, 99, -1748)]
    # 10 + 5 + 0 against 17: the debits are lighter by 2, which the largest of them takes
    assert [line.amount for line in truncate(lines, 100)] == [1200, 500, -1700]
    refund = [EXPENSE._replace(amount=-amount) for amount in (1099, 550, 99, -1748)]
    assert [line.amount for line in truncate(refund, 100)] == [-1200, -500, 1700]


def test_a_side_that_was_cut_away_whole_gets_its_largest_line_back() -> None:
    lines = [EXPENSE._replace(amount=amount) for amount in (40, 99, 61, -200)]
    assert [line.amount for line in truncate(lines, 100)] == [200, -200]


def test_a_document_below_one_step_leaves_no_line() -> None:
    assert truncate([EXPENSE._replace(amount=40), EMPLOYEE._replace(amount=-40)], 100) == []


def test_sections_are_cut_with_their_line() -> None:
    lines = [split(EXPENSE, P1=1350, P2=-351), EMPLOYEE._replace(amount=-999)]
    cut = truncate(lines, 100)
    assert [line.amount for line in cut] == [900, -900]
    assert sections_of(cut) == {"P1": 1216, "P2": -316}


@given(balanced(), st.sampled_from([10, 100, 1000]))
def test_a_truncated_document_balances_and_every_amount_is_a_whole_step(lines: list[FrozenLine], step: int) -> None:
    cut = truncate(lines, step)
    assert sum(line.amount for line in cut) == 0
    for line in cut:
        assert line.amount
        assert line.amount % step == 0
        assert not line.sections or sum(amount for _, amount in json.loads(line.sections)) == line.amount
    assert [line.amount for line in truncate([x._replace(amount=-x.amount, sections="") for x in lines], step)] == [
        -line.amount for line in cut
    ]


@given(balanced(), st.sampled_from([10, 100]))
def test_a_projection_has_no_zero_line_and_balances(lines: list[FrozenLine], step: int) -> None:
    shape = Shape((BY_ACCOUNT,), step, ("employee", "expense"))
    projected = project(document(*lines), shape=shape)
    amounts = [int(str(amount)) for amount in column(projected, "amount")]
    assert 0 not in amounts
    assert sum(amounts) == 0


def test_splits_keep_lines_apart_only_where_the_format_writes_them() -> None:
    lines = [split(EXPENSE, P1=1000), EXPENSE._replace(amount=500), split(EXPENSE, P2=-300)]
    kept = merge(lines, BY_ACCOUNT)
    assert [line.amount for line in kept] == [700, 500]
    (whole,) = merge(lines, Merging(BY_ACCOUNT.kinds, BY_ACCOUNT.by, False))
    assert (whole.amount, whole.sections) == (1200, "")
    assert (
        merge([split(EXPENSE, P1=1000), split(EXPENSE, P2=-1000)], Merging(BY_ACCOUNT.kinds, ("account",), False)) == []
    )


def test_lines_may_be_kept_apart_by_their_side() -> None:
    lines = [EXPENSE._replace(amount=amount) for amount in (1000, -300, 200, -100)]
    by_side = Merging(frozenset({"expense"}), ("account", "side"))
    assert [line.amount for line in merge(lines, by_side)] == [1200, -400]
