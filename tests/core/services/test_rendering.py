"""From frozen rows to files: the same bytes on both databases and at any time, read by readers that are not ours."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from tests.readers import Piece, sage_flg, sage_pnm

from passerelle.services import export_facts
from passerelle.store.database import Database

from .an_export import House, meal, train

# Journals, titles and names that collations of PostgreSQL would order in another way than their code points.
JOURNALS = {"b": {"name": "Frais", "kind": "expense_reports"}, "A": {"name": "Société", "kind": "company_paid"}}


def story(house: House) -> list[str]:
    """Four exports: wholes, a delta, a void and what leaves again; the hashes of all files."""
    known = house.company["entities"]
    house.configure(entities=known | {"FR": known["FR"] | {"journals": JOURNALS}})
    house.change("exports", "fr", closed_period="next_open")
    house.send("R1", train(8640), meal(5500), meal(1200, rate=20))
    house.send("R2", train(-2900, comment="Billet annulé"), train(118_00, currency="CHF", country="CH", rate="1.0642"))
    house.send("R3", train(500, payer="company_card"), train(900, date="2025-12-31"), employee="E2")
    house.create()
    house.send("R1", train(8640), meal(6600), revision=2)
    house.create()
    house.void(1 if not house.rows("SELECT 1 FROM export_document WHERE rank > 0") else 2)
    house.send("R4", meal(3300), employee="E2")
    house.create()
    return [row[0] for row in house.rows("SELECT sha256 FROM artifact ORDER BY export_id, position")]


def test_the_same_story_gives_the_same_bytes(
    sqlite_database: Database, new_postgres_url: Callable[[], str], clock: Any, tmp_path: Path
) -> None:
    databases = [sqlite_database, Database(new_postgres_url()), Database(new_postgres_url())]
    hashes = []
    for number, database in enumerate(databases):
        folder = tmp_path / str(number)
        folder.mkdir()
        hashes.append(story(House(database, clock, folder)))
        database.close()
    assert hashes[0] == hashes[1] == hashes[2]
    assert len(hashes[0]) == len(set(hashes[0])) == 9


def of_readers(pieces: list[Piece]) -> dict[str, Counter[tuple[str, str, str]]]:
    """Per piece: sums by general account, third party and side."""
    found: dict[str, Counter[tuple[str, str, str]]] = {}
    for piece in pieces:
        sums = found.setdefault(f"{piece.journal}{piece.number.lstrip('0')}", Counter())
        for line in piece.lines:
            sums[line.account, line.third_party, line.side] += line.minor
    return found


def of_ledger(house: House, export: int) -> dict[str, Counter[tuple[str, str, str]]]:
    """The same from the ledger's own lines; a delta is its revision less what it corrects."""
    found: dict[str, Counter[tuple[str, str, str]]] = {}
    for entry, revision, base, journal, piece in house.rows(
        "SELECT entry_id, revision, base_revision, journal, piece_number FROM export_document WHERE export_id = ?",
        export,
    ):
        of = "SELECT account, amount, kind, account FROM line WHERE entry_id = ? AND revision = ?"
        lines = Counter((row[0], row[1]) for row in house.rows(of, entry, revision))
        gone = Counter((row[0], row[1]) for row in house.rows(of, entry, base))
        sums = found.setdefault(f"{journal}{piece}", Counter())
        sent = [*(lines - gone).elements(), *((account, -amount) for account, amount in (gone - lines).elements())]
        for account, amount in sent:
            code = {"421001": ("421000", "LEF"), "421002": ("421000", "ROSS")}.get(account, (account, ""))
            sums[(*code, "D" if amount > 0 else "C")] += abs(amount)
    return found


def test_readers_that_are_not_ours_find_the_ledger_in_both_sage_files(house: House) -> None:
    story(house)
    for export, sequence in house.rows("SELECT id, sequence FROM export ORDER BY id"):
        flag = sage_flg.read(house.bytes_of(export, 1))
        fixed = sage_pnm.read(house.bytes_of(export, 2))
        assert of_readers(flag) == of_readers(fixed) == of_ledger(house, export), sequence
        assert [piece.number.lstrip("0") for piece in flag] == [piece.number.lstrip("0") for piece in fixed]
        split = [line for piece in flag for line in piece.lines if line.account == "625100"]
        assert all(sum(part for _, _, part in line.sections) == line.minor for line in split)
    assert house.rows("SELECT count(*) FROM export") == [(3,)]


def test_artifacts_are_kept_by_their_hash_under_the_names_of_their_formats(house: House) -> None:
    house.send("R1", train(8640))
    made = house.create()
    for row in made.artifacts:
        data = house.artifacts.path(row.sha256).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (row.sha256, row.size)
    assert [(row.position, row.connection, row.format, row.file_name) for row in made.artifacts] == [
        (1, "sage", "sage100-flg", "FR_000001.txt"),
        (2, "sage", "sage100-pnm", "FR_000001.pnm"),
        (3, "csv", "generic-csv", "FR_fr_000001.csv"),
    ]


def test_an_axis_without_a_place_is_told_where_the_format_needs_one(house: House, tmp_path: Path) -> None:
    text = (resources.files("passerelle_sage") / "formats" / "sage100-flg.toml").read_text(encoding="utf-8")
    text = text.replace("unless = { slot = 0 }\n", "").replace(
        'cases = [{ when = { slot = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] }, var = "slot" }]', 'var = "slot"'
    )
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    house.change("exports", "fr", artifacts=[{"connection": "sage", "format": str(own)}])
    house.send("R1", train(8640))
    house.send("R2", train(100, split=[{"percent": "100", "sections": {"PROJET": "P1"}}]))
    left_out = house.preview().left_out
    assert {report: {f.code for f in found} for report, found in left_out.items()} == {"ND000002": {"PSR-6004"}}


@pytest.mark.parametrize("change", ["amount = amount + 1", "tax_code = 'X'"])
def test_what_drifts_between_freeze_and_proof_leaves_in_no_file(
    house: House, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    from passerelle.errors import Defect

    house.send("R1", meal(5500))
    with monkeypatch.context() as patched:
        patched.setattr("passerelle.services.rendering.file_name", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            house.create()
    house.write(f"UPDATE export_line SET {change} WHERE account = '445660'")
    with pytest.raises(Defect, match="PSR-6900"):
        house.create()
    assert house.rows("SELECT count(*) FROM artifact") == [(0,)]
    assert house.rows("SELECT state FROM export") == [("frozen",)]
    house.void(1)
    made = house.create()
    assert made.export is not None
    assert made.export.sequence == 2


def test_an_export_frozen_before_a_line_kind_existed_renders_as_it_did(house: House) -> None:
    """Its formats have no template for the kind, and its snapshot names no kinds."""
    house.send("R1", train(8640), train(500, payer="company_card"))
    made = house.create()
    assert made.export is not None
    ((text,),) = house.rows("SELECT snapshot FROM export")
    snapshot = json.loads(text)
    del snapshot["kinds"]
    for artifact in snapshot["artifacts"]:
        lines = artifact["text"].replace('"advance.account", ', "").splitlines(keepends=True)
        artifact["text"] = "".join(line for line in lines if not line.startswith('"advance.account"'))
        assert "advance" not in artifact["text"]
    house.write("UPDATE export SET snapshot = ?", json.dumps(snapshot))
    for row in made.artifacts:
        _, copy = export_facts.rendered_copy(house.database, 1, "FR", row.position)
        assert b"".join(copy) == house.bytes_of(made.export.id, row.position)
    assert export_facts.verify(house.database, house.artifacts, 1, "FR").findings == ()
