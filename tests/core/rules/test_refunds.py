"""Refunds: what is taken back, where the room returns, and that none is ever blocked."""

from __future__ import annotations

import pytest
from tests.core.rules.a_policy import ALL_TICKED, check, company, expense, judgements

from passerelle.rules.sentences import sentence

CONTROLLED = """
cap = [{ amounts = { EUR = 60 }, period = "day" }]
alert = [{ amounts = { EUR = 80 }, period = "day" }]
"""
POLICY = ALL_TICKED.replace("types.TAXI]", f"types.TAXI]{CONTROLLED}").replace(
    "types.MEAL]", f"types.MEAL]{CONTROLLED}"
)
ONCE = POLICY.replace("types.TAXI]", "types.TAXI]\ncount = [{ limit = 1, period = 'day' }]")


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(
            """
            2026-01-15 TAXI  50.00 | 50.00
            2026-01-20 TAXI -50.00 names=1 | -50.00
            2026-01-15 TAXI  60.00 | 60.00
            2026-01-20 TAXI  70.00 | 60.00 cap
            """,
            id="a whole refund: the room returns to the day of the original, not to its own",
        ),
        pytest.param(
            """
            2026-01-15 TAXI 100.00 | 60.00 alert cap
            2026-01-15 TAXI -30.00 names=1 |  0.00
            2026-01-15 TAXI -30.00 names=1 | -20.00
            2026-01-15 TAXI -40.00 names=1 | -40.00
            """,
            id="what was not covered goes first: of 100 with 60 covered, 30 then 30 then 40 come back",
        ),
        pytest.param(
            """
            2026-01-15 TAXI  50.00 | 50.00
            2026-01-15 TAXI -70.00 names=1 | -70.00
            2026-01-15 TAXI  90.00 | 80.00 cap
            """,
            id="more than the original: all of it comes back",
        ),
        pytest.param(
            """
            2026-01-15 TAXI  50.00 control=10.00 | 10.00
            2026-01-15 TAXI -40.00 names=1 | 0.00
            2026-01-15 TAXI -10.00 names=1 | -10.00
            """,
            id="what an accountant lowered counts as not covered",
        ),
        pytest.param(
            """
            2026-01-15 TAXI  50.00 gone
            2026-01-15 TAXI -50.00 names=1 | 0.00
            2026-01-15 TAXI  50.00 refused
            2026-01-15 TAXI -60.00 names=3 | -10.00
            """,
            id="of an original that is gone or blocked nothing is covered: only what exceeds it comes back",
        ),
        pytest.param(
            """
            2026-01-15 TAXI  50.00 | 50.00
            2026-01-15 TAXI -50.00 | -50.00
            2026-01-15 TAXI  60.00 | 60.00
            """,
            id="one that names none is taken back whole, in its own period",
        ),
        pytest.param(
            """
            2026-01-15 TAXI  50.00 | 50.00
            2026-01-15 GAS  -50.00 names=1 no-receipt | -50.00
            2026-01-15 TAXI  60.00 | 60.00
            """,
            id="the type of the original, whatever the refund says",
        ),
        pytest.param(
            """
            2026-01-15 TAXI  50.00 fixed=40.00
            2026-01-15 TAXI -30.00 names=1 fixed=-20.00
            2026-01-15 TAXI -20.00 names=1 | -20.00
            2026-01-15 TAXI  70.00 | 60.00 cap
            """,
            id="fixed originals and refunds with their covers as they were",
        ),
        pytest.param(
            """
            2026-01-15 TAXI 60.00 | 60.00
            2026-01-15 TAXI -40.00 names=1 fixed=-40.00
            2026-01-15 TAXI 40.00 fixed=40.00
            """,
            id="a fixed refund of an open original returns its room first, which another one has taken since",
        ),
        pytest.param(
            """
            2026-01-15 TAXI 100.00 | 60.00 refund
            2026-01-15 TAXI -100.00 names=1 fixed=-60.00
            2026-01-15 TAXI  80.00 | 60.00 cap
            """,
            id="… and covers nothing of the original that it has settled as not covered",
        ),
        pytest.param(
            """
            2026-01-15 MEAL  60.00 | 60.00
            2026-01-15 MEAL  80.00 guests=1 | 60.00 refund
            2026-01-15 MEAL -80.00 names=2 fixed=-60.00
            2026-01-15 MEAL  20.00 | 0.00 cap
            """,
            id="… but its shares leave only with those of the original",
        ),
        pytest.param(
            """
            2026-01-15 MEAL 100.00 guests=1 | 100.00
            2026-01-15 MEAL -50.00 names=1 | -50.00
            2026-01-15 MEAL  80.00 | 70.00 cap
            """,
            id="a partial refund that states no guests leaves the shares",
        ),
        pytest.param(
            """
            2026-01-15 MEAL 100.00 guests=2 | 100.00
            2026-01-15 MEAL -50.00 names=1 guests=1 | -50.00
            2026-01-15 MEAL  80.00 | 70.00 cap
            """,
            id="… one that states some takes them away",
        ),
        pytest.param(
            """
            2026-01-15 MEAL 100.00 guests=1 | 100.00
            2026-01-15 MEAL -100.00 names=1 | -100.00
            2026-01-15 MEAL  80.00 | 60.00 cap
            """,
            id="… and a whole one takes all of them, whatever it states",
        ),
        pytest.param(
            """
            2026-01-15 TAXI  50.00 USD | 50.00
            2026-01-15 TAXI -45.00 names=1 | -45.00
            2026-01-15 TAXI  60.00 | 60.00
            """,
            id="a refund in another currency, by the original's own rate",
        ),
        pytest.param(
            """
            2026-01-15 TAXI   0.03 | 0.03
            2026-01-15 TAXI  60.00 GBP | 49.98 cap
            2026-01-15 TAXI -60.00 GBP names=2 | -49.98
            2026-01-15 TAXI  60.00 | 59.97 cap
            """,
            id="a foreign one, whole: in the entity's currency the room is as it was",
        ),
    ],
)
def test_refunds(table: str) -> None:
    check(POLICY, table)


def test_parts_of_a_foreign_expense_sum_up_to_what_was_covered() -> None:
    """60.00 EUR are 50.00 GBP at 1.2. What stays covered: 42.07 GBP, 50.48 EUR; then 21.04, 25.25; then 0."""
    found = check(
        POLICY,
        """
        2026-01-15 TAXI  72.11 GBP | 50.00 alert cap
        2026-01-15 TAXI -30.04 GBP names=1 | -7.93
        2026-01-15 TAXI -21.03 GBP names=1 | -21.03
        2026-01-15 TAXI -21.04 GBP names=1 | -21.04
        """,
    )
    assert [found[number].entity_covered for number in (1, 2, 3, 4)] == [6000, -952, -2523, -2525]


def test_a_refund_at_another_rate_follows_its_own() -> None:
    found = judgements(
        company(POLICY),
        [
            expense(1, "2026-01-15 TAXI 100.00 GBP"),
            expense(2, "2026-01-20 TAXI -100.00 GBP names=1")._replace(rate="1.3", entity_gross=-13000),
        ],
    )
    assert [(one.covered, one.entity_covered) for one in found.values()] == [(5000, 6000), (-5000, -6500)]


def test_company_money_covered_whole_comes_back_whole() -> None:
    """A cent by which the parts are rounded apart is no advance of the employee."""
    found = check(
        "",
        """
        2026-01-15 TAXI  0.04 GBP company | 0.04
        2026-01-15 TAXI -0.02 GBP company names=1 | -0.02
        2026-01-15 TAXI -0.02 GBP company names=1 | -0.02
        2026-01-15 TAXI  0.04 GBP | 0.04
        2026-01-15 TAXI -0.02 GBP names=4 | -0.02
        2026-01-15 TAXI -0.02 GBP names=4 | -0.02
        """,
    )
    assert [one.entity_covered for one in found.values()] == [5, -2, -2, 5, -2, -3]


def test_a_refund_is_no_declaration_and_gives_none_back() -> None:
    check(
        ONCE,
        """
        2026-01-15 TAXI -10.00 | -10.00
        2026-01-15 TAXI  50.00 | 50.00
        2026-01-15 TAXI -50.00 names=2 | -50.00
        2026-01-15 TAXI  50.00 | blocked count
        """,
    )


def test_no_rule_blocks_a_refund() -> None:
    forbidding = "".join(
        f"[profiles.generic.rules.{kind}]\nkind = '{kind}'\n{more}\n"
        for kind, more in {"comment": "", "receipt": "", "age": "days = 0", "days": "weekends = 'block'"}.items()
    )
    check(
        "[profiles.generic]\nname = 'Nothing is ticked'\n" + forbidding,
        """
        2026-01-17 TAXI -50.00 no-comment no-receipt declared=2026-03-01 | -50.00
        2026-01-17 TAXI  50.00 | blocked type days
        """,
    )


def test_a_refund_verdict_explains_itself() -> None:
    found = check(
        POLICY,
        """
        2026-01-15 TAXI 100.00 | 60.00 alert cap
        2026-01-20 TAXI -50.00 names=1 | -10.00
        2026-01-20 TAXI -1.00 | -1.00
        """,
    )
    [named], [unnamed] = found[2].verdicts, found[3].verdicts
    assert (named.kind, named.period, named.used, named.left, named.unit) == ("refund", "2026-01-15", 6000, 5000, "EUR")
    assert named.note == "cancels L1"
    assert (unnamed.outcome, unnamed.note) == ("ok", "names no expense that it cancels")


def test_what_fixed_refunds_settled_is_said() -> None:
    found = check(
        POLICY,
        """
        2026-01-15 TAXI 50.00 | 30.00 refund
        2026-01-15 TAXI -40.00 names=1 fixed=-20.00
        """,
    )
    assert sentence(found[1].verdicts[0]) == (
        "Refunds: 20.00 EUR of it was not covered when its refunds were approved, "
        "hence 30.00 EUR at most is covered now."
    )


def test_without_a_policy_a_refund_is_covered_by_what_is_left_of_what_it_names() -> None:
    check(
        "",
        """
        2026-01-15 TAXI 50.00 control=20.00 | 20.00
        2026-01-15 TAXI -50.00 names=1 | -20.00
        """,
    )
