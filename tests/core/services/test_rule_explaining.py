"""`rules explain`: every verdict of a stored expense, what decides, and what is owed in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from passerelle.errors import Refused, UsageFault
from passerelle.periods import Clock
from passerelle.services.rule_explaining import explain
from passerelle.store import sql
from passerelle.store.database import Database

from .a_policed_company import MEALS, Policed, configure


@pytest.fixture
def policed(database: Database, clock: Clock, tmp_path: Path) -> Policed:
    """Anna's meals on a day of 20 EUR, two taxis, and a meal that the company paid."""
    configure(database, MEALS)
    policed = Policed(database, clock, tmp_path)
    policed.send("E1", "a MEAL 05 15.00", "b MEAL 05 15.00", "c TAXI 05 9.00", "d TAXI 05 9.00")
    policed.send("E1", "e MEAL 06 30.00 payer=company_card", approved=True)
    return policed


def test_a_capped_expense_of_own_money(policed: Policed) -> None:
    one = explain(policed.database, "b")
    assert (one.outcome, one.decided_by, one.covered, one.owed, one.advance) == (
        "cap", "profiles.generic.types.MEAL.cap[1]", "5.00", "5.00", "0.00",
    )  # fmt: skip
    (verdict,) = one.verdicts
    assert (verdict.period, verdict.counted, verdict.used, verdict.threshold, verdict.left) == (
        "2026-01-05", 1, "15.00", "20.00", "0.00",
    )  # fmt: skip
    assert one.standing == "open: its verdicts may change until its report is approved"
    assert one.summary == "It was paid with own money: 5.00 EUR is owed to the employee."
    assert explain(policed.database, f"{one.report}/b") == one
    assert explain(policed.database, "b", "FR") == one


def test_a_blocked_expense_of_own_money(policed: Policed) -> None:
    one = explain(policed.database, "d")
    assert (one.outcome, one.decided_by, one.owed) == ("block", "profiles.generic.types.TAXI.count[1]", "0.00")
    assert [(verdict.kind, verdict.outcome) for verdict in one.verdicts] == [("count", "block"), ("comment", "alert")]
    assert one.standing == "refused: it counts for nothing until it is declared again"
    assert one.summary.endswith("nothing is owed for it.")


def test_what_the_company_paid_and_nothing_covers_is_an_advance(policed: Policed) -> None:
    one = explain(policed.database, "e")
    assert (one.outcome, one.covered, one.owed, one.advance) == ("cap", "20.00", "0.00", "10.00")
    assert one.standing == "approved: its verdicts are fixed"
    assert "10.00 EUR is a one-off advance" in one.summary


def test_a_refund_says_what_it_takes_back(policed: Policed) -> None:
    policed.send("E1", "f MEAL 07 -8.00 cancels=e payer=company_card", "g MEAL 07 -22.00 cancels=e payer=company_card")
    policed.send("E1", "h MEAL 07 -15.00 cancels=a")
    assert [explain(policed.database, name).summary for name in ("f", "g")] == [
        f"Of company money, {cover} that was covered is taken back, and {rest} is taken off the one-off advance that "
        "the employee owes."
        for cover, rest in (("0.00 EUR", "8.00 EUR"), ("20.00 EUR", "2.00 EUR"))
    ]
    assert explain(policed.database, "h").summary == (
        "Of own money, 15.00 EUR that was covered is taken back from the employee."
    )


def change(policed: Policed, assignment: str, key: str, table: str = "expense") -> None:
    """Puts an expense, or its report, into another state."""
    where = "line_key = ?" if table == "expense" else "id IN (SELECT report_id FROM expense WHERE line_key = ?)"
    with policed.database.transaction() as connection:
        sql.execute(connection, f"UPDATE {table} SET {assignment} WHERE {where}", (key,))


@pytest.mark.parametrize(
    ("assignment", "table", "standing", "summary"),
    [
        ("verdicts = NULL", "expense", "not judged yet", "The policy has not judged it yet"),
        ("withdrawn = 1 = 1", "expense", "withdrawn: it counts for nothing", "Nothing is owed"),
        ("approval = 'refused'", "report", "its report was refused: it counts for nothing", "Nothing is owed"),
        (
            "control_cover = 300, covered = 300, entity_covered = 300, control_reason = 'no wine'",
            "expense",
            "open: its verdicts may change until its report is approved",
            "Control lowered the cover to at most 3.00 EUR (no wine). It was paid with own money: 3.00 EUR is owed",
        ),
    ],
)
def test_where_an_expense_stands_says_what_is_owed(
    policed: Policed, assignment: str, table: str, standing: str, summary: str
) -> None:
    change(policed, assignment, "a", table)
    one = explain(policed.database, "a")
    assert one.standing == standing
    assert one.summary.startswith(summary)
    assert one.owed == ("3.00" if "control" in assignment else "0.00")


def test_a_name_of_nothing_or_of_two(policed: Policed) -> None:
    with pytest.raises(Refused) as none:
        explain(policed.database, "ND000001/zz")
    assert [one.code for one in none.value.findings] == ["PSR-3044"]
    policed.send("E2", "a MEAL 07 5.00", source="other")
    with pytest.raises(UsageFault) as several:
        explain(policed.database, "a")
    (finding,) = several.value.findings
    assert finding.code == "PSR-3045"
    assert finding.expected.count("/a") == 2
    with pytest.raises(UsageFault) as entity:
        explain(policed.database, "a", "XX")
    assert [one.code for one in entity.value.findings] == ["PSR-1215"]


def test_an_id_may_hold_a_slash(policed: Policed) -> None:
    policed.send("E2", "2026/7 MEAL 07 5.00")
    assert explain(policed.database, "2026/7").expense == "2026/7"
