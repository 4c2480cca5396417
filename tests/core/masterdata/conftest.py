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
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
ROLES = ("expense", "vat", "employee", "bank", "card", "rounding", "reconciliation")


@pytest.fixture(scope="session")
def starter() -> str:
    """The text of the first company.toml."""
    return STARTER.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def companies() -> st.SearchStrategy[Company]:
    """Any company whose objects fit together."""
    return _companies()


@st.composite
def _companies(draw: st.DrawFn) -> Company:
    def pick(choices: Any) -> Any:
        return draw(st.sampled_from(sorted(choices)))

    def some(strategy: Any) -> dict[str, Any]:
        return draw(st.dictionaries(CODES, strategy, max_size=3))

    account = st.fixed_dictionaries({"name": NAMES, "role": st.sampled_from(ROLES), "analytical": st.booleans()})
    charts = draw(st.dictionaries(CODES, st.dictionaries(CODES, account, max_size=6), min_size=1, max_size=2))

    def account_of(chart: str, role: str) -> str | None:
        fitting = [code for code, one in charts[chart].items() if one["role"] == role]
        return pick(fitting) if fitting else None

    entities = {}
    for code in draw(st.lists(CODES, min_size=1, max_size=2, unique=True)):
        chart = pick(charts)
        journals = draw(st.lists(CODES, max_size=2, unique=True))
        entities[code] = {
            "name": draw(NAMES), "country": pick(["FR", "GB"]), "currency": pick(["EUR", "GBP", "JPY"]),
            "time_zone": pick(["Europe/Paris", "UTC"]), "chart": chart,
            "closed_until": draw(st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1))),
            "accounts": {role: account_of(chart, role) for role in ("bank", "card", "rounding", "reconciliation")},
            "journals": {
                journal: {"name": draw(NAMES), "kind": kind}
                for journal, kind in zip(journals, ("expense_reports", "company_paid"), strict=False)
            },
        }  # fmt: skip
    axes = some(st.fixed_dictionaries({"name": NAMES, "sections": st.dictionaries(CODES, st.builds(dict, name=NAMES))}))
    rates = st.decimals(0, 100, places=1).map(Decimal)
    types = {
        code: {
            "name": draw(NAMES),
            "accounts": {chart: number for chart in charts if (number := account_of(chart, "expense"))},
            "vat": [{"rate": draw(rates), "country": "FR", "recoverable": 0}] if draw(st.booleans()) else [],
        }
        for code in draw(st.lists(CODES, max_size=3, unique=True))
    }
    employees = {
        code: {"name": draw(NAMES), "entity": pick(entities), "account": f"person-{number}", "auxiliary": draw(CODES)}
        for number, code in enumerate(draw(st.lists(CODES, max_size=4, unique=True)))
    }
    plain = st.recursive(
        st.text(max_size=5) | st.integers(-9, 9) | st.booleans(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
        max_leaves=4,
    )
    connections = {
        code: {
            "connector": "sage", "entity": pick(entities), "settings": draw(st.dictionaries(NAMES, plain, max_size=2)),
            "labels": draw(st.dictionaries(NAMES, st.text(max_size=6), max_size=2)),
            "axes": {axis: slot for slot, axis in enumerate(axes, 1)},
        }
        for code in draw(st.lists(CODES, max_size=2, unique=True))
    }  # fmt: skip
    destinations = some(st.builds(dict, kind=st.just("folder"), path=NAMES, replace=st.booleans()))
    exports = {
        code: {
            "entity": connections[connection]["entity"],
            "artifacts": [{"connection": connection, "format": draw(NAMES)}],
            "destinations": sorted(destinations),
        }
        for code in draw(st.lists(CODES, max_size=2, unique=True))
        if connections and (connection := pick(connections))
    }
    return Company.model_validate({
        "entities": entities, "charts": {code: {"accounts": accounts} for code, accounts in charts.items()},
        "axes": axes, "expense_types": types, "employees": employees, "connections": connections,
        "destinations": destinations, "exports": exports,
    })  # fmt: skip
