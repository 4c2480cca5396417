"""Which verdict decides: the strictest; of several caps the one that leaves least, whatever its currency."""

from __future__ import annotations

import pytest

from passerelle.rules.deciding import deciding, outcome_of
from passerelle.rules.declared import Verdict


def cap(rule: str, used: int, threshold: int, unit: str = "EUR", outcome: str = "cap") -> Verdict:
    return Verdict(rule, "cap", outcome, "2026-01", 0, used, threshold, 0, unit)  # type: ignore[arg-type]


OK, ALERT, BLOCK = (
    Verdict("count", "count", "ok"), Verdict("alert", "alert", "alert"), Verdict("age", "age", "block"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("verdicts", "outcome", "decides"),
    [
        ([], "ok", None),
        ([OK], "ok", None),
        ([OK, ALERT], "alert", "alert"),
        ([ALERT, cap("month", 0, 8000)], "cap", "month"),
        ([cap("month", 0, 8000), BLOCK, ALERT], "block", "age"),
        ([BLOCK, Verdict("later", "count", "block")], "block", "age"),  # of equals the first
        ([cap("month", 0, 8000), cap("day", 3000, 5000)], "cap", "day"),  # 80 left of the one, 20 of the other
        ([cap("day", 3000, 5000), cap("month", 0, 8000)], "cap", "day"),
        ([cap("day", 5000, 5000), cap("month", 9000, 8000)], "cap", "day"),  # nothing is left of both
        # 100 USD are 90 EUR: of 45 EUR one half is covered, of 60 USD three fifths
        ([cap("usd", 0, 6000, "USD"), cap("eur", 0, 4500)], "cap", "eur"),
        ([cap("usd", 0, 4000, "USD"), cap("eur", 0, 4500)], "cap", "usd"),
        ([cap("free", 0, 99999, outcome="ok"), cap("eur", 0, 4500)], "cap", "eur"),
    ],
)
def test_the_strictest_decides(verdicts: list[Verdict], outcome: str, decides: str | None) -> None:
    assert outcome_of(verdicts) == outcome
    found = deciding(verdicts, "USD", 10000, 9000)
    assert (found.rule if found else None) == decides
