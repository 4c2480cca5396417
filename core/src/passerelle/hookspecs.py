"""The hooks a plugin may implement. There are few: a hook exists only once a real plugin needs it."""

from __future__ import annotations

from collections.abc import Callable

import pluggy

from passerelle.connector import Connector, PolicyRule

hookspec = pluggy.HookspecMarker("passerelle")
hookimpl = pluggy.HookimplMarker("passerelle")


@hookspec
def register_connectors(register: Callable[[Connector], None]) -> None:
    """Called once at start: call ``register`` with each connector that the plugin offers."""


@hookspec
def register_rules(register: Callable[[PolicyRule], None]) -> None:
    """Called once at start: call ``register`` with each rule that the plugin brings to the expense policy."""
