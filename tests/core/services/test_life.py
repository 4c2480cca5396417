"""The acts on reports through the services, with what the ledger and the exports make of them, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest

from passerelle.errors import Refused
from passerelle.services import declaring, life, posting, reports
from passerelle.services.intake import ImportRequest, import_reports
from passerelle.store import report_events
from passerelle.store.database import Database

from .an_export import House, meal, train
from .an_intake import Intake, fill

SUBMITTED: dict[str, Any] = {"approved_at": None, "controlled_at": None}
DRAFT: dict[str, Any] = SUBMITTED | {"submitted": False}
CAP = {"generic": {"name": "Everybody", "types": {"TRAIN": {"cap": [{"amounts": {"EUR": 100}, "period": "day"}]}}}}
N1, N2, N3 = "ND000001", "ND000002", "ND000003"


def does(house: House, act: str, *numbers: str, by: str = "paul", **how: Any) -> life.Decided:
    """One act of the services; a submission is one of the drafts' own."""
    if act == "submit":
        declaring.submit(house.database, house.clock, declaring.Desk(), numbers[0], by=by)
        return life.Decided(changed=1, unchanged=0, posted=0, ledger_lines=0, held_back=0, findings=())
    decided: life.Decided = getattr(life, act)(house.database, house.clock, by, numbers or None, **how)
    return decided


def controls(house: House, number: str, expense: str, cover: str | None = None, reason: str = "") -> life.Decided:
    return life.control_expense(house.database, house.clock, "ann", number, expense, cover, reason)


def refusal(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    assert all(finding.remedy for finding in refused.value.findings)
    return [finding.code for finding in refused.value.findings]


def statuses(house: House) -> list[str]:
    return [one.status for one in reports.list_reports(house.database)]


def events(house: House, number: str = N1) -> list[tuple[Any, ...]]:
    query = "SELECT act, actor, detail, reason FROM report_event e JOIN report r ON r.id = e.report_id"
    return house.rows(f"{query} WHERE r.number = ? ORDER BY e.id", number)


def owed(house: House) -> int:
    """What the ledger owes to employees now."""
    query = "SELECT coalesce(sum(l.amount), 0) FROM line l WHERE l.employee_id IS NOT NULL AND l.revision = "
    query += "(SELECT max(v.revision) FROM entry_revision v WHERE v.entry_id = l.entry_id)"
    return -int(house.rows(query)[0][0])


def covers(house: House, key: str) -> tuple[Any, ...]:
    (row,) = house.rows("SELECT entity_covered, control_cover, control_reason FROM expense WHERE line_key = ?", key)
    return row


def test_a_report_goes_through_its_whole_life(house: House) -> None:
    house.send("R", train(1000), **DRAFT)
    told = [statuses(house)[0]]
    for act, how in (
        ("submit", {}), ("send_back", {"reason": "no bill"}), ("submit", {}), ("approve", {}), ("control", {}),
        ("uncontrol", {}), ("control", {}), ("refuse", {"reason": "private"}),
    ):  # fmt: skip
        assert does(house, act, N1, **how).changed == 1
        told.append(statuses(house)[0])
    assert told == [
        "draft", "submitted", "draft", "submitted", "approved", "approved & controlled", "approved",
        "approved & controlled", "refused",
    ]  # fmt: skip
    assert owed(house) == 0  # refused after it was posted: posted to nothing
    assert [event[0] for event in events(house)] == [
        "declare", "submit", "send-back", "submit", "approve", "control", "uncontrol", "control", "refuse",
    ]  # fmt: skip
    assert events(house)[-1] == ("refuse", "paul", "", "private")
    house.send("R", train(1200), revision=2, **SUBMITTED)
    assert statuses(house) == ["submitted"]
    assert does(house, "approve").posted == 1
    assert owed(house) == 1200
    house.sound()


def test_an_act_whose_effect_is_there_changes_nothing(house: House) -> None:
    house.send("R", train(1000))
    for act in ("approve", "control"):
        decided = does(house, act, N1)
        assert (decided.changed, decided.unchanged) == (0, 1)
    assert len(events(house)) == 4  # what the import stated


def test_several_reports_all_or_none_and_every_fault_is_told(house: House) -> None:
    house.send("R1", train(1000), **SUBMITTED)
    house.send("R2", train(1000), **DRAFT)
    house.send("R3", train(1000), **SUBMITTED)
    does(house, "cancel", N3, reason="twice")
    before = house.everything()
    assert refusal(lambda: does(house, "refuse", N1, N2, N3, reason="private")) == ["PSR-1220", "PSR-1212"]
    assert refusal(lambda: does(house, "refuse", N1, "ND9", reason="private")) == ["PSR-1210"]
    assert refusal(lambda: does(house, "refuse", N1, reason=" ")) == ["PSR-1222"]
    assert house.everything() == before


@pytest.mark.parametrize("reason", ["bad \udcff byte", "\x1b[2J", "nul \x00", "x" * 2001])
def test_a_reason_is_text_that_can_be_kept_and_shown(house: House, reason: str) -> None:
    house.send("R", train(1000), **SUBMITTED)
    before = house.everything()
    for act in ("refuse", "cancel", "send_back"):
        assert refusal(lambda act=act: does(house, act, N1, reason=reason)) == ["PSR-1004"]  # type: ignore[misc]
    assert refusal(lambda: controls(house, N1, "X1", "1.00", reason)) == ["PSR-1004"]
    assert house.everything() == before


@pytest.mark.parametrize("numbers", [(), (N1,)], ids=["all", "by number"])
def test_two_people_approve_in_two_steps(house: House, numbers: tuple[str, ...]) -> None:
    house.change("entities", "FR", approval_steps=["manager", "finance"])
    house.send("R", train(1000), **SUBMITTED)
    house.send("D", train(1000), **DRAFT)
    first = does(house, "approve", *numbers)
    assert (first.changed, sum(step.reports for step in first.steps), first.posted) == (0, 1, 0)
    assert statuses(house) == ["partially approved, step 1 of 2", "draft"]
    if numbers:
        assert refusal(lambda: does(house, "approve", *numbers)) == ["PSR-1221"]
    else:
        again = does(house, "approve")
        assert (again.changed, again.waiting) == (0, 1)
    second = does(house, "approve", *numbers, by="jane")
    assert (second.changed, second.posted) == (1, 1)
    assert statuses(house) == ["approved", "draft"]
    assert events(house)[-2:] == [
        ("approve", "paul", "step 1 of 2: manager", ""),
        ("approve", "jane", "step 2 of 2: finance", ""),
    ]
    # sent back, everybody approves anew; an earlier round binds nobody
    does(house, "send_back", N1, reason="bill")
    does(house, "submit", N1)
    assert does(house, "approve", *numbers, by="jane").steps[0].step == 1
    assert does(house, "approve", *numbers, by="paul").changed == 1
    assert statuses(house)[0] == "approved"


@pytest.mark.parametrize("numbers", [(), (N1,)], ids=["all", "by number"])
def test_a_step_that_is_dropped_binds_nobody(house: House, numbers: tuple[str, ...]) -> None:
    house.change("entities", "FR", approval_steps=["manager", "finance"])
    house.send("R", train(1000), **SUBMITTED)
    does(house, "approve", *numbers)
    house.change("entities", "FR", approval_steps=["manager"])
    assert does(house, "approve", *numbers).posted == 1


def test_a_report_sent_back_keeps_its_place_in_the_ledger_until_it_has_what_it_had(house: House) -> None:
    house.send("R", train(1000))
    does(house, "send_back", N1, reason="bill")
    assert owed(house) == 1000
    house.send("R", train(800), revision=2, **SUBMITTED)
    assert (does(house, "approve", N1).posted, owed(house)) == (0, 1000)
    assert (does(house, "control", N1).posted, owed(house)) == (1, 800)
    house.sound()


def test_an_expense_is_covered_in_part_or_not_at_all(house: House) -> None:
    house.send("R", train(1000), meal(1100), meal(2000), controlled_at=None)
    assert controls(house, N1, "R.1").changed == 1
    assert statuses(house) == ["approved & partly controlled"]
    lowered = controls(house, N1, "R.2", "5.50", "no wine")
    assert (lowered.changed, lowered.posted, owed(house)) == (1, 1, 1000 + 550 + 2000)
    assert controls(house, N1, "R.2", "5.50").changed == 0
    controls(house, N1, "R.3", "0", "private")
    assert (statuses(house), owed(house)) == (["approved & controlled"], 1550)
    assert [event[2:] for event in events(house)[-4:]] == [
        ("expense R.1: covered 10.00 of 10.00 EUR", ""),
        ("expense R.2: covered 5.50 of 11.00 EUR", "no wine"),
        ("expense R.3: covered 0.00 of 20.00 EUR", "private"),
        ("every expense is controlled", ""),
    ]
    shown = reports.show(house.database, N1)
    assert (shown.total, shown.covered, shown.owed) == ("41.00", "15.50", "15.50")
    assert [line.control_reason for line in shown.expense_lines if line.control_cover] == ["no wine", "private"]
    house.sound()


def test_what_may_not_be_covered_so_says_why(house: House) -> None:
    house.send("R", train(1000), train(-400, cancels="R.1"), controlled_at=None)
    for cover, expected in (("10.01", "PSR-1224"), ("1,00", "PSR-1230"), ("1.001", "PSR-1230"), ("-1", "PSR-1230")):
        assert refusal(lambda cover=cover: controls(house, N1, "R.1", cover, "bar")) == [expected]  # type: ignore[misc]
    assert refusal(lambda: controls(house, N1, "R.2", "0", "bar")) == ["PSR-1226"]
    assert refusal(lambda: controls(house, N1, "R.9")) == ["PSR-1227"]
    assert refusal(lambda: controls(house, "ND9", "R.9")) == ["PSR-1210"]


def test_a_cover_taken_back_is_what_the_caps_leave_now(house: House) -> None:
    house.configure(profiles=CAP)
    house.send("R", train(9000), controlled_at=None)
    house.send("S", train(6000), **SUBMITTED)
    assert (covers(house, "R.1")[0], covers(house, "S.1")[0]) == (9000, 1000)  # 100.00 a day
    controls(house, N1, "R.1", "50.00", "shared")
    assert (covers(house, "R.1"), covers(house, "S.1")[0]) == ((5000, 5000, "shared"), 5000)  # the room came back
    does(house, "approve", N2)
    assert refusal(lambda: controls(house, N1, "R.1", "60.00", "a mistake")) == ["PSR-1229"]
    life.uncontrol_expense(house.database, house.clock, "ann", N1, "R.1")
    assert covers(house, "R.1") == (5000, None, "")  # and was taken meanwhile by what is approved
    does(house, "refuse", N2, reason="private")
    house.sound()
    assert owed(house) == 5000


def test_a_cover_taken_back_is_never_above_what_was_granted(house: House) -> None:
    house.configure(profiles=CAP)
    house.send("R", train(15000), controlled_at=None)
    controls(house, N1, "R.1", "50.00", "shared")
    controls(house, N1, "R.1", "20.00", "more so")
    wide = {"generic": {"name": "Everybody", "types": {"TRAIN": {"cap": [{"amounts": {"EUR": 120}, "period": "day"}]}}}}
    house.configure(profiles=wide)
    assert does(house, "uncontrol", N1).posted == 1
    assert (covers(house, "R.1"), owed(house)) == ((10000, None, ""), 10000)
    # where nothing was fixed yet, the policy of today says
    house.send("S", train(15000, date="2026-01-20"), **SUBMITTED)
    controls(house, N2, "S.1", "50.00", "shared")
    life.uncontrol_expense(house.database, house.clock, "ann", N2, "S.1")
    assert covers(house, "S.1")[0] == 12000


def test_one_expense_is_taken_out_of_a_control_of_all(house: House) -> None:
    house.send("R", train(1000), meal(1100))
    life.uncontrol_expense(house.database, house.clock, "ann", N1, "R.1")
    assert statuses(house) == ["approved & partly controlled"]
    controls(house, N1, "R.1")
    assert statuses(house) == ["approved & controlled"]
    does(house, "uncontrol", N1)
    assert statuses(house) == ["approved"]


def test_control_is_undone_until_it_has_left(house: House) -> None:
    house.send("R", train(1000), meal(1100))
    house.create()
    assert refusal(lambda: does(house, "uncontrol", N1)) == ["PSR-1225"]
    assert refusal(lambda: life.uncontrol_expense(house.database, house.clock, "ann", N1, "R.1")) == ["PSR-1225"]
    controls(house, N1, "R.1", "4.00", "second class")  # a correction: it may go as a delta
    does(house, "uncontrol", N1)  # which is held back by this
    assert covers(house, "R.1")[0] == 1000
    house.void(1, not_imported=True)
    does(house, "control", N1)
    assert does(house, "uncontrol", N1).changed == 1
    house.sound()


def test_what_left_is_frozen_where_no_corrections_are_sent(house: House) -> None:
    house.change("exports", "fr", on_change="refuse")
    house.send("R", train(1000))
    house.create()
    for act in ("refuse", "cancel", "send_back"):
        assert refusal(lambda act=act: does(house, act, N1, reason="why")) == ["PSR-1223"]  # type: ignore[misc]
    assert refusal(lambda: controls(house, N1, "R.1", "4.00", "why")) == ["PSR-1223"]
    house.void(1, not_imported=True)
    assert does(house, "refuse", N1, reason="why").changed == 1


def test_room_of_a_refused_report_is_given_to_others(house: House) -> None:
    house.configure(profiles=CAP)
    house.send("R", train(9000), **SUBMITTED)
    house.send("S", train(6000), **SUBMITTED)
    assert covers(house, "S.1")[0] == 1000
    does(house, "cancel", N1, reason="private")
    assert covers(house, "S.1")[0] == 6000


@pytest.mark.parametrize("first", ["approve", "refuse"])
def test_approval_and_refusal_at_one_instant_end_in_one_of_the_two(house: House, first: str) -> None:
    house.send("R", train(1000), **SUBMITTED)
    start, faults = Barrier(2), []

    def act(database: Database, name: str) -> None:
        start.wait()
        try:
            if name == "approve":
                life.approve(database, house.clock, "paul", [N1])
            else:
                life.refuse(database, house.clock, "ann", [N1], "private")
        except Refused as refused:
            faults.append(refused.findings[0].code)

    beside = Database(house.database.url.render_as_string(hide_password=False).replace("+psycopg", ""))
    other = Thread(target=act, args=(beside, "refuse" if first == "approve" else "approve"))
    other.start()
    act(house.database, first)
    other.join(60)
    beside.close()
    assert not other.is_alive()
    posting.post_due(house.database, house.clock)
    acts = [event[0] for event in events(house)][2:]
    # a refusal follows an approval or stands alone; an approval never follows a refusal
    assert (acts, faults) in ((["approve", "refuse"], []), (["refuse"], ["PSR-1212"]))
    assert (statuses(house), owed(house)) == (["refused"], 0)
    house.sound()


@pytest.mark.parametrize("decide", [life.approve, life.control])
def test_no_line_joins_a_report_that_is_being_decided_upon(intake: Intake, decide: Any, monkeypatch: Any) -> None:
    mapping = intake.mapping(approved=False)
    intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    later = Thread(target=intake.csv, args=([("2", "E1", "2026-01-04", "11.00", "own")], mapping))
    record = report_events.record

    def record_meanwhile(*arguments: Any) -> None:
        monkeypatch.undo()
        record(*arguments)
        later.start()
        later.join(0.5)
        assert later.is_alive()  # it waits for the decision

    monkeypatch.setattr(report_events, "record", record_meanwhile)
    assert decide(intake.database, intake.clock, "paul", ["ND000001"]).changed == 1
    later.join(30)
    assert not later.is_alive()
    life.approve(intake.database, intake.clock, "paul", None)
    found = reports.list_reports(intake.database)
    approved_first = decide is life.approve
    assert [(one.expenses, one.post_due) for one in found] == ([(1, False)] * 2 if approved_first else [(2, False)])
    assert sum(one.expenses for one in found if one.posted_revision is not None) == 2
    assert approved_first or found[0].controlled_at is None  # a line joined what had been controlled


def test_a_decision_waits_for_the_lines_that_come_in(intake: Intake) -> None:
    mapping = intake.mapping(approved=False)
    intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    later = Thread(target=life.approve, args=(intake.database, intake.clock, "paul", None))

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


@pytest.fixture
def intake(database: Database, clock: Any, tmp_path: Any) -> Intake:
    return fill(database, clock, tmp_path)
