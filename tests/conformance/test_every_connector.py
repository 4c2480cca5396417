"""The shipped suite over every installed connector: a new plugin folder is tested by existing."""

from __future__ import annotations

import tomllib
from pathlib import Path

from passerelle.testing.cases import cases, installed
from passerelle.testing.conformance import Conformance

ROOT = Path(__file__).resolve().parent.parent.parent


class TestEveryConnector(Conformance):
    """Every installed connector."""


def test_every_plugin_folder_is_tested() -> None:
    offered = {
        name
        for path in ROOT.glob("plugins/*/pyproject.toml")
        for name in tomllib.loads(path.read_text(encoding="utf-8"))["project"]["entry-points"]["passerelle"]
    }
    found = installed()
    assert {each.point.name for each in found} == offered
    assert all(list(cases(each.connector)) for each in found)
