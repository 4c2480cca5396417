"""The survey, the freeze and the void, as they read and write the stored rows; on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from passerelle.errors import Finding, Refused
from passerelle.exports.frozen import FrozenDocument
from passerelle.exports.posting_date import RunChoices
from passerelle.services import ledger, numbering
from passerelle.services.posting import post_due
from passerelle.services.surveying import Survey
from passerelle.store import exports, masterdata, sql

NOW = "2026-03-02T09:00:00.000000+00:00"


def survey(books: Any, journals: tuple[str, ...] = ()) -> list[tuple[FrozenDocument, list[Finding]]]:
    with books.database.reading() as connection:
        return list(Survey(connection, masterdata.load(connection), "month", RunChoices(journals)).documents())


def export(books: Any) -> int:
    """Freezes all candidates; gives the key of the export."""
    return freeze(books, [document for document, _ in survey(books)])


def freeze(books: Any, documents: list[FrozenDocument], meanwhile: str = "") -> int:
    with books.database.transaction() as connection:
        entity_id = masterdata.load(connection).entity_id("FR")
        export_id = exports.new_draft(connection, entity_id, "month", "accounting", "{}", NOW)
        exports.stage(connection, export_id, documents)
        if meanwhile:
            sql.execute(connection, meanwhile)
        numbering.freeze(connection, export_id, entity_id, "accounting", NOW)
    return export_id


def void(books: Any, export_id: int) -> None:
    with books.database.transaction() as connection:
        exports.void(connection, export_id, "a test", NOW)


def register(books: Any) -> list[tuple[str, int, str]]:
    """(fiscal year, number, state) of every piece."""
    found: list[tuple[str, int, str]] = books.rows("SELECT fiscal_year, number, state FROM piece ORDER BY 1, 2")
    return found


def with_dupont(books: Any, **changes: str) -> None:
    employees = books.company["employees"]
    books.configure(employees=employees | {"dupont": employees["dupont"] | changes})


def test_a_candidate_is_frozen_as_it_would_leave(books: Any, clock: Any) -> None:
    with_dupont(books, collective="421000", auxiliary="DUP")
    books.report(("MEAL", 12000))
    books.report(("MEAL", 100), controlled_at=None)
    books.report()
    post_due(books.database, clock)
    ((document, findings),) = survey(books)
    assert not findings
    assert document[1:13] == (
        1, 0, 0, "NDF", "expense_report", "2026-03-02", "2026-01-15", "2026", "N000001", "Salon", "dupont",
        "Anne Dupont",
    )  # fmt: skip
    assert [(x.kind, x.account, x.general, x.auxiliary, x.amount, x.type_name, x.day) for x in document.lines] == [
        ("expense", "625700", "625700", "", 10000, "Repas", "2026-01-15"),
        ("vat", "445660", "445660", "", 2000, "Repas", "2026-01-15"),
        ("employee", "421DUP", "421000", "DUP", -12000, "", "2026-01-15"),
    ]
    assert len(survey(books, ("NDF",))) == 1
    assert survey(books, ("CB",)) == []


def test_each_line_keeps_the_third_party_account_it_was_posted_to(books: Any, clock: Any) -> None:
    books.report(("TAXI", 100))
    post_due(books.database, clock)
    with_dupont(books, account="421NEW")
    books.report(("TAXI", 200))
    post_due(books.database, clock)
    owed = [document.lines[-1] for document, _ in survey(books)]
    assert [(line.account, line.general) for line in owed] == [("421DUP", "421DUP"), ("421NEW", "421NEW")]


def test_a_collective_account_without_auxiliary_keeps_the_document_out(books: Any, clock: Any) -> None:
    with_dupont(books, collective="421000")
    books.report(("TAXI", 100))
    post_due(books.database, clock)
    assert [[finding.code for finding in found] for _, found in survey(books)] == [["PSR-6002"]]


def test_a_change_after_export_leaves_as_a_delta_and_the_live_lines_equal_the_ledger(books: Any, clock: Any) -> None:
    report = books.report(("MEAL", 12000), ("TAXI", 3500))
    post_due(books.database, clock)
    export(books)
    assert survey(books) == []
    books.change(report, ("MEAL", 12000), ("TAXI", 3600))
    post_due(books.database, clock)
    ((document, findings),) = survey(books)
    assert (document.revision, document.base_revision, document.rank, findings) == (2, 1, 1, [])
    assert document.posting_day == "2026-03-02"  # the change's
    assert [(line.account, line.amount) for line in document.lines] == [
        ("625100", -3500),
        ("421DUP", 15500),
        ("625100", 3600),
        ("421DUP", -15600),
    ]
    export(books)
    books.change(report, ("MEAL", 12000), ("TAXI", 3600))
    post_due(books.database, clock)
    assert survey(books) == []  # the same content again
    books.change(report)
    post_due(books.database, clock)
    ((document, _),) = survey(books)
    assert (document.rank, sum(line.amount for line in document.lines)) == (2, 0)
    export(books)
    assert ledger.verify(books.database).findings == ()
    assert register(books) == [("2026", 1, "used"), ("2026", 2, "used"), ("2026", 3, "used")]


REFUSE = "UPDATE report SET approval = 'refused', ended_at = ?, controlled_at = NULL, post_due = ?"
LOWER = "UPDATE expense SET covered = 2000, entity_covered = 2000, control_cover = 2000, controlled_at = ?"


@pytest.mark.parametrize(("what", "left"), [("refused", []), ("lowered", [2000, -2000])])
def test_what_is_taken_back_after_export_leaves_as_a_delta_of_the_day_on_which_it_was(
    books: Any, clock: Any, what: str, left: list[int]
) -> None:
    books.report(("TAXI", 3500))
    post_due(books.database, clock)
    export(books)
    later = "2026-04-09T22:30:00.000000+00:00"  # the 10th in Paris
    if what == "refused":
        books.write(REFUSE, later, True)
    else:
        books.write(LOWER, later)
        books.write("UPDATE report SET post_due = ?", True)
    post_due(books.database, clock)
    for posting_date in ("latest_expense", "approval", "control", "end_of_period"):
        books.configure(exports={"month": books.company["exports"]["month"] | {"posting_date": posting_date}})
        ((document, findings),) = survey(books)
        assert (findings, document.rank, document.base_revision) == ([], 1, 1)
        assert document.posting_day == ("2026-04-30" if posting_date == "end_of_period" else "2026-04-10")
    assert sorted(line.amount for line in document.lines) == sorted([-3500, 3500, *left])
    entities = books.company["entities"]
    books.configure(entities=entities | {"FR": entities["FR"] | {"closed_until": "2026-04-30"}})
    ((_, findings),) = survey(books)
    assert [finding.code for finding in findings] == ["PSR-6001"], "the closed period's policy holds for it too"
    books.configure(entities=entities)
    export(books)
    assert survey(books) == []
    assert ledger.verify(books.database).findings == ()


def test_a_report_refused_before_it_left_never_leaves(books: Any, clock: Any) -> None:
    books.report(("TAXI", 3500))
    post_due(books.database, clock)
    books.write(REFUSE, NOW, True)
    assert survey(books) == [], "what is to be posted waits for that"
    post_due(books.database, clock)
    assert survey(books) == []


def test_a_cover_lowered_before_export_changes_no_date(books: Any, clock: Any) -> None:
    books.report(("TAXI", 3500))
    books.write(LOWER, "2026-04-09T09:00:00.000000+00:00")
    post_due(books.database, clock)
    ((document, _),) = survey(books)
    assert (document.posting_day, len(document.lines)) == ("2026-01-15", 2)


def test_a_definition_may_refuse_changes_after_export(books: Any, clock: Any) -> None:
    report = books.report(("TAXI", 3500))
    post_due(books.database, clock)
    export(books)
    books.configure(exports={"month": books.company["exports"]["month"] | {"on_change": "refuse"}})
    books.change(report, ("TAXI", 3600))
    post_due(books.database, clock)
    assert [[finding.code for finding in found] for _, found in survey(books)] == [["PSR-6003"]]


def test_what_left_wrongly_is_found(books: Any, clock: Any) -> None:
    books.report(("MEAL", 12000))
    post_due(books.database, clock)
    export(books)
    books.write("UPDATE export_line SET amount = amount + 1 WHERE account = '445660'")
    assert [finding.code for finding in ledger.verify(books.database).findings] == ["PSR-4903"]


def test_numbers_have_no_hole_and_come_back_after_a_void(books: Any, clock: Any) -> None:
    first = books.report(("TAXI", 100))
    books.report(("TAXI", 200))
    post_due(books.database, clock)
    export_id = export(books)
    void(books, export_id)
    assert register(books) == [("2026", 1, "voided"), ("2026", 2, "voided")]
    books.change(first, ("TAXI", 150))
    books.report(("TAXI", 300))
    post_due(books.database, clock)
    again = export(books)
    assert register(books) == [("2026", 1, "used"), ("2026", 2, "used"), ("2026", 3, "used")]
    given = "SELECT report_number, revision, piece_number FROM export_document WHERE export_id = ? ORDER BY 1"
    assert books.rows(given, again) == [("N000001", 2, 1), ("N000002", 1, 2), ("N000003", 1, 3)]
    assert books.rows("SELECT sequence, state, documents, lines, debit FROM export ORDER BY id") == [
        (1, "voided", 2, 4, 300),
        (2, "frozen", 3, 6, 650),
    ]


def test_a_number_whose_document_changes_year_is_cancelled_and_used_again_when_it_comes_back(
    books: Any, clock: Any
) -> None:
    books.report(("TAXI", 100), approved_at="2027-01-04T09:00:00.000000+00:00")
    post_due(books.database, clock)
    for posting_date, found in (
        ("latest_expense", [("2026", 1, "used")]),
        ("approval", [("2026", 1, "cancelled"), ("2027", 1, "used")]),
        ("latest_expense", [("2026", 1, "used"), ("2027", 1, "cancelled")]),
        ("latest_expense", [("2026", 1, "used"), ("2027", 1, "cancelled")]),
    ):
        books.configure(exports={"month": books.company["exports"]["month"] | {"posting_date": posting_date}})
        export_id = export(books)
        assert register(books) == found
        void(books, export_id)


def test_a_document_that_changed_meanwhile_is_not_frozen(books: Any, clock: Any) -> None:
    report = books.report(("TAXI", 100))
    post_due(books.database, clock)
    documents = [document for document, _ in survey(books)]
    for change in ("post_due = (1 = 1)", "controlled_at = NULL", "approval = 'created'", "posted_revision = 7"):
        with pytest.raises(Refused) as refusal:
            freeze(books, documents, f"UPDATE report SET {change} WHERE id = {report}")
        assert [finding.code for finding in refusal.value.findings] == ["PSR-6010"], change
    assert register(books) == []
    assert books.rows("SELECT count(*) FROM export") == [(0,)]
    export(books)
    with pytest.raises(Refused):  # another run has sent it
        freeze(books, documents)


def test_a_void_of_the_first_export_waits_for_its_deltas(books: Any, clock: Any) -> None:
    report = books.report(("TAXI", 100))
    post_due(books.database, clock)
    first = export(books)
    books.change(report, ("TAXI", 150))
    post_due(books.database, clock)
    second = export(books)
    with books.database.reading() as connection:
        assert exports.later_live(connection, first) == [(2, "N000001")]
        assert exports.later_live(connection, second) == []
    void(books, second)
    void(books, first)
    ((document, _),) = survey(books)
    assert (document.rank, document.base_revision) == (0, 0)
    assert [line.amount for line in document.lines] == [150, -150]
    export(books)
    assert register(books) == [("2026", 1, "used"), ("2026", 2, "voided")]
    assert ledger.verify(books.database).findings == ()
