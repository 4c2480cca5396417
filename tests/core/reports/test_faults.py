"""Codes that lead nowhere: those there are stand beside them, where a person can still read them."""

from __future__ import annotations

import pytest

from passerelle.reports.faults import one_of


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "one of the configured codes, of which there are none"),
        (1, "one of T00"),
        (9, "one of T00, T01, T02, T03, T04, T05, T06, T07, T08"),  # the types of the first company.toml
        (25, "one of the 25 configured codes"),
    ],
)
def test_the_codes_are_listed_while_they_are_few(number: int, told: str) -> None:
    assert one_of([f"T{position:02}" for position in reversed(range(number))]) == told
