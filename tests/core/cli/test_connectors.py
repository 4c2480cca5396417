"""``passerelle connectors``: what is installed, what it can do, what is broken."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from passerelle import plugins
from passerelle.cli import connectors

Cli = Any


def test_connectors_are_listed_with_their_abilities(cli: Cli) -> None:
    done = cli("connectors", "--json")
    assert done.code == 0
    sage = next(connector for connector in done.json if connector["name"] == "sage")
    assert sage["formats"] == ["sage100-flg", "sage100-pnm"]
    assert (sage["abilities"]["analytics"], sage["abilities"]["sync"]) == ("full", "not built")
    text = cli("connectors").out
    assert "passerelle-sage" in text
    assert "no (the ERP)" in text


def test_a_broken_plugin_is_named_beside_the_others(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("broken", "no_such_module_at_all", plugins.GROUP)
    found = plugins.discover([*plugins.entry_points(group=plugins.GROUP), broken])
    monkeypatch.setattr(connectors, "discover", lambda: found)
    done = cli("connectors")
    assert done.code == 1
    assert "The plugin broken is broken and left out." in done.err
    assert "sage" in done.out
