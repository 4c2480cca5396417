"""One expense at a time: drafts, verdicts in the answer, and two processes that declare at once; on both databases."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from passerelle.errors import Refused, UsageFault
from passerelle.periods import Clock
from passerelle.services import configuration, life
from passerelle.services.declaring import Declaring, declare, submit, withdraw
from passerelle.services.judging import judge_due
from passerelle.services.life import cancel
from passerelle.services.posting import post_due
from passerelle.services.reports import show
from passerelle.store.database import Database
from passerelle.store.judging import queue_open

from .a_policed_company import COMPANY, PROFILES, Policed, a_report, an_expense, configure

HERE = Path(__file__).resolve().parent


@pytest.fixture
def policed(database: Database, clock: Clock, tmp_path: Path) -> Policed:
    configure(database)
    return Policed(database, clock, tmp_path)


@pytest.fixture
def on_sqlite(sqlite_database: Database, clock: Clock, tmp_path: Path) -> Policed:
    configure(sqlite_database)
    return Policed(sqlite_database, clock, tmp_path)


def test_a_declaration_tells_its_verdicts(policed: Policed) -> None:
    first = policed.declare()
    assert (first.report, first.expense, first.refused, first.judgement.covered) == (
        "ND000001", "ND000001-1", False, "12.00",
    )  # fmt: skip
    assert [verdict.kind for verdict in first.judgement.verdicts] == ["count"]
    second = policed.declare(amount="9.00")
    assert (second.expense, second.refused, second.judgement.covered) == ("ND000001-2", True, "0.00")
    assert [finding.code for finding in second.findings] == ["PSR-3020"]
    assert policed.declare(date="2026-01-15").refused is False
    assert policed.judged()[1] == ("ND000001-2", 900, 0, True)


def test_a_mixed_draft_is_two_reports_that_are_submitted_together(policed: Policed) -> None:
    own, company = policed.declare(), policed.declare("HOTEL", "200.00", payer="company")
    assert (own.report, company.report, company.judgement.covered) == ("ND000001", "CP000001", "150.00")
    done = submit(policed.database, policed.clock, policed.desk, "CP000001")
    assert (set(done.reports), done.expenses, done.refused) == ({"ND000001", "CP000001"}, 2, 0)
    assert policed.rows("SELECT count(*) FROM report WHERE submitted_at IS NULL") == [(0,)]
    assert policed.declare(date="2026-01-20").report == "ND000002"
    sources = policed.rows("SELECT number, source_id FROM report ORDER BY number COLLATE BINARY")
    assert sources == [("CP000001", "E1/1"), ("ND000001", "E1/1"), ("ND000002", "E1/2")]


@pytest.mark.parametrize(("sent_back", "approved"), [("ND000001", "CP000001"), ("CP000001", "ND000001")])
def test_beside_a_half_that_was_sent_back_alone_another_submission_begins(
    policed: Policed, sent_back: str, approved: str
) -> None:
    payers = {"ND000001": "employee", "CP000001": "company"}
    for payer in payers.values():
        policed.declare("FREE", payer=payer)
    submit(policed.database, policed.clock, policed.desk, "E1")
    life.approve(policed.database, policed.clock, "paul", [approved])
    life.send_back(policed.database, policed.clock, "paul", [sent_back], "the bill is missing")
    assert policed.declare("FREE", payer=payers[sent_back]).report == sent_back
    again = policed.declare("FREE", payer=payers[approved]).report
    assert again == approved.replace("1", "2")
    assert policed.declare("FREE", payer=payers[approved]).report == again
    done = submit(policed.database, policed.clock, policed.desk, "E1")
    assert {sent_back, again} <= set(done.reports)


def test_an_amount_is_filled_in(policed: Policed) -> None:
    trips = [policed.declare("TRIP", None, mileage={"distance": "10"}, date=f"2026-01-{day}") for day in (10, 11)]
    assert [one.judgement.covered for one in trips] == ["5.00", "5.00"]


def test_what_is_withdrawn_leaves_its_room(policed: Policed) -> None:
    policed.declare("HOTEL", "150.00")
    assert policed.declare("HOTEL", "80.00", date="2026-01-15").judgement.covered == "0.00"
    done = withdraw(policed.database, policed.clock, policed.desk, "ND000001-1")
    (other,) = done.others
    assert (other.expense, other.covered_before, other.covered) == ("ND000001-2", "0.00", "80.00")
    assert policed.judged() == [("ND000001-2", 8000, 8000, False)]
    submit(policed.database, policed.clock, policed.desk, "E1")
    with pytest.raises(Refused, match="PSR-1124"):
        withdraw(policed.database, policed.clock, policed.desk, "ND000001-2")


def test_what_stays_refused_and_what_is_judged_anew_when_room_returns(policed: Policed, clock: Any) -> None:
    """Own money that was refused waits to be declared again; what the company paid is judged until it is approved."""
    policed.declare("HOTEL", "60.00")
    first, refused = policed.declare(amount="9.00"), policed.declare(amount="8.00")
    clock.advance(seconds=1)
    paid = policed.declare(amount="7.00", payer="company")
    assert (refused.refused, paid.refused, paid.judgement.outcome) == (True, False, "block")
    withdraw(policed.database, policed.clock, policed.desk, first.expense)
    assert policed.judged() == [
        (paid.expense, 700, 700, False), ("ND000001-1", 6000, 6000, False), (refused.expense, 800, 0, True),
    ]  # fmt: skip
    again = policed.declare(amount="8.00")
    assert (again.refused, policed.judged()[-2:]) == (
        True, [(refused.expense, 800, 0, True), (again.expense, 800, 0, True)],
    )  # fmt: skip
    withdraw(policed.database, policed.clock, policed.desk, paid.expense)
    assert not policed.declare(amount="8.00").refused


def test_a_refund_takes_back_what_was_declared_here(policed: Policed) -> None:
    hotel = policed.declare("HOTEL", "100.00")
    back = policed.declare("HOTEL", "-100.00", cancels=hotel.expense, date="2026-01-20")
    assert back.judgement.covered == "-100.00"
    assert policed.declare("HOTEL", "150.00", date="2026-01-21").judgement.covered == "150.00"
    with pytest.raises(Refused, match="PSR-1119"):
        policed.declare("HOTEL", "-1.00", cancels=hotel.expense, employee="E2")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount": "12,00"}, "PSR-1004"),
        ({"amount": None}, "PSR-1002"),
        ({"color": "red"}, "PSR-1003"),
    ],
)
def test_what_cannot_be_taken_leaves_no_trace(on_sqlite: Policed, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused, match=code):
        on_sqlite.declare(**{"type": "LUNCH"} | fields)
    assert on_sqlite.rows("SELECT id FROM report") == []
    assert on_sqlite.rows("SELECT employee_id FROM judging_due") == []


@pytest.mark.parametrize("title", ["a\x00b", "a\nb", "\udcff", "x" * 501])
def test_a_title_is_text_on_one_line(on_sqlite: Policed, title: str) -> None:
    with pytest.raises(Refused) as refused:
        declare(on_sqlite.database, on_sqlite.clock, on_sqlite.desk, Declaring("E1", {}, title))
    assert [(finding.code, finding.field) for finding in refused.value.findings] == [("PSR-1004", "title")]


def test_nothing_to_submit_and_nobody_to_declare_for_are_told(on_sqlite: Policed) -> None:
    with pytest.raises(Refused, match="PSR-1123"):
        submit(on_sqlite.database, on_sqlite.clock, on_sqlite.desk, "E1")
    with pytest.raises(UsageFault, match="PSR-1215"):
        on_sqlite.declare(employee="E9")
    with pytest.raises(UsageFault, match="PSR-1103"):
        on_sqlite.declare("NONE")
    with pytest.raises(Refused, match="PSR-1210"):
        submit(on_sqlite.database, on_sqlite.clock, on_sqlite.desk, "ND000009")


def test_who_did_what_is_kept(on_sqlite: Policed) -> None:
    on_sqlite.declare()
    submit(on_sqlite.database, on_sqlite.clock, on_sqlite.desk, "E1", by="paul")
    rows = on_sqlite.rows("SELECT actor, act, detail FROM report_event ORDER BY id")
    assert rows == [("E1", "declare", "expense ND000001-1: LUNCH, 2026-01-14, 12.00 EUR"), ("paul", "submit", "")]


def test_a_changed_policy_judges_what_is_open_and_the_desk_reads_it(policed: Policed) -> None:
    policed.declare("HOTEL", "150.00")
    generous = {"generic": PROFILES["generic"] | {"types": PROFILES["generic"]["types"] | {"HOTEL": {}}}}
    configure(policed.database, COMPANY | {"profiles": generous})
    assert policed.declare("HOTEL", "80.00", date="2026-01-15").judgement.covered == "80.00"


def test_applying_a_policy_says_how_many_expenses_are_judged_otherwise(on_sqlite: Policed) -> None:
    text = configuration.export(on_sqlite.database)
    on_sqlite.declare("HOTEL", "150.00")
    on_sqlite.reports(a_report(an_expense("H9", "HOTEL", "90.00", date="2026-03-01"), approved=True))
    stricter = text.replace("150", "100")
    applied = configuration.apply(on_sqlite.database, on_sqlite.clock, stricter, "company.toml")
    assert (applied.judged_otherwise, [one.code for one in applied.verdicts]) == (1, ["PSR-3022"])
    assert on_sqlite.judged() == [("H9", 9000, 9000, False), ("ND000001-1", 15000, 10000, False)]
    assert configuration.apply(on_sqlite.database, on_sqlite.clock, stricter, "company.toml").judged_otherwise == 0


def test_one_by_one_is_what_judging_all_of_them_says(policed: Policed, clock: Any) -> None:
    """Each declaration looks at what stands before it; the judges, asked about all, find nothing to change."""
    for number in range(24):
        clock.advance(seconds=1)
        kind = ("LUNCH", "HOTEL", "TRIP", "HOTEL")[number % 4]
        trip = (
            {"mileage": {"distance": str(number)}, "amount": None}
            if kind == "TRIP"
            else {"amount": f"{20 + number}.00"}
        )
        day = f"2026-0{1 + number % 2}-{10 + number % 3}"
        payer = "company" if number % 5 == 4 else "employee"
        made = policed.declare(kind, **trip, date=day, payer=payer)
        if number in (9, 17):
            policed.declare(kind, "-7.00", date=day, payer=payer, cancels=made.expense)
    before = policed.judged()
    assert {blocked for *_, blocked in before} == {True, False}
    with policed.database.transaction() as connection:
        queue_open(connection)
    assert judge_due(policed.database).changed == 0
    assert policed.judged() == before


def test_a_year_s_history_costs_a_declaration_no_statement(on_sqlite: Policed) -> None:
    """Neither a query for each expense nor verdicts written again; `python -m benchmarks.declaring` takes the time."""
    days = [date(2025, 1, 1) + timedelta(days=number * 365 // 600) for number in range(600)]
    history = [an_expense(f"L{n}", ("LUNCH", "HOTEL")[n % 2], date=day.isoformat()) for n, day in enumerate(days)]
    on_sqlite.reports(a_report(*history))
    asked: list[str] = []
    on_sqlite.database.engine.dispose()  # connections from now on tell every statement that they run
    event.listen(on_sqlite.database.engine, "connect", lambda one, _: one.set_trace_callback(asked.append))
    counts = []
    for employee in ("E1", "E2", "E1", "E2"):  # of whom E1 has the history; the first drafts read the configuration
        asked.clear()
        on_sqlite.declare("HOTEL", "1.00", employee=employee, date="2025-06-10")
        counts.append(len(asked))
    assert counts[2] == counts[3]
    assert 10 < counts[2] <= 22


# --- at the same instant ---------------------------------------------------------------------------------------------


def at_once(url: str, folder: Path, *jobs: dict[str, Any]) -> list[dict[str, Any]]:
    """Runs each job in a process of its own, all let go by the same word; their answers."""
    command = [sys.executable, str(HERE / "declaring_driver.py"), url, str(folder)]
    runs = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in jobs]
    try:
        for run, job in zip(runs, jobs, strict=True):
            assert run.stdin is not None
            assert run.stdout is not None
            run.stdin.write(json.dumps(job) + "\n")
            run.stdin.flush()
            assert run.stdout.readline() == "ready\n"
        for run in runs:
            assert run.stdin is not None
            run.stdin.write("go\n")
            run.stdin.flush()
        return [json.loads(run.communicate(timeout=60)[0] or "{}") for run in runs]
    finally:
        for run in runs:
            run.kill()
            run.wait()


def test_two_processes_never_both_slip_under_a_limit_of_one(policed: Policed, database_url: str) -> None:
    days = [f"2026-02-{day:02d}" for day in range(1, 13)]
    answers = at_once(database_url, policed.folder, {"declare": days}, {"declare": days})
    refused = [answer["refused"] for answer in answers]
    assert [one + other for one, other in zip(*refused, strict=True)] == [1] * len(days)


def test_an_import_races_a_declaration(policed: Policed, database_url: str) -> None:
    days = [f"2026-02-{day:02d}" for day in range(1, 9)]
    at_once(database_url, policed.folder, {"declare": days}, {"import": days})
    rows = policed.rows("SELECT day, blocked FROM expense ORDER BY day COLLATE BINARY")
    assert len(policed.judged()) == 2 * len(days)
    assert sorted(day for day, blocked in rows if blocked) == days
    assert policed.rows("SELECT employee_id FROM judging_due") == []


def test_killed_between_import_and_judges_the_next_command_judges(policed: Policed, database_url: str) -> None:
    at_once(database_url, policed.folder, {"import": ["2026-02-01", "2026-02-01"], "die": True})
    assert policed.rows("SELECT verdicts, blocked FROM expense") == [(None, False), (None, False)]
    outcome = post_due(policed.database, policed.clock)
    assert (outcome.posted, [finding.code for finding in outcome.findings]) == (1, ["PSR-3020"])
    assert policed.rows("SELECT sum(amount) FROM line WHERE kind = 'expense'") == [(1200,)]


def _warned(made: Any) -> list[str]:
    return [finding.object for finding in made.findings if finding.code == "PSR-1204"]


def _shown(policed: Policed, number: str = "ND000001") -> dict[str, list[str]]:
    found = show(policed.database, number).expense_lines
    return {one.id: [twin.expense for twin in one.duplicates] for one in found if one.duplicates}


def test_a_declaration_and_show_know_the_same_duplicates(policed: Policed) -> None:
    """Equal in what they are once judged: a filled-in amount, and what is not reimbursed is no twin."""
    trip = {"type": "TRIP", "amount": None, "mileage": {"distance": "10"}}
    assert _warned(policed.declare(**trip)) == []
    assert _warned(policed.declare(**trip)) == ["report ND000001, expense ND000001-2"]
    assert _shown(policed) == {"ND000001-1": ["ND000001-2"], "ND000001-2": ["ND000001-1"]}
    policed.declare("LUNCH", "12.00", date="2026-01-15")
    refused = policed.declare("LUNCH", "12.00", date="2026-01-15")
    assert (refused.refused, _warned(refused)) == (True, [])
    withdraw(policed.database, policed.clock, policed.desk, "ND000001-3")
    assert _warned(policed.declare("LUNCH", "12.00", date="2026-01-15")) == []  # what was refused is declared again
    cancel(policed.database, policed.clock, "E1", ["ND000001"], "another report")
    assert (_shown(policed), _warned(policed.declare(**trip))) == ({}, [])


def test_an_import_looks_for_duplicates_once_amounts_are_filled_in(policed: Policed) -> None:
    trips = [an_expense(f"T{number}", "TRIP", None, mileage={"distance": "10"}) for number in (1, 2)]
    meals = [an_expense(f"L{number}", "LUNCH", "9.00") for number in (1, 2)]  # one a day: the second is refused
    outcome = policed.reports(a_report(*trips, *meals))
    found = [one for one in outcome.findings if one.code == "PSR-1204"]
    assert (outcome.duplicates, [one.object for one in found]) == (1, ["report ND000001, expense T2"])
    assert found[0].remedy.endswith("passerelle reports show ND000001 --entity FR")
    assert _shown(policed) == {"T1": ["T2"], "T2": ["T1"]}
