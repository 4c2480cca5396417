"""The style of the house, as a test: sizes, docstrings, names, no binary fractions, tests that mirror the sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "core" / "src" / "passerelle"
PLUGINS = sorted(ROOT.glob("plugins/*/src/*"))
SOURCES = sorted(p for home in (CORE, *PLUGINS) for p in home.rglob("*.py") if "versions" not in p.parts)
ALL = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
BANNED_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "base"}
LONGEST_FILE, LONGEST_FUNCTION = 400, 60

# Where a binary fraction is no amount, rate or percentage; the reason stands beside it.
FLOATS_ALLOWED = {
    "cli/progress.py": "seconds between two lines of progress",
    "testing/ssh_server.py": "seconds of waiting for a server",
}
FLOAT_ARGUMENTS = {
    "cutoff": "how alike two words are",
    "timeout": "seconds",
}


def faults(path: Path, text: str) -> Iterator[str]:
    """What a file breaks, each with its place."""
    name = path.relative_to(ROOT).as_posix()
    lines = text.splitlines()
    if len(lines) > LONGEST_FILE:
        yield f"{name}: {len(lines)} lines, at most {LONGEST_FILE}"
    if path.stem.lstrip("_") in BANNED_NAMES:
        yield f"{name}: a name that says nothing"
    if path != Path(__file__):
        for number, line in enumerate(lines, 1):
            if re.search(r"\b(TODO|FIXME|XXX)\b", line):
                yield f"{name}:{number}: do it or file it, do not note it"
            if re.search(r"""["'\s(](/work/|/tmp/|/home/|/root/|[A-Z]:\\Users)""", line):
                yield f"{name}:{number}: a path of one machine"
    yield from (f"{name}{fault}" for fault in _tree_faults(path, ast.parse(text)))


def _tree_faults(path: Path, tree: ast.Module) -> Iterator[str]:
    if not ast.get_docstring(tree):
        yield ": the module has no docstring"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f":{node.lineno}: {node.name} has {length} lines, at most {LONGEST_FUNCTION}"
    if path.is_relative_to(CORE) and not _float_is_allowed(path):
        yield from (f":{line}: a binary fraction; use int minor units or Decimal" for line in _floats(tree))


def _floats(tree: ast.Module) -> list[int]:
    """The lines of float literals and of the name ``float``."""
    allowed = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg in FLOAT_ARGUMENTS}
    literals = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, float | complex)]
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == "float"]
    return [node.lineno for node in (*literals, *names) if id(node) not in allowed]


def _float_is_allowed(path: Path) -> bool:
    name = path.relative_to(CORE).as_posix()
    return any(name == allowed or name.startswith(f"{allowed}/") for allowed in FLOATS_ALLOWED)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_file_is_tidy(path: Path) -> None:
    assert not list(faults(path, path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n", "no docstring"),
        ('"""D."""\n' + "x = 1\n" * 400, "401 lines"),
        ('"""D."""\ndef f() -> None:\n' + "    x = 1\n" * 60, "f has 61 lines"),
        ('"""D."""\n# TO' + "DO: later\n", "do not note it"),
        ('"""D."""\nx = 0.02\n', "binary fraction"),
        ('"""D."""\ndef f(x: float) -> None: ...\n', "binary fraction"),
        ('"""D."""\nx = float("1")\n', "binary fraction"),
        ('"""D."""\nx = "/ho' + 'me/me/file"\n', "path of one machine"),
    ],
)
def test_each_rule_can_be_broken(text: str, said: str) -> None:
    assert [fault for fault in faults(CORE / "rules_example.py", text) if said in fault]


def test_names_that_say_nothing_are_refused() -> None:
    assert any("says nothing" in fault for fault in faults(CORE / "utils.py", '"""D."""\n'))


def test_float_exceptions_are_still_needed() -> None:
    for name in FLOATS_ALLOWED:
        home = CORE / name
        files = sorted(home.rglob("*.py")) if home.is_dir() else [home]
        assert any(_floats(ast.parse(file.read_text())) for file in files), f"{name} needs no exception"


def test_tests_mirror_the_sources() -> None:
    """tests/core/<room>/test_x.py tests <room>/x.py or the room x/, test_root.py the room itself; plugins likewise."""
    homes = {"core": CORE} | {f"plugins/{p.parent.parent.name}": p for p in PLUGINS}
    lost = []
    for mirror, home in homes.items():
        for test in sorted((ROOT / "tests" / mirror).rglob("test_*.py")):
            place = home / test.relative_to(ROOT / "tests" / mirror).parent
            name = test.stem.removeprefix("test_")
            sources = ["__init__.py"] if name == "root" else [f"{name}.py", name]
            if not any((place / source).exists() for source in sources):
                lost.append(test.relative_to(ROOT).as_posix())
    assert not lost, f"tests without a source of their name: {lost}"
