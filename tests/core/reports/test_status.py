"""The status of a report in words, and what is owed for an expense."""

from __future__ import annotations

import pytest

from passerelle.reports.status import is_ended, owed, status


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (("created", False, 0, 1, False, 0), "draft"),
        (("created", True, 0, 1, False, 0), "submitted"),
        (("partially_approved", True, 1, 2, False, 0), "partially approved, step 1 of 2"),
        (("approved", True, 1, 1, False, 0), "approved"),
        (("approved", True, 1, 1, False, 2), "approved & partly controlled"),
        (("approved", True, 1, 1, True, 2), "approved & controlled"),
        (("refused", True, 1, 1, True, 2), "refused"),
        (("cancelled", False, 0, 1, False, 0), "cancelled"),
    ],
)
def test_a_status_in_words(facts: tuple[str, bool, int, int, bool, int], expected: str) -> None:
    assert status(*facts) == expected
    assert is_ended(facts[0]) == (expected in ("refused", "cancelled"))


@pytest.mark.parametrize(
    ("counts", "own_money", "expected"),
    [
        (True, True, (2000, 0)),  # own money: what is covered
        (True, False, (0, 3000)),  # company money: what is not
        (False, True, (0, 0)),
        (False, False, (0, 0)),
    ],
)
def test_what_is_owed_and_what_is_an_advance(counts: bool, own_money: bool, expected: tuple[int, int]) -> None:
    assert owed(counts, own_money, 5000, 2000) == expected
