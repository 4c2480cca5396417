"""The suite passes a plugin of two files, the one of docs/plugins.md, and finds each way to break it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
SNIPPETS = {path: text for path, text in re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)}
PROJECT, PACKAGE, TESTS = (
    f"plugins/toy/{name}" for name in ("pyproject.toml", "src/passerelle_toy/__init__.py", "tests/test_toy.py")
)
AMOUNT = '{ name = "amount", var = "amount" }'
SETTINGS = 'settings=type("S", (BaseModel,), {"model_config": ConfigDict(frozen=%s, extra="%s")}), name="toy"'
CLASS = "class Odd(Connector):\n    {}\n\n\nTOY = Odd("

# What is changed in the toy, and the tests that then fail, no others.
BROKEN = {
    "lying": (
        "Ability.ANALYTICS: Support.NOT_BUILT",
        "Ability.ANALYTICS: Support.FULL",
        "abilities_are_what_the_formats_prove",
    ),
    "boasting": (
        "Ability.SYNC: Support.UNSUPPORTED",
        "Ability.SYNC: Support.FULL",
        "abilities_are_what_the_formats_prove",
    ),
    "modest": (
        "Ability.AUXILIARY: Support.FULL",
        "Ability.AUXILIARY: Support.NOT_BUILT",
        "abilities_are_what_the_formats_prove",
    ),
    "omitting": (
        "[records.line]",
        "[[entries.omit]]\nkind = 'employee'\nreason = 'nobody asked for it'\n\n[records.line]",
        "what_is_lost_is_said abilities_are_what_the_formats_prove",
    ),
    "silent": ('loses = ["Sections of every axis.", ', "loses = [", "what_is_lost_is_said"),
    "choosing": ('"cp1252"]', '"klingon"]', ""),
    "wired": ("\nFORMAT =", "\nimport sqlite3\n\nFORMAT =", "package_does_no_io"),
    "late": ("    register(TOY)", '    __import__("urllib.request")\n    register(TOY)', "package_does_no_io"),
    "nosy": ("\nFORMAT =", "\nfrom passerelle.store import tables\n\nFORMAT =", "package_does_no_io"),
    "loose": ('name="toy"', SETTINGS % (False, "forbid"), "settings_are_strict"),
    "lax": ('name="toy"', SETTINGS % (True, "ignore"), "settings_are_strict"),
    "melted": ("TOY = Connector(", CLASS.format("__setattr__ = object.__setattr__"), "value_is_well_formed"),
    "impure": (
        "TOY = Connector(",
        CLASS.format('upgrade = lambda self, settings, version: settings.update(a="b") or settings'),
        "upgrade_is_pure",
    ),
}

# What is changed in the toy, and what discover() then says; the suite fails with those words.
UNUSABLE = {
    "misspelt": ("def register_connectors", "def register_connector", "PSR-8001"),
    "missing": ("\nFORMAT =", "\nimport nowhere\n\nFORMAT =", "PSR-8001"),
    "typeless": ("    register(TOY)", '    register({"name": "toy"})', "PSR-8002"),
    "misnamed": ('{"toy-csv": FORMAT}', '{"toy-txt": FORMAT}', "PSR-8002"),
    "future": ('name="toy"', 'name="toy", api=99', "PSR-8003"),
    "unloadable": ('layout = "delimited"', 'layout = "delimitd"', "PSR-5003"),
    "unsided": (AMOUNT, AMOUNT.replace(" }", ', form = "unsigned" }'), "PSR-5016"),
    "cutting": ('"general", width = 13', '"general", width = 4, overflow = "truncate"', "PSR-5016"),
    "partial": ('"advance.account" = "Advance {report}"\n', "", "PSR-5014"),
}


def install(site: Path, name: str = "toy", change: tuple[str, str] = ("", "")) -> None:
    """Puts the toy, renamed and changed, into a folder of importable distributions, as an installer does."""
    before, after = change
    assert before in SNIPPETS[PACKAGE], f"docs/plugins.md no longer says {before}"
    text = SNIPPETS[PACKAGE].replace(before, after, 1).replace("toy", name)
    if "ConfigDict" in text:
        text = text.replace(
            "\nfrom passerelle import",
            "\nfrom pydantic import BaseModel, ConfigDict, Field, create_model\nfrom passerelle import",
        )
    project = tomllib.loads(SNIPPETS[PROJECT].replace("toy", name))["project"]
    folder = site / f"passerelle_{name}"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(text, encoding="utf-8")
    info = site / f"passerelle_{name}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = "".join(f"{key} = {value}\n" for key, value in project["entry-points"]["passerelle"].items())
    (info / "entry_points.txt").write_text(f"[passerelle]\n{points}")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest in a fresh interpreter that finds the distributions of ``folder/site``."""
    # pytest repeats whole messages where CI is set
    told = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    environment = told | {"PYTHONPATH": str(folder / "site"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_plugin_of_the_page_passes(tmp_path: Path) -> None:
    install(tmp_path / "site")
    (tmp_path / "test_toy.py").write_text(SNIPPETS[TESTS])

    done = run(tmp_path, "-k", "was_read")
    assert "there is no golden file golden/story.csv" in done.stdout, done.stdout + done.stderr
    assert run(tmp_path, "-k", "was_read", "--golden-update").returncode == 0

    golden = tmp_path / "golden" / "story.csv"
    kept = golden.read_bytes()
    assert kept.startswith(b"journal;date;piece;account;third_party;label;amount\r\nNDF;2026-02-28;1;625700;;")
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) > 15

    golden.write_bytes(kept.replace(b"100.00", b"100.01", 1))
    done = run(tmp_path, "-k", "was_read")
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith(("-NDF", "+NDF"))] == [
        "-NDF;2026-02-28;1;625700;;Restaurant D\\xc3\\xa9jeuner client, Lyon;100.01\\r\\n",
        "+NDF;2026-02-28;1;625700;;Restaurant D\\xc3\\xa9jeuner client, Lyon;100.00\\r\\n",
    ]


def test_each_broken_plugin_fails_the_test_meant_for_it(tmp_path: Path) -> None:
    failed = failures(tmp_path, BROKEN)
    names = {name: {test.removeprefix("test_") for test in tests} for name, tests in failed.items()}
    assert names.keys() == BROKEN.keys()
    for name, (_, _, meant) in BROKEN.items():
        if name == "choosing":  # a format that does not load fails them all
            assert {"story_comes_back", "bytes_are_the_same_twice"} <= names[name]
        else:
            assert names[name] == set(meant.split()), name


def test_each_unusable_plugin_is_named_by_its_finding(tmp_path: Path) -> None:
    failed = failures(tmp_path, UNUSABLE)
    assert failed.keys() == {""}
    (said,) = failed[""].values()
    assert failed[""].keys() == {"test_plugins_are_whole"}
    for name, (_, _, code) in UNUSABLE.items():
        assert [line for line in said.splitlines() if f"{code}: " in line and name in line], f"{name}: {said}"


def test_a_plugin_that_is_not_installed_is_missed(tmp_path: Path) -> None:
    install(tmp_path / "site")
    (tmp_path / "test_toy.py").write_text(SNIPPETS[TESTS].replace('("toy",)', '("toy", "tory")'))
    done = run(tmp_path, "-k", "whole")
    assert "not installed, or without an entry point in the group passerelle: ['tory']" in done.stdout


def test_settings_of_earlier_versions_are_upgraded(tmp_path: Path) -> None:
    upgrade = 'settings, version: {"place": settings["site"]} if version == 1 else settings'
    klass = CLASS.format(f"upgrade = lambda self, {upgrade}")
    place = '__config__=ConfigDict(frozen=True, extra="forbid"), place=(str, Field(examples=["Lyon"]))'
    after = f'{klass}settings=create_model("S", {place}), settings_version=2, '
    install(tmp_path / "site", change=("TOY = Connector(", after))
    for site, outcome in (("site", 0), ("town", 1)):
        earlier = f'    earlier = {{("toy", 1): {{"{site}": "Paris"}}}}\n'
        (tmp_path / "test_toy.py").write_text(SNIPPETS[TESTS].replace('("toy",)\n', f'("toy",)\n{earlier}'))
        done = run(tmp_path, "-k", "upgrade or settings")
        assert done.returncode == outcome, done.stdout + done.stderr


def failures(folder: Path, kinds: dict[str, tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    """Installs every kind, runs the suite over all, and says per plugin which tests failed and what they said."""
    for name, (before, after, _) in kinds.items():
        install(folder / "site", name, (before, after))
    header = "from passerelle.testing.conformance import Conformance\n\n\n"
    (folder / "test_all.py").write_text(f"{header}class TestAll(Conformance):\n    connectors = {tuple(kinds)}\n")
    done = run(folder, "--junitxml=outcome.xml")
    assert done.returncode == 1, done.stdout + done.stderr
    failed: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for case in ElementTree.parse(folder / "outcome.xml").iter("testcase"):
        failure = case.find("failure")
        if failure is not None:
            test, _, identity = case.get("name", "").partition("[")
            failed[re.split(r"\W", identity)[0]][test] = failure.text or ""
    return failed


# --- lightness -------------------------------------------------------------------------------------------------------


def loaded(program: str) -> set[str]:
    """The modules of passerelle and pytest in a fresh interpreter after ``program``."""
    program += "\nprint(*(m for m in sys.modules if m.partition('.')[0] in ('passerelle', 'pytest')))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_nothing_but_the_fixtures_needs_pytest() -> None:
    skipped = ("__main__", "migrations", "testing.fixtures")
    program = f"""
import importlib, pkgutil, sys, passerelle
for module in pkgutil.walk_packages(passerelle.__path__, "passerelle."):
    if not any(part in module.name for part in {skipped}):
        importlib.import_module(module.name)
"""
    modules = loaded(program)
    assert {"passerelle.testing.conformance", "passerelle.cli"} <= modules
    assert "pytest" not in modules


def test_the_fixtures_load_nothing_until_one_is_used() -> None:
    modules = loaded("import sys, passerelle.testing.fixtures")
    rooms = {name for name in modules if name.startswith("passerelle")}
    assert rooms == {"passerelle", "passerelle.testing", "passerelle.testing.fixtures"}
