"""Posting what is due: once, whole, again after mending, and by two runs at a time; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from passerelle.errors import Finding
from passerelle.services import judging, life, posting
from passerelle.services.posting import post_due
from passerelle.store import masterdata, sql
from passerelle.store.database import Database
from passerelle.store.ledger import stored_findings

from .an_export import COMPANY, House, train

LINES = "SELECT kind, account, amount FROM line WHERE entry_id = ? AND revision = ? ORDER BY id"


def test_what_is_due_is_posted_once(books: Any, clock: Any) -> None:
    report = books.report(("MEAL", 12000), ("TAXI", 3500))
    outcome = post_due(books.database, clock)
    assert (outcome.posted, outcome.lines, outcome.refused, outcome.findings) == (1, 4, 0, ())
    ((entry, journal, kind),) = books.rows("SELECT id, journal, entry_type FROM entry WHERE origin_id = ?", report)
    assert (journal, kind) == ("NDF", "expense_report")
    assert books.rows(LINES, entry, 1) == [
        ("expense", "625700", 10000),
        ("vat", "445660", 2000),
        ("expense", "625100", 3500),
        ("employee", "421DUP", -15500),
    ]
    columns = "revision, recorded_at, day, latest_day, line_count"
    assert books.rows(f"SELECT {columns} FROM entry_revision") == [
        (1, "2026-03-02T09:00:00.000000+00:00", "2026-03-02", "2026-01-15", 4)
    ]
    assert books.rows("SELECT post_due, posted_revision, findings FROM report") == [(False, 1, "[]")]

    again = post_due(books.database, clock)
    assert (again.posted, again.lines, again.refused) == (0, 0, 0)
    assert len(books.rows("SELECT id FROM line")) == 4


def test_the_operation_day_is_the_entity_s_own(books: Any, clock: Any) -> None:
    late = "2026-03-02T23:30:00.000000+00:00"
    books.report(("TAXI", 100), approved_at=late)
    books.report(("TAXI", 100), entity="JP", employee="sato", approved_at="2026-03-02T14:30:00.000000+00:00")
    post_due(books.database, clock)
    days = "SELECT v.day FROM entry_revision v JOIN entry e ON e.id = v.entry_id ORDER BY e.journal DESC"
    assert books.rows(days) == [("2026-03-03",), ("2026-03-02",)]


def test_a_change_is_a_new_revision_and_the_old_one_stays_readable(books: Any, clock: Any) -> None:
    report = books.report(("TAXI", 3500))
    post_due(books.database, clock)
    clock.advance(hours=1)
    books.change(report, ("TAXI", 3600))
    assert post_due(books.database, clock).posted == 1
    clock.advance(hours=1)
    books.change(report)
    assert post_due(books.database, clock).lines == 0
    ((entry,),) = books.rows("SELECT id FROM entry")
    assert books.rows(LINES, entry, 1) == [("expense", "625100", 3500), ("employee", "421DUP", -3500)]
    assert books.rows(LINES, entry, 2) == [("expense", "625100", 3600), ("employee", "421DUP", -3600)]
    assert books.rows(LINES, entry, 3) == []
    recorded = books.rows("SELECT revision, line_count, recorded_at FROM entry_revision ORDER BY revision")
    assert [row[:2] for row in recorded] == [(1, 2), (2, 2), (3, 0)]
    assert [row[2][11:13] for row in recorded] == ["09", "10", "11"]
    assert books.rows("SELECT posted_revision FROM report") == [(3,)]


def test_what_is_not_approved_is_not_posted(books: Any, clock: Any) -> None:
    books.report(("TAXI", 3500), approval="created", approved_at=None, post_due=False)
    assert post_due(books.database, clock).posted == 0


def test_a_refused_report_keeps_its_findings_and_is_posted_once_the_configuration_is_mended(
    books: Any, clock: Any
) -> None:
    refused = books.report(("TAXI", 3500), employee="martin")
    books.report(("TAXI", 100))
    outcome = post_due(books.database, clock)
    assert (outcome.posted, outcome.refused) == (1, 1)
    assert [finding.code for finding in outcome.findings] == ["PSR-4002"]
    ((due, text),) = books.rows("SELECT post_due, findings FROM report WHERE id = ?", refused)
    assert due
    assert tuple(stored_findings(text)) == outcome.findings
    assert not books.rows("SELECT id FROM entry WHERE origin_id = ?", refused)

    assert post_due(books.database, clock).refused == 1  # still
    employees = books.company["employees"]
    books.configure(employees=employees | {"martin": employees["martin"] | {"account": "421MAR"}})
    assert post_due(books.database, clock).posted == 1
    assert books.rows("SELECT post_due, findings FROM report WHERE id = ?", refused) == [(False, "[]")]
    assert books.rows("SELECT amount FROM line WHERE account = '421MAR'") == [(-3500,)]


def test_an_entity_that_left_the_configuration_stops_no_other(books: Any, clock: Any) -> None:
    books.report(("TAXI", 100), entity="JP", employee="sato")
    books.report(("TAXI", 100))
    entities, employees = books.company["entities"], books.company["employees"]
    books.configure(entities={"FR": entities["FR"]}, employees={code: employees[code] for code in ("dupont", "martin")})
    outcome = post_due(books.database, clock)
    assert (outcome.posted, outcome.refused) == (1, 1)
    assert [(finding.code, finding.object) for finding in outcome.findings] == [("PSR-4008", "entity JP")]
    books.configure(entities=entities, employees=employees)
    assert post_due(books.database, clock).posted == 1


def test_reports_of_several_blocks_are_all_posted(books: Any, clock: Any) -> None:
    contents: list[list[tuple[str, int]]] = [[("TAXI", 100 + number)] for number in range(2050)]
    contents[999] = contents[1000] = contents[2049] = []  # the edges of blocks hold reports without expenses
    books.reports(contents)
    blocked = books.report(("TAXI", 1), employee="martin")
    steps: list[int] = []
    outcome = post_due(books.database, clock, lambda words, done, total: steps.append(done))
    assert (outcome.posted, outcome.refused, outcome.lines) == (2050, 1, 2 * 2047)
    assert steps == [1000, 2000, 2050]
    assert books.rows("SELECT count(*), count(DISTINCT origin_id) FROM entry") == [(2050, 2050)]
    assert books.rows("SELECT id FROM report WHERE post_due") == [(blocked,)]
    assert books.rows("SELECT sum(amount) FROM line WHERE amount > 0") == [(sum(a for c in contents for _, a in c),)]


def test_two_runs_at_once_give_each_report_one_entry(books: Any, clock: Any, second: Callable[[], Database]) -> None:
    books.reports([[("TAXI", 100)]] * 2200)
    start = threading.Barrier(2)

    def run(database: Database) -> int:
        start.wait()
        return post_due(database, clock).posted

    with ThreadPoolExecutor(2) as pool:
        posted = list(pool.map(run, [second(), second()]))
    assert sum(posted) == 2200
    assert books.rows("SELECT count(*), count(DISTINCT origin_id) FROM entry") == [(2200, 2200)]
    assert books.rows("SELECT count(*) FROM line") == [(4400,)]
    assert books.rows("SELECT count(*) FROM report WHERE post_due") == [(0,)]


def test_a_run_that_waited_sees_what_the_other_left(books: Any, clock: Any, second: Callable[[], Database]) -> None:
    """The report was posted and became due again while a run waited for it: it gets a revision, not a second entry."""
    report = books.report(("TAXI", 3500))
    with ThreadPoolExecutor(1) as pool:
        with books.database.transaction() as connection:
            sql.execute(connection, "UPDATE report SET title = 'Foire' WHERE id = ?", (report,))
            entity = masterdata.load(connection).entity_id("FR")
            (entry,) = sql.take_ids(connection, "entry", 1)
            columns = ("id", "entity_id", "journal", "entry_type", "origin", "origin_id")
            sql.insert(connection, "entry", columns, [(entry, entity, "NDF", "expense_report", "report", report)])
            columns = ("entry_id", "revision", "day", "latest_day", "line_count", "recorded_at")
            sql.insert(connection, "entry_revision", columns, [(entry, 1, "2026-01-31", "2026-01-15", 0, "")])
            waiting = pool.submit(post_due, second(), clock)
            query = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            while not books.database.is_sqlite and books.rows(query) == [(0,)]:
                assert not waiting.done()
        assert waiting.result().posted == 1
    assert books.rows("SELECT origin_id FROM entry") == [(report,)]
    assert books.rows("SELECT revision, line_count FROM entry_revision ORDER BY revision") == [(1, 0), (2, 2)]


def test_reports_of_an_employee_who_left_are_still_booked(house: House) -> None:
    house.send("R1", train(8640), approved_at=None, controlled_at=None)
    left = {code: body for code, body in house.company["employees"].items() if code != "E1"}
    house.configure(employees=left)
    decided = life.approve(house.database, house.clock, "paul", None)
    assert (decided.changed, decided.posted) == (1, 1)
    assert house.rows("SELECT findings FROM report") == [("[]",)]


# --- what the policy and the life of a report do ----------------------------------------------------------------------

ENDED = "2026-03-05T23:30:00.000000+00:00"  # already the 6th in Paris


def test_only_what_is_covered_is_posted(books: Any, clock: Any) -> None:
    books.report(("MEAL", 12000), ("TAXI", 3500), ("TAXI", 800))
    books.write("UPDATE expense SET covered = 9000, entity_covered = 9000 WHERE gross = 12000")
    books.write("UPDATE expense SET covered = 0, entity_covered = 0, blocked = ? WHERE gross = 3500", True)
    assert post_due(books.database, clock).lines == 4
    ((entry,),) = books.rows("SELECT id FROM entry")
    assert books.rows(LINES, entry, 1) == [
        ("expense", "625700", 7500),
        ("vat", "445660", 1500),
        ("expense", "625100", 800),
        ("employee", "421DUP", -9800),
    ]


def test_what_the_company_paid_and_nobody_covers_is_an_advance(house: House) -> None:
    house.change("entities", "FR", accounts={"bank": "512000", "card": "467000"})
    house.send("R1", train(8640, payer="company_card"), train(1000, payer="company"), approved_at=None)
    house.write("UPDATE expense SET covered = 5000, entity_covered = 5000 WHERE gross = 8640")
    house.write("UPDATE expense SET covered = 0, entity_covered = 0, blocked = ? WHERE gross = 1000", True)
    decided = life.approve(house.database, house.clock, "paul", None)
    assert [(finding.code, finding.object) for finding in decided.findings] == [
        ("PSR-4011", "report CP000001, entity FR"),
        ("PSR-4011", "report CP000001, entity FR"),
    ]
    assert house.rows("SELECT id FROM entry") == []
    house.change("entities", "FR", accounts=COMPANY["entities"]["FR"]["accounts"])
    assert post_due(house.database, house.clock).posted == 1
    assert house.rows("SELECT kind, account, amount, expense_id IS NULL, employee_id FROM line ORDER BY id") == [
        ("expense", "625100", 5000, False, None),
        ("advance.account", "425000", 3640, False, None),
        ("company", "467000", -8640, False, None),
        ("advance.account", "425000", 1000, False, None),
        ("company", "512000", -1000, False, None),
    ]
    house.sound()


@pytest.mark.parametrize("approval", ["refused", "cancelled"])
def test_a_report_that_ended_is_posted_to_nothing(books: Any, clock: Any, approval: str) -> None:
    """Whatever is configured by then, and without the approval that it had."""
    report = books.report(("TAXI", 3500))
    post_due(books.database, clock)
    books.configure(employees={}, expense_types={})
    end = "UPDATE report SET approval = ?, approved_at = NULL, ended_at = ?, post_due = ?, findings = '[{}]'"
    books.write(end, approval, ENDED, True)
    outcome = post_due(books.database, clock)
    assert (outcome.posted, outcome.lines, outcome.findings) == (1, 0, ())
    assert books.rows("SELECT revision, day, latest_day, line_count FROM entry_revision ORDER BY revision") == [
        (1, "2026-03-02", "2026-01-15", 2),
        (2, "2026-03-06", "2026-03-06", 0),
    ]
    facts = "SELECT post_due, posted_revision, findings FROM report WHERE id = ?"
    assert books.rows(facts, report) == [(False, 2, "[]")]

    books.write("UPDATE report SET post_due = ?", True)  # again: there is nothing to take back
    assert post_due(books.database, clock).posted == 0
    assert books.rows(facts, report) == [(False, 2, "[]")]
    assert books.rows("SELECT count(*) FROM entry_revision") == [(2,)]


def test_a_report_refused_before_it_was_posted_leaves_no_entry(books: Any, clock: Any) -> None:
    books.report(("TAXI", 3500), approval="refused", approved_at=None, ended_at=ENDED)
    books.report(("TAXI", 100))
    assert post_due(books.database, clock).posted == 1
    assert books.rows("SELECT post_due, posted_revision FROM report ORDER BY id") == [(False, None), (False, 1)]
    assert books.rows("SELECT count(*) FROM entry") == [(1,)]


def test_a_report_that_ended_and_was_approved_again_is_posted_again(books: Any, clock: Any) -> None:
    report = books.report(("TAXI", 3500))
    post_due(books.database, clock)
    books.write("UPDATE report SET approval = 'refused', ended_at = ?, post_due = ?", ENDED, True)
    post_due(books.database, clock)
    books.change(report, ("TAXI", 3600), approval="approved", ended_at=None)
    assert post_due(books.database, clock).lines == 2
    ((entry,),) = books.rows("SELECT id FROM entry")
    assert [len(books.rows(LINES, entry, revision)) for revision in (1, 2, 3)] == [2, 0, 2]


def test_a_cover_lowered_after_posting_is_a_new_revision_of_the_same_day(books: Any, clock: Any) -> None:
    books.report(("TAXI", 3500))
    post_due(books.database, clock)
    clock.advance(days=9)
    books.write("UPDATE expense SET covered = 2000, entity_covered = 2000, control_cover = 2000")
    books.write("UPDATE report SET post_due = ?", True)
    post_due(books.database, clock)
    assert books.rows("SELECT revision, day FROM entry_revision") == [(1, "2026-03-02"), (2, "2026-03-02")]
    ((entry,),) = books.rows("SELECT id FROM entry")
    assert books.rows(LINES, entry, 2) == [("expense", "625100", 2000), ("employee", "421DUP", -2000)]


def test_nothing_is_posted_of_an_employee_who_waits_to_be_judged(
    books: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when somebody queues an employee again between judging and posting."""
    waiting = [books.report(("TAXI", 100 + number)) for number in range(3)]
    books.report(("TAXI", 100), entity="JP", employee="sato")
    found = Finding("PSR-4900", "Found by the judges.")

    def judge(*_: Any) -> judging.Judged:
        queue = "INSERT INTO judging_due SELECT DISTINCT entity_id, employee_id FROM report WHERE id = ?"
        books.write(queue, waiting[0])
        return judging.Judged(findings=(found,))

    with monkeypatch.context() as patch:
        patch.setattr(posting, "judge_due", judge)
        outcome = post_due(books.database, clock)
    assert (outcome.posted, outcome.refused, outcome.findings) == (1, 0, (found,))
    assert books.rows("SELECT number FROM report WHERE post_due") == [(f"N{id:06d}",) for id in waiting]
    books.write("DELETE FROM judging_due")
    assert post_due(books.database, clock).posted == 3
