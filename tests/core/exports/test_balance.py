"""The trial balance of what leaves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from passerelle.exports.balance import TrialBalance, balance_of
from passerelle.exports.frozen import FrozenDocument, FrozenLine, content, totals


def line(general: str, amount: int, account: str = "") -> FrozenLine:
    return FrozenLine(
        "expense",
        account or general,
        general,
        "",
        amount,
        "",
        "",
        None,
        "2026-01-15",
        "",
        "",
        "",
        "",
        None,
        "",
        "",
        None,
    )


def document(journal: str, posting_day: str, *lines: FrozenLine) -> FrozenDocument:
    return FrozenDocument(
        1, 1, 0, 0, journal, "expense_report", "2026-01-31", posting_day, "2026", "N1", "T", "d", "D", list(lines)
    )


def test_debits_and_credits_by_account_and_by_journal_and_month() -> None:
    balance = balance_of(
        [
            document("NDF", "2026-01-31", line("625100", 12000), line("421000", -12000, account="421DUP")),
            document("NDF", "2026-02-01", line("625100", -500), line("421000", 500, account="421MAR")),
            document("CB", "2026-02-01", line("625100", 100), line("512000", -100)),
        ]
    )
    assert balance.accounts == {"625100": [12100, 500, 3], "421000": [500, 12000, 2], "512000": [0, 100, 1]}
    assert balance.months == {
        ("NDF", "2026-01"): [12000, 12000, 2],
        ("NDF", "2026-02"): [500, 500, 2],
        ("CB", "2026-02"): [100, 100, 2],
    }
    assert (balance.documents, balance.lines, balance.debit, balance.credit) == (3, 6, 12600, 12600)


def test_nothing_balances() -> None:
    assert balance_of([]) == TrialBalance()
    assert (TrialBalance().debit, TrialBalance().lines) == (0, 0)


@given(st.lists(st.lists(st.integers(-(10**9), 10**9).filter(bool), max_size=5), max_size=6))
def test_it_agrees_with_the_totals_of_each_document(amounts: list[list[int]]) -> None:
    documents = [document("NDF", "2026-01-31", *(line(str(a % 3), a) for a in one)) for one in amounts]
    balance = balance_of(documents)
    sides = [totals(one.lines) for one in documents]
    assert balance.debit == sum(debit for debit, _ in sides)
    assert balance.credit == sum(credit for _, credit in sides)
    assert balance.debit - balance.credit == sum(map(sum, amounts))


def test_what_is_expected_covers_everything_that_leaves_and_no_number() -> None:
    one = document("NDF", "2026-01-31", line("625100", 100))
    assert content(one) == content(one._replace(piece_number=42))
    assert content(one) != content(document("NDF", "2026-01-31", line("625100", 101)))
    assert content(one) != content(one._replace(posting_day="2026-02-01"))
