"""What a policy holds, as a person reads it."""

from __future__ import annotations

import tomllib
from decimal import Decimal

from tests.core.rules.a_policy import company

from passerelle.rules.descriptions import describe

POLICY = """
[profiles.sales]
name = "Sales"

[profiles.sales.types.GAS]

[profiles.sales.types.MEAL]
count = [{ limit = 1, period = "day", valid_from = 2026-02-01 }]
alert = [{ amounts = { EUR = 300 }, period = "month" }]
cap = [{ amounts = { EUR = 20, USD = 25.50 }, period = "day", valid_from = 2026-01-01, valid_until = 2026-12-31 }]

[profiles.sales.types.NIGHT]
flat_rate = [{ amounts = { EUR = 90 }, countries = ["FR", "BE"] }]

[profiles.sales.types.TRIP]
mileage_scale = "FR"

[profiles.sales.rules]
TRAVEL = { kind = "restriction", types = ["TAXI", "GAS"], limit = 1, valid_until = 2026-06-30 }
FUEL = { kind = "cap", types = ["GAS", "DIESEL"], amounts = { EUR = 200 }, period = "month" }
TABLE = { kind = "alert", types = ["MEAL", "NIGHT"], amounts = { EUR = 500 }, period = "week" }
RECEIPTS = { kind = "receipt", above = { EUR = 20 } }
ALL_RECEIPTS = { kind = "receipt", types = ["TAXI"], consequence = "alert" }
WHY = { kind = "comment", types = ["MEAL"] }
OLD = { kind = "age", days = 1 }
AHEAD = { kind = "future", consequence = "alert" }
DAYS = { kind = "days", weekends = "block", holidays = "alert" }
OFF = { kind = "days", types = ["GAS"], leave = "block" }
WINE = { kind = "plugin", rule = "acme-wine", types = ["MEAL"], settings = { most = 2 } }
"""


def test_every_kind_of_rule_is_described() -> None:
    sales = company(POLICY).profiles["sales"]
    lines = [line for code, ticked in sales.types.items() for line in describe(ticked, f"profiles.sales.types.{code}")]
    lines += [line for code, rule in sales.rules.items() for line in describe(rule, f"profiles.sales.rules.{code}")]
    assert [f"{path.removeprefix('profiles.sales.')} {kind}: {said}" for path, kind, said in lines] == [
        "types.GAS type: GAS may be declared, without control.",
        "types.MEAL.count[1] count: At most 1 MEAL a day, for expenses from 2026-02-01.",
        "types.MEAL.alert[1] alert: Alert threshold on MEAL: 300.00 EUR a month.",
        "types.MEAL.cap[1] cap: Cap on MEAL: 20.00 EUR or 25.50 USD a day, "
        "for expenses from 2026-01-01 until 2026-12-31.",
        "types.NIGHT.flat_rate[1] flat_rate: The amount of NIGHT in FR, BE is filled in: 90.00 EUR each.",
        "types.TRIP.mileage_scale mileage: The amount of TRIP is filled in by the mileage scale FR.",
        "rules.TRAVEL restriction: At most once a day among TAXI, GAS, unless all are of one type, "
        "for expenses until 2026-06-30.",
        "rules.FUEL cap: Cap on GAS, DIESEL together: 200.00 EUR a month.",
        "rules.TABLE alert: Alert threshold on MEAL, NIGHT together: 500.00 EUR a week.",
        "rules.RECEIPTS receipt: A receipt is required above 20.00 EUR, of all types; else blocked.",
        "rules.ALL_RECEIPTS receipt: A receipt is required, of TAXI; else alert.",
        "rules.WHY comment: A comment is required, of MEAL; else blocked.",
        "rules.OLD age: Declared at most 1 day after the expense, of all types; else blocked.",
        "rules.AHEAD future: Not dated after the declaration, of all types; else alert.",
        "rules.DAYS days: All types on weekends: blocked, public holidays: alert, leave: allowed.",
        "rules.OFF days: GAS on weekends: allowed, public holidays: allowed, leave: blocked.",
        "rules.WINE plugin: acme-wine judges MEAL, most = 2, with what was counted in the year.",
    ]


def test_every_kind_of_rule_stands_in_the_policy_above() -> None:
    raw = tomllib.loads(POLICY, parse_float=Decimal)["profiles"]["sales"]["rules"]
    kinds = {rule["kind"] for rule in raw.values()}
    assert kinds == {"restriction", "cap", "alert", "receipt", "comment", "age", "future", "days", "plugin"}
