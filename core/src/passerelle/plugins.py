"""Finds the installed connectors and policy rules. What is broken is named and stops nothing but itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from passerelle import hookspecs
from passerelle.connector import API, RULE_API, Connector, PolicyRule
from passerelle.errors import Finding, PasserelleError
from passerelle.formats.language import FormatFile
from passerelle.formats.load import declared_settings, load_format

GROUP = "passerelle"
"""The entry-point group: each entry names a module that implements hooks of ``passerelle.hookspecs``."""


@dataclass(frozen=True)
class Plugins:
    """What is installed: connectors and policy rules by name, and what is broken."""

    connectors: dict[str, Connector]
    broken: list[Finding]
    distributions: dict[str, str] = field(default_factory=dict)  # connector -> "passerelle-sage 0.1.0"
    rules: dict[str, PolicyRule] = field(default_factory=dict)
    rule_distributions: dict[str, str] = field(default_factory=dict)

    def format_text(self, name: str) -> str | None:
        """The text of the shipped format ``name``; None when no connector ships it."""
        return next((c.formats[name] for c in self.connectors.values() if name in c.formats), None)

    def declared(self, connector: str) -> frozenset[str]:
        """The settings that the formats of a connector declare: those of one are no fault in another."""
        texts = self.connectors[connector].formats.values() if connector in self.connectors else ()
        return frozenset(name for text in texts for name in declared_settings(text))


def discover(found: list[EntryPoint] | None = None) -> Plugins:
    """Every connector and rule that the installed plugins offer (those of ``found``, in a test)."""
    plugins = Plugins({}, [])
    points = found if found is not None else list(entry_points(group=GROUP))
    for point in sorted(points, key=lambda p: p.name):
        connectors: list[Connector] = []
        rules: list[PolicyRule] = []
        try:
            _call(point, connectors.append, rules.append)
        except Exception as fault:
            plugins.broken.append(_broken(point, f"{type(fault).__name__}: {fault}"))
            continue
        distribution = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        for connector in connectors:
            findings = list(_faults(point, connector, plugins.connectors))
            plugins.broken.extend(findings)
            if not findings:
                plugins.connectors[connector.name] = connector
                plugins.distributions[connector.name] = distribution
        for rule in rules:
            findings = list(_rule_faults(point, rule, plugins.rules))
            plugins.broken.extend(findings)
            if not findings:
                plugins.rules[rule.name] = rule
                plugins.rule_distributions[rule.name] = distribution
    return plugins


def _call(
    point: EntryPoint,
    register_connector: Callable[[Connector], None],
    register_rule: Callable[[PolicyRule], None],
) -> None:
    """Loads one plugin alone, so that one which is broken takes no other with it, and calls its hooks."""
    manager = pluggy.PluginManager("passerelle")
    manager.add_hookspecs(hookspecs)
    manager.register(point.load(), name=point.name)
    manager.check_pending()
    manager.hook.register_connectors(register=register_connector)
    manager.hook.register_rules(register=register_rule)


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


def _rule_faults(point: EntryPoint, rule: Any, known: dict[str, PolicyRule]) -> Iterator[Finding]:
    """Why a rule cannot be used."""
    finding = partial(Finding, object=f"plugin {point.name} ({point.value})", who="admin")
    if not isinstance(rule, PolicyRule) or not rule.name or not callable(rule.judge):
        yield finding("PSR-8002", f"The plugin {point.name} offers something that is no rule.", value=repr(rule))
    elif rule.api != RULE_API:
        yield finding(
            "PSR-8003",
            f"The rule {rule.name} is made for another version of the rule contract.",
            field="api",
            value=str(rule.api),
            expected=str(RULE_API),
            remedy="install a version of the plugin that fits this Passerelle",
        )
    elif rule.name in known:
        message = f"Two plugins offer a rule named {rule.name}; the first one is used."
        yield finding("PSR-8004", message, field="name", value=rule.name, remedy="uninstall one of the two plugins")


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
