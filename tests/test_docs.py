"""Generated pages are what the code says now, and their examples do what they say."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MAPPINGS = ROOT / "docs" / "mappings.md"
POLICY = ROOT / "docs" / "policy.md"
REPORTS = ROOT / "docs" / "reports.md"


def test_generated_pages_are_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_decisions_are_numbered_without_a_hole_and_say_context_decision_and_consequences() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences")), page.name


def blocks(language: str, page: Path) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def block(language: str, page: Path = MAPPINGS) -> str:
    (found,) = blocks(language, page)
    return found


def test_the_worked_example_of_mappings_does_what_its_page_says(cli: Any, monkeypatch: Any) -> None:
    assert cli("init", "lumen").code == 0
    folder = cli.folder / "lumen"
    monkeypatch.chdir(folder)
    assert cli("config", "apply", "company.toml").code == 0
    (folder / "trips.csv").write_text(block("csv"), encoding="cp1252")
    (folder / "trips.toml").write_text(block("toml"), encoding="utf-8")
    commands = [line.removeprefix("$ passerelle ").split() for line in block("console").splitlines()]
    for command in commands:
        outcome = cli(*command, "--json")
        assert outcome.code == 1, outcome.err
        assert {name: outcome.json["lines"][name] for name in ("taken", "refused")} == {"taken": 3, "refused": 1}
        assert [one["code"] for one in outcome.json["findings"] if one["severity"] == "error"] == ["PSR-1023"]
    listed = {(one["employee"], one["kind"]): one for one in cli("reports", "list", "--json").json}
    assert {key: (one["title"], one["total"]) for key, one in listed.items()} == {
        ("E001", "own"): ("Agency 2026-02 E001", "1000.00"),
        ("E002", "company"): ("Agency 2026-02 E002", "64.00"),
    }
    lines = cli("reports", "show", listed["E001", "own"]["number"], "--json").json["expense_lines"]
    assert [(one["id"], one["date"], one["derived"]) for one in lines] == [
        ("T-1", "2026-02-03", []),
        ("T-2", "2026-02-04", ["date"]),
    ]
    (hotel,) = cli("reports", "show", listed["E002", "company"]["number"], "--json").json["expense_lines"]
    assert hotel["vat"] == [{"rate": "10", "net": "58.18", "vat": "5.82"}]
    refused = (folder / "refused.csv").read_text(encoding="cp1252").splitlines()[1]
    assert refused.startswith("T-4;E002;soon;")
    mended = (folder / "refused.csv").read_text(encoding="cp1252").replace(";soon;", ";11/02/2026;")
    (folder / "refused.csv").write_text(mended, encoding="cp1252")
    again = cli("reports", "import", "refused.csv", "--mapping", "trips.toml", "--json")
    assert (again.code, again.json["lines"]["taken"]) == (0, 1)
    repeated = cli(*commands[-1], "--json").json["lines"]
    assert repeated == {"read": 4, "taken": 0, "unchanged": 4, "differing": 0, "refused": 0}


def test_the_worked_example_of_the_policy_is_judged_as_its_page_says(cli: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(cli.folder)
    Path("trial.toml").write_text(blocks("toml", POLICY)[0], encoding="utf-8")
    command = block("console", POLICY).removeprefix("$ passerelle ").split()
    outcome = cli(*command, "--json")
    assert outcome.code == 0, outcome.err
    assert [(one["id"], one["amount"], one["covered"]) for one in outcome.json["expenses"]] == [
        ("lunch", "18.50", "18.50"),
        ("second lunch", "12.00", "0.00"),
        ("lunch with a client", "82.00", "70.00"),
        ("two nights", "300.00", "280.00"),
        ("drive", "76.32", "76.32"),
    ]


def test_the_example_abroad_is_judged_as_its_page_says(cli: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(cli.folder)
    _, abroad = blocks("toml", POLICY)
    Path("abroad.toml").write_text(abroad, encoding="utf-8")
    outcome = cli("rules", "check", "abroad.toml", "--json")
    assert (outcome.code, outcome.json["findings"]) == (0, []), outcome.err
    assert [(one["id"], one["amount"], one["covered"], one["outcome"]) for one in outcome.json["expenses"]] == [
        ("drive", "40.00", "40.00", "ok"),
        ("two days in Paris", "90.00", "90.00", "ok"),
        ("day of leave", "30.00", "0.00", "block"),
    ]


def test_the_life_of_a_report_goes_as_its_page_says(cli: Any, monkeypatch: Any) -> None:
    """Each command of the page prints the lines shown below it, in their order; ``…`` stands for an instant."""
    monkeypatch.chdir(cli.folder)
    Path("company.toml").write_text(block("toml", REPORTS), encoding="utf-8")
    assert cli("config", "apply", "company.toml").code == 0
    blocks = re.findall(r"^```console\n(.*?)^```", REPORTS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    steps = [step.splitlines() for step in "".join(blocks).split("$ passerelle ")[1:]]
    assert len(steps) == 13
    for command, *shown in steps:
        outcome = cli(*shlex.split(command))
        printed = iter((outcome.out + outcome.err).splitlines())
        for line in shown:
            pattern = re.escape(line).replace("…", r"[-\d]+ [:\d]+ Europe/Paris")
            assert any(re.fullmatch(pattern, one.rstrip()) for one in printed), f"{command}: {line}"
