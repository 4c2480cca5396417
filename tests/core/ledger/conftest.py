"""A French company whose reports are posted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from passerelle.ledger.determination import Determination
from passerelle.masterdata.company import Company

ACCOUNTS = {
    "606100": {"name": "Carburant", "role": "expense"},
    "625100": {"name": "Voyages", "role": "expense", "analytical": True},
    "625700": {"name": "Réceptions", "role": "expense"},
    "445660": {"name": "TVA déductible", "role": "vat"},
    "512000": {"name": "Banque", "role": "bank"},
    "513000": {"name": "Carte", "role": "card"},
    "467000": {"name": "Rapprochement", "role": "reconciliation"},
    "425000": {"name": "Avances au personnel", "role": "advance"},
}
ENTITY = {
    "name": "Société Exemple",
    "country": "FR",
    "currency": "EUR",
    "time_zone": "Europe/Paris",
    "chart": "pcg",
    "accounts": {"bank": "512000", "card": "513000", "reconciliation": "467000", "advance": "425000"},
    "journals": {"NDF": {"name": "Frais", "kind": "expense_reports"}, "CB": {"name": "Carte", "kind": "company_paid"}},
}
TYPES = {
    "MEAL": {
        "name": "Repas",
        "accounts": {"pcg": "625700"},
        "vat": [
            {"rate": "10", "country": "FR", "account": "445660", "code": "D10"},
            {"rate": "20", "country": "FR", "account": "445660", "code": "D20"},
        ],
    },
    "FUEL": {
        "name": "Carburant",
        "accounts": {"pcg": "606100"},
        "vat": [{"rate": "20", "country": "FR", "account": "445660", "recoverable": "80", "code": "F20"}],
    },
    "HOTEL": {
        "name": "Hôtel",
        "accounts": {"pcg": "625100"},
        "vat": [{"rate": "10", "country": "FR", "recoverable": "0", "code": "N10"}],
    },
    "TAXI": {"name": "Taxi", "accounts": {"pcg": "625100"}},
}


def company(**changes: Any) -> Company:
    """A French company; ``changes`` replaces whole sections."""
    parts = {
        "entities": {"FR": ENTITY},
        "charts": {"pcg": {"accounts": ACCOUNTS}},
        "expense_types": TYPES,
        "employees": {"dupont": {"name": "Anne Dupont", "entity": "FR", "account": "421DUP"}},
    }
    return Company.model_validate(parts | changes)


@pytest.fixture(scope="session", name="company")
def company_fixture() -> Callable[..., Company]:
    return company


@pytest.fixture(scope="session")
def french() -> Determination:
    """The accounts of the French entity."""
    return Determination(company(), "FR")
