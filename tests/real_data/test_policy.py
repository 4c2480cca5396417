"""The real lines judged by a realistic policy; the csv module and Decimal alone say what must come of it."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from .conftest import MAPPINGS, Installation
from .sources import SOURCES

NAMES = ("p39_travel_allowance", "all_car_parking", "p39_car_pplated")
NIGHT, PARKING = Decimal(300), Decimal(40)
LEASES = ("Lease", "4WD Lease", "Lease adj", "End of lease adj")
POLICY = """
[profiles.generic]
name = "Members of Parliament"

[profiles.generic.types]
ALLOWANCE = { cap = [{ period = "day", amounts = { AUD = 300, BRL = 300 } }] }
PARKING = { cap = [{ period = "day", amounts = { AUD = 40, BRL = 40 } }] }
LEASE = { count = [{ period = "month", limit = 1 }] }
FUEL = {}
CAR_OTHER = {}
"""


def test_allowances_by_night_parking_by_day_and_one_lease_a_month(install: Callable[..., Installation]) -> None:
    """Counts per verdict; three of them are worked out by hand below."""
    made = install([source for source in SOURCES if source.name in NAMES], None)
    company = Path("company.toml")
    text = company.read_text(encoding="utf-8")
    allowance = '[expense_types.ALLOWANCE]\nname = "Travel allowance"\n'
    assert allowance in text
    text = text.replace(allowance, f'{allowance}kind = "quantity"\n')
    company.write_text(text + POLICY, encoding="utf-8")
    made.answer("config", "apply", company)
    outcomes = {}
    for source in made.sources:
        mapping = MAPPINGS / f"{source.name}.toml"
        code = 1 if source.name == "p39_car_pplated" else 0  # leases are refused; a cap is a warning
        outcomes[source.name] = made.answer(
            "reports", "import", source.path(made.shared), "--mapping", mapping, code=code
        )
    nights, parking, leases = (
        expected(made.shared, "p39_travel_allowance", NIGHT, "num_nights"),
        expected(made.shared, "all_car_parking", PARKING),
        expected_leases(made.shared),
    )
    assert nights == {"ok": 2_568, "capped": 1_367, "refund": 9, "uncovered": Decimal("184132.00")}
    assert parking == {"ok": 336, "capped": 769, "refund": 4, "uncovered": Decimal("45663.29")}
    assert leases == {"ok": 947, "blocked": 158, "refund": 23, "uncovered": Decimal("186301.36")}
    for name, found in zip(NAMES, (nights, parking, leases), strict=True):
        assert counted(outcomes[name]) == (found.get("blocked", 0), found.get("capped", 0), found["uncovered"])
    by_hand(made)


def by_hand(made: Installation) -> None:
    """Three verdicts that a person can follow with the source beside them."""
    # Tony Abbott, 2 September 2016, Perth: 884.00 for two nights. 300.00 for each are 600.00; 284.00 is too much.
    allowance = made.answer("rules", "explain", "P39_ABBOTT_Tony_5_13")
    assert decided(allowance) == ("cap", "600.00", "284.00")
    # Mal Brough, 9 December 2013: the line before it has taken the 40.00 of the day; nothing is left for these 93.64.
    parking = made.answer("rules", "explain", "P33_BROUGH_Mal_7_26")
    assert decided(parking) == ("cap", "0.00", "93.64")
    # Anthony Albanese, June 2016: a lease of 895.76 from the 15th, and this one of 819.81 from the 29th. One a month.
    lease = made.answer("rules", "explain", "P39_ALBANESE_Anthony_21_5")
    assert decided(lease) == ("count", "0.00", "819.81")


def decided(answer: Any) -> tuple[str, str, str]:
    """(kind of the rule that decides, covered, not covered) of an explained expense."""
    (deciding,) = [one for one in answer["verdicts"] if one["rule"] == answer["decided_by"]]
    left = Decimal(answer["amount"]) - Decimal(answer["covered"])
    return deciding["kind"], answer["covered"], str(left)


def counted(outcome: Any) -> tuple[int, int, Decimal]:
    """(blocked, capped, not covered) as the import tells it."""
    gaps = [Decimal(one["declared"]) - Decimal(one["covered"]) for one in outcome["covers"]]
    return outcome["blocked"], outcome["capped"], sum(gaps, Decimal())


def rows_of(shared: Path, name: str) -> list[dict[str, str]]:
    """The lines with a date, in the order of their ids: an import declares all of them at one instant."""
    (source,) = [one for one in SOURCES if one.name == name]
    with source.path(shared).open(encoding="utf-8", newline="") as handle:
        rows = [
            row | {"day": next((row[d] for d in source.days if row[d] > "0001"), "")} for row in csv.DictReader(handle)
        ]
    return sorted((row for row in rows if row["day"]), key=lambda row: row["entry_id"])


def expected(shared: Path, name: str, limit: Decimal, quantity: str = "") -> dict[str, Any]:
    """A cap by person and day, raised by every unit beyond the first; a refund gives its amount back to its day."""
    granted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    further: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    found: Counter[str] = Counter()
    uncovered = Decimal()
    for row in rows_of(shared, name):
        key, amount = (row["parl_id"], row["day"]), Decimal(row["amount"])
        if amount < 0:
            granted[key] += amount
            found["refund"] += 1
            continue
        further[key] += max(Decimal(1), Decimal(row[quantity] or 0)) - 1 if quantity else 0
        covered = max(Decimal(), min(amount, limit * (1 + further[key]) - granted[key]))
        granted[key] += covered
        uncovered += amount - covered
        found["ok" if covered == amount else "capped"] += 1
    return {**found, "uncovered": uncovered}


def expected_leases(shared: Path) -> dict[str, Any]:
    """One lease by person and month; what is given back is no declaration."""
    taken: set[tuple[str, str]] = set()
    found: Counter[str] = Counter()
    uncovered = Decimal()
    for row in rows_of(shared, "p39_car_pplated"):
        key, amount = (row["parl_id"], row["day"][:7]), Decimal(row["amount"])
        if row["type"] not in LEASES:
            continue
        if amount < 0:
            found["refund"] += 1
        elif key in taken:
            found["blocked"] += 1
            uncovered += amount
        else:
            found["ok"] += 1
            taken.add(key)
    return {**found, "uncovered": uncovered}
