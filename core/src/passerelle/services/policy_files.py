"""A policy in a file, beside the company that is stored: what the company would be under it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from passerelle.errors import Finding
from passerelle.masterdata.company import Company
from passerelle.masterdata.faults import Fault
from passerelle.masterdata.source import read
from passerelle.plugins import Plugins
from passerelle.services.plugin_rules import plugin_rule_faults
from passerelle.store.masterdata import Directory

_POLICY = ("profiles", "mileage_scales")


def read_policy(
    text: str, file_name: str, directory: Directory, plugins: Plugins
) -> tuple[Company, tuple[Finding, ...]]:
    """The stored company with the profiles and mileage scales of the file, and what is doubtful in those.

    A whole company.toml gives its entities, employees and types as well; those it lacks stay as they are stored.
    ``ConfigurationFault`` carries every fault of the file in its place.
    """
    stored = directory.company
    whole = False

    def prepare(raw: dict[str, Any]) -> Iterable[Fault]:
        nonlocal whole
        raw.pop("expenses", None)
        whole = "entities" in raw and "charts" in raw
        if not whole:
            for table in Company.model_fields.keys() - set(_POLICY):
                raw.pop(table, None)
            raw.update(_base(stored))
        return ()

    given, findings = read(text, file_name, None, lambda company: plugin_rule_faults(company, plugins), prepare)
    employees, types = directory.former()
    update: dict[str, Any] = {name: getattr(given, name) for name in _POLICY}
    update["entities"] = {**stored.entities, **(given.entities if whole else {})}
    update["employees"] = {**employees, **stored.employees, **(given.employees if whole else {})}
    update["expense_types"] = {**types, **stored.expense_types, **(given.expense_types if whole else {})}
    told = tuple(one for one in findings if one.field.startswith(_POLICY))
    return stored.model_copy(update=update), told


def _base(company: Company) -> dict[str, Any]:
    """What a policy refers to: no bank accounts, no connections, nothing that takes long to check."""
    whole = company.model_dump(include={"version", "entities", "charts", "expense_types"})
    for entity in whole["entities"].values():
        entity.pop("bank_accounts")
    people = {
        code: {"name": one.name, "entity": one.entity, "profile": one.profile}
        for code, one in company.employees.items()
    }
    for one in whole["expense_types"].values():
        one["axes"] = ()
    return {**whole, "employees": people}
