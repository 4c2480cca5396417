"""Rules of plugins: what they are shown, what they may say, and what becomes of one that fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.core.rules.a_policy import ALL_TICKED, check

from passerelle.rules.contract import Opinion, PolicyRule
from passerelle.rules.declared import Declared

POLICY = (
    ALL_TICKED
    + """
[profiles.generic.rules.GIFTS]
kind = "plugin"
rule = "acme-gifts"
types = ["TAXI", "GAS"]
period = "month"
settings = { most = 2500 }
"""
)


def gifts(settings: Mapping[str, Any], expense: Declared, counted: Sequence[Declared]) -> Opinion | None:
    """At most so much a month for the types, in the entity's currency; a comment on nothing at all."""
    if expense.gross == 100:
        return None
    if expense.gross == 6600:
        return Opinion("alert", "An odd number.")
    if expense.gross == 66600:
        return Opinion("block", "The number of the beast.")
    used = sum(one.entity_covered for one in counted)
    return Opinion("cap", "Gifts are limited.", max(0, settings["most"] - used))


def test_what_a_rule_says_decides_with_the_others() -> None:
    found = check(
        POLICY,
        """
        2026-01-15 TAXI  20.00 | 20.00
        2026-01-16 TAXI   1.00 | 1.00
        2026-01-17 MEAL  50.00 | 50.00
        2026-01-18 GAS   20.00 | 4.00 plugin
        2026-01-18 GAS   66.00 | 66.00 plugin
        2026-01-18 GAS  666.00 | blocked plugin
        2026-01-18 GAS  -20.00 names=1 | -20.00
        2026-02-01 GAS   20.00 | 20.00
        """,
        plugins=[PolicyRule("acme-gifts", gifts)],
    )
    [verdict] = found[4].verdicts
    assert (verdict.rule, verdict.period, verdict.counted) == ("profiles.generic.rules.GIFTS", "2026-01", 2)
    assert (verdict.threshold, verdict.unit, verdict.note) == (400, "EUR", "Gifts are limited.")
    assert found[2].verdicts == ()  # it had nothing to say


def test_it_sees_what_counts_and_stands_before_with_its_cover() -> None:
    seen: list[list[tuple[int, int, int]]] = []

    def watch(settings: Mapping[str, Any], expense: Declared, counted: Sequence[Declared]) -> None:
        seen.append([(one.id, one.gross, one.covered) for one in counted])

    cap = "cap = [{ amounts = { EUR = 15 }, period = 'day' }]"
    check(
        POLICY.replace("types.TAXI]", f"types.TAXI]\n{cap}"),
        """
        2026-01-15 TAXI  20.00 | 15.00 cap
        2026-01-15 TAXI  20.00 gone
        2026-01-16 GAS   -5.00 names=1 | 0.00
        2026-01-31 GAS    9.00 | 9.00
        2026-02-01 TAXI   9.00 | 9.00
        2026-01-20 TAXI   7.00 fixed=6.00
        """,
        plugins=[PolicyRule("acme-gifts", watch)],
    )
    fixed = (6, 700, 600)
    assert seen == [[fixed], [fixed, (1, 2000, 1500), (3, -500, 0)], []]


def broken(settings: Mapping[str, Any], expense: Declared, counted: Sequence[Declared]) -> Opinion | None:
    raise LookupError("no rate for this")


def silent(settings: Mapping[str, Any], expense: Declared, counted: Sequence[Declared]) -> Any:
    raise RuntimeError


def of_another_form(settings: Mapping[str, Any], expense: Declared, counted: Sequence[Declared]) -> Any:
    return "blocked"


def without_cover(settings: Mapping[str, Any], expense: Declared, counted: Sequence[Declared]) -> Opinion | None:
    return Opinion("cap", "Too much.", None if expense.gross < 1000 else -1)


@pytest.mark.parametrize(
    ("judge", "why"),
    [
        (broken, "LookupError"),
        (silent, "RuntimeError"),
        (of_another_form, "it gave no opinion that can be read"),
        (without_cover, "it states no cover of zero or more"),
        (None, "no plugin offers acme-gifts"),
    ],
)
def test_one_that_fails_is_an_alert_and_the_others_go_on(judge: Any, why: str) -> None:
    policy = POLICY + "[profiles.generic.rules.WHY]\nkind = 'comment'\n"
    found = check(
        policy,
        """
        2026-01-15 TAXI  9.00 | 9.00 plugin
        2026-01-15 TAXI 20.00 no-comment | blocked comment plugin
        """,
        plugins=[] if judge is None else [PolicyRule("acme-gifts", judge)],
    )
    assert found[1].verdicts[-1].note == f"the rule could not be judged: {why}"
