"""The whole contract of a plugin: frozen values that say what they are, can do and ship.

A plugin offers connectors, rules for the expense policy (``PolicyRule``), or both. A connector does no I/O: core
renders its format files; exchanges with an ERP (a later kind of ability) are generators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from passerelle.rules.contract import RULE_API, Opinion, PolicyRule
from passerelle.rules.declared import Declared

__all__ = [
    "API", "RULE_API", "Ability", "Connector", "Declared", "NoSettings", "Opinion", "PolicyRule", "Support",
]  # fmt: skip

API = 1


class Ability(StrEnum):
    """What a connector may do for a company."""

    ACCOUNTING_FILE = "accounting_file"
    """Accounting entries leave as a file."""
    ANALYTICS = "analytics"
    """Analytical splits leave with the entries."""
    AUXILIARY = "auxiliary"
    """A third party leaves as collective account and auxiliary code."""
    FOREIGN_CURRENCY = "foreign_currency"
    """The original currency and amount leave with the line."""
    PAYROLL_FILE = "payroll_file"
    """Payroll items leave as a file."""
    POSTING = "posting"
    """Entries are posted through the ERP's interface."""
    SYNC = "sync"
    """Charts, third parties and axes come back from the ERP."""


class Support(StrEnum):
    """How far an ability reaches; honest about the difference between "cannot" and "not built"."""

    FULL = "full"
    NOT_BUILT = "not built"
    UNSUPPORTED = "unsupported by the ERP"


class NoSettings(BaseModel):
    """The settings of a connector that has none beyond those its formats declare."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Connector:
    """One connector. ``formats`` maps a format's name to the text of its format file (TOML).

    ``settings`` is the pydantic model of what an administrator must say, at version ``settings_version``; ``upgrade``
    turns settings of an older version into the present one and is pure.
    """

    name: str
    title: str
    formats: Mapping[str, str] = field(default_factory=dict)
    abilities: Mapping[Ability, Support] = field(default_factory=dict)
    settings: type[BaseModel] = NoSettings
    settings_version: int = 1
    api: int = API

    def upgrade(self, settings: dict[str, Any], from_version: int) -> dict[str, Any]:
        """Settings of ``from_version`` in the present shape; the same when nothing changed."""
        del from_version
        return settings
