"""Amounts that the policy fills in: flat rates and mileage; a stated amount must be the expected one."""

from __future__ import annotations

import pytest
from tests.core.rules.a_policy import ALL_TICKED, check, verdict_of

FLAT = """
flat_rate = [
  { amounts = { EUR = 90 }, valid_until = 2026-06-30 },
  { amounts = { EUR = 100 }, valid_from = 2026-07-01 },
  { amounts = { EUR = 110, GBP = 95 }, countries = ["GB", "IE"] },
]
"""
NIGHTS = ALL_TICKED.replace("types.NIGHT]", f"types.NIGHT]{FLAT}").replace(
    "types.MEAL]", "types.MEAL]\nflat_rate = [{ amounts = { EUR = 17.35 } }]"
)
TRIPS = ALL_TICKED.replace("types.TRIP]", "types.TRIP]\nmileage_scale = 'FR'")
OWN_SCALE = (
    TRIPS.replace("'FR'", "'HOUSE'")
    + """
[mileage_scales.HOUSE]
name = "Ours"
currency = "EUR"
rates = [
  { brackets = [{ rate = 0.5 }], valid_until = 2026-06-30 },
  { brackets = [{ rate = 0.6 }], valid_from = 2026-07-01 },
]
"""
)


@pytest.mark.parametrize(
    ("policy", "table"),
    [
        pytest.param(
            NIGHTS,
            """
            2026-06-30 NIGHT ? | 90.00
            2026-07-01 NIGHT ? | 100.00
            2026-07-01 NIGHT ? quantity=3 | 300.00
            2026-07-01 NIGHT ? quantity=0.5 | 50.00
            2026-07-01 MEAL  ? guests=2 | 52.05
            """,
            id="by day, × quantity or shares",
        ),
        pytest.param(
            NIGHTS,
            """
            2026-07-01 NIGHT ? in=GB | 110.00
            2026-07-01 NIGHT ? in=GB GBP | 95.00
            2026-07-01 NIGHT ? in=DE | 100.00
            2026-07-01 NIGHT ? in=DE USD | blocked flat_rate
            """,
            id="by country and currency: one that the rate does not have is refused",
        ),
        pytest.param(
            NIGHTS,
            """
            2026-07-01 NIGHT 200.00 quantity=2 | 200.00
            2026-07-01 NIGHT 200.01 quantity=2 | blocked flat_rate
            2026-07-01 NIGHT 100.00 USD | blocked flat_rate
            2026-07-01 TAXI  ? | blocked flat_rate
            2026-07-01 NIGHT -80.00 | -80.00
            """,
            id="a stated amount must be the expected one; without a rate there is no amount",
        ),
        pytest.param(
            ALL_TICKED.replace(
                "types.NIGHT]", "types.NIGHT]\nflat_rate = [{ amounts = { EUR = 9 }, countries = ['GB'] }]"
            ),
            """
            2026-07-01 NIGHT ? | blocked flat_rate
            2026-07-01 NIGHT 80.00 | 80.00
            """,
            id="where no rate holds, a stated amount is free",
        ),
        pytest.param(
            NIGHTS.replace(FLAT, f"{FLAT}\ncap = [{{ amounts = {{ EUR = 150 }}, period = 'day' }}]"),
            """
            2026-07-01 NIGHT ? | 100.00
            2026-07-01 NIGHT ? | 50.00 cap
            2026-07-01 NIGHT ? in=GB GBP | 0.00 cap
            """,
            id="what is filled in passes the other rules",
        ),
        pytest.param(
            TRIPS,
            """
            2026-01-15 TRIP ? km=4500 cv=5 | 2862.00
            2026-06-15 TRIP ? km=1500 cv=5 | 675.00
            2026-06-16 TRIP ? km=100 cv=5 car=AB-123 | 63.60
            2027-01-01 TRIP ? km=100 cv=5 | 63.60
            """,
            id="across a bracket: F(6,000) − F(4,500) = 3,537.00 − 2,862.00; another car and another year start anew",
        ),
        pytest.param(
            TRIPS,
            """
            2026-01-15 TRIP 63.60 km=100 cv=5 | 63.60
            2026-01-15 TRIP 63.61 km=100 cv=5 | blocked mileage
            2026-01-15 TRIP ? | blocked mileage
            2026-01-15 TRIP ? km=100 cv=5 USD | blocked mileage
            2026-01-15 TRIP ? km=-100 cv=5 | blocked mileage
            2026-01-15 TRIP ? km=100 | blocked mileage
            """,
            id="a stated amount must be the expected one; no distance, another currency, no fiscal power",
        ),
        pytest.param(
            TRIPS,
            """
            2026-01-15 TRIP ? km=4500 cv=5 gone
            2026-02-15 TRIP 2862.00 km=4500 cv=5 fixed=100.00
            2026-06-15 TRIP ? km=1500 cv=5 | 675.00
            2026-06-15 TRIP -2862.00 names=2 | -100.00
            2026-06-16 TRIP ? km=4500 cv=5 | 2862.00
            """,
            id="what is gone adds nothing; a fixed one is worth its amount; a refund takes its distance back",
        ),
        pytest.param(
            OWN_SCALE,
            """
            2026-06-30 TRIP ? km=100 | 50.00
            2026-07-01 TRIP ? km=100 | 70.00
            2026-07-02 TRIP ? mi=100 | 96.56
            """,
            id="a company's scale, raised in July: the first trip of July regularises the year; miles are converted",
        ),
    ],
)
def test_amounts_filled_in(policy: str, table: str) -> None:
    check(policy, table)


def test_a_year_adds_up_to_its_value_after_a_lower_scale() -> None:
    """F(200 km) at the new rates is less than the first trip was worth: the next one gives it back."""
    policy = OWN_SCALE.replace("rate = 0.6", "rate = 0.2")
    found = check(
        policy,
        """
        2026-06-30 TRIP ? km=100 | 50.00
        2026-07-01 TRIP ? km=100 | -10.00
        2026-07-02 TRIP ? km=100 | 20.00
        """,
    )
    assert sum(one.gross for one in found.values()) == 6000  # 300 km × 0.20


def test_the_gross_is_told_in_both_currencies() -> None:
    found = check(NIGHTS, "2026-07-01 NIGHT ? in=GB GBP quantity=2 | 190.00")
    assert found[1][1:5] == (19000, 22800, 19000, 22800)
    found = check(NIGHTS, "2026-07-01 NIGHT ? in=DE USD | blocked flat_rate")
    assert found[1][1:5] == (0, 0, 0, 0)


def test_filling_verdicts_explain_themselves() -> None:
    path = "profiles.generic.types.NIGHT.flat_rate[2]"
    found = check(NIGHTS, "2026-07-01 NIGHT 200.01 quantity=2 | blocked flat_rate")
    assert verdict_of(found[1], "flat_rate") == (path, "block", "2026-07-01", 0, 20001, 20000, None)
    assert found[1].verdicts[0].note == "100.00 EUR × 2"
    found = check(
        TRIPS,
        """
        2026-01-15 TRIP ? km=4500.5 cv=5 | 2862.32
        2026-06-15 TRIP ? km=1499.5 cv=5 | 674.68
        """,
    )
    path = "profiles.generic.types.TRIP.mileage_scale"
    assert verdict_of(found[2], "mileage") == (path, "ok", "2026", 1, 67468, 67468, None)
    assert found[2].verdicts[0].note == "1,499.5 km after 4,500.5 km: 3,537.00 EUR − 2,862.32 EUR"
