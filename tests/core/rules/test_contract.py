"""A plugin's rule is asked: what it says is taken as it is, and what it cannot say is an alert that names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from passerelle.connector import Declared, Opinion, PolicyRule
from passerelle.rules.contract import ask

GIFT = Declared(
    1, ("2026-01-05T09:00:00.000000+00:00", "X1"), "open", "GIFT", "2026-01-05", "2026-01-05", "FR", "EUR", 5000, 5000,
    True, "", 0, True, True, None, "", False, None,
)  # fmt: skip


def asked(answer: Any) -> Opinion | None:
    def judge(settings: Mapping[str, Any], expense: Declared, counted: Sequence[Declared]) -> Any:
        assert (settings, expense, counted) == ({"limit": "73.00"}, GIFT, [])
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask(PolicyRule("acme-gifts", judge), {"limit": "73.00"}, GIFT, [])


@pytest.mark.parametrize(
    "answer", [None, Opinion("alert", "Look."), Opinion("block", "No."), Opinion("cap", "73 a year", 2300)]
)
def test_an_opinion_is_taken_as_it_is(answer: Opinion | None) -> None:
    assert asked(answer) == answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ValueError("no such year"), "ValueError: no such year"),
        (True, "it answered True"),
        (Opinion("refuse", "No."), "it answered Opinion(outcome='refuse'"),  # type: ignore[arg-type]
        (Opinion("cap", "Some"), "it caps at None"),
        (Opinion("cap", "Some", 0.5), "it caps at 0.5"),  # type: ignore[arg-type]
    ],
)
def test_a_rule_that_fails_stops_nobody_and_is_named(answer: Any, said: str) -> None:
    opinion = asked(answer)
    assert opinion is not None
    assert opinion.outcome == "alert"
    assert opinion.sentence.startswith("The rule acme-gifts of a plugin could not judge this expense: ")
    assert said in opinion.sentence
