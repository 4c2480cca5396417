"""The import contracts: they hold, they name everything that exists, and they catch what they are meant to catch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "core" / "src" / "passerelle"
PLUGINS = {path.name: path for path in sorted(ROOT.glob("plugins/*/src/*")) if (path / "__init__.py").exists()}
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS: dict[str, dict[str, Any]] = {contract["name"]: contract for contract in CONFIGURATION["contracts"]}


def rooms() -> set[str]:
    """The modules and packages directly below `passerelle`."""
    packages = {path.parent.name for path in CORE.glob("*/__init__.py")}
    return packages | {path.stem for path in CORE.glob("*.py")} - {"__init__"}


def lint(sources: Path) -> subprocess.CompletedProcess[str]:
    """import-linter over a copy of the sources, with the contracts of this repository."""
    program = "import sys; from importlinter.cli import lint_imports_command as c; c(sys.argv[1:])"
    command = [sys.executable, "-c", program, "--config", str(ROOT / "pyproject.toml"), "--no-cache", "--no-logo"]
    environment = os.environ | {"PYTHONPATH": str(sources), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=sources, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of every package, to break."""
    for source in (CORE, *PLUGINS.values()):
        shutil.copytree(source, tmp_path / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_contracts_hold(copied: Path) -> None:
    outcome = lint(copied)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("passerelle/money.py", "from passerelle.store import sql", "A room imports only those below it"),
        ("passerelle/unplaced.py", "", "A room imports only those below it"),
        ("passerelle/plan.py", "import passerelle_sage", "Plugins stand on core"),
        ("passerelle_sage/__init__.py", "import passerelle_generic_csv", "Plugins stand on core"),
        ("passerelle_sage/__init__.py", "from passerelle.store import tables", "Plugins see the public door alone"),
        ("passerelle_sage/__init__.py", "def f():\n    import urllib.request", "Plugins do no I/O"),
        ("passerelle/services/__init__.py", "import sqlalchemy", "Only the store speaks SQL"),
        ("passerelle/reports/__init__.py", "import socket", "Only delivery opens connections"),
        ("passerelle/ledger/__init__.py", "import random", "Rooms below the store are pure"),
    ],
)
def test_a_violation_is_caught(copied: Path, module: str, line: str, broken: str) -> None:
    path = copied / module
    path.write_text((path.read_text() if path.exists() else '"""Unplaced."""\n') + f"\n{line}\n")
    outcome = lint(copied)
    assert outcome.returncode != 0
    said = [row for row in outcome.stdout.splitlines() if " BROKEN" in row]
    assert any(row.startswith(broken) for row in said), outcome.stdout + outcome.stderr


def test_every_room_has_its_layer() -> None:
    layers = CONTRACTS["A room imports only those below it"]["layers"]
    assert rooms() - {"testing"} == {layer.strip("()") for layer in layers}


def test_every_plugin_is_named_in_every_list_of_plugins() -> None:
    names = set(PLUGINS)
    assert set(CONFIGURATION["root_packages"]) == {"passerelle", *names}
    stand = next(c for name, c in CONTRACTS.items() if name.startswith("Plugins stand"))
    assert {word.strip() for word in stand["layers"][0].split("|")} == names
    for contract in (CONTRACTS["Plugins see the public door alone"], CONTRACTS["Plugins do no I/O"]):
        assert set(contract["source_modules"]) == names


def test_plugins_are_kept_from_every_room_but_the_door() -> None:
    forbidden = set(CONTRACTS["Plugins see the public door alone"]["forbidden_modules"])
    assert forbidden == {f"passerelle.{room}" for room in rooms() - {"connector", "hookspecs"}}


def test_every_room_is_pure_or_known_not_to_be() -> None:
    pure = {name.removeprefix("passerelle.") for name in CONTRACTS["Rooms below the store are pure"]["source_modules"]}
    assert rooms() - pure == {"plugins", "store", "delivery", "services", "cli", "testing"}


def test_each_distribution_is_a_member_with_an_entry_point() -> None:
    for name, path in PLUGINS.items():
        project = tomllib.loads((path.parent.parent / "pyproject.toml").read_text())["project"]
        assert project["entry-points"]["passerelle"] == {path.parent.parent.name: name}
        assert project["dependencies"][0].startswith("passerelle"), "core comes with a plugin"
