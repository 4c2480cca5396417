"""Passerelle: expense reports in, proven accounting entries out.

The names a plugin needs, and no others. They are imported when first asked for, so that ``import passerelle``
costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from passerelle.connector import Ability as Ability
    from passerelle.connector import Connector as Connector
    from passerelle.connector import Declared as Declared
    from passerelle.connector import NoSettings as NoSettings
    from passerelle.connector import Opinion as Opinion
    from passerelle.connector import PolicyRule as PolicyRule
    from passerelle.connector import Support as Support
    from passerelle.hookspecs import hookimpl as hookimpl

__all__ = ["Ability", "Connector", "Declared", "NoSettings", "Opinion", "PolicyRule", "Support", "hookimpl"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'passerelle' has no attribute {name!r}")
    home = "hookspecs" if name == "hookimpl" else "connector"
    return getattr(importlib.import_module(f"passerelle.{home}"), name)


def __dir__() -> list[str]:
    return __all__
