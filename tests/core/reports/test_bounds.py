"""Figures that could not be added up are refused at the door."""

from __future__ import annotations

from typing import Any

import pytest

from passerelle.reports.bounds import GREATEST, numbers_out_of_range, sum_out_of_range
from passerelle.reports.expense import ExpenseInput


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"quantity": "1000000"}, []),
        ({"quantity": "-1000000.01"}, ["quantity"]),
        ({"mileage": {"distance": "1000000"}}, []),
        ({"quantity": "9" * 30, "mileage": {"distance": "9" * 26}}, ["quantity", "mileage.distance"]),
    ],
)
def test_a_quantity_and_a_distance_have_a_greatest(fields: dict[str, Any], at_fault: list[str]) -> None:
    given = ExpenseInput.model_validate({"id": "X1", "type": "T", "date": "2026-01-14", **fields})
    assert [finding.field for finding in numbers_out_of_range(given, "expense X1")] == at_fault


@pytest.mark.parametrize(
    ("amounts", "refused"),
    [
        ([("EUR", GREATEST - 1), ("USD", GREATEST - 1)], False),
        ([("EUR", GREATEST - 1), ("EUR", 1)], True),
        ([("EUR", GREATEST - 1), ("EUR", -1)], True),
        ([], False),
    ],
)
def test_the_sizes_of_one_report_add_up_in_each_currency(amounts: list[tuple[str, int]], refused: bool) -> None:
    assert (sum_out_of_range(amounts, "report R1") is not None) is refused
