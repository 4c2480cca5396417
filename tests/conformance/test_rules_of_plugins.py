"""The rules of the plugin of docs/plugins.md: seen everywhere a policy is, and each way to break one is found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
SNIPPETS = {path: text for path, text in re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)}
PROJECT, PACKAGE, TESTS = (
    f"plugins/acme/{name}" for name in ("pyproject.toml", "src/passerelle_acme/__init__.py", "tests/test_acme.py")
)
CAP = 'return Opinion("cap", f"Gifts for {who}", left)'
FROZEN = 'ConfigDict(frozen=True, extra="forbid")'

# What is changed in the plugin, and the tests that then fail, no others.
BROKEN = {
    "moody": (CAP, "_SEEN.append(who)\n    " + CAP.replace("left)", "left // len(_SEEN))"), "opinions_are_repeatable"),
    "generous": (CAP, CAP.replace("left)", "left + 7300)"), "opinions_are_within_bounds"),
    "rough": (CAP, CAP.replace("left)", "left / 1)"), "opinions_are_within_bounds refunds_are_never_refused"),
    "mute": (CAP, CAP.replace('f"Gifts for {who}"', '" "'), "opinions_are_within_bounds"),
    "grabbing": ("    given =", "    settings.pop('limit') if counted else None\n    given =", "*"),
    "fragile": (CAP, "assert expense.currency == 'EUR', expense.currency\n    " + CAP, "*"),
    "wired": ("\nimport re", "\nimport re\nimport sqlite3", "package_does_no_io"),
    "lax": (FROZEN, 'ConfigDict(frozen=True, extra="ignore")', "settings_are_strict"),
    "exampleless": ("examples=[7300], ", "", "*"),
    "shouting": ('"acme-gifts"', '"Acme Gifts"', "value_is_well_formed"),
}


def install(site: Path, name: str = "acme", change: tuple[str, str] = ("", "")) -> None:
    """Puts the plugin, renamed and changed, into a folder of importable distributions, as an installer does."""
    before, after = change
    assert before in SNIPPETS[PACKAGE], f"docs/plugins.md no longer says {before}"
    text = SNIPPETS[PACKAGE].replace(before, after, 1).replace("_ALCOHOL =", "_SEEN: list[str] = []\n_ALCOHOL =", 1)
    project = tomllib.loads(SNIPPETS[PROJECT].replace("acme", name))["project"]
    folder = site / f"passerelle_{name}"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(text.replace('"acme-', f'"{name}-'), encoding="utf-8")
    info = site / f"passerelle_{name}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = "".join(f"{key} = {value}\n" for key, value in project["entry-points"]["passerelle"].items())
    (info / "entry_points.txt").write_text(f"[passerelle]\n{points}")


def suite(folder: Path) -> dict[str, set[str]]:
    """The suite of the page over the rules that are installed in ``folder/site``: which tests failed, by plugin."""
    told = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    environment = told | {"PYTHONPATH": str(folder / "site"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "--junitxml=outcome.xml"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    failed: defaultdict[str, set[str]] = defaultdict(set)
    cases = list(ElementTree.parse(folder / "outcome.xml").iter("testcase"))
    assert len(cases) >= 13
    for case in cases:
        test, _, identity = case.get("name", "").partition("[")
        if case.find("failure") is not None:
            failed[re.split(r"[\W_]", identity)[0].lower()].add(test.removeprefix("test_"))
    return failed


def test_the_suite_passes_the_plugin_of_the_page(tmp_path: Path) -> None:
    install(tmp_path / "site")
    (tmp_path / "test_acme.py").write_text(SNIPPETS[TESTS])
    assert suite(tmp_path) == {}


def test_the_suite_finds_each_broken_rule(tmp_path: Path) -> None:
    for name, (before, after, _) in BROKEN.items():
        install(tmp_path / "site", name, (before, after.replace("Acme ", f"{name.title()} ")))
    text = SNIPPETS[TESTS].replace('    rules = ("acme-gifts", "acme-alcohol")\n', "")
    (tmp_path / "test_all.py").write_text(text)
    failed = suite(tmp_path)
    for name, (_, _, meant) in BROKEN.items():
        if meant == "*":
            assert {"opinions_are_repeatable", "opinions_are_within_bounds"} <= failed[name], name
        else:
            assert failed[name] == set(meant.split()), name


# --- where a policy is seen ------------------------------------------------------------------------------------------

COMPANY = """
[entities.FR]
name = "Martin"
country = "FR"
currency = "EUR"
time_zone = "Europe/Paris"
chart = "pcg"
journals = { NDF = { name = "Frais", kind = "expense_reports" } }
[charts.pcg.accounts]
421000 = { name = "Personnel", role = "employee" }
625100 = { name = "Voyages", role = "expense" }
[expense_types]
GIFT = { name = "Gift", accounts = { pcg = "625100" } }
MEAL = { name = "Meal", accounts = { pcg = "625100" } }
[employees]
E001 = { name = "Anna", entity = "FR", account = "421000" }
[profiles.generic]
name = "Everyone"
"""
POLICY = SNIPPETS["gifts.toml"].partition("[profiles.generic]\n")[2].partition("\n[employees]")[0]


@pytest.fixture
def acme(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The command line where the plugin of the page is installed, in a folder with its files."""
    install(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    (cli.folder / "gifts.toml").write_text(SNIPPETS["gifts.toml"])
    (cli.folder / "company.toml").write_text(COMPANY + POLICY)
    yield cli
    sys.modules.pop("passerelle_acme", None)


def test_a_policy_is_tried_out_with_the_rules_of_a_plugin(acme: Any) -> None:
    told = acme("rules", "check", "gifts.toml", "--json")
    assert told.code == 0, told.err
    found = {one["id"]: (one["outcome"], one["covered"]) for one in told.json["expenses"]}
    # 73 a beneficiary and year: 50 of J. Doe's, then 23 of 40; A. Martin has 73 of their own
    assert found == {
        "book": ("ok", "50.00"), "pen": ("cap", "23.00"), "other": ("ok", "40.00"), "dinner": ("block", "0.00"),
    }  # fmt: skip
    assert "Alcohol is not reimbursed: wine" in told.json["expenses"][3]["sentence"]


def test_intake_lists_and_explanations_know_the_rules(acme: Any) -> None:
    assert acme("config", "apply", "company.toml").code in (0, 1)
    listed = acme("rules", "list").out
    assert "acme-gifts judges GIFT, limit = 7300" in listed
    assert "(passerelle-acme 0.1.0)" in listed
    lines = (
        ("a", "GIFT", "50.00", "Book for J. Doe"),
        ("b", "GIFT", "40.00", "Pen for j. doe"),
        ("c", "MEAL", "9.00", "beer"),
    )
    expenses = [
        {"id": id, "type": code, "date": "2026-01-05", "amount": amount, "comment": comment}
        for id, code, amount, comment in lines
    ]
    report = {"source": "s", "id": "1", "entity": "FR", "employee": "E001", "title": "t", "expenses": expenses}
    (acme.folder / "r.jsonl").write_text(json.dumps(report | {"declared_at": "2026-01-06T08:00:00Z"}))
    assert acme("reports", "import", "r.jsonl").code in (0, 1)
    found = {id: acme("rules", "explain", id, "--json").json for id in "abc"}
    assert {id: (one["outcome"], one["covered"]) for id, one in found.items()} == {
        "a": ("ok", "50.00"), "b": ("cap", "23.00"), "c": ("block", "0.00"),
    }  # fmt: skip
    assert found["b"]["decided_by"] == "profiles.generic.rules.GIFTS"


@pytest.mark.parametrize(
    ("before", "after", "code", "expected"),
    [
        ("limit = 7300", "limt = 7300", "PSR-3043", "one of limit"),
        ("limit = 7300", "limit = -1", "PSR-3043", "more than 0"),
        ('period = "day" }', 'period = "day", settings = { x = 1 } }', "PSR-3043", "no setting: the rule has none"),
        ("acme-gifts", "acme-gift", "PSR-3042", "one of acme-alcohol, acme-gifts"),
    ],
)
def test_config_check_holds_the_policy_to_the_installed_rules(
    acme: Any, before: str, after: str, code: str, expected: str
) -> None:
    (acme.folder / "company.toml").write_text((COMPANY + POLICY).replace(before, after))
    told = acme("config", "check", "company.toml")
    assert code in told.err
    assert expected in told.err
    assert told.code == (3 if code == "PSR-3043" else told.code)
    assert ("did you mean" in told.err) is (after in ("limt = 7300", "acme-gift"))


def test_a_rule_whose_plugin_is_missing_is_a_warning_then_an_alert(cli: Any) -> None:
    (cli.folder / "gifts.toml").write_text(SNIPPETS["gifts.toml"])
    told = cli("rules", "check", "gifts.toml")
    assert told.code == 0
    assert "warning PSR-3042" in told.err
    assert "no plugin offers acme-gifts" in told.out
    assert told.out.splitlines()[-1] == "4 expenses: 0 blocked, 0 capped, 4 with an alert, 0 ok."
