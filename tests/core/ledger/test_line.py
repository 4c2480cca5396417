"""The lines of any report: they balance, lose no cent, mirror, and do not depend on what is posted beside them."""

from __future__ import annotations

import json
from decimal import Decimal
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
def expenses(draw: st.DrawFn, kind: str) -> ExpenseRow:
    """Any expense: bases of any sign, any currency, now and then a type or rate that nobody configured."""
    type_code = draw(st.sampled_from(["MEAL", "FUEL", "HOTEL", "TAXI", "BOAT"]))
    rate = st.sampled_from(["0", "10", "20", "5.5"])
    vat = draw(st.lists(st.tuples(rate, AMOUNTS, AMOUNTS), max_size=3))
    gross = sum(net + tax for _, net, tax in vat) if vat else draw(AMOUNTS)
    currency = draw(st.sampled_from(sorted(RATES)))
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
        entity_gross=money.convert(gross, currency, Decimal(RATES[currency]), "EUR"),
        rate=RATES[currency],
        card_transaction=draw(st.sampled_from(["", "TX"])),
        vat=json.dumps(vat, separators=(",", ":")),
        split=json.dumps(split, separators=(",", ":")),
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
            own = [x for x in lines if x["expense_id"] == row.expense_id and x["kind"] in ("expense", "vat")]
            assert sum(line["amount"] for line in own) == row.entity_gross
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
            vat=json.dumps([[r, -net, -tax] for r, net, tax in json.loads(row.vat)], separators=(",", ":")),
        )
        for row in flat(groups)
    ]
    there = [mirrored(row) for row in post(flat(groups), french).lines]
    here = [dict(zip(LINE_COLUMNS, row, strict=True)) for row in post(opposite, french).lines]
    assert [line | {"sections": json.loads(line["sections"] or "[]")} for line in here] == there


@given(groups=reports())
def test_a_block_of_many_is_one_by_one(french: Determination, groups: list[list[ExpenseRow]]) -> None:
    block = post(flat(groups), french)
    alone = [post(group, french) for group in groups]
    assert block.lines == [row for one in alone for row in one.lines]
    assert block.entries == [row for one in alone for row in one.entries]
    assert block.revisions == [row for one in alone for row in one.revisions]
    assert block.refused == {report: found for one in alone for report, found in one.refused.items()}
