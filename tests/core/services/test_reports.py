"""Reports found and decided upon, also while lines come in, on both databases."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from passerelle.periods import Clock, instant_text
from passerelle.services import reports
from passerelle.services.intake import ImportRequest, import_reports
from passerelle.store import masterdata, report_list
from passerelle.store.database import Database

from .an_intake import Intake, a_report, an_expense, fill


@pytest.fixture
def intake(database: Database, clock: Clock, tmp_path: Path) -> Intake:
    return fill(database, clock, tmp_path)


@pytest.mark.parametrize("decide", [report_list.approve, report_list.control])
def test_no_line_joins_a_report_that_is_being_decided_upon(intake: Intake, decide: object) -> None:
    assert callable(decide)
    mapping = intake.mapping(approved=False)
    intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    later = Thread(target=intake.csv, args=([("2", "E1", "2026-01-04", "11.00", "own")], mapping))
    with intake.database.transaction() as connection:
        entity_id = masterdata.load(connection).entity_id("FR")
        assert decide(connection, entity_id, instant_text(intake.clock()), [1]) == 1
        later.start()
        later.join(0.5)
        assert later.is_alive()  # it waits for the decision
    later.join(30)
    assert not later.is_alive()
    reports.approve(intake.database, intake.clock, None)
    found = reports.list_reports(intake.database)
    approved_first = decide is report_list.approve
    assert [(one.expenses, one.post_due) for one in found] == ([(1, False)] * 2 if approved_first else [(2, False)])
    assert sum(one.expenses for one in found if one.posted_revision is not None) == 2
    assert approved_first or found[0].controlled_at is None  # a line joined what had been controlled


def test_a_decision_waits_for_the_lines_that_come_in(intake: Intake) -> None:
    mapping = intake.mapping(approved=False)
    intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    later = Thread(target=reports.approve, args=(intake.database, intake.clock, None))

    def approve_meanwhile(words: str, done: int, total: int | None) -> None:
        if words == "lines read":  # the lines are in, not yet committed; posting tells its progress, too
            later.start()
            later.join(0.5)
            assert later.is_alive()

    path = intake.folder / "second.csv"
    path.write_text("id,who,day,amount,payer\n2,E1,2026-01-04,11.00,own\n")
    request = ImportRequest(path, mapping, strict=True)
    assert import_reports(intake.database, intake.clock, request, approve_meanwhile).lines.taken == 1
    later.join(30)
    (found,) = reports.list_reports(intake.database)
    assert (found.expenses, found.status, found.posted_revision) == (2, "approved", 1)


@pytest.mark.parametrize("text", ["Été", "été", "ÉTÉ", "À ÉTRETAT", "nd000001"])
def test_text_is_found_whatever_its_case(intake: Intake, text: str) -> None:
    intake.report(None, a_report(id="R2", title="Hiver", expenses=[an_expense("X2")]), title="Été à Étretat")
    assert [one.title for one in reports.list_reports(intake.database, text=text)] == ["Été à Étretat"]


def test_wildcards_are_letters(intake: Intake) -> None:
    intake.report(title="100% _Lyon!")
    for text, hits in (("100%", 1), ("0% _l", 1), ("n!", 1), ("1_0", 0), ("%lyon", 0)):
        assert len(reports.list_reports(intake.database, text=text)) == hits, text
