"""Generated imports: what was judged stands. To judge an employee again, whatever came in, changes nothing."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.services.a_policed_company import COMPANY, Policed, a_report, an_expense, configure

from passerelle.periods import Clock
from passerelle.services import life
from passerelle.services.judging import judge_due
from passerelle.store import judging
from passerelle.store.database import Database

EXAMPLES = 40 * int(os.environ.get("PASSERELLE_LAWS", "1"))
LUNCH = {"cap": [{"amounts": {"EUR": 20}, "period": "day"}], "count": [{"limit": 4, "period": "day"}]}
POLICED = COMPANY | {
    "expense_types": COMPANY["expense_types"] | {"LUNCH": COMPANY["expense_types"]["LUNCH"] | {"kind": "guests"}},
    "profiles": {"generic": {"name": "Everybody", "types": {"LUNCH": LUNCH}}},
    "employees": {f"E{n}": {"name": "E", "entity": "FR", "account": f"421E{n}"} for n in range(EXAMPLES * 2)},
}
employees = itertools.count()

STEP = st.fixed_dictionaries(
    {
        "amount": st.sampled_from(["5.00", "60.00", "90.00", "90.00", "-30.00"]),
        "guests": st.sampled_from([0, 3]),
        "approved": st.booleans(),
        "payer": st.sampled_from(["employee", "company_card"]),
        "declared": st.sampled_from([0, 1, 2, 3, 4, 5]),
        "names": st.sampled_from([0, 0, 1, None]),
    }
)


@pytest.fixture
def policed(sqlite_database: Database, clock: Clock, tmp_path: Path) -> Policed:
    configure(sqlite_database, POLICED)
    return Policed(sqlite_database, clock, tmp_path)


@given(steps=st.lists(STEP, min_size=3, max_size=5), approves=st.integers(2, 5))
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
def test_judging_again_changes_nothing(policed: Policed, steps: list[dict[str, Any]], approves: int) -> None:
    employee = f"E{next(employees)}"
    for number, step in enumerate(steps):
        expense = {name: step[name] for name in ("amount", "guests", "payer")}
        if step["amount"].startswith("-") and step["names"] is not None:
            expense |= {"cancels": f"{employee}.{step['names']}"}  # refused where there is no such expense
        policed.reports(
            a_report(
                an_expense(f"{employee}.{number}", **expense),
                id=f"{employee}.{number}",
                employee=employee,
                approved=step["approved"],
                declared_at=f"2026-02-{10 + number + 2 * step['declared']:02d}T09:00:00Z",
            )
        )
        stands(policed)
        if number == approves:
            life.approve(policed.database, policed.clock, "ann", None)
            stands(policed)


def stands(policed: Policed) -> None:
    with policed.database.transaction() as connection:
        judging.queue_open(connection)
    judged = judge_due(policed.database)
    assert (judged.expenses, judged.changed) == (0, 0)
