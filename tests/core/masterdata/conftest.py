"""Companies for tests: the one that `passerelle init` writes, and any number of made-up ones that fit together."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from passerelle.masterdata.company import Company

STARTER = Path(__file__).resolve().parents[3] / "core/src/passerelle/cli/starter/company.toml"
CODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,5}", fullmatch=True)
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs")), min_size=1, max_size=12)
# laid over the first company: a mileage type, people of two profiles, axes that depend on each other, a policy
POLICY = """
[expense_types.car]
name = "Voiture personnelle"
kind = "mileage"
accounts = { pcg = "625100" }
axes = ["centre"]

[axes.client]
name = "Clients"

[axes.client.sections]
ACME = { name = "Acme", employees = ["E001"], entities = ["lumen"], departments = ["sales"] }

[axes.project]
name = "Projets"
parent = "client"

[axes.project.sections]
QUAY = { name = "Quai", parents = ["ACME"] }

[mileage_scales.own]
name = "Barème de la maison"
currency = "EUR"
rates = [
  { power_until = 4, brackets = [{ up_to = 5000, rate = 0.60 }, { rate = 0.40, fixed = 1000 }] },
  { power_from = 5, brackets = [{ rate = 0.5 }], valid_until = 2026-06-30 },
  { power_from = 5, brackets = [{ rate = 0.6 }], valid_from = 2026-07-01 },
  { vehicle = "bicycle", brackets = [{ rate = 0.25 }] },
]

[profiles.generic]
name = "Everyone"

[profiles.generic.types]
train = {}
car = { mileage_scale = "FR" }
supplies = { count = [{ limit = 3, period = "week" }], alert = [{ amounts = { EUR = 100 }, period = "month" }] }
meal = { cap = [
  { amounts = { EUR = 20.50, GBP = "18" }, period = "day", valid_until = 2026-06-30 },
  { amounts = { EUR = 300 }, period = "month" },
] }

[profiles.generic.rules]
receipt = { kind = "receipt", above = { EUR = 25 } }
old = { kind = "age", days = 90, consequence = "alert" }
sundays = { kind = "days", weekends = "alert", holidays = "block" }

[profiles.sales]
name = "Sales"

[profiles.sales.types]
car = { mileage_scale = "own" }
meal = { flat_rate = [
  { amounts = { EUR = 20 }, valid_until = 2026-06-30 },
  { amounts = { EUR = 21 }, valid_from = 2026-07-01 },
  { amounts = { EUR = 25 }, countries = ["GB", "IE"] },
] }

[profiles.sales.rules]
trips = { kind = "restriction", types = ["car", "train"], limit = 1 }
travel = { kind = "cap", types = ["train", "car"], amounts = { EUR = 500 }, period = "quarter" }
"""
ROLES = ("expense", "vat", "employee", "bank", "card", "rounding", "reconciliation", "advance")


@pytest.fixture(scope="session")
def starter() -> str:
    """The text of the first company.toml."""
    return STARTER.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def policy(starter: str) -> str:
    """The first company with an expense policy: every kind of control, two profiles, axes that depend on each other."""
    text = "\n".join(line for line in starter.split("\n") if not line.startswith("#"))
    text = text.replace('"421000" =', '"425000" = { name = "Avances", role = "advance" }\n"421000" =')
    text = text.replace('card = "512100"', 'card = "512100"\nadvance = "425000"')
    text = text.replace('auxiliary = "MARTIN"', 'auxiliary = "MARTIN", profile = "sales", department = "sales"')
    return text.replace("siren =", 'holiday_region = "Alsace"\nsiren =') + POLICY


@pytest.fixture(scope="session")
def companies() -> st.SearchStrategy[Company]:
    """Any company whose objects fit together."""
    return _companies()


def _some(strategy: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(CODES, strategy, max_size=3)


ACCOUNT = st.fixed_dictionaries({"name": NAMES, "role": st.sampled_from(ROLES), "analytical": st.booleans()})
CHARTS = st.dictionaries(CODES, st.dictionaries(CODES, ACCOUNT, max_size=6), min_size=1, max_size=2)
AXES = _some(st.fixed_dictionaries({"name": NAMES, "sections": _some(st.builds(dict, name=NAMES))}))
DESTINATIONS = _some(st.builds(dict, kind=st.just("folder"), path=NAMES, replace=st.booleans()))
RATES = st.decimals(0, 100, places=1).map(Decimal)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
NUMBERS = st.decimals(0, 9999, places=3) | st.integers(0, 9999).map(Decimal)
PERIODS = st.sampled_from(["day", "week", "month", "quarter", "year"])
BRACKETS = st.builds(lambda end, *rates: [{"up_to": end, "rate": rates[0]}, {"rate": rates[1], "fixed": rates[2]}],
                     st.integers(1, 9999), *[NUMBERS] * 3)  # fmt: skip
SCALES = _some(
    st.fixed_dictionaries(
        {
            "name": NAMES,
            "currency": st.sampled_from(["EUR", "GBP"]),
            "rates": st.tuples(st.builds(dict, brackets=BRACKETS)),
        }
    )
)
SETTINGS = st.dictionaries(
    NAMES,
    st.recursive(
        st.text(max_size=5) | st.integers(-9, 9) | st.booleans(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
        max_leaves=4,
    ),
    max_size=2,
)


@st.composite
def _profiles(draw: st.DrawFn, types: list[str]) -> dict[str, Any]:
    def threshold(**more: Any) -> dict[str, Any]:
        amounts = {currency: draw(st.integers(0, 999).map(str)) for currency in ("EUR", "GBP", "JPY")}
        return {"amounts": amounts, "valid_from": draw(st.none() | DAYS), **more}

    ticked = [
        {},
        {"count": [{"limit": 2, "period": draw(PERIODS)}]},
        {"cap": [threshold(period=draw(PERIODS)), threshold(period="year")], "flat_rate": [threshold()]},
    ]
    rules = [
        {"kind": "age", "days": 30},
        {"kind": "comment", "types": types, "consequence": "alert"},
        {"kind": "plugin", "rule": draw(NAMES), "settings": draw(SETTINGS)},
        *([{"kind": "cap", "types": types, **threshold(period=draw(PERIODS))}] if types else []),
    ]
    return {
        "name": draw(NAMES),
        "types": {code: draw(st.sampled_from(ticked)) for code in types},
        "rules": draw(st.dictionaries(CODES, st.sampled_from(rules), max_size=2)),
    }


@st.composite
def _companies(draw: st.DrawFn) -> Company:
    charts, axes, destinations = draw(CHARTS), draw(AXES), draw(DESTINATIONS)

    def pick(choices: Any) -> Any:
        return draw(st.sampled_from(sorted(choices)))

    def codes(most: int, least: int = 0) -> list[str]:
        return draw(st.lists(CODES, min_size=least, max_size=most, unique=True))

    def account_of(chart: str, role: str) -> str | None:
        fitting = [code for code, one in charts[chart].items() if one["role"] == role]
        return pick(fitting) if fitting else None

    def entity(chart: str) -> dict[str, Any]:
        kinds = ("expense_reports", "company_paid")
        return {
            "name": draw(NAMES), "country": pick(["FR", "GB"]), "currency": pick(["EUR", "GBP", "JPY"]),
            "time_zone": pick(["Europe/Paris", "UTC"]), "chart": chart, "closed_until": draw(st.none() | DAYS),
            "accounts": {role: account_of(chart, role) for role in ("bank", "card", "rounding", "reconciliation")},
            "journals": {code: {"name": draw(NAMES), "kind": kind} for code, kind in zip(codes(2), kinds)},  # noqa: B905
        }  # fmt: skip

    def connection() -> dict[str, Any]:
        return {
            "connector": "sage", "entity": pick(entities), "settings": draw(SETTINGS),
            "labels": draw(st.dictionaries(NAMES, st.text(max_size=6), max_size=2)),
            "axes": {axis: slot for slot, axis in enumerate(axes, 1)},
        }  # fmt: skip

    def export(used: str) -> dict[str, Any]:
        artifacts = [{"connection": used, "format": draw(NAMES)}]
        return {"entity": connections[used]["entity"], "artifacts": artifacts, "destinations": sorted(destinations)}

    def expense_type() -> dict[str, Any]:
        accounts = {chart: account_of(chart, "expense") for chart in charts}
        return {
            "name": draw(NAMES), "accounts": {chart: code for chart, code in accounts.items() if code},
            "vat": [{"rate": draw(RATES), "country": "FR", "recoverable": 0}] if draw(st.booleans()) else [],
        }  # fmt: skip

    entities = {code: entity(pick(charts)) for code in codes(2, 1)}
    employees = {
        code: {"name": draw(NAMES), "entity": pick(entities), "account": f"person-{number}", "auxiliary": draw(CODES)}
        for number, code in enumerate(codes(4))
    }
    connections = {code: connection() for code in codes(2)}
    types = {code: expense_type() for code in codes(3)}
    return Company.model_validate({
        "entities": entities, "charts": {code: {"accounts": accounts} for code, accounts in charts.items()},
        "axes": axes, "expense_types": types, "employees": employees,
        "mileage_scales": draw(SCALES), "profiles": {code: draw(_profiles(sorted(types))) for code in codes(1)},
        "connections": connections, "destinations": destinations,
        "exports": {code: export(pick(connections)) for code in codes(2)} if connections else {},
    })  # fmt: skip
