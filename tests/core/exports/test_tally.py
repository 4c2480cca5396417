"""What a file holds of the ledger: every cent is in it, netted, cut, or left out on purpose."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.core.exports.test_projection import EMPLOYEE, EXPENSE, VAT, document

from passerelle.exports.frozen import FrozenDocument, FrozenLine
from passerelle.exports.projection import CodeMap, Merging, Projection, Shape
from passerelle.exports.tally import Tally

MERGED = Merging(frozenset({"expense"}), ("account",))


def tallied(*documents: FrozenDocument, shape: Shape | None = None, omitted: frozenset[str] = frozenset()) -> Tally:
    projection = Projection(CodeMap(), shape or Shape())
    tally = Tally()
    for one in documents:
        tally.add(one, projection.merged(one), projection.project(one), omitted)
    return tally


def spent(*amounts: int) -> list[FrozenLine]:
    """Expense lines and the employee's line that balances them."""
    return [*(EXPENSE._replace(amount=amount) for amount in amounts), EMPLOYEE._replace(amount=-sum(amounts))]


def test_a_document_that_is_shown_whole_is_all_of_the_ledger() -> None:
    whole = document(EXPENSE, VAT, EMPLOYEE)
    counted = Tally()
    counted.add_whole(whole)
    assert tallied(whole) == counted == Tally(ledger_debit=12060, debit=12060, credit=12060)


def test_truncation_says_how_much_is_cut_and_of_whom_nothing_is_left() -> None:
    tally = tallied(
        document(*spent(950, 899)), document(*spent(96))._replace(report_number="N2"), shape=Shape(step=100)
    )
    assert (tally.ledger_debit, tally.debit, tally.credit, tally.cut) == (1945, 1800, 1800, 145)
    assert (tally.vanished, tally.vanished_reports) == (1, ["N2"])


def test_merging_says_how_much_is_netted() -> None:
    tally = tallied(document(*spent(1000, -300)), shape=Shape((MERGED,)))
    assert (tally.ledger_debit, tally.debit, tally.netted, tally.cut) == (1000, 700, 300, 0)


def test_what_is_left_out_on_purpose_is_told_apart() -> None:
    tally = tallied(document(EXPENSE, VAT, EMPLOYEE), omitted=frozenset({"employee", "vat"}))
    assert (tally.debit, tally.credit, tally.omitted_debit, tally.omitted_credit) == (10050, 0, 2010, 12060)
    assert (tally.netted, tally.cut, tally.vanished) == (0, 0, 0)


@given(
    st.lists(st.integers(-5000, 5000).filter(bool), min_size=1, max_size=6).filter(sum), st.sampled_from([1, 10, 100])
)
def test_every_cent_is_somewhere(amounts: list[int], step: int) -> None:
    tally = tallied(document(*spent(*amounts)), shape=Shape((MERGED,), step), omitted=frozenset({"vat"}))
    assert tally.ledger_debit == tally.debit + tally.netted + tally.cut + tally.omitted_debit
    assert tally.debit == tally.credit
    assert min(tally.netted, tally.cut) >= 0
