"""Caps and alert thresholds: what is granted, in which currency, for how many shares, and what is left."""

from __future__ import annotations

import pytest
from tests.core.rules.a_policy import ALL_TICKED, check, verdict_of


def ticked(**controls: str) -> str:
    policy = ALL_TICKED
    for code, controlled in controls.items():
        policy = policy.replace(f"types.{code}]", f"types.{code}]\n{controlled}")
    return policy


def cap(amounts: str, period: str = "day") -> str:
    return f"cap = [{{ amounts = {{ {amounts} }}, period = '{period}' }}]"


def alert(amounts: str, period: str = "day") -> str:
    return f"alert = [{{ amounts = {{ {amounts} }}, period = '{period}' }}]"


BUDGET = """
[profiles.generic.rules.{}]
kind = "{}"
types = ["TAXI", "GAS", "MEAL", "NIGHT"]
amounts = {{ {} }}
period = "{}"
"""


@pytest.mark.parametrize(
    ("policy", "table"),
    [
        pytest.param(
            ticked(TAXI=cap("EUR = 20")),
            """
            2026-01-15 TAXI 12.00 | 12.00
            2026-01-15 TAXI 12.00 |  8.00 cap
            2026-01-15 TAXI 12.00 |  0.00 cap
            2026-01-15 GAS  12.00 | 12.00
            2026-01-16 TAXI 20.00 | 20.00
            2026-01-16 TAXI  0.00 |  0.00
            """,
            id="a cap accumulates what is granted",
        ),
        pytest.param(
            ticked(TAXI=cap("EUR = 20")),
            """
            2026-01-15 TAXI 12.00 fixed=3.00
            2026-01-15 TAXI 12.00 gone
            2026-01-15 TAXI 12.00 refused
            2026-01-15 TAXI 30.00 | 17.00 cap
            """,
            id="of a fixed one what was granted, of one that does not count nothing",
        ),
        pytest.param(
            ticked(TAXI=cap("EUR = 20")),
            """
            2026-01-15 TAXI 15.00 | 5.00 cap
            2026-01-15 TAXI 15.00 fixed=15.00
            """,
            id="what is fixed takes its room first",
        ),
        pytest.param(
            ticked(TAXI=cap("EUR = 20")),
            """
            2026-01-15 TAXI 15.00 control=4.00 | 4.00
            2026-01-15 TAXI 20.00 | 16.00 cap
            2026-01-15 TAXI 15.00 control=4.00 | 0.00 cap
            2026-01-16 TAXI 15.00 control=99.00 | 15.00
            """,
            id="what control takes away is room for the others",
        ),
        pytest.param(
            ticked() + BUDGET.format("A", "cap", "EUR = 20", "day") + BUDGET.format("B", "cap", "EUR = 30", "month"),
            """
            2026-01-15 TAXI 12.00 | 12.00
            2026-01-15 GAS  12.00 |  8.00 cap
            2026-01-16 GAS  12.00 | 10.00 cap
            2026-01-17 TAXI 12.00 |  0.00 cap
            2026-02-01 TAXI 12.00 | 12.00
            """,
            id="several caps share one list: the tightest decides",
        ),
        pytest.param(
            ticked(TAXI=alert("EUR = 20")),
            """
            2026-01-15 TAXI 20.00 | 20.00
            2026-01-15 TAXI  0.01 |  0.01 alert
            2026-01-16 TAXI 12.00 control=0.00 | 0.00
            2026-01-16 TAXI 12.00 | 12.00 alert
            """,
            id="an alert looks at what is declared, covered or not",
        ),
        pytest.param(
            ticked(TAXI=cap("EUR = 20, USD = 10")),
            """
            2026-01-15 TAXI 12.00 USD | 10.00 cap
            2026-01-15 TAXI 12.00 | 12.00
            2026-01-15 TAXI 10.00 GBP |  6.67 cap
            2026-01-15 TAXI 10.00 GBP |  0.00 cap
            2026-01-16 TAXI 20.00 USD | 10.00 cap
            2026-01-16 TAXI  2000 JPY |  2000
            2026-01-16 TAXI  2000 JPY |  1333 cap
            """,
            id="each currency its own threshold, else the entity's, converted: counted apart",
        ),
        pytest.param(
            ticked(TAXI=cap("EUR = 9, USD = 12")) + BUDGET.format("A", "cap", "EUR = 10", "day"),
            "2026-01-15 TAXI 20.00 USD | 11.11 cap cap",  # 12.00 USD are 10.80 EUR: the budget of 10.00 EUR is tighter
            id="a cap in its own currency and one converted: the tighter share decides",
        ),
    ],
)
def test_thresholds(policy: str, table: str) -> None:
    check(policy, table)


@pytest.mark.parametrize(
    ("policy", "table"),
    [
        pytest.param(
            ticked(MEAL=cap("EUR = 20")),
            """
            2026-01-15 MEAL 50.00 guests=1 | 40.00 cap
            2026-01-15 MEAL 50.00 guests=2 | 40.00 cap
            2026-01-15 MEAL 50.00 |  0.00 cap
            """,
            id="one and three guests' shares: 40, then 80; the next adds none",
        ),
        pytest.param(
            ticked(NIGHT=cap("EUR = 99.99")),
            """
            2026-01-15 NIGHT 500.00 quantity=2.5 | 249.98 cap
            2026-01-16 NIGHT 500.00 quantity=0.5 |  99.99 cap
            2026-01-17 NIGHT 500.00 | 99.99 cap
            2026-01-18 NIGHT 500.00 guests=4 | 99.99 cap
            """,
            id="quantities below one are one share; halves are rounded away from zero, once",
        ),
        pytest.param(
            ticked(NIGHT=cap("EUR = 0.01", "month")),
            """
            2026-01-15 NIGHT 5.00 quantity=1.25 | 0.01 cap
            2026-01-16 NIGHT 5.00 quantity=1.25 | 0.01 cap
            """,
            id="0.01 × 1.25, then × 1.5: each time rounded once, from the exact sum",
        ),
        pytest.param(
            ticked() + BUDGET.format("A", "cap", "EUR = 20", "day"),
            """
            2026-01-15 TAXI 30.00 | 10.00 cap
            2026-01-15 MEAL 30.00 guests=1 | 20.00 cap
            2026-01-15 TAXI 30.00 | 0.00 cap
            2026-01-15 MEAL 30.00 guests=4 gone
            2026-01-15 NIGHT 30.00 quantity=2 fixed=30.00
            """,
            id="shares of all types of the list raise it, those of what is fixed first",
        ),
        pytest.param(
            ticked(MEAL=alert("EUR = 20")),
            """
            2026-01-15 MEAL 39.00 guests=1 | 39.00
            2026-01-15 MEAL  2.00 | 2.00 alert
            """,
            id="alerts grow in the same way",
        ),
    ],
)
def test_shares_raise_thresholds(policy: str, table: str) -> None:
    check(policy, table)


def test_a_cap_verdict_explains_itself() -> None:
    found = check(
        ticked(MEAL=cap("EUR = 20", "week")),
        """
        2026-12-28 MEAL 12.00 | 12.00
        2027-01-03 MEAL 50.00 guests=1 | 28.00 cap
        """,
    )
    path = "profiles.generic.types.MEAL.cap[1]"
    assert verdict_of(found[1], "cap") == (path, "ok", "2026-W53", 0, 0, 2000, 800)
    assert verdict_of(found[2], "cap") == (path, "cap", "2026-W53", 1, 1200, 4000, 0)
    assert found[2].verdicts[0].unit == "EUR"
    assert found[2].verdicts[0].note == "22.00 EUR of 50.00 EUR is not covered"


def test_an_alert_verdict_explains_itself() -> None:
    found = check(
        ticked(MEAL=alert("EUR = 20, USD = 5")),
        """
        2026-01-15 MEAL 7.00 USD | 7.00 alert
        2026-01-15 MEAL 12.00 | 12.00
        """,
    )
    path = "profiles.generic.types.MEAL.alert[1]"
    assert verdict_of(found[1], "alert") == (path, "alert", "2026-01-15", 0, 0, 500, 0)
    assert found[1].verdicts[0].note == "7.00 USD declared, 2.00 USD above"
    assert verdict_of(found[2], "alert") == (path, "ok", "2026-01-15", 0, 0, 2000, 800)


def test_the_cover_is_given_in_both_currencies() -> None:
    found = check(ticked(TAXI=cap("EUR = 10")), "2026-01-15 TAXI 20.00 USD | 11.11 cap")
    assert (found[1].covered, found[1].entity_covered) == (1111, 1000)
    found = check(ticked(TAXI=cap("EUR = 99, USD = 10.01")), "2026-01-15 TAXI 20.00 USD | 10.01 cap")
    assert (found[1].covered, found[1].entity_covered) == (1001, 901)  # 9.009
    found = check(ticked(), "2026-01-15 TAXI 20.00 USD control=5.00 | 5.56")
    assert (found[1].covered, found[1].entity_covered) == (556, 500)


def test_a_blocked_expense_leaves_the_room_it_found() -> None:
    policy = ticked(TAXI=cap("EUR = 20") + "\n" + alert("EUR = 5") + "\ncount = [{ limit = 1, period = 'day' }]")
    found = check(
        policy,
        """
        2026-01-15 TAXI 15.00 | 15.00 alert
        2026-01-15 TAXI 15.00 company | blocked count alert cap
        """,
    )
    assert (found[2].covered, found[2].entity_covered) == (0, 0)
    assert [(verdict.kind, verdict.left) for verdict in found[2].verdicts] == [("count", 0), ("alert", 0), ("cap", 500)]
