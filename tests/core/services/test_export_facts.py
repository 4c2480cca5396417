"""What became of exports: bytes by hand, copies, what verification finds, the register of pieces; on both databases."""

from __future__ import annotations

import json

import pytest

from passerelle.errors import Refused
from passerelle.services import export_facts

from .an_export import House, meal, train


def codes(house: House, number: int = 1) -> list[str]:
    return [f.code for f in export_facts.verify(house.database, house.artifacts, number, None).findings]


@pytest.fixture
def left(house: House) -> House:
    """Export 1 with three files of one document."""
    house.send("R1", train(8640), meal(5500))
    house.create()
    return house


def test_bytes_taken_by_hand_are_those_that_left_and_count_as_left(left: House) -> None:
    row, path = export_facts.take_artifact(left.database, left.clock, left.artifacts, 1, None, 2, "usb stick")
    assert (row.file_name, path.read_bytes()) == ("FR_000001.pnm", left.bytes_of(row.export_id, 2))
    assert path.name == row.sha256
    assert left.rows("SELECT artifact_id, taken_to, downloaded_at FROM download") == [
        (row.id, "usb stick", "2026-03-02T09:00:00.000000+00:00")
    ]
    with pytest.raises(Refused, match="PSR-6022"):
        left.void(1)
    left.void(1, not_imported=True)
    for position in (0, 4):
        with pytest.raises(Refused, match="PSR-6032"):
            export_facts.take_artifact(left.database, left.clock, left.artifacts, 1, None, position, "usb")
        with pytest.raises(Refused, match="PSR-6032"):
            export_facts.rendered_copy(left.database, 1, None, position)
    assert len(left.rows("SELECT id FROM download")) == 1


def test_a_copy_is_rendered_from_what_is_frozen_and_written_nowhere(left: House) -> None:
    left.change("connections", "sage", labels={"expense": "{comment}"})
    left.change("employees", "E1", auxiliary="NEW")
    left.send("R1", train(1), revision=2)
    before = left.everything()
    for position in (1, 2, 3):
        _, pieces = export_facts.rendered_copy(left.database, 1, None, position)
        assert b"".join(pieces) == left.bytes_of(1, position)
    assert left.everything() == before
    assert codes(left) == []


def test_a_changed_or_missing_file_is_found_beside_everything_else(left: House) -> None:
    assert codes(left) == []
    sha256 = left.rows("SELECT sha256 FROM artifact ORDER BY position")
    path = left.artifacts.path(sha256[0][0])
    path.write_bytes(path.read_bytes().replace(b"86,40", b"86,41"))
    left.artifacts.path(sha256[1][0]).unlink()
    assert codes(left) == ["PSR-9002", "PSR-9002"]
    left.write("UPDATE export_line SET amount = amount + 1 WHERE account = '445660'")
    assert sorted(set(codes(left))) == ["PSR-6033", "PSR-6901", "PSR-9002"]


@pytest.mark.parametrize(
    "change",
    ["amount = amount + 1", "auxiliary = 'X'", "type_name = 'Avion'", "day = '2026-01-01'", "sections = ''"],
)
def test_a_changed_frozen_row_is_found(left: House, change: str) -> None:
    left.write(f"UPDATE export_line SET {change} WHERE rank = 1")
    assert "PSR-6033" in codes(left)
    left.send("R2", train(100))
    left.create()
    assert codes(left, 2) == []


def test_the_facts_of_an_export(left: House) -> None:
    facts = export_facts.shown_export(left.database, 1, "FR")
    assert (facts.number, facts.named, facts.entity, facts.definition, facts.state) == (1, "1", "FR", "fr", "proven")
    assert (facts.documents, facts.lines, facts.debit, facts.currency) == (1, 4, "141.40", "EUR")
    assert facts.frozen_at.startswith("2026-03-02")
    assert "10:00" in facts.frozen_at, "in the zone of the entity"
    assert [(a.position, a.file_name) for a in facts.artifacts] == [
        (1, "FR_000001.txt"), (2, "FR_000001.pnm"), (3, "FR_fr_000001.csv"),
    ]  # fmt: skip
    assert {(a.proof["debit"], a.proof["credit"], a.proof["documents"]) for a in facts.artifacts} == {(14140, 14140, 1)}
    left.void(1)
    assert [one.void_reason for one in export_facts.listed(left.database, "FR", "voided")] == ["wrong month"]
    assert export_facts.listed(left.database, "FR", "proven") == []
    assert export_facts.listed(left.database, "GB") == []


def test_a_number_that_several_entities_have_is_named_with_its_entity(left: House) -> None:
    left.send("G", train(100, split=[]), entity="GB", employee="G1")
    left.create("gb")
    assert [one.named for one in export_facts.listed(left.database)] == ["1 --entity FR", "1 --entity GB"]
    with pytest.raises(Refused, match="PSR-6031"):
        export_facts.shown_export(left.database, 1, None)
    assert export_facts.shown_export(left.database, 1, "GB").currency == "GBP"
    left.void(1, entity="GB")
    with pytest.raises(Refused, match="PSR-6020") as refused:
        left.void(1, entity="GB")
    assert refused.value.findings[0].remedy == "passerelle export show 1 --entity GB"


def test_the_register_tells_the_end_of_each_number(left: House) -> None:
    left.send("R2", train(100, date="2025-12-31"))
    left.send("R3", train(300))
    left.create()
    left.void(2)
    left.send("R3", train(0), revision=2)
    left.change("exports", "fr", posting_date="approval")
    left.create()
    left.send("R1", train(8640), revision=2)
    left.create()
    left.void(4)
    told = [(p.fiscal_year, p.number, p.report, p.state, p.reason) for p in export_facts.register(left.database, "FR")]
    assert told == [
        ("2025", 1, "ND000002", "cancelled", "its document left in another journal or fiscal year"),
        ("2026", 1, "ND000001", "used", ""),
        ("2026", 2, "ND000003", "cancelled", "its document posts nothing any more"),
        ("2026", 3, "ND000002", "used", ""),
        ("2026", 4, "ND000001", "voided", "wrong month"),
    ]
    assert export_facts.register(left.database, "GB") == []
    left.send("R3", train(5), revision=3)
    left.create()
    used = {(p.number, p.report) for p in export_facts.register(left.database) if p.state == "used"}
    assert used == {(1, "ND000001"), (2, "ND000003"), (3, "ND000002"), (4, "ND000001")}
    assert json.loads(left.rows("SELECT snapshot FROM export ORDER BY id")[0][0])["definition"] == "fr"
