"""Verdicts as a person reads them, one for each kind of rule and what may become of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.core.rules.a_policy import ALL_TICKED, check

from passerelle.rules.contract import Opinion, PolicyRule
from passerelle.rules.sentences import sentence

CONTROLS = """
count = [{ limit = 2, period = "week" }]
alert = [{ amounts = { EUR = 1000 }, period = "quarter" }]
cap = [{ amounts = { EUR = 20 }, period = "day" }]
"""


def sentences(policy: str, table: str, plugins: Sequence[PolicyRule] = ()) -> list[str]:
    found = check(policy, table, plugins=plugins)
    return [sentence(verdict) for verdict in found[max(found)].verdicts]


def ticked(type_code: str, controls: str) -> str:
    return ALL_TICKED.replace(f"types.{type_code}]", f"types.{type_code}]\n{controls}")


def rule(kind: str, more: str = "") -> str:
    return ALL_TICKED + f"[profiles.generic.rules.R1]\nkind = '{kind}'\n{more}\n"


def test_the_control_set_of_a_type() -> None:
    table = """
        2026-01-15 MEAL 20.00 | 20.00
        2026-01-15 MEAL 32.00 guests=1 | 20.00 cap
    """
    assert sentences(ticked("MEAL", CONTROLS), table) == [
        "At most 2 MEAL a week: 0 left in week 2026-W03 (1 expense counted before).",
        "Alert threshold on MEAL, 2,000.00 EUR a quarter (1,000.00 EUR a share): 1,948.00 EUR left in 2026-Q1 "
        "(1 expense counted before).",
        "Cap on MEAL, 40.00 EUR a day (20.00 EUR a share): 12.00 EUR of 32.00 EUR is not covered; "
        "0.00 EUR left on 2026-01-15 "
        "(1 expense counted before).",
    ]


@pytest.mark.parametrize(
    ("policy", "table", "said"),
    [
        (
            ticked("TAXI", 'count = [{ limit = 0, period = "month" }]'),
            "2026-01-15 TAXI 9.00 | blocked count",
            "No TAXI may be declared: blocked in 2026-01.",
        ),
        (
            ticked("TAXI", 'cap = [{ amounts = { EUR = 500 }, period = "year" }]'),
            "2026-01-15 TAXI 9.00 | 9.00",
            "Cap on TAXI, 500.00 EUR a year: not reached; 491.00 EUR left in 2026 (0 expenses counted before).",
        ),
        (
            rule("alert", "types = ['TAXI', 'GAS']\namounts = { EUR = 5 }\nperiod = 'day'"),
            "2026-01-15 TAXI 9.00 | 9.00 alert",
            "Alert threshold of rule R1, 5.00 EUR a day: 9.00 EUR declared, 4.00 EUR above on 2026-01-15 "
            "(0 expenses counted before).",
        ),
        (
            rule("restriction", "types = ['TAXI', 'GAS']\nlimit = 1"),
            "2026-01-15 TAXI 9.00 | 9.00\n2026-01-15 GAS 9.00 | blocked restriction",
            "Restriction R1, different types at most once a day: blocked beside TAXI; 1 counted before on 2026-01-15.",
        ),
        (
            rule("restriction", "types = ['TAXI', 'GAS']\nlimit = 2"),
            "2026-01-15 TAXI 9.00 | 9.00",
            "Restriction R1, different types at most 2 times a day: allowed on 2026-01-15 (0 expenses counted before).",
        ),
        (
            ALL_TICKED.replace("[profiles.generic.types.TAXI]", ""),
            "2026-01-15 TAXI 9.00 | blocked type",
            "TAXI may not be declared: neither this profile nor the generic one ticks it.",
        ),
        (
            ticked("NIGHT", "flat_rate = [{ amounts = { EUR = 90 } }]"),
            "2026-01-15 NIGHT ? quantity=2 | 180.00",
            "Flat rate on NIGHT, 90.00 EUR × 2: 180.00 EUR.",
        ),
        (
            ticked("NIGHT", "flat_rate = [{ amounts = { EUR = 90 } }]"),
            "2026-01-15 NIGHT 200.00 quantity=2 | blocked flat_rate",
            "Flat rate on NIGHT, 90.00 EUR × 2: blocked, 180.00 EUR is expected and 200.00 EUR is stated.",
        ),
        (
            ALL_TICKED,
            "2026-01-15 NIGHT ? | blocked flat_rate",
            "Flat rate on NIGHT: blocked, no amount is stated, and the policy has none for the type.",
        ),
        (
            ticked("TRIP", "mileage_scale = 'FR'"),
            "2026-01-15 TRIP ? km=4500 cv=5 | 2862.00\n2026-06-15 TRIP ? km=1500 cv=5 | 675.00",
            "Mileage scale on TRIP: 675.00 EUR; 1,500 km after 4,500 km: 3,537.00 EUR − 2,862.00 EUR, in 2026 "
            "(1 trip counted before).",
        ),
        (
            ticked("TRIP", "mileage_scale = 'FR'"),
            "2026-01-15 TRIP 9.00 km=10 cv=5 | blocked mileage",
            "Mileage scale on TRIP: blocked, 6.36 EUR is expected and 9.00 EUR is stated; "
            "10 km after 0 km: 6.36 EUR − 0.00 EUR, in 2026 (0 trips counted before).",
        ),
        (
            ticked("TRIP", "mileage_scale = 'FR'"),
            "2026-01-15 TRIP ? | blocked mileage",
            "Mileage scale on TRIP: blocked, the trip's distance is missing.",
        ),
        (
            rule("receipt", "above = { EUR = 20 }"),
            "2026-01-15 TAXI 20.01 no-receipt | blocked receipt",
            "Rule R1, a receipt is required above 20.00 EUR: there is none for 20.01 EUR: blocked.",
        ),
        (
            rule("receipt", "above = { EUR = 20 }"),
            "2026-01-15 TAXI 9.00 no-receipt | 9.00",
            "Rule R1, a receipt is required above 20.00 EUR: none is needed for 9.00 EUR.",
        ),
        (
            rule("receipt", "consequence = 'alert'"),
            "2026-01-15 TAXI 9.00 | 9.00",
            "Rule R1, a receipt is required: there is one for 9.00 EUR.",
        ),
        (
            rule("comment", "consequence = 'alert'"),
            "2026-01-15 TAXI 9.00 no-comment | 9.00 comment",
            "Rule R1, a comment is required: there is none: alert.",
        ),
        (
            rule("age", "days = 30"),
            "2026-01-01 TAXI 9.00 declared=2026-03-02 | blocked age",
            "Rule R1, at most 30 days old: declared 60 days after 2026-01-01, on 2026-03-02: blocked.",
        ),
        (
            rule("future"),
            "2026-01-02 TAXI 9.00 declared=2026-01-01 | blocked future",
            "Rule R1, no date after the declaration: 2026-01-02 was declared on 2026-01-01: blocked.",
        ),
        (
            rule("future"),
            "2026-01-02 TAXI 9.00 | 9.00",
            "Rule R1, no date after the declaration: 2026-01-02 is not after it.",
        ),
        (
            rule("days", "weekends = 'alert'"),
            "2026-01-17 TAXI 9.00 | 9.00 days",
            "Rule R1, 2026-01-17: Saturday: alert.",
        ),
        (
            rule("days", "weekends = 'alert'"),
            "2026-01-16 TAXI 9.00 | 9.00",
            "Rule R1, 2026-01-16: a day on which it is allowed.",
        ),
        (
            ALL_TICKED,
            "2026-01-16 TAXI 9.00 control=5.00 | 5.00\n2026-01-20 TAXI -6.00 names=1 | -2.00",
            "Refund, cancels L1 of 2026-01-16: 5.00 EUR of that was still covered, 3.00 EUR stays covered.",
        ),
        (
            ALL_TICKED,
            "2026-01-20 TAXI -6.00 | -6.00",
            "Refund of 2026-01-20: it names no expense that it cancels, and is taken back whole.",
        ),
    ],
)
def test_sentence(policy: str, table: str, said: str) -> None:
    assert sentences(policy, table) == [said]


@pytest.mark.parametrize(
    ("opinion", "row", "said"),
    [
        (("block", "No wine."), "blocked plugin", "Rule R1, in 2026: No wine: blocked (0 expenses counted before)."),
        (("alert", ""), "9.00 plugin", "Rule R1, in 2026: no reason is given: alert (0 expenses counted before)."),
        (
            ("cap", "Half a bottle.", 450),
            "4.50 plugin",
            "Rule R1, in 2026: Half a bottle; at most 4.50 EUR is covered (0 expenses counted before).",
        ),
    ],
)
def test_sentence_of_a_plugin(opinion: tuple[Any, ...], row: str, said: str) -> None:
    plugin = PolicyRule("acme-wine", lambda settings, expense, counted: Opinion(*opinion))
    policy = rule("plugin", "rule = 'acme-wine'")
    assert sentences(policy, f"2026-01-15 TAXI 9.00 | {row}", [plugin]) == [said]
