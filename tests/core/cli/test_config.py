"""`passerelle config`: what a person and a program see, and the exit codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
STARTER = Path(__file__).resolve().parents[3] / "core/src/passerelle/cli/starter/company.toml"
FIRST = STARTER.read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """company.toml in the working folder."""
    path = tmp_path / "company.toml"
    path.write_text(FIRST, encoding="utf-8")
    return path


def test_check_counts_what_is_there_and_names_the_next_step(cli: Cli, file: Path) -> None:
    outcome = cli("config", "check", "company.toml")
    assert outcome.code == 0
    assert "company.toml is right: 1 chart, 7 accounts, 1 axis" in outcome.out
    assert "next:  passerelle config apply company.toml --dry-run" in outcome.err
    assert cli("config", "check", "--json").json["objects"]["employee"] == 2


def test_every_fault_is_shown_with_line_and_caret(cli: Cli, file: Path) -> None:
    file.write_text(
        FIRST.replace('"732829320"', '"732829321"').replace('chart = "pcg" ', 'chart = "pgc" '), encoding="utf-8"
    )
    outcome = cli("config", "check", "company.toml")
    assert outcome.code == 3
    assert outcome.out == ""
    assert 'siren = "732829321"\n            ^^^^^^^^^^^' in outcome.err
    assert "PSR-2020" in outcome.err
    assert 'did you mean "pcg"?' in outcome.err
    assert cli("config", "apply", "company.toml").code == 3


def test_a_fault_of_many_lines_is_one_group(cli: Cli, file: Path) -> None:
    lines = "\n".join(f'X{n} = {{ name = "X", entity = "nowhere" }}' for n in range(300))
    file.write_text(FIRST.replace("[employees]", f"[employees]\n{lines}"), encoding="utf-8")
    outcome = cli("config", "check", "company.toml")
    assert outcome.err.count("PSR-2020: ") == 3
    assert "and 297 more like it" in outcome.err


def test_a_secret_reaches_neither_stream(cli: Cli, file: Path) -> None:
    server = '[destinations.s]\nkind = "sftp"\nhost = "h"\nuser = "u"\nhost_key = "k"\npassword = "hunter2"\n'
    file.write_text(FIRST + server, encoding="utf-8")
    for words in (("check",), ("check", "--json"), ("apply",), ("apply", "--json", "--dry-run")):
        outcome = cli("config", *words)
        assert outcome.code == 3
        assert "PSR-2007" in outcome.out + outcome.err
        assert "hunter2" not in outcome.out + outcome.err


def test_a_missing_file_is_a_fault_of_configuration(cli: Cli) -> None:
    outcome = cli("config", "check", "compnay.toml")
    assert outcome.code == 3
    assert "PSR-2009: compnay.toml cannot be read: No such file or directory." in outcome.err


def test_a_dry_run_shows_the_plan_and_its_hash(cli: Cli, file: Path) -> None:
    outcome = cli("config", "apply", "company.toml", "--dry-run", "--exit-code")
    assert outcome.code == 6
    assert '  + employee E001  "Camille Martin"' in outcome.out
    assert "Would add 23, change 0, deactivate 0; 0 objects stay as they are. Nothing was written." in outcome.out
    expect = cli("config", "apply", "--dry-run", "--json").json["plan"]["expect"]
    assert f"Do exactly this:  passerelle config apply company.toml --expect {expect}" in outcome.out
    assert f"next:  passerelle config apply company.toml --expect {expect}" in outcome.err
    assert cli("config", "apply", "company.toml", "--expect", expect).code == 0


def test_applied_twice_is_no_change(cli: Cli, file: Path) -> None:
    first = cli("config", "apply", "company.toml")
    assert (first.code, "Added 23, changed 0, deactivated 0." in first.out) == (0, True)
    second = cli("config", "apply", "company.toml", "--dry-run", "--exit-code")
    assert (second.code, "No changes" in second.out) == (0, True)
    again = cli("config", "apply", "company.toml", "--json").json
    assert again["plan"]["changes"] == []


def test_another_plan_than_the_one_shown_is_refused_and_shown(cli: Cli, file: Path) -> None:
    cli("config", "apply")
    file.write_text(FIRST.replace('name = "Repas"', 'name = "Dîner"'), encoding="utf-8")
    outcome = cli("config", "apply", "--expect", "0123456789ab")
    assert outcome.code == 1
    assert "name  Repas -> Dîner" in outcome.out
    assert "Nothing was written." in outcome.out
    assert "PSR-2041" in outcome.err
    assert "Repas" in cli("config", "export").out


def test_an_export_applies_back_without_a_change(cli: Cli, file: Path, tmp_path: Path) -> None:
    cli("config", "apply")
    (tmp_path / "export.toml").write_bytes(cli("config", "export").bytes)
    assert cli("config", "apply", "export.toml", "--dry-run", "--exit-code").code == 0
    assert cli("config", "export", "--json").json["employees"]["E001"]["account"] == "421001"


def test_an_export_of_nothing_says_how_to_begin(cli: Cli) -> None:
    outcome = cli("config", "export")
    assert outcome.code == 1
    assert "PSR-2042" in outcome.err
    assert "passerelle init" in outcome.err


def test_the_schema_is_json(cli: Cli) -> None:
    assert cli("config", "schema").json == cli("config", "schema", "--json").json


def test_editors_know_the_limits_of_a_policy(cli: Cli) -> None:
    known = cli("config", "schema").json["$defs"]
    assert known["Bracket"]["properties"]["up_to"]["anyOf"][0] == {"exclusiveMinimum": 0, "type": "number"}
    assert known["Threshold"]["properties"]["amounts"]["minProperties"] == 1
    for amounts in (known["Threshold"]["properties"]["amounts"], known["ReceiptRule"]["properties"]["above"]):
        assert amounts["additionalProperties"]["anyOf"][0]["minimum"] == 0
    kinds = known["Profile"]["properties"]["rules"]["patternProperties"].popitem()[1]["discriminator"]["mapping"]
    assert set(kinds) == {"restriction", "cap", "alert", "receipt", "comment", "age", "future", "days", "plugin"}


@pytest.mark.parametrize("name", ["check", "apply", "export", "schema"])
def test_help_teaches_with_an_example(cli: Cli, name: str) -> None:
    outcome = cli("config", name, "--help")
    assert outcome.code == 0
    assert f"Example:  passerelle config {name}" in outcome.out
