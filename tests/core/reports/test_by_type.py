"""What an expense states against its type: guests and quantities that count for nothing are told where it matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from passerelle.errors import Finding
from passerelle.masterdata.company import Company
from passerelle.reports.expense import ExpenseInput
from passerelle.reports.intake import check_expense
from passerelle.reports.known import EntityView

KINDS = ("standard", "guests", "quantity", "mileage")
TYPES = {kind: {"name": kind, "kind": kind, "accounts": {}} for kind in KINDS}
PROFILES = {"generic": {"name": "Everyone", "types": {kind: {} for kind in KINDS}}}
ENTITY = {"name": "L", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "c"}


@dataclass
class Directory:
    """A company with a type of each kind, known by its numbers."""

    company: Company

    @property
    def ids(self) -> dict[tuple[str, str, str], int]:
        """Any numbers."""
        return {("entity", "", "L"): 1, ("employee", "", "E1"): 2} | {("expense_type", "", kind): 3 for kind in KINDS}


def told(kind: str, profiles: dict[str, Any], **stated: Any) -> list[Finding]:
    """What is found of an expense, which is taken all the same."""
    company = Company.model_validate(
        {
            "entities": {"L": ENTITY},
            "charts": {"c": {"accounts": {}}},
            "expense_types": TYPES,
            "employees": {"E1": {"name": "Anna", "entity": "L"}},
            "profiles": profiles,
        }
    )
    given = {"id": "X1", "type": kind, "date": "2026-01-14", "amount": "60.00", **stated}
    view = EntityView(Directory(company), "L")
    checked, findings = check_expense(view, "E1", ExpenseInput.model_validate(given), "expense X1")
    assert checked is not None
    return findings


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "value"), [("guests", 3), ("quantity", "2")])
def test_what_raises_no_threshold_is_a_warning(kind: str, name: str, value: Any) -> None:
    findings = told(kind, PROFILES, **{name: value})
    if kind == name:
        assert findings == []
        return
    (one,) = findings
    assert (one.code, one.severity, one.field, one.value) == ("PSR-1127", "warning", name, str(value))
    assert one.expected == f"a type of kind {name}; {kind} is of kind {kind}"


def test_nothing_is_told_where_it_makes_no_difference() -> None:
    assert told("standard", PROFILES, guests=0, quantity="1") == []
    assert told("standard", {}, guests=3, quantity="2") == []  # no policy
