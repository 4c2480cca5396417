"""Voiding an export: what it frees, what stands against it; on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from passerelle.errors import Refused
from passerelle.services import numbering
from passerelle.services.posting import post_due
from passerelle.services.surveying import Survey
from passerelle.services.voiding import void
from passerelle.store import exports, masterdata
from passerelle.store.locks import exclusive

NOW = "2026-03-02T09:00:00.000000+00:00"


def export(books: Any) -> int:
    """Freezes all candidates; gives the key of the export."""
    with books.database.reading() as connection:
        documents = [document for document, _ in Survey(connection, masterdata.load(connection), "month").documents()]
    with books.database.transaction() as connection:
        entity_id = masterdata.load(connection).entity_id("FR")
        export_id = exports.new_draft(connection, entity_id, "month", "accounting", "{}", NOW)
        exports.stage(connection, export_id, documents)
        numbering.freeze(connection, export_id, entity_id, "accounting", NOW)
    return export_id


@pytest.fixture
def exported(books: Any, clock: Any) -> int:
    """Export 1, of one report."""
    books.report(("TAXI", 3500))
    post_due(books.database, clock)
    return export(books)


def refusal(books: Any, clock: Any, number: int = 1, entity: str | None = None, **confirmed: bool) -> list[str]:
    with pytest.raises(Refused) as refused:
        void(books.database, clock, entity, number, "wrong month", confirmed.get("not_imported", False))
    assert all(finding.remedy for finding in refused.value.findings)
    return [finding.code for finding in refused.value.findings]


def test_a_voided_export_stays_in_the_register_and_its_documents_may_leave_again(
    books: Any, clock: Any, exported: int
) -> None:
    row = void(books.database, clock, None, 1, "wrong month", False)
    assert (row.state, row.void_reason, row.voided_at, row.sequence) == ("voided", "wrong month", NOW, 1)
    assert refusal(books, clock) == ["PSR-6020"]
    again = export(books)
    assert books.rows("SELECT sequence, state FROM export ORDER BY id") == [(1, "voided"), (2, "frozen")]
    assert books.rows("SELECT piece_number, rank FROM export_document WHERE export_id = ?", again) == [(1, 0)]


def test_the_later_export_is_voided_first(books: Any, clock: Any, exported: int) -> None:
    books.change(1, ("TAXI", 3600))
    post_due(books.database, clock)
    export(books)
    assert refusal(books, clock) == ["PSR-6021"]
    assert refusal(books, clock, not_imported=True) == ["PSR-6021"]
    void(books.database, clock, "FR", 2, "wrong", False)
    assert void(books.database, clock, "FR", 1, "wrong", False).state == "voided"


def test_what_has_left_needs_the_word_of_a_person(books: Any, clock: Any, exported: int) -> None:
    with books.database.transaction() as connection:
        (artifact,) = exports.save_artifacts(
            connection, [(exported, 1, "pnm", "sage", "notes.pnm", "ab" * 32, 10, "{}", NOW)]
        )
        exports.record_download(connection, artifact, "usb", NOW)
    assert refusal(books, clock) == ["PSR-6022"]
    assert books.rows("SELECT state FROM export") == [("frozen",)]
    assert void(books.database, clock, None, 1, "not imported", True).state == "voided"


def test_a_running_export_holds_the_void_off(books: Any, clock: Any, exported: int) -> None:
    ((entity_id,),) = books.rows("SELECT entity_id FROM export")
    with exclusive(books.database, f"export:{entity_id}:accounting") as free:
        assert free
        assert refusal(books, clock) == ["PSR-6011"]
    assert void(books.database, clock, None, 1, "wrong", False).state == "voided"


def test_an_export_is_known_by_its_number_and_entity(books: Any, clock: Any, exported: int) -> None:
    assert refusal(books, clock, 2) == ["PSR-6030"]
    assert refusal(books, clock, 1, "JP") == ["PSR-6030"]
    ((japan,),) = books.rows("SELECT id FROM master_object WHERE kind = 'entity' AND code = 'JP'")
    with books.database.transaction() as connection:
        export_id = exports.new_draft(connection, japan, "month", "accounting", "{}", NOW)
        numbering.freeze(connection, export_id, japan, "accounting", NOW)
    assert refusal(books, clock) == ["PSR-6031"]
    assert void(books.database, clock, "FR", 1, "wrong", False).id == exported
