"""The ledger for people and for independent checkers, and the proof that its rows are sound; on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from beancount import loader

from passerelle.errors import Refused
from passerelle.services import ledger
from passerelle.services.posting import post_due


@pytest.fixture
def posted(books: Any, clock: Any) -> Any:
    """Two reports in euros, one of them revised, and one in yen."""
    books.report(("MEAL", 12000), ("TAXI", 3500))
    revised = books.report(("MEAL", 600))
    books.report(("TAXI", 980), entity="JP", employee="sato", approved_at="2026-02-01T00:00:00.000000+00:00")
    post_due(books.database, clock)
    books.change(revised, ("TAXI", 700))
    post_due(books.database, clock)
    return books


def test_balances_are_those_of_the_current_revisions(posted: Any) -> None:
    french, japanese = ledger.balances(posted.database, None)
    assert [(a.account, a.name, a.debit, a.credit, a.balance, a.lines) for a in french.accounts] == [
        ("421DUP", "Anne Dupont", "0.00", "162.00", "-162.00", 2),
        ("445660", "TVA déductible", "20.00", "0.00", "20.00", 1),
        ("625100", "Voyages", "42.00", "0.00", "42.00", 2),
        ("625700", "Réceptions", "100.00", "0.00", "100.00", 1),
    ]
    assert (french.entity, french.currency, french.debit, french.credit) == ("FR", "EUR", "162.00", "162.00")
    assert (japanese.currency, japanese.debit, japanese.credit) == ("JPY", "980", "980")
    assert ledger.balances(posted.database, "JP") == [japanese]


def test_entries_are_shown_at_their_current_revision(posted: Any) -> None:
    first, second, yen = ledger.entries(posted.database, None)
    assert [(entry.entity, entry.currency, entry.revision) for entry in (first, second, yen)] == [
        ("FR", "EUR", 1),
        ("FR", "EUR", 2),
        ("JP", "JPY", 1),
    ]
    assert (yen.day, yen.journal, yen.employee, yen.title) == ("2026-02-01", "EXP", "sato", "Salon")
    assert [(line.kind, line.account, line.amount, line.comment, line.expense_day) for line in second.lines] == [
        ("expense", "625100", 700, "Lyon", "2026-01-15"),
        ("employee", "421DUP", -700, "", ""),
    ]
    spent = ledger.Amount("980", "JPY")
    assert ledger.entry_answer(yen).lines == (
        ledger.EntryLine("expense", "625100", spent, None, None, "", "", "2026-01-15", "Lyon", ()),
        ledger.EntryLine("employee", "421SAT", None, spent, None, "", "", "", "", ()),
    )


def test_entries_that_touch_an_account_now(posted: Any) -> None:
    """The second report left account 625700 with its revision."""
    assert [e.report for e in ledger.entries(posted.database, None, "625700")] == ["N000001"]
    assert [len(e.lines) for e in ledger.entries(posted.database, None, "625700")] == [4]
    assert [e.report for e in ledger.entries(posted.database, "JP", "625100")] == ["N000003"]
    assert list(ledger.entries(posted.database, "FR", "999")) == []


@pytest.mark.parametrize("call", [ledger.balances, lambda d, e: ledger.printed(d, e, "hledger")])
def test_an_unknown_entity_is_refused_before_anything_is_said(posted: Any, call: Any) -> None:
    with pytest.raises(Refused) as refusal:
        call(posted.database, "DE")
    assert [(f.code, f.value, f.expected) for f in refusal.value.findings] == [("PSR-4010", "DE", "one of FR, JP")]


def test_what_is_printed_reads_back(posted: Any) -> None:
    read, errors, _ = loader.load_string("".join(ledger.printed(posted.database, None, "beancount")))
    assert not errors
    assert sum(type(entry).__name__ == "Transaction" for entry in read) == 3
    text = "".join(ledger.printed(posted.database, "FR", "hledger"))
    assert "    Expenses:FR:625100  7.00 EUR  ; expense, 2026-01-15, Lyon\n" in text
    assert "JPY" not in text


def test_a_sound_ledger_has_no_deviation(posted: Any) -> None:
    assert ledger.verify(posted.database) == ledger.Verification(2, ())


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        (
            "UPDATE line SET amount = amount + 1 WHERE account = '445660' AND revision = 1 AND entry_id = 1",
            ["PSR-4901"],
        ),
        ("UPDATE line SET amount = amount - 1 WHERE account = '421SAT'", ["PSR-4901"]),
        ("UPDATE line SET amount = 1 WHERE entry_id = 2 AND revision = 1 AND account = '421DUP'", ["PSR-4901"]),
        ("DELETE FROM line WHERE account = '445660' AND entry_id = 1", ["PSR-4901", "PSR-4902"]),
        ("DELETE FROM line WHERE entry_id = 2 AND revision = 2", ["PSR-4902"]),
        ("UPDATE entry_revision SET line_count = 3 WHERE entry_id = 3", ["PSR-4902"]),
    ],
)
def test_a_tampered_line_is_found(posted: Any, tampering: str, said: list[str]) -> None:
    posted.write(tampering)
    found = ledger.verify(posted.database).findings
    assert [finding.code for finding in found] == said
    assert all(finding.object.startswith("entry ") for finding in found)


def test_the_books_of_an_entity_that_left_the_configuration_are_verified_too(posted: Any) -> None:
    entities, employees = posted.company["entities"], posted.company["employees"]
    posted.configure(
        entities={"FR": entities["FR"]}, employees={code: employees[code] for code in ("dupont", "martin")}
    )
    posted.write("UPDATE line SET amount = amount - 1 WHERE account = '421SAT'")
    assert [finding.code for finding in ledger.verify(posted.database).findings] == ["PSR-4901"]


def test_nothing_is_configured_yet(database: Any) -> None:
    assert ledger.balances(database, None) == []
    assert list(ledger.entries(database, None)) == []
    assert ledger.verify(database) == ledger.Verification(0, ())
