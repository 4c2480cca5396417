"""The lines of any report: they balance, lose no cent, mirror, and do not depend on what is posted beside them."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from passerelle import money
from passerelle.ledger.determination import Determination
from passerelle.ledger.line import LINE_COLUMNS
from passerelle.ledger.posting import ExpenseRow, post

AMOUNTS = st.integers(-(10**9), 10**9)
RATES = {"EUR": "1", "USD": "0.9215", "JPY": "0.00612", "TND": "0.2981", "CHF": "1.0689"}
SPLITS = st.lists(st.integers(1, 97), max_size=3).map(
    lambda parts: [*parts, 100 - sum(parts)] if sum(parts) < 100 else []
)


@st.composite
def covers(draw: st.DrawFn, gross: int, entity_gross: int, currency: str) -> tuple[int, int]:
    """What is covered of an amount: all of it, nothing, or a part, in its currency and in the entity's."""
    if draw(st.booleans()):
        return gross, entity_gross
    part = draw(st.integers(0, abs(gross))) * (1 if gross > 0 else -1)
    if part == gross:
        return gross, entity_gross
    return part, money.convert(part, currency, Decimal(RATES[currency]), "EUR")


@st.composite
def expenses(draw: st.DrawFn, kind: str) -> ExpenseRow:
    """Any expense: bases of any sign, any currency, now and then a type or rate that nobody configured."""
    type_code = draw(st.sampled_from(["MEAL", "FUEL", "HOTEL", "TAXI", "BOAT"]))
    rate = st.sampled_from(["0", "10", "20", "5.5"])
    vat = draw(st.lists(st.tuples(rate, AMOUNTS, AMOUNTS), max_size=3))
    gross = sum(net + tax for _, net, tax in vat) if vat else draw(AMOUNTS)
    currency = draw(st.sampled_from(sorted(RATES)))
    entity_gross = money.convert(gross, currency, Decimal(RATES[currency]), "EUR")
    covered, entity_covered = draw(covers(gross, entity_gross, currency))
    shares = draw(SPLITS)
    split = [[str(share), {"project": f"P{number}"}] for number, share in enumerate(shares)]
    return ExpenseRow(
        report_id=1,
        report_number="N000001",
        kind=kind,
        employee="dupont",
        employee_id=7,
        entry_id=10,
        revision=1,
        operation_day="2026-01-31",
        expense_id=draw(st.integers(1, 99)),
        type_code=type_code,
        day="2026-01-15",
        payer="employee" if kind == "own" else "company_card",
        country=draw(st.sampled_from(["FR", "FR", "DE"])),
        currency=currency,
        gross=gross,
        entity_gross=entity_gross,
        rate=RATES[currency],
        card_transaction=draw(st.sampled_from(["", "TX"])),
        vat=json.dumps(vat, separators=(",", ":")),
        split=json.dumps(split, separators=(",", ":")),
        blocked=covered == 0 and draw(st.booleans()),
        covered=covered,
        entity_covered=entity_covered,
    )


@st.composite
def reports(draw: st.DrawFn) -> list[list[ExpenseRow]]:
    """Some reports, each with at least one expense."""
    found = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        kind = draw(st.sampled_from(["own", "company"]))
        rows = draw(st.lists(expenses(kind), min_size=1, max_size=4, unique_by=lambda row: row.expense_id))
        found.append([r._replace(report_id=number, report_number=f"N{number}", entry_id=number) for r in rows])
    return found


def said(lines: list[dict[str, Any]], *kinds: str) -> int:
    """What lines of these kinds add up to."""
    return sum(line["amount"] for line in lines if line["kind"] in kinds)


def flat(groups: list[list[ExpenseRow]]) -> list[ExpenseRow]:
    return [row for group in groups for row in group]


@given(groups=reports())
def test_any_report_balances_or_is_refused_whole(french: Determination, groups: list[list[ExpenseRow]]) -> None:
    block = post(flat(groups), french)
    posted = {entry for entry, *_ in block.entries}
    assert posted | set(block.refused) == {group[0].report_id for group in groups}
    assert posted.isdisjoint(block.refused)
    assert all(block.refused.values())
    for group in groups:
        lines = [dict(zip(LINE_COLUMNS, row, strict=True)) for row in block.lines if row[0] == group[0].entry_id]
        assert not lines or group[0].report_id in posted
        assert sum(line["amount"] for line in lines) == 0
        assert all(line["amount"] for line in lines)
        for row in group if group[0].report_id in posted else []:
            of = [line for line in lines if line["expense_id"] == row.expense_id]
            assert said(of, "expense", "vat") == row.entity_covered, "net + recoverable + non-recoverable = covered"
            if row.currency != "EUR" and row.entity_covered and row.vat == "[]":
                assert sum(line["original"] for line in of if line["kind"] in ("expense", "vat")) == row.covered
            if row.kind == "company":
                assert said(of, "company") == -row.entity_gross
                assert said(of, "advance.account") == row.entity_gross - row.entity_covered
        if group[0].kind == "own" and group[0].report_id in posted:
            assert said(lines, "employee") == -sum(row.entity_covered for row in group)
    counted = {entry: lines for entry, *_, lines in block.revisions}
    assert counted == {entry: sum(row[0] == entry for row in block.lines) for entry in posted}


@given(groups=reports())
def test_a_split_loses_no_cent_and_stays_on_analytical_accounts(
    french: Determination, groups: list[list[ExpenseRow]]
) -> None:
    for row in post(flat(groups), french).lines:
        line = dict(zip(LINE_COLUMNS, row, strict=True))
        if line["sections"]:
            assert line["account"] == "625100"
            assert sum(amount for _, amount in json.loads(line["sections"])) == line["amount"]


def mirrored(row: tuple[Any, ...]) -> dict[str, Any]:
    line = dict(zip(LINE_COLUMNS, row, strict=True))
    for name in ("amount", "base", "original"):
        line[name] = None if line[name] is None else -line[name]
    line["sections"] = [[names, -amount] for names, amount in json.loads(line["sections"] or "[]")]
    return line


@given(groups=reports())
def test_the_opposite_report_is_the_mirror(french: Determination, groups: list[list[ExpenseRow]]) -> None:
    opposite = [
        row._replace(
            gross=-row.gross,
            entity_gross=-row.entity_gross,
            covered=-row.covered,
            entity_covered=-row.entity_covered,
            vat=json.dumps([[r, -net, -tax] for r, net, tax in json.loads(row.vat)], separators=(",", ":")),
        )
        for row in flat(groups)
    ]
    there = [mirrored(row) for row in post(flat(groups), french).lines]
    here = [dict(zip(LINE_COLUMNS, row, strict=True)) for row in post(opposite, french).lines]
    assert [line | {"sections": json.loads(line["sections"] or "[]")} for line in here] == there


@given(
    parts=st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**6)), min_size=1, max_size=4),
    share=st.fractions(0, 1),
    sign=st.sampled_from([1, -1]),
)
def test_each_base_is_reduced_in_the_ratio_of_what_is_covered(
    french: Determination, parts: list[tuple[int, int]], share: Fraction, sign: int
) -> None:
    """Nearer than a cent to covered / gross, rate by rate, and together exactly what is covered."""
    gross = sum(map(sum, parts))
    covered = int(gross * share)
    rates = ["10", "20", "10", "20"]
    vat = [[rate, sign * net, sign * tax] for rate, (net, tax) in zip(rates, parts, strict=False)]
    row = ExpenseRow(
        1, "N1", "own", "dupont", 7, 1, 1, "2026-01-31", 1, "MEAL", "2026-01-15", "FR", "USD", sign * gross,
        sign * gross, "1", "employee", "", json.dumps(vat), "[]", False, sign * covered, sign * covered,
    )  # fmt: skip
    block = post([row], french)
    assert not block.refused
    lines = [dict(zip(LINE_COLUMNS, line, strict=True)) for line in block.lines]
    assert said(lines, "expense", "vat") == sign * covered == -said(lines, "employee")
    assert all(line["original"] == line["amount"] for line in lines if line["kind"] != "employee"), "the memo too"
    nets = [line["base"] for line in lines if line["kind"] == "expense"]
    wanted = [net for net, _ in parts if abs(net * covered) >= gross > 0]  # the others may be a cent, or none
    assert all(any(abs(sign * net * gross - part * covered) < gross for net in nets) for part in wanted)


@given(groups=reports())
def test_a_block_of_many_is_one_by_one(french: Determination, groups: list[list[ExpenseRow]]) -> None:
    block = post(flat(groups), french)
    alone = [post(group, french) for group in groups]
    assert block.lines == [row for one in alone for row in one.lines]
    assert block.entries == [row for one in alone for row in one.entries]
    assert block.revisions == [row for one in alone for row in one.revisions]
    assert block.refused == {report: found for one in alone for report, found in one.refused.items()}
