"""The public door: what plugins may import from `passerelle`, pinned, and light to open."""

from __future__ import annotations

import subprocess
import sys

import pytest

import passerelle
from passerelle import connector, hookspecs


def test_the_door_shows_exactly_what_plugins_need() -> None:
    assert passerelle.__all__ == [
        "Ability", "Connector", "Declared", "NoSettings", "Opinion", "PolicyRule", "Support", "hookimpl",
    ]  # fmt: skip
    assert passerelle.__all__ == sorted(passerelle.__all__)
    assert dir(passerelle) == passerelle.__all__


def test_each_name_is_the_one_of_its_home() -> None:
    assert passerelle.hookimpl is hookspecs.hookimpl
    for name in set(passerelle.__all__) - {"hookimpl"}:
        assert getattr(passerelle, name) is getattr(connector, name)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'Entry'"):
        passerelle.Entry  # noqa: B018


def test_opening_the_door_imports_nothing_else() -> None:
    """A fresh interpreter, since this one has imported everything already."""
    listing = "import sys, passerelle; print(*(m for m in sys.modules if m.startswith(('passerelle', 'pydantic'))))"
    out = subprocess.run([sys.executable, "-c", listing], check=True, capture_output=True, text=True).stdout
    assert out.split() == ["passerelle"]
