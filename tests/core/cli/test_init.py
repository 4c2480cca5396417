"""`passerelle init`: a company that is right from the first minute; nothing is overwritten."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Cli = Callable[..., Any]
HEADS = ("# --- Expense policy", "# --- Where entries go")
TOML_LINE = re.compile(r"# (\[profiles|[a-z-]+ = )")
PATHS = ["company.toml", "mappings/expenses.toml", ".env.example", ".passerelle/company.schema.json"]


def test_the_first_company_checks_and_applies(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("init")
    assert outcome.code == 0
    assert [path for path in PATHS if (tmp_path / path).is_file()] == PATHS
    assert all(path in outcome.out for path in PATHS)
    assert "next:  passerelle config check company.toml" in outcome.err
    assert cli("config", "check").code == 0
    assert cli("config", "apply").code == 0


def test_the_example_of_a_policy_is_right_once_it_is_uncommented(cli: Cli, tmp_path: Path) -> None:
    cli("init")
    path = tmp_path / "company.toml"
    lines = path.read_text(encoding="utf-8").split("\n")
    first, last = (next(n for n, line in enumerate(lines) if line.startswith(head)) for head in HEADS)
    written = [line.removeprefix("# ") if TOML_LINE.match(line) else line for line in lines[first:last]]
    assert sum(line.startswith("[profiles") for line in written) == 6
    path.write_text("\n".join([*lines[:first], *written, *lines[last:]]), encoding="utf-8")
    outcome = cli("config", "check", "--json")
    assert outcome.code == 0, outcome.out
    assert outcome.json["objects"]["profile"] == 2
    (warning,) = outcome.json["warnings"]  # as its last lines say: the advance account is not named yet
    assert warning["code"] == "PSR-2113"


def test_editors_find_the_schema_from_the_first_line(cli: Cli, tmp_path: Path) -> None:
    cli("init", "books")
    first = (tmp_path / "books" / "company.toml").read_text(encoding="utf-8").split("\n")[0]
    path = tmp_path / "books" / first.removeprefix("#:schema ")
    assert json.loads(path.read_text(encoding="utf-8")) == cli("config", "schema").json


def test_what_is_there_stays_as_it_is(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "company.toml").write_text("mine", encoding="utf-8")
    answer = cli("init", "--json").json
    assert answer["kept"] == ["company.toml"]
    assert len(answer["written"]) == 4
    assert (tmp_path / "company.toml").read_text(encoding="utf-8") == "mine"
    assert cli("init", "--json").json["written"] == []


def test_a_folder_that_cannot_be_written_is_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mappings").write_text("a file", encoding="utf-8")
    outcome = cli("init")
    assert outcome.code == 3
    assert "PSR-2043" in outcome.err
    (tmp_path / "books" / "company.toml").mkdir(parents=True)
    assert cli("init", "books").code == 3


def test_the_mapping_reads_what_it_says_it_reads(cli: Cli, tmp_path: Path) -> None:
    cli("init")
    cli("config", "apply")
    mapping = (tmp_path / "mappings" / "expenses.toml").read_text(encoding="utf-8")
    example = [line.removeprefix("#").strip() for line in mapping.split("\n") if ";" in line and line.startswith("#")]
    assert len(example) == 2
    (tmp_path / "expenses.csv").write_text("\n".join(example) + "\n", encoding="utf-8")
    outcome = cli("reports", "import", "expenses.csv", "--mapping", "mappings/expenses.toml", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["lines"]["taken"] == 1
