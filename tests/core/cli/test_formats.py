"""``passerelle formats``: list, show, check, explain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Cli = Any


def test_list_names_every_shipped_format_with_its_settings(cli: Cli) -> None:
    done = cli("formats", "list", "--json")
    assert done.code == 0
    assert [(f["name"], f["connector"], f["layout"]) for f in done.json] == [
        ("generic-csv", "generic-csv", "delimited"),
        ("sage100-flg", "sage", "tagged"),
        ("sage100-pnm", "sage", "fixed"),
    ]
    assert "version" in done.json[1]["settings"]
    assert "sage100-pnm" in cli("formats", "list").out


def test_show_prints_the_file_alone_so_that_it_can_be_copied(cli: Cli) -> None:
    done = cli("formats", "show", "generic-csv")
    (cli.folder / "my.toml").write_text(done.out, encoding="utf-8")
    assert done.out.startswith("# A model to copy.")
    assert "reading a file back proves: account, amount" in done.err
    checked = cli("formats", "check", "my.toml")
    assert checked.code == 0
    assert "no fault" in checked.out
    assert "line;NDF;1;1;2026-01-31" in checked.out
    assert "passerelle config apply" in checked.err
    assert cli("formats", "show", "generic-csv", "--json").json["text"].startswith("# A model")


def test_show_suggests_the_name_that_was_meant(cli: Cli) -> None:
    done = cli("formats", "show", "sage100-pmn")
    assert done.code == 1
    assert 'did you mean "sage100-pnm"?' in done.err


def test_check_shows_a_fault_with_line_and_caret(cli: Cli) -> None:
    text = cli("formats", "show", "sage100-pnm").out.replace("{type_name} {comment}", "{type_name} {coment}")
    (cli.folder / "my.toml").write_text(text, encoding="utf-8")
    done = cli("formats", "check", "my.toml", "--json")
    assert (done.code, done.json["exit_code"], done.err) == (3, 3, "")
    done = cli("formats", "check", "my.toml")
    assert done.code == 3
    said = done.err.split("\n")
    at = next(n for n, row in enumerate(said) if "{coment}" in row)
    assert said[at - 1].strip().startswith("my.toml:")
    assert said[at + 1].index("^") == said[at].index("coment")
    assert said[at + 1].count("^") == len("coment")


def test_check_refuses_what_is_no_text_and_what_is_not_there(cli: Cli) -> None:
    (cli.folder / "my.toml").write_bytes(b"\xff\xfe")
    assert "PSR-2028" in cli("formats", "check", "my.toml").err
    assert cli("formats", "check", "other.toml").code == 2


def test_explain_knows_only_files_that_an_export_made(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("x")
    done = cli("formats", "explain", "file.txt", "--line", "1")
    assert done.code == 1
    assert "PSR-5207" in done.err
    assert cli("formats", "explain", "file.txt", "--line", "0").code == 2
