"""Posting: a table an accountant can read, and every reason for a refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.core.ledger.entries import CARD, TABLE, Spent, as_text, rows_of

from passerelle.ledger.determination import Determination
from passerelle.ledger.posting import post
from passerelle.masterdata.company import Company


@pytest.mark.parametrize(("happened", "kind", "spent", "entry"), TABLE, ids=[row[0] for row in TABLE])
def test_what_happened_is_booked(
    french: Determination, happened: str, kind: str, spent: list[Spent], entry: str
) -> None:
    block = post(rows_of(*spent, kind=kind), french)
    assert not block.refused
    assert as_text(block) == entry.replace(" / ", "\n")
    journal, entry_type = {"own": ("NDF", "expense_report"), "company": ("CB", "company_paid")}[kind]
    assert block.entries == [(10, journal, entry_type, 1)]


def test_an_entry_knows_its_day_and_the_days_of_its_expenses(french: Determination) -> None:
    spent = [Spent("TAXI", "1", day="2026-01-09"), Spent("TAXI", "0", day="2026-01-03"), Spent("TAXI", "1")]
    block = post(rows_of(*spent), french)
    assert block.revisions == [(10, 1, "2026-01-31", "2026-01-15", 3)]
    late = Spent("TAXI", "1", day="2026-01-30", covered="0", blocked=True)
    assert post(rows_of(*spent, late), french).revisions == block.revisions, "what is refused is not of the report"


def test_a_report_whose_expenses_were_all_withdrawn_is_posted_to_nothing(company: Callable[..., Company]) -> None:
    row = rows_of(Spent("TAXI", "1"))[0]._replace(
        expense_id=None, revision=2, type_code="", gross=0, entity_gross=0, covered=0, entity_covered=0
    )
    block = post([row], Determination(company(employees={}), "FR"))
    assert block.revisions == [(10, 2, "2026-01-31", "2026-01-31", 0)]
    assert not block.lines
    assert not block.refused


def test_an_amount_stated_for_an_original_of_zero_is_booked_whole(french: Determination) -> None:
    row = rows_of(Spent("MEAL", "0", "20 0 0", currency="USD"))[0]._replace(entity_gross=3, entity_covered=3, rate="0")
    assert as_text(post([row], french)) == (
        "Dr 625700 expense 0.03 [D20 20 % on 0.03] (0.00 USD at 0)\nCr 421DUP employee 0.03"
    )


# --- refusals --------------------------------------------------------------------------------------------------------

NO_VAT_ACCOUNT = {
    "MEAL": {"name": "Repas", "accounts": {"pcg": "625700"}, "vat": [{"rate": "20", "country": "FR", "code": "D20"}]}
}
OFF_CHART = {"TAXI": {"name": "Taxi", "accounts": {"pcg": "999999"}}}
BARE = {"name": "Exemple", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "pcg"}
JOURNALS = {"NDF": {"name": "Frais", "kind": "expense_reports"}, "CB": {"name": "Carte", "kind": "company_paid"}}


@pytest.mark.parametrize(
    ("changes", "kind", "spent", "codes"),
    [
        ({"entities": {"FR": BARE}}, "own", [Spent("TAXI", "1")], ["PSR-4001"]),
        ({"employees": {}}, "own", [Spent("TAXI", "1")], ["PSR-4002"]),
        ({"employees": {"dupont": {"name": "D", "entity": "FR"}}}, "own", [Spent("TAXI", "1")], ["PSR-4002"]),
        ({"entities": {"FR": BARE | {"journals": JOURNALS}}}, "company", [Spent("TAXI", "1", **CARD)], ["PSR-4003"]),
        (
            {"entities": {"FR": BARE | {"journals": JOURNALS, "accounts": {"card": "513000"}}}},
            "company",
            [Spent("TAXI", "2", **CARD), Spent("TAXI", "2", covered="1", **CARD)],
            ["PSR-4011"],
        ),
        (
            {"entities": {"FR": BARE | {"journals": JOURNALS, "accounts": {"card": "513000", "advance": "425999"}}}},
            "company",
            [Spent("TAXI", "2", covered="0", blocked=True, **CARD)],
            ["PSR-4004"],
        ),
        ({"expense_types": OFF_CHART}, "own", [Spent("TAXI", "1")], ["PSR-4004"]),
        ({}, "own", [Spent("BOAT", "1")], ["PSR-4005"]),
        ({"expense_types": {"TAXI": {"name": "T", "accounts": {}}}}, "own", [Spent("TAXI", "1")], ["PSR-4005"]),
        ({}, "own", [Spent("MEAL", "1.05", "5.5 1.00 0.05")], ["PSR-4006"]),
        ({"expense_types": NO_VAT_ACCOUNT}, "own", [Spent("MEAL", "1.20", "20 1.00 0.20")], ["PSR-4007"]),
        (
            {"entities": {"FR": BARE}, "employees": {}},
            "own",
            [Spent("BOAT", "1"), Spent("MEAL", "2.10", "5.5 1.00 0.05,2.1 1.00 0.05"), Spent("TAXI", "1")],
            ["PSR-4001", "PSR-4005", "PSR-4006", "PSR-4006", "PSR-4002"],
        ),
        (
            {"entities": {"FR": BARE}, "employees": {}},
            "company",
            [Spent("BOAT", "1", **CARD), Spent("TAXI", "1", **CARD), Spent("TAXI", "1", payer="company")],
            ["PSR-4001", "PSR-4005", "PSR-4003", "PSR-4003", "PSR-4003"],
        ),
    ],
)
def test_everything_that_is_missing_is_said_at_once_and_no_entry_is_written(
    company: Callable[..., Company], changes: dict[str, Any], kind: str, spent: list[Spent], codes: list[str]
) -> None:
    block = post(rows_of(*spent, kind=kind), Determination(company(**changes), "FR"))
    assert [finding.code for finding in block.refused[1]] == codes
    assert all(finding.object.startswith("report N000001, ") for finding in block.refused[1])
    assert all(finding.remedy and finding.who and finding.expected for finding in block.refused[1])
    assert (block.lines, block.entries, block.revisions) == ([], [], [])


def test_a_refused_report_keeps_no_other_out(french: Determination) -> None:
    block = post([*rows_of(Spent("BOAT", "1")), *rows_of(Spent("TAXI", "2"), report=2)], french)
    assert list(block.refused) == [1]
    assert as_text(block) == "Dr 625100 expense 2.00\nCr 421DUP employee 2.00"
