"""Finds the installed connectors. What is missing or broken is named by a finding and stops nothing but itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from passerelle import hookspecs
from passerelle.connector import API, Connector
from passerelle.errors import Finding, PasserelleError
from passerelle.formats.language import FormatFile
from passerelle.formats.load import declared_settings, load_format

GROUP = "passerelle"
"""The entry-point group: each entry names a module that implements hooks of ``passerelle.hookspecs``."""


@dataclass(frozen=True)
class Plugins:
    """What is installed: connectors by name, formats by name with their connector, and what is broken."""

    connectors: dict[str, Connector]
    broken: list[Finding]
    distributions: dict[str, str] = field(default_factory=dict)  # connector -> "passerelle-sage 0.1.0"

    def format_text(self, name: str) -> str | None:
        """The text of the shipped format ``name``; None when no connector ships it."""
        return next((c.formats[name] for c in self.connectors.values() if name in c.formats), None)

    def declared(self, connector: str) -> frozenset[str]:
        """The settings that the formats of a connector declare: those of one are no fault in another."""
        texts = self.connectors[connector].formats.values() if connector in self.connectors else ()
        return frozenset(name for text in texts for name in declared_settings(text))


def discover(found: list[EntryPoint] | None = None) -> Plugins:
    """Every connector that the installed plugins offer (those of ``found``, in a test)."""
    broken: list[Finding] = []
    connectors: dict[str, Connector] = {}
    distributions: dict[str, str] = {}
    points = found if found is not None else list(entry_points(group=GROUP))
    for point in sorted(points, key=lambda p: p.name):
        offered: list[Connector] = []
        try:
            _call(point, offered.append)
        except Exception as fault:
            broken.append(_broken(point, f"{type(fault).__name__}: {fault}"))
            continue
        for connector in offered:
            findings = list(_faults(point, connector, connectors))
            broken.extend(findings)
            if not findings:
                connectors[connector.name] = connector
                distributions[connector.name] = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
    return Plugins(connectors, broken, distributions)


def _call(point: EntryPoint, register: Callable[[Connector], None]) -> None:
    """Loads one plugin alone, so that one which is broken takes no other with it, and calls its hook."""
    manager = pluggy.PluginManager("passerelle")
    manager.add_hookspecs(hookspecs)
    manager.register(point.load(), name=point.name)
    manager.check_pending()
    manager.hook.register_connectors(register=register)


def _broken(point: EntryPoint, reason: str) -> Finding:
    return Finding(
        "PSR-8001",
        f"The plugin {point.name} is broken and left out.",
        object=f"plugin {point.name} ({point.value})",
        value=reason,
        expected="a module whose hooks are those of passerelle.hookspecs",
        remedy="install the plugin again, or a version that fits this Passerelle",
        who="admin",
    )


def _faults(point: EntryPoint, connector: Any, known: dict[str, Connector]) -> Iterator[Finding]:
    """Why a connector cannot be used."""
    finding = partial(Finding, object=f"plugin {point.name} ({point.value})", who="admin")
    if not isinstance(connector, Connector):
        yield finding(
            "PSR-8002", f"The plugin {point.name} offers something that is no connector.", value=repr(connector)
        )
        return
    if connector.api != API:
        yield finding(
            "PSR-8003",
            f"The connector {connector.name} is made for another version of the connector contract.",
            field="api",
            value=str(connector.api),
            expected=str(API),
            remedy="install a version of the plugin that fits this Passerelle",
        )
        return
    if connector.name in known:
        message = f"Two plugins offer a connector named {connector.name}; the first one is used."
        yield finding(
            "PSR-8004", message, field="name", value=connector.name, remedy="uninstall one of the two plugins"
        )
    shipped = {name: other.name for other in known.values() for name in other.formats}
    for name, text in connector.formats.items():
        if name in shipped and shipped[name] != connector.name:
            message = f"The format {name} of {connector.name} has the name of one of {shipped[name]}."
            yield finding("PSR-8004", message, field="formats", value=name, remedy="uninstall one of the two plugins")
        yield from _format_faults(connector, name, text)


def _format_faults(connector: Connector, name: str, text: str) -> Iterator[Finding]:
    try:
        loaded: FormatFile = load_format(text, f"{connector.name}/{name}.toml").file
    except PasserelleError as fault:
        yield from fault.findings
        return
    if loaded.name != name:
        yield Finding(
            "PSR-8002",
            f"The connector {connector.name} offers format {loaded.name} under another name.",
            object=f"connector {connector.name}",
            field="formats",
            value=name,
            expected=loaded.name,
            who="admin",
        )
