"""`passerelle reports`: what a person and a program see."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

COMPANY = """
[entities.FR]
name = "Boulangerie Martin"
country = "FR"
currency = "EUR"
time_zone = "Europe/Paris"
chart = "pcg"
journals = { NDF = { name = "Notes de frais", kind = "expense_reports" } }

[charts.pcg.accounts]
421000 = { name = "Personnel", role = "employee" }
625100 = { name = "Voyages", role = "expense" }

[expense_types]
TAXI = { name = "Taxi", accounts = { pcg = "625100" } }
BUS = { name = "Bus", accounts = {} }

[employees]
E1 = { name = "Anna", entity = "FR", account = "421000" }
"""
MAPPING = """
name = "taxis"
entity = "FR"
report = { period = "month" }
[columns]
id = { column = "id" }
employee = { column = "who" }
type = { constant = "TAXI" }
date = { column = "day" }
amount = { column = "amount" }
"""
LINES = "id,who,day,amount\n1,E1,2026-01-03,12.00\n2,E1,soon,5.00\n"


@pytest.fixture
def ready(cli: Any) -> Any:
    """The command line with a company, a mapping and a file of two lines, one of them wrong."""
    folder: Path = cli.folder
    (folder / "company.toml").write_text(COMPANY)
    (folder / "m.toml").write_text(MAPPING)
    (folder / "taxis.csv").write_text(LINES)
    applied = cli("config", "apply", "company.toml")
    assert applied.code in (0, 1), applied.err
    return cli


def take(cli: Any, *more: str) -> Any:
    return cli("reports", "import", "taxis.csv", "--mapping", "m.toml", *more)


def test_an_import_says_what_was_taken_what_not_and_what_to_type_next(ready: Any) -> None:
    outcome = take(ready, "--rejects", "refused.csv")
    assert outcome.code == 1
    assert "12.00 EUR" in outcome.out
    assert "PSR-1023" in outcome.err
    assert "taxis.csv:3" in outcome.err
    assert outcome.err.splitlines()[-1] == (
        "next:  mend refused.csv, then: passerelle reports import refused.csv --mapping m.toml"
    )
    mended = (ready.folder / "refused.csv").read_text().replace("soon", "2026-01-04")
    (ready.folder / "refused.csv").write_text(mended)
    assert ready("reports", "import", "refused.csv", "--mapping", "m.toml").code == 0
    assert [one["expenses"] for one in ready("reports", "list", "--json").json] == [2]


def test_json_adds_up(ready: Any) -> None:
    data = take(ready, "--json").json
    assert data["lines"] == {"read": 2, "taken": 1, "unchanged": 0, "differing": 0, "refused": 1}
    assert data["amounts_refused"] == [{"currency": "EUR", "amount": "5.00"}]
    assert data["findings"][0]["place"]["line"] == 3


def test_a_changed_line_is_a_finding_of_its_own(ready: Any) -> None:
    take(ready)
    (ready.folder / "taxis.csv").write_text("id,who,day,amount\n1,E1,2026-01-03,99.00\n")
    outcome = take(ready)
    assert outcome.code == 1
    assert "99.00 EUR" in next(line for line in outcome.out.splitlines() if line.startswith("known, other content"))
    assert outcome.err.splitlines()[-1].endswith("--rejects refused.csv")


def test_json_holds_every_finding_and_stderr_none(ready: Any) -> None:
    (ready.folder / "taxis.csv").write_text("id,who,day,amount\n" + "".join(f"{n},E1,soon,5.00\n" for n in range(40)))
    outcome = take(ready, "--json")
    assert (len(outcome.json["findings"]), outcome.json["findings_total"]) == (40, 40)
    assert "PSR-" not in outcome.err


def test_lines_read_and_lines_of_the_file_are_told_apart(ready: Any) -> None:
    (ready.folder / "taxis.csv").write_text('id,who,day,amount\n1,E1,2026-01-03,12.00\n2,E1,2026-01-04,"5.00\n3\n4\n')
    assert "The 2 lines read hold 4 lines of the file" in take(ready).out
    assert "lines of the file" not in ready("reports", "import", "r.jsonl").out


def test_one_of_a_thing_is_said_in_the_singular(ready: Any) -> None:
    assert "ledger:  0 reports, 0 lines" in take(ready).out
    assert (
        "1 report approved; 0 were already. Ledger: 1 report posted, 2 lines"
        in ready("reports", "approve", "--all").out
    )
    assert "total 12.00 EUR in 1 expense; owed 12.00 EUR\n" in ready("reports", "show", "ND000001").out


def test_strict_and_dry_run_write_nothing(ready: Any) -> None:
    for option in ("--strict", "--dry-run"):
        outcome = take(ready, option)
        assert outcome.code == 1
        assert "Nothing was written" in outcome.out
    assert ready("reports", "list", "--json").json == []


def test_approve_control_list_and_show(ready: Any) -> None:
    take(ready)
    assert ready("reports", "list", "--status", "submitted", "--json").json[0]["number"] == "ND000001"
    approved = ready("reports", "approve", "ND000001", "--json").json
    assert (approved["changed"], approved["posted"]) == (1, 1)
    assert ready("reports", "approve", "ND000001", "--json").json["unchanged"] == 1
    assert ready("reports", "control", "--all", "--json").json["changed"] == 1
    shown = ready("reports", "show", "ND000001", "--json").json
    assert (shown["status"], shown["total"], shown["posted_revision"]) == ("approved & controlled", "12.00", 1)
    assert shown["approved_at"].endswith(("+01:00", "+02:00"))
    assert shown["expense_lines"][0]["id"] == "1"
    text = ready("reports", "show", "ND000001")
    assert "in the ledger" in text.out
    instants = text.out.splitlines()[3]
    assert re.fullmatch(
        r"  declared [-0-9]{10} [:0-9]{8} Europe/Paris, approved .* Europe/Paris, controlled .*", instants
    )
    assert "next:" in text.err


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--entity", "FR"], 1),
        (["--employee", "E1", "--from", "2026-01-03", "--to", "2026-01-03"], 1),
        (["--from", "2026-01-04"], 0),
        (["--to", "2026-01-02"], 0),
        (["--text", "2026-01 e1"], 1),
        (["--text", "2026_01"], 0),
        (["--status", "approved"], 0),
    ],
)
def test_listing_filters(ready: Any, options: list[str], found: int) -> None:
    take(ready)
    assert len(ready("reports", "list", *options, "--json").json) == found


def test_what_keeps_a_report_out_of_the_ledger_is_shown(ready: Any) -> None:
    report = {
        "source": "t", "id": "R1", "entity": "FR", "employee": "E1", "title": "Bus", "approved": True,
        "declared_at": "2026-02-01T09:00:00+01:00",
        "expenses": [{"id": "1", "type": "BUS", "date": "2026-01-03", "amount": "2.10"}],
    }  # fmt: skip
    (ready.folder / "r.jsonl").write_text(json.dumps(report))
    outcome = ready("reports", "import", "r.jsonl")
    assert outcome.code == 1
    assert "held back: 1" in outcome.out
    [faulty] = ready("reports", "list", "--status", "faulty", "--json").json
    assert faulty["findings"][0]["code"].startswith("PSR-4")
    shown = ready("reports", "show", "ND000001")
    assert "not in the ledger" in shown.out
    assert "PSR-4" in shown.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["import", "taxis.csv"], 2, "PSR-1216"),
        (["import", "absent.jsonl"], 1, "PSR-1000"),
        (["show", "ND9"], 1, "PSR-1210"),
        (["approve", "ND8", "ND9"], 1, "PSR-1210"),
        (["approve"], 2, "--all"),
        (["approve", "ND1", "--all"], 2, "--all"),
        (["list", "--entity", "XX"], 2, "PSR-1215"),
        (["list", "--employee", "XX"], 2, "PSR-1215"),
    ],
)
def test_wrong_words(ready: Any, words: list[str], code: int, said: str) -> None:
    outcome = ready("reports", *words)
    assert outcome.code == code
    assert said in outcome.err


def test_the_schema_of_the_input_is_printed(cli: Any) -> None:
    schema = cli("reports", "schema").json
    assert schema["properties"]["expenses"]["items"]["$ref"].endswith("ExpenseInput")
    assert schema["$defs"]["ExpenseInput"]["properties"]["amount"]["anyOf"][0]["type"] == "string"
    assert {"name", "entity", "columns"} <= cli("reports", "schema", "--mapping").json["properties"].keys()


@pytest.mark.parametrize("name", ["import", "approve", "control", "list", "show", "schema"])
def test_help_teaches_with_an_example(cli: Any, name: str) -> None:
    assert "Example:  passerelle reports" in cli("reports", name, "--help").out
