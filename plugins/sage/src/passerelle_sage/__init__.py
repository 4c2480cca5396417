"""The Sage connector: the native files of Sage 100 Comptabilité. It is its format files, and this one value."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from passerelle import Ability, Connector, Support, hookimpl

_FORMATS = files(__name__) / "formats"

SAGE = Connector(
    name="sage",
    title="Sage 100 Comptabilité",
    formats={name: (_FORMATS / f"{name}.toml").read_text(encoding="utf-8") for name in ("sage100-flg", "sage100-pnm")},
    abilities={
        Ability.ACCOUNTING_FILE: Support.FULL,
        Ability.ANALYTICS: Support.FULL,
        Ability.AUXILIARY: Support.FULL,
        Ability.FOREIGN_CURRENCY: Support.NOT_BUILT,
        Ability.PAYROLL_FILE: Support.NOT_BUILT,
        Ability.POSTING: Support.UNSUPPORTED,
        Ability.SYNC: Support.NOT_BUILT,
    },
)


@hookimpl
def register_connectors(register: Callable[[Connector], None]) -> None:
    """Offers the connector."""
    register(SAGE)
