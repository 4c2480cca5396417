"""The words a person types about exports, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.core.services.an_export import House, meal, train

from passerelle.periods import system_clock
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database
from passerelle_generic_csv import GENERIC_CSV
from passerelle_sage import SAGE

CommandLine = Any


@pytest.fixture
def house(cli: CommandLine, sqlite_url: str, tmp_path: Path) -> Iterator[House]:
    """The house that the command line works on, with a folder to deliver to."""
    (tmp_path / "share").mkdir()
    database = Database(sqlite_url)
    house = House(database, system_clock, tmp_path)
    house.artifacts = ArtifactFolder.beside(database)
    house.configure(destinations={"share": {"kind": "folder", "path": str(tmp_path / "share")}})
    house.change("exports", "fr", destinations=["share"])
    house.send("R1", train(8640), meal(5500))
    house.send("R2", meal(4220, rate=5))
    yield house
    database.close()


def test_preview_shows_everything_and_the_command_that_does_it(cli: CommandLine, house: House) -> None:
    outcome = cli("export", "preview", "fr")
    assert outcome.code == 1, "one document is left out"
    for words in (
        "Trial balance of what would leave, in EUR", "445660", "141.40",
        "FR_000001.pnm (number not reserved)  (sage100-pnm by sage)",
        "1234567890123", "#MECG", "! document ND000002", "PSR-4006",
        "Would export 1 document, 4 lines, 141.40 EUR in 3 files; 1 left out. Nothing was written.",
        "Do exactly this:  passerelle export create fr --expect ",
    ):  # fmt: skip
        assert words in outcome.out, words
    assert "PSR-4006" in outcome.err
    assert "next:  passerelle export create fr" in outcome.err
    assert house.rows("SELECT count(*) FROM export") == [(0,)]
    data = cli("export", "preview", "fr", "--json").json
    assert data["left_out"][0]["findings"][0]["code"] == "PSR-4006"
    assert sum(Decimal(row["debit"] or 0) for row in data["trial_balance"]) == Decimal("141.40")
    assert [one["file_name"] for one in data["files"]] == ["FR_000001.txt", "FR_000001.pnm", "FR_fr_000001.csv"]
    assert cli("export", "create", "fr", "--expect", "000000000000").code == 1
    made = cli("export", "create", "fr", "--expect", data["plan"]["expect"])
    assert made.code == 1
    assert cli("export", "preview", "fr", "--exit-code").code == 1
    assert cli("export", "preview", "gb", "--exit-code").code == 0
    house.send("G", train(100, split=[]), entity="GB", employee="G1")
    assert cli("export", "preview", "gb", "--exit-code").code == 6


def test_what_a_format_cuts_away_is_told_before_and_after(cli: CommandLine, house: House) -> None:
    own = house.files / "whole.toml"
    shipped = next(iter(GENERIC_CSV.formats.values()))
    own.write_text(shipped.replace('mark = "{', 'truncate_to = "unit"\nmark = "{'), encoding="utf-8")
    house.change("exports", "fr", artifacts=[{"connection": "csv", "format": str(own)}])
    house.send("R2", train(1996), revision=2)
    house.send("R3", train(96))
    shown = cli("export", "preview", "fr")
    sums = "debit 160.00 = credit 160.00; ledger 162.32, cut 2.32; nothing left of 1 document"
    assert f"  the whole file: {sums}\n  ND000003: nothing left of it in generic-csv\n" in shown.out
    tally = cli("export", "preview", "fr", "--json").json["files"][0]["tally"]
    assert (tally["ledger_debit"], tally["debit"], tally["cut"], tally["vanished"]) == ("162.32", "160.00", "2.32", 1)
    nothing = "Nothing is left of it in generic-csv, which merges or cuts its amounts away."
    assert f"the next fr takes it. {nothing}" in cli("export", "why", "ND000003").out
    assert nothing not in cli("export", "why", "ND000002").out
    made = cli("export", "create", "fr")
    assert f"read back: 2 documents, 6 lines, {sums}\n" in made.out
    proof = cli("export", "show", "1", "--json").json["artifacts"][0]["proof"]
    assert (proof["ledger_debit"], proof["debit"], proof["documents"]) == (16232, 16000, 2)
    assert nothing in cli("export", "why", "ND000003").out
    assert cli("export", "verify", "1").code == 0
    assert "FR_fr_000002.csv (number not reserved)" in _next_preview(cli, house)


def _next_preview(cli: CommandLine, house: House) -> str:
    house.send("R5", train(8640))
    return str(cli("export", "preview", "fr").out)


def test_what_a_format_loses_is_told_once(cli: CommandLine, house: House) -> None:
    own = house.files / "own.toml"
    own.write_text(SAGE.formats["sage100-flg"].replace("{sequence:000000}.txt", "{sequence}.flg"), encoding="utf-8")
    first, second = ({"connection": "sage", "format": form} for form in ("sage100-flg", str(own)))
    house.change("exports", "fr", artifacts=[first])
    once = cli("export", "preview", "fr").out.count("this format loses")
    assert once == 3
    house.change("exports", "fr", artifacts=[first, second])
    shown = cli("export", "preview", "fr").out
    assert shown.count("this format loses") == once
    assert "FR_1.flg (number not reserved)" in shown


def test_create_delivers_and_names_what_it_left_out(cli: CommandLine, house: House) -> None:
    outcome = cli("export", "create", "fr")
    assert outcome.code == 1
    assert "Export 1 of FR (fr): proven" in outcome.out
    assert "read back: 1 documents, 4 lines, debit 141.40 = credit 141.40 = ledger" in outcome.out
    assert "FR_000001.pnm -> share: delivered" in outcome.out
    assert "Left out, with the reasons below: ND000002." in outcome.out
    assert "next:  passerelle export show 1" in outcome.err
    found = {path.name: path.read_bytes() for path in (house.files / "share").iterdir()}
    assert found["FR_000001.pnm"] == house.bytes_of(1, 2)
    assert len(found) == 3
    nothing = cli("export", "create", "fr", "--json")
    assert (nothing.code, nothing.json["export"], len(nothing.json["left_out"])) == (1, None, 1)


def test_hints_name_the_entity_where_a_number_is_not_enough(cli: CommandLine, house: House) -> None:
    house.send("G", train(100, split=[]), entity="GB", employee="G1")
    assert cli("export", "create", "fr", "--no-deliver").err.count("next:  passerelle export show 1\n") == 1
    assert "next:  passerelle export show 1 --entity GB" in cli("export", "create", "gb").err
    assert "next:  passerelle export show 1 --entity GB" in cli("export", "list").err
    assert "next:  passerelle export verify 1 --entity FR" in cli("export", "show", 1, "--entity", "FR").err
    ambiguous = cli("export", "show", 1)
    assert ambiguous.code == 1
    assert "PSR-6031" in ambiguous.err
    taken = cli("export", "artifact", 1, "--entity", "GB")
    assert "next:  passerelle export show 1 --entity GB" in taken.err


def test_bytes_by_hand_copies_and_verification(cli: CommandLine, house: House, tmp_path: Path) -> None:
    cli("export", "create", "fr", "--no-deliver")
    taken = cli("export", "artifact", 1, "--file", 2, "--json").json
    assert (tmp_path / "FR_000001.pnm").read_bytes() == house.bytes_of(1, 2)
    assert house.rows("SELECT taken_to FROM download") == [("FR_000001.pnm",)]
    assert taken["size"] == (tmp_path / "FR_000001.pnm").stat().st_size
    again = cli("export", "artifact", 1, "--file", 2)
    assert (again.code, "exists already" in again.err) == (2, True)
    missing = cli("export", "artifact", 1, "--file", 9)
    assert (missing.code, "PSR-6032" in missing.err) == (1, True)
    assert cli("export", "render", 1, "--file", 3).bytes == house.bytes_of(1, 3)
    copy = cli("export", "render", 1, "-o", tmp_path / "look.csv")
    assert "a copy, not delivered and not recorded" in copy.err
    assert (tmp_path / "look.csv.copy").read_bytes() == house.bytes_of(1, 1)
    assert cli("export", "render", 1, "-o", tmp_path / "look.csv").code == 2
    assert len(house.rows("SELECT id FROM download")) == 1
    assert "agree" in cli("export", "verify", 1).out
    house.artifacts.path(taken["sha256"]).write_bytes(b"other")
    broken = cli("export", "verify", 1)
    assert (broken.code, "PSR-9002" in broken.err) == (1, True)


def test_void_why_and_the_register(cli: CommandLine, house: House) -> None:
    cli("export", "create", "fr")
    assert "piece 1: live. Everything it says now has left." in cli("export", "why", "ND000001").out
    assert "PSR-4006" in cli("export", "why", "ND000002").err
    refused = cli("export", "void", 1, "--reason", "wrong month")
    assert (refused.code, "PSR-6022" in refused.err) == (1, True)
    voided = cli("export", "void", 1, "--reason", "wrong month", "--not-imported")
    assert voided.out.startswith("Export 1 is voided. What it held may leave again: 1 document.")
    assert "next:  passerelle export preview fr" in voided.err
    assert cli("export", "list", "--state", "voided", "--json").json[0]["void_reason"] == "wrong month"
    (piece,) = cli("export", "pieces", "--json").json
    assert (piece["number"], piece["state"], piece["reason"]) == (1, "voided", "wrong month")
    assert "wrong month" in cli("export", "pieces", "--entity", "FR").out
    assert cli("export", "pieces", "--entity", "GB").out.strip() == "No pieces yet."


def test_nothing_yet(cli: CommandLine) -> None:
    assert cli("export", "list").out.strip() == "No exports yet."
    assert "PSR-6040" in cli("export", "preview", "fr").err


def test_a_given_posting_date_and_an_open_period_are_chosen_for_one_run(cli: CommandLine, house: House) -> None:
    house.change("entities", "FR", closed_until="2026-12-31")
    closed = cli("export", "preview", "fr", "--json").json
    assert {f["code"] for one in closed["left_out"] for f in one["findings"]} == {"PSR-4006", "PSR-6001"}
    moved = cli("export", "preview", "fr", "--closed-period", "next_open", "--json").json
    assert [one["document"] for one in moved["left_out"]] == ["ND000002"]
    given = cli("export", "preview", "fr", "--posting-date", "2027-02-03")
    assert "ND000001" not in given.out.partition("Would export")[0].partition("+ add")[2]
    assert "030227" in given.out, "the PNM shows the day that was given"
    assert "--posting-date 2027-02-03 --expect" in given.out


def test_ask_is_refused_unattended_and_answered_by_yes(cli: CommandLine, house: House) -> None:
    house.change("entities", "FR", closed_until="2026-12-31")
    house.change("exports", "fr", closed_period="ask")
    assert "Nothing to export" in cli("export", "create", "fr", "--no-input").out
    assert "ND000001" in cli("export", "create", "fr").err
    made = cli("export", "create", "fr", "--yes")
    assert "1 documents" in made.out
