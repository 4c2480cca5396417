"""One expense against the company: amounts in minor units, or every reason against it at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.masterdata.company import Company
from passerelle.reports.expense import ExpenseInput
from passerelle.reports.intake import CheckedExpense, CheckedReport, check_expense
from passerelle.reports.known import EntityView

COMPANY = Company.model_validate(
    {
        "entities": {
            code: {"name": code, "country": code, "currency": currency, "time_zone": "Europe/Paris", "chart": "c"}
            for code, currency in (("FR", "EUR"), ("GB", "GBP"))
        },
        "charts": {"c": {"accounts": {}}},
        "axes": {
            "CENTRE": {"name": "Centre", "sections": {"A": {"name": "A"}, "B": {"name": "B"}}},
            "PROJECT": {"name": "Project", "sections": {"P1": {"name": "P1"}}},
        },
        "expense_types": {"TAXI": {"name": "Taxi", "accounts": {}}},
        "employees": {"E1": {"name": "Anna", "entity": "FR"}, "E2": {"name": "Bob", "entity": "GB"}},
    }
)


class Directory:
    """The company as stored, with a type that was deactivated."""

    company = COMPANY
    ids: ClassVar = {
        ("entity", "", "FR"): 1,
        ("entity", "", "GB"): 2,
        ("employee", "", "E1"): 3,
        ("employee", "", "E2"): 4,
        ("expense_type", "", "TAXI"): 5,
        ("expense_type", "", "BOAT"): 6,
    }


VIEW = EntityView(Directory(), "FR")


def check(**fields: Any) -> tuple[CheckedExpense | None, list[str]]:
    base = {"id": "X1", "type": "TAXI", "date": "2026-01-14", "amount": "120.00"}
    given = ExpenseInput.model_validate_json(json.dumps(base | fields))
    checked, findings = check_expense(VIEW, "E1", given, "expense X1")
    return checked, [finding.code for finding in findings]


def test_defaults_are_the_entitys() -> None:
    checked, codes = check()
    assert codes == []
    assert checked is not None
    assert (checked.gross, checked.entity_gross, checked.currency, checked.country, checked.rate) == (
        12000, 12000, "EUR", "FR", "1",
    )  # fmt: skip
    assert (checked.type_id, checked.vat, checked.split, checked.kind) == (5, "[]", "[]", "own")


@pytest.mark.parametrize(
    ("fields", "entity_gross", "rate"),
    [
        ({"currency": "USD", "rate": "0.905"}, 10860, "0.905"),
        ({"currency": "USD", "entity_amount": "108.60"}, 10860, "0.905"),
        ({"currency": "USD", "rate": "0.905", "entity_amount": "108.61"}, 10861, "0.905"),
        ({"currency": "JPY", "amount": "1250", "rate": "0.0061"}, 763, "0.0061"),  # 7.625 goes away from zero
        ({"currency": "TND", "amount": "10.125", "rate": "0.3"}, 304, "0.3"),
        ({"currency": "USD", "amount": "-120.00", "rate": "0.905"}, -10860, "0.905"),
        ({"entity_amount": "120.00", "rate": "1"}, 12000, "1"),
    ],
)
def test_the_gross_is_converted_once(fields: dict[str, str], entity_gross: int, rate: str) -> None:
    checked, codes = check(**fields)
    assert codes == []
    assert checked is not None
    assert (checked.entity_gross, checked.rate) == (entity_gross, rate)


HALF = {"percent": "50", "sections": {"CENTRE": "A"}}


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"type": "TAXE"}, ["PSR-1103"]),
        ({"type": "BOAT"}, ["PSR-1104"]),
        ({"amount": "1.001"}, ["PSR-1107"]),
        ({"amount": "9" * 20}, ["PSR-1115"]),
        ({"quantity": "1000001"}, ["PSR-1125"]),
        ({"currency": "USD"}, ["PSR-1108"]),
        ({"currency": "USD", "rate": "0.905", "entity_amount": "108.62"}, ["PSR-1109"]),
        ({"currency": "USD", "rate": "0"}, ["PSR-1109"]),
        ({"rate": "2"}, ["PSR-1109"]),
        ({"entity_amount": "120.01"}, ["PSR-1109"]),
        ({"vat": [{"rate": "20", "net": "90.00", "vat": "18.00"}]}, ["PSR-1110"]),
        ({"split": [HALF]}, ["PSR-1106"]),
        ({"split": [HALF, {"percent": "50", "sections": {"PROJECT": "P1"}}]}, ["PSR-1106"]),
        ({"split": [HALF, {"percent": "50", "sections": {"CENTRE": "C"}}]}, ["PSR-1105"]),
        ({"split": [{"percent": "100", "sections": {"CENTER": "A"}}]}, ["PSR-1105"]),
        ({"card_transaction": "T1"}, ["PSR-1112"]),
        ({"cancels": "X0"}, ["PSR-1113"]),
        ({"type": "TAXE", "currency": "USD", "cancels": "X0"}, ["PSR-1103", "PSR-1108", "PSR-1113"]),
    ],
)
def test_every_reason_is_told(fields: dict[str, Any], codes: list[str]) -> None:
    assert check(**fields) == (None, codes)


def test_a_split_with_all_its_axes_is_kept() -> None:
    shares = [
        {"percent": "33.3", "sections": {"PROJECT": "P1", "CENTRE": "A"}},
        {"percent": "66.70", "sections": {"CENTRE": "B", "PROJECT": "P1"}},
    ]
    checked, codes = check(split=shares)
    assert codes == []
    assert checked is not None
    assert json.loads(checked.split) == [
        ["33.3", {"CENTRE": "A", "PROJECT": "P1"}],
        ["66.7", {"CENTRE": "B", "PROJECT": "P1"}],
    ]


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        ("employee", "E2", "PSR-1102"),
        ("employee", "E9", "PSR-1101"),
        ("expense_type", "BOAT", "PSR-1104"),
        ("expense_type", "TAXY", "PSR-1103"),
    ],
)
def test_unknown_codes_are_told_with_the_nearest(kind: str, code: str, expected: str) -> None:
    finding = VIEW.unknown(kind, "field", code, "line 3")
    assert finding.code == expected
    assert finding.expected
    assert finding.remedy


@given(st.integers(1 - 10**12, 10**12 - 1), st.integers(1, 10**7))
def test_a_refund_mirrors_its_original_in_any_currency(cents: int, rate: int) -> None:
    fields = {"currency": "USD", "rate": f"{rate / 10**4:.4f}"}
    one, _ = check(amount=f"{cents // 100}.{cents % 100:02d}" if cents >= 0 else "0.00", **fields)
    back, _ = check(amount=f"-{cents // 100}.{cents % 100:02d}" if cents >= 0 else "0.00", **fields)
    assert one is not None
    assert back is not None
    assert back.entity_gross == -one.entity_gross


def test_a_report_that_an_earlier_release_took_is_recognised() -> None:
    one = CheckedExpense(
        "X1", 7, "2026-01-14", "FR", "EUR", 1200, 1200, "1", "employee", "", '[["20",1000,200]]', "", 2, "déjeuner", "",
        "", "[]", "", "", False,
    )  # fmt: skip
    other = one._replace(line_key="X2", gross=-500, entity_gross=-500, vat="[]")
    declared = datetime(2026, 2, 1, 8, tzinfo=UTC)

    def fingerprint(*half: CheckedExpense) -> str:
        report = CheckedReport(1, "tool", "R1", 1, 3, "Lyon", declared, None, None, {"own": half})
        return report.content_hash("own")

    kept = "ef66ce3ff1d2a6fa12467894f3d9b6fa4e47ee769d1f7d698b8c030d8946a579"  # by the release before policies
    assert fingerprint(other, one) == kept
    assert (
        len({kept, fingerprint(other, one._replace(computed=True)), fingerprint(other, one._replace(mileage="{}"))})
        == 3
    )
