"""Preview and creation: nothing is written, everything is told, what was shown is what leaves; on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from passerelle.errors import ConfigurationFault, Refused
from passerelle.services.posting import post_due
from passerelle.store import masterdata, pieces
from passerelle.store.locks import exclusive

from .an_export import House, meal, train

DOCUMENTS = (
    "SELECT report_number, revision, rank, piece_number, state FROM export_document ORDER BY export_id, entry_id"
)


def codes(left_out: dict[str, Any]) -> dict[str, list[str]]:
    return {report: [finding.code for finding in found] for report, found in left_out.items()}


def refusal(act: Any) -> list[str]:
    with pytest.raises((Refused, ConfigurationFault)) as refused:
        act()
    assert all(finding.remedy and finding.who for finding in refused.value.findings)
    return [finding.code for finding in refused.value.findings]


def test_a_preview_writes_nothing_and_tells_every_fault_at_once(house: House) -> None:
    employees = house.company["employees"]
    house.configure(employees=employees | {code: employees["E2"] for code in ("E3", "E4", "E5")})
    house.change("employees", "E3", auxiliary=None)
    house.change("employees", "E4", auxiliary="A-LONG-CODE-123")
    house.change("employees", "E5", collective="421-00")
    house.send("sound", train(8640), meal(5500))
    house.send("held", meal(4220, rate=5))
    house.send("no-auxiliary", train(100), employee="E3")
    house.send("wide", train(200), employee="E4")
    house.send("character", train(300), employee="E5")
    house.send("closed", train(400, date="2025-12-31"))
    house.send("several", train(500, date="2025-12-31"), employee="E3")
    house.send("submitted", train(600), approved_at=None, controlled_at=None)
    house.send("uncontrolled", train(700), controlled_at=None)
    house.send("nothing", train(0))
    house.change("entities", "FR", closed_until="2025-12-31")
    before = house.everything()
    shown = house.preview()
    assert house.everything() == before
    assert codes(shown.left_out) == {
        "ND000002": ["PSR-4006"],
        "ND000003": ["PSR-6002"],
        "ND000004": ["PSR-5101"],  # too wide for one of the two Sage files
        "ND000005": ["PSR-5102", "PSR-5102"],  # no account number for either of them
        "ND000006": ["PSR-6001"],
        "ND000007": ["PSR-6002", "PSR-6001"],
    }
    assert all(finding.remedy and finding.who and finding.object for finding in shown.findings)
    assert (shown.balance.documents, shown.balance.debit, shown.balance.credit) == (1, 14140, 14140)
    assert shown.plan.summary == "Would export 1 document, 4 lines, 141.40 EUR in 3 files; 6 left out."
    assert [sample.file_name for sample in shown.samples] == ["FR_000001.txt", "FR_000001.pnm", "FR_fr_000001.csv"]

    made = house.create(expect=shown.plan.expect)
    assert codes(made.preview.left_out) == codes(shown.left_out)
    assert made.preview.balance == shown.balance
    assert [row.file_name for row in made.artifacts] == [sample.file_name for sample in shown.samples]
    assert house.rows(DOCUMENTS) == [("ND000001", 1, 0, 1, "live")]
    house.sound()


def test_what_was_shown_is_what_leaves_or_nothing_does(house: House) -> None:
    house.send("R1", train(8640))
    expect = house.preview().plan.expect
    assert house.preview().plan.expect == expect
    house.clock.advance(days=3)  # type: ignore[attr-defined]
    assert house.preview().plan.expect == expect, "the hash covers no clock"
    house.send("R2", meal(1100))
    before = house.everything()
    assert refusal(lambda: house.create(expect=expect)) == ["PSR-6012"]
    assert house.everything() == before
    second = house.preview().plan.expect
    house.change("connections", "sage", labels={"vat": "TVA"})
    assert house.preview().plan.expect != second, "it covers the settings"
    house.change("connections", "sage", labels=None)
    made = house.create(expect=second)
    assert (made.preview.plan.expect, made.preview.balance.documents) == (second, 2)
    assert made.export is not None
    assert (made.export.sequence, made.export.documents, made.export.state) == (1, 2, "proven")


def test_an_empty_run_takes_no_number(house: House) -> None:
    house.change("entities", "FR", closed_until="2026-01-31")
    for _ in range(2):
        made = house.create()
        assert (made.export, made.artifacts) == (None, [])
        house.send("R1", train(8640))  # then all that there is is faulty
    assert codes(made.preview.left_out) == {"ND000001": ["PSR-6001"]}
    assert house.rows("SELECT count(*) FROM export") == [(0,)]
    assert house.register() == []
    house.change("entities", "FR", closed_until=None)
    made = house.create()
    assert made.export is not None
    assert made.export.sequence == 1
    assert house.create().export is None
    assert house.rows("SELECT name, last FROM counter WHERE name LIKE 'export%'") == [("export:accounting", 1)]


@pytest.mark.parametrize(("policy", "leaves"), [("refuse", False), ("ask", False), ("next_open", True)])
def test_a_closed_period(house: House, policy: str, leaves: bool) -> None:
    house.change("entities", "FR", closed_until="2026-01-31")
    house.change("exports", "fr", closed_period=policy)
    house.send("R1", train(8640))
    made = house.create()
    days = house.rows("SELECT entry_day, posting_day, fiscal_year FROM export_document")
    assert days == ([("2026-02-03", "2026-02-01", "2026")] if leaves else [])
    assert codes(made.preview.left_out) == ({} if leaves else {"ND000001": ["PSR-6001"]})
    assert house.rows("SELECT DISTINCT day FROM export_line") == ([("2026-01-14",)] if leaves else [])


def test_the_journals_of_a_run_are_those_of_its_definition(house: House) -> None:
    house.send("R1", train(8640), train(500, payer="company_card"))
    house.change("exports", "fr", journals=["NDF"])
    assert refusal(lambda: house.preview(journals=("FSO",))) == ["PSR-6041"]
    assert refusal(lambda: house.create(journals=("NDF", "OD"))) == ["PSR-6041"]
    assert refusal(lambda: house.preview("month")) == ["PSR-6040"]
    house.create()
    house.change("exports", "fr", journals=None)
    assert house.create(journals=("NDF",)).export is None
    house.create(journals=("FSO",))
    assert house.rows("SELECT journal, report_number, piece_number FROM export_document ORDER BY export_id") == [
        ("NDF", "ND000001", 1),
        ("FSO", "CP000001", 1),
    ]
    assert house.rows("SELECT sequence FROM export ORDER BY id") == [(1,), (2,)]
    house.sound()


def test_a_change_leaves_as_a_delta_and_a_delta_of_the_delta(house: House) -> None:
    house.send("R1", train(8640), meal(5500))
    house.create()
    house.send("R1", train(8640), meal(6600), revision=2, approved_at="2026-02-20T09:00:00+01:00")
    house.create()
    house.send("R1", train(8700), meal(6600), revision=3)
    house.create()
    house.send("R1", train(8700), meal(6600), revision=4, title="the same again")
    assert house.preview().unchanged == 1
    assert house.create().export is None
    house.send("R1", train(0), revision=5)
    house.create()
    assert [row[1:] for row in house.rows(DOCUMENTS)] == [
        (1, 0, 1, "live"),
        (2, 1, 2, "live"),
        (3, 2, 3, "live"),
        (5, 3, 4, "live"),
    ]
    assert house.rows("SELECT posting_day FROM export_document WHERE rank = 1") == [("2026-02-20",)]
    assert house.rows(
        "SELECT l.account, l.amount FROM export_line l JOIN export_document d ON d.id = l.document_id"
        " WHERE d.rank = 1 ORDER BY l.rank"
    ) == [
        ("625700", -5000), ("445660", -500), ("421001", 14140),
        ("625700", 6000), ("445660", 600), ("421001", -15240),
    ]  # fmt: skip
    assert house.rows("SELECT account, sum(amount) FROM export_line GROUP BY account HAVING sum(amount) <> 0") == []
    house.sound()


def test_a_definition_that_sends_no_corrections_names_what_changed_all_the_same(house: House) -> None:
    house.send("R1", train(8640))
    house.send("R2", train(100))
    house.create()
    house.send("R1", train(8700), revision=2)
    house.change("exports", "fr", on_change="refuse")
    house.send("R3", train(300))
    made = house.create()
    assert codes(made.preview.left_out) == {"ND000001": ["PSR-6003"]}
    assert [row[0] for row in house.rows(DOCUMENTS)] == ["ND000001", "ND000002", "ND000003"]
    house.change("exports", "fr", on_change="delta")
    house.create()
    assert house.rows(DOCUMENTS)[-1] == ("ND000001", 2, 1, 4, "live")
    house.sound()


def test_a_number_too_wide_for_its_cell_is_found_before_it_is_given(house: House) -> None:
    house.send("R1", train(100))
    house.send("R2", train(200))
    with house.database.transaction() as connection:
        entity_id = masterdata.load(connection).entity_id("FR")
        pieces.lock_counter(connection, entity_id, pieces.series("NDF", "2026"))
        pieces.set_counter(connection, entity_id, pieces.series("NDF", "2026"), 9_999_998)
    made = house.create()
    assert {report: set(found) for report, found in codes(made.preview.left_out).items()} == {"ND000002": {"PSR-5101"}}
    assert house.rows("SELECT report_number, piece_number FROM export_document") == [("ND000001", 9_999_999)]


def test_an_export_that_was_frozen_when_its_run_ended_is_finished_by_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.send("R1", train(100))
    with monkeypatch.context() as patched:
        patched.setattr("passerelle.services.rendering.file_name", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            house.create()
    assert house.rows("SELECT sequence, state FROM export") == [(1, "frozen")]
    house.send("R2", train(200))
    made = house.create()
    assert made.finished == [1]
    assert house.rows("SELECT sequence, state, documents FROM export ORDER BY id") == [
        (1, "proven", 1),
        (2, "proven", 1),
    ]
    assert house.create().finished == []


def test_a_destination_that_left_the_configuration_is_still_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    share = {"share": {"kind": "folder", "path": str(house.files / "share")}}
    house.configure(destinations=share)
    house.change("exports", "fr", destinations=["share"])
    house.send("R1", train(100))
    with monkeypatch.context() as patched:
        patched.setattr("passerelle.services.rendering.file_name", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            house.create()
    house.change("exports", "fr", destinations=None)
    house.configure(destinations={})
    house.create()
    assert house.rows("SELECT destination, state FROM delivery") == [("share", "pending")] * 3


def test_two_runs_never_work_on_the_exports_of_one_entity(house: House) -> None:
    house.send("R1", train(100))
    house.send("G", train(100, split=[]), entity="GB", employee="G1")
    ((entity_id,),) = house.rows("SELECT id FROM master_object WHERE kind = 'entity' AND code = 'FR'")
    with exclusive(house.database, f"export:{entity_id}:accounting") as free:
        assert free
        assert refusal(house.create) == ["PSR-6011"]
        assert house.create("gb").export is not None
    assert house.create().export is not None


def test_what_was_not_posted_yet_is_posted_by_the_run(house: House) -> None:
    house.send("R1", train(100), employee="E2")
    house.change("employees", "E2", account=None)
    house.send("R2", train(200), employee="E2")
    assert codes(house.preview().left_out) == {"ND000002": ["PSR-4002"]}
    house.change("employees", "E2", account="421002")
    made = house.create()
    assert made.preview.balance.documents == 2
    assert post_due(house.database, house.clock).posted == 0


def test_a_format_that_is_not_there_is_a_fault_of_the_configuration(house: House) -> None:
    house.change("exports", "fr", artifacts=[{"connection": "sage", "format": "no-such.toml"}])
    assert refusal(house.preview) == ["PSR-2028"]
    house.change("exports", "fr", artifacts=[{"connection": "sage", "format": "no-such"}])
    assert refusal(house.preview) == ["PSR-6042"]
