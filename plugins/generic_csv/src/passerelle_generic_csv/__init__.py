"""The generic CSV connector: one format file, made to be copied, and this one value."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from passerelle import Ability, Connector, Support, hookimpl

GENERIC_CSV = Connector(
    name="generic-csv",
    title="Generic CSV",
    formats={"generic-csv": (files(__name__) / "formats" / "generic-csv.toml").read_text(encoding="utf-8")},
    abilities={
        Ability.ACCOUNTING_FILE: Support.FULL,
        Ability.ANALYTICS: Support.FULL,
        Ability.AUXILIARY: Support.FULL,
        Ability.FOREIGN_CURRENCY: Support.FULL,
        Ability.PAYROLL_FILE: Support.NOT_BUILT,
        Ability.POSTING: Support.UNSUPPORTED,
        Ability.SYNC: Support.UNSUPPORTED,
    },
)


@hookimpl
def register_connectors(register: Callable[[Connector], None]) -> None:
    """Offers the connector."""
    register(GENERIC_CSV)
