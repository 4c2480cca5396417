"""The policy at work in the database: what is judged, when, and that nothing is posted before, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from passerelle.periods import Clock
from passerelle.reports.outcome import Judged
from passerelle.services import intake, life
from passerelle.services.intake import ImportRequest
from passerelle.services.judging import judge_due
from passerelle.services.posting import post_due
from passerelle.store.database import Database
from passerelle.store.judging import queue_open

from .a_policed_company import COMPANY, PROFILES, Policed, a_report, an_expense, configure

COMPANY_PAID = {"payer": "company"}
LEDGER = "SELECT kind, account, sum(amount) FROM line GROUP BY kind, account ORDER BY kind COLLATE BINARY"


@pytest.fixture
def policed(database: Database, clock: Clock, tmp_path: Path) -> Policed:
    configure(database)
    return Policed(database, clock, tmp_path)


def die(*_: Any) -> Any:
    """The process ends here."""
    raise KeyboardInterrupt


def codes(outcome: Any) -> list[str]:
    return [finding.code for finding in outcome.findings]


def test_a_blocked_expense_is_refused_alone_and_its_report_goes_on(policed: Policed) -> None:
    outcome = policed.reports(a_report(an_expense("X1"), an_expense("X2", amount="8.00"), approved=True))
    assert policed.judged() == [("X1", 1200, 1200, False), ("X2", 800, 0, True)]
    assert (outcome.lines.taken, outcome.judged, outcome.blocked, outcome.posted) == (1, 2, 1, 1)
    assert [(one.currency, one.declared, one.covered) for one in outcome.covers] == [("EUR", "20.00", "12.00")]
    (finding,) = outcome.findings
    assert (finding.code, finding.object, finding.severity) == ("PSR-3020", "report ND000001, expense X2", "error")
    assert "LUNCH" in finding.expected
    assert policed.rows(LEDGER) == [("employee", "421E1", -1200), ("expense", "625100", 1200)]


def test_a_blocked_expense_that_the_company_paid_is_an_advance(policed: Policed) -> None:
    outcome = policed.reports(
        a_report(an_expense("X1", **COMPANY_PAID), an_expense("X2", **COMPANY_PAID), approved=True)
    )
    assert policed.judged() == [("X1", 1200, 1200, False), ("X2", 1200, 0, True)]
    assert [(one.code, one.severity) for one in outcome.findings if one.code != "PSR-1204"] == [("PSR-3021", "warning")]
    assert ("advance.account", "425000", 1200) in policed.rows(LEDGER)


def test_a_cap_covers_what_is_left_and_says_so(policed: Policed) -> None:
    hotels = [an_expense("H1", "HOTEL", "100.00"), an_expense("H2", "HOTEL", "80.00")]
    outcome = policed.reports(a_report(*hotels))
    assert policed.judged() == [("H1", 10000, 10000, False), ("H2", 8000, 5000, False)]
    assert (codes(outcome), outcome.capped) == (["PSR-3022"], 1)


def test_amounts_are_filled_in_and_stay_known(policed: Policed) -> None:
    trip = an_expense("T1", "TRIP", None, mileage={"distance": "120"})
    sent = a_report(trip, an_expense("D1", "DIEM", None))
    outcome = policed.reports(sent)
    assert policed.judged() == [("D1", 1750, 1750, False), ("T1", 6000, 6000, False)]
    assert outcome.lines.taken == 1
    assert policed.reports(sent).lines.unchanged == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"type": "FREE", "amount": None}, "PSR-1002"),
        ({"type": "DIEM", "amount": None, "vat": [{"rate": "20"}]}, "PSR-1120"),
        ({"type": "DIEM", "amount": None, "entity_amount": "5.00"}, "PSR-1120"),
        ({"amount": "-5.00", "cancels": "nothing"}, "PSR-1119"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    sqlite_database: Database, clock: Clock, tmp_path: Path, fields: dict[str, Any], code: str
) -> None:
    configure(sqlite_database)
    policed = Policed(sqlite_database, clock, tmp_path)
    assert codes(policed.reports(a_report(an_expense(**fields)))) == [code]


def test_a_refund_names_what_came_before_or_comes_with_it(policed: Policed) -> None:
    back = an_expense("R1", "HOTEL", "-40.00", cancels="H1")
    hotel = an_expense("H1", "HOTEL", "200.00")
    assert codes(policed.reports(a_report(back))) == ["PSR-1119"]
    policed.reports(a_report(hotel))
    assert codes(policed.reports(a_report(back, id="R2", employee="E2"))) == ["PSR-1119"]
    policed.reports(a_report(back, id="R3"))
    # 150 of 200 are covered; 160 remain declared, so nothing comes back
    assert policed.judged() == [("H1", 20000, 15000, False), ("R1", -4000, 0, False)]
    together = (
        an_expense("H2", "HOTEL", "60.00", date="2026-05-02"),
        an_expense("R4", "HOTEL", "-60.00", cancels="H2"),
    )
    policed.reports(a_report(*together, id="R5"))
    assert policed.judged()[1::2] == [("H2", 6000, 6000, False), ("R4", -6000, -6000, False)]


def test_a_restated_line_is_judged_anew_and_what_it_left_is_given_to_others(policed: Policed) -> None:
    policed.reports(a_report(an_expense("X1"), an_expense("X2", amount="8.00")))
    later = policed.reports(a_report(an_expense("X2", amount="8.00"), revision=2))
    assert (later.withdrawn, codes(later)) == (1, [])
    assert policed.judged() == [("X2", 800, 800, False)]


def test_a_report_that_changes_hands_gives_its_room_back(policed: Policed) -> None:
    policed.reports(a_report(an_expense("H1", "HOTEL", "150.00")))
    policed.reports(a_report(an_expense("H2", "HOTEL", "50.00"), id="R2"))
    assert policed.judged()[1] == ("H2", 5000, 0, False)
    policed.reports(a_report(an_expense("H1", "HOTEL", "150.00"), employee="E2", revision=2))
    assert policed.judged() == [("H1", 15000, 15000, False), ("H2", 5000, 5000, False)]


def test_what_was_approved_takes_its_room_first_and_is_never_judged_again(policed: Policed) -> None:
    policed.reports(a_report(an_expense("H2", "HOTEL", "150.00"), approved=True, declared_at="2026-02-02T09:00:00Z"))
    policed.reports(a_report(an_expense("H1", "HOTEL", "50.00"), id="R0", declared_at="2026-01-20T09:00:00Z"))
    assert policed.judged() == [("H1", 5000, 0, False), ("H2", 15000, 15000, False)]


def judges_again(policed: Policed) -> None:
    """Whoever has open expenses, and that changes nothing."""
    before = policed.judged()
    with policed.database.transaction() as connection:
        queue_open(connection)
    assert judge_due(policed.database).changed == 0
    assert policed.judged() == before


def test_what_arrives_approved_stands_before_the_others_at_once(policed: Policed) -> None:
    kinds = COMPANY["expense_types"] | {"LUNCH": COMPANY["expense_types"]["LUNCH"] | {"kind": "guests"}}
    capped = {"LUNCH": {"cap": [{"amounts": {"EUR": 20}, "period": "day"}]}}
    policy = {"generic": {"name": "Everybody", "types": capped}}
    configure(policed.database, COMPANY | {"expense_types": kinds, "profiles": policy})
    policed.reports(a_report(an_expense("X", amount="60.00")))
    later = {"id": "R2", "declared_at": "2026-02-02T09:00:00Z"}
    policed.reports(a_report(an_expense("Y", amount="5.00", guests=3), **later, approved=True))
    # three guests of Y make the cap 80.00 for both, once that is approved: X takes what is left
    assert policed.judged() == [("X", 6000, 6000, False), ("Y", 500, 500, False)]
    judges_again(policed)


def test_a_refund_that_arrives_approved_leaves_what_it_names_to_be_judged(policed: Policed) -> None:
    policed.reports(a_report(an_expense("H1", "HOTEL", "160.00"), an_expense("H2", "HOTEL", "90.00")))
    policed.reports(a_report(an_expense("R1", "HOTEL", "-100.00", cancels="H1"), id="R2", approved=True))
    judges_again(policed)


GROUPS = """
name = "hotels"
entity = "FR"
report = {{ period = "month", approved = {approved} }}
[columns]
id = {{ column = "id" }}
employee = {{ constant = "E1" }}
type = {{ constant = "HOTEL" }}
date = {{ column = "day" }}
amount = {{ column = "amount" }}
"""


@pytest.mark.parametrize("how", ["by number", "all", "sent again", "by its mapping"])
def test_approval_fixes_what_the_policy_covers_by_then(
    policed: Policed, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Also of who began to wait after the judges had looked: an import has died that left room for the second stay."""
    policed.reports(a_report(an_expense("H1", "HOTEL", "150.00")))
    second = a_report(an_expense("H2", "HOTEL", "100.00"), id="R2", declared_at="2026-02-02T09:00:00Z")
    mapping, lines = policed.folder / "hotels.toml", policed.folder / "hotels.csv"
    lines.write_text("id,day,amount\nH2,2026-01-15,100.00\n")
    if how == "by its mapping":
        mapping.write_text(GROUPS.format(approved="false"))
        intake.import_reports(policed.database, policed.clock, ImportRequest(lines, mapping))
    else:
        policed.reports(second)
    assert policed.judged()[1] == ("H2", 10000, 0, False)
    monkeypatch.setattr(intake, "judge_due", die)
    with pytest.raises(KeyboardInterrupt):
        policed.reports(a_report(an_expense("F1", "FREE"), revision=2))
    monkeypatch.undo()
    monkeypatch.setattr(life, "judge_due", lambda _: Judged())
    if how == "by its mapping":
        mapping.write_text(GROUPS.format(approved="true"))
        intake.import_reports(policed.database, policed.clock, ImportRequest(lines, mapping))
    elif how == "sent again":
        policed.reports(second | {"approved": True})
    else:
        life.approve(policed.database, policed.clock, "ann", None if how == "all" else ["ND000002"])
    assert policed.rows("SELECT approval, posted_revision FROM report ORDER BY id")[1] == ("approved", 1)
    assert policed.judged()[1] == ("H2", 10000, 10000, False)
    judges_again(policed)


@pytest.mark.parametrize("restated", [{"employee": "E2"}, {"amount": "-300.00"}], ids=["of another", "negative"])
def test_a_refund_takes_nothing_back_of_what_is_no_longer_there(policed: Policed, restated: dict[str, str]) -> None:
    hotel, owner = an_expense("H1", "HOTEL", "300.00"), {"employee": restated.get("employee", "E1")}
    policed.reports(a_report(hotel, approved=True))
    policed.reports(a_report(an_expense("R1", "HOTEL", "-300.00", cancels="H1"), id="R2"))
    assert policed.judged()[1] == ("R1", -30000, -15000, False)
    amount = restated.get("amount", "300.00")
    policed.reports(a_report(hotel | {"amount": amount}, revision=2, approved=True, **owner))
    assert policed.judged()[1] == ("R1", -30000, 0, False)
    judges_again(policed)


def test_a_draft_counts_and_is_not_approved(policed: Policed) -> None:
    assert codes(policed.reports(a_report(submitted=False, approved=True))) == ["PSR-1121"]
    policed.reports(a_report(an_expense("X1"), submitted=False))
    outcome = policed.reports(a_report(an_expense("X2"), id="R2", declared_at="2026-02-02T09:00:00Z"))
    assert outcome.blocked == 1
    assert policed.rows("SELECT submitted_at FROM report WHERE source_id = 'R1'") == [(None,)]
    policed.reports(a_report(an_expense("X1")))
    assert policed.rows("SELECT submitted_at FROM report WHERE source_id = 'R1'") != [(None,)]


def test_no_import_speaks_in_the_name_of_what_is_declared_here(policed: Policed) -> None:
    assert codes(policed.reports(a_report(source="passerelle"))) == ["PSR-1122"]


def test_a_mapping_reads_trips_and_absent_amounts(policed: Policed, tmp_path: Path) -> None:
    mapping = tmp_path / "trips.toml"
    mapping.write_text(
        'name = "trips"\nentity = "FR"\nreport = { period = "month", approved = true }\n[columns]\n'
        'id = { column = "id" }\nemployee = { constant = "E1" }\ntype = { column = "type" }\n'
        'date = { column = "day" }\namount = { column = "amount" }\ndistance = { column = "km" }\n'
        'power = { column = "power" }\nvehicle = { constant = "AB-123-CD" }\ncancels = { column = "of" }\n'
    )
    lines = tmp_path / "trips.csv"
    lines.write_text(
        "id,type,day,amount,km,power,of\n1,TRIP,2026-01-05,,10.5,5,\n2,FREE,2026-01-05,4.00,,,\n"
        "3,FREE,2026-01-06,,,,\n4,TRIP,2026-01-07,,10,high,\n5,FREE,2026-01-08,-1.00,,,2\n6,FREE,2026-01-08,-1.00,,,3\n"
    )
    request = ImportRequest(lines, mapping)
    outcome = intake.import_reports(policed.database, policed.clock, request)
    told = [(one.code, one.field) for one in outcome.findings]
    assert told == [("PSR-1002", "amount"), ("PSR-1004", "power"), ("PSR-1119", "of")]
    assert policed.judged() == [("1", 525, 525, False), ("2", 400, 400, False), ("5", -100, -100, False)]
    ((trip,),) = policed.rows("SELECT mileage FROM expense WHERE line_key = '1'")
    assert '"distance":"10.5"' in trip
    assert '"vehicle":"AB-123-CD"' in trip
    again = intake.import_reports(policed.database, policed.clock, request)
    assert (again.lines.unchanged, again.lines.refused, again.lines.differing) == (3, 3, 0)


@pytest.mark.parametrize("how", ["strict", "dry_run"])
def test_verdicts_are_shown_before_anything_is_written(policed: Policed, how: str) -> None:
    outcome = policed.reports(a_report(an_expense("X1"), an_expense("X2", amount="9.00")), **{how: True})
    assert (outcome.written, outcome.blocked, codes(outcome)) == (False, 1, ["PSR-3020"])
    assert policed.rows("SELECT id FROM expense") == []
    assert policed.rows("SELECT employee_id FROM judging_due") == []


def test_strict_takes_what_the_policy_allows(policed: Policed) -> None:
    capped = policed.reports(a_report(an_expense("H1", "HOTEL", "180.00"), approved=True), strict=True)
    assert (capped.written, capped.capped, capped.posted) == (True, 1, 1)


def test_nothing_is_posted_before_it_is_judged(policed: Policed, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that dies between its last block and the judges: the next command judges, then posts."""
    monkeypatch.setattr(intake, "judge_due", die)
    with pytest.raises(KeyboardInterrupt):
        policed.reports(a_report(an_expense("X1"), an_expense("X2", amount="8.00"), approved=True))
    assert policed.rows("SELECT verdicts FROM expense") == [(None,), (None,)]
    assert policed.rows("SELECT count(*) FROM judging_due") == [(1,)]
    outcome = post_due(policed.database, policed.clock)
    assert (outcome.posted, [one.code for one in outcome.findings]) == (1, ["PSR-3020"])
    assert policed.rows(LEDGER) == [("employee", "421E1", -1200), ("expense", "625100", 1200)]
    assert judge_due(policed.database).expenses == 0


def test_without_a_policy_nobody_waits_but_for_a_refund(policed: Policed) -> None:
    configure(policed.database, COMPANY | {"profiles": {}})
    outcome = policed.reports(a_report(an_expense("X1"), an_expense("X2")))
    assert (outcome.judged, policed.judged()) == (0, [("X1", 1200, 1200, False), ("X2", 1200, 1200, False)])
    back = policed.reports(a_report(an_expense("R1", amount="-5.00", cancels="X1"), id="R2"))
    assert (back.judged, policed.judged()[0]) == (1, ("R1", -500, -500, False))
    policed.reports(a_report(an_expense("R2", amount="-3.00"), id="R3", employee="E2"))  # it names nothing
    with policed.database.transaction() as connection:
        queue_open(connection)
    again = judge_due(policed.database)
    assert (again.expenses, again.changed) == (0, 0)


def test_an_entity_that_left_the_configuration_waits(policed: Policed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "judge_due", die)
    with pytest.raises(KeyboardInterrupt):
        policed.reports(a_report())
    monkeypatch.undo()
    gone = {"entities": {}, "employees": {}}
    configure(policed.database, COMPANY | gone)
    assert judge_due(policed.database).expenses == 0
    configure(policed.database)
    assert judge_due(policed.database).expenses == 1


def test_many_employees_are_judged_in_blocks(policed: Policed) -> None:
    people = {f"P{n:03d}": {"name": "P", "entity": "FR", "account": f"421P{n:03d}"} for n in range(120)}
    configure(policed.database, COMPANY | {"employees": people})
    told: list[int] = []
    reports = [a_report(an_expense(f"X{code}"), id=code, employee=code) for code in people]
    policed.reports(*reports)
    assert len(policed.judged()) == 120
    with policed.database.transaction() as connection:
        queue_open(connection)
    progress: Callable[[str, int, int | None], None] = lambda _, done, __: told.append(done)  # noqa: E731
    assert judge_due(policed.database, progress).changed == 0
    assert told == [50, 100, 120]


def test_the_profile_of_an_employee_decides(policed: Policed) -> None:
    generous = PROFILES | {"boss": {"name": "Boss", "types": {"LUNCH": {}}}}
    employees = COMPANY["employees"] | {"E2": COMPANY["employees"]["E2"] | {"profile": "boss"}}
    configure(policed.database, COMPANY | {"profiles": generous, "employees": employees})
    policed.reports(a_report(an_expense("X1"), an_expense("X2"), employee="E2"))
    assert [blocked for *_, blocked in policed.judged()] == [False, False]


@pytest.mark.parametrize(
    ("rule", "instant", "day", "blocked"),
    [
        ({"kind": "future"}, "2026-01-31T23:30:00Z", "2026-02-01", {"FR": False, "GB": True}),
        ({"kind": "age", "days": 30}, "2026-01-31T23:30:00Z", "2026-01-01", {"FR": True, "GB": False}),
    ],
)
def test_the_day_of_a_declaration_is_that_of_the_entity(
    policed: Policed, rule: dict[str, Any], instant: str, day: str, blocked: dict[str, bool]
) -> None:
    """It is half past midnight in Paris, and half past eleven in London."""
    held = {"R": rule | {"consequence": "block"}}
    entities = COMPANY["entities"] | {"GB": COMPANY["entities"]["FR"] | {"time_zone": "Europe/London"}}
    employees = {code: {"name": code, "entity": code, "account": "421000"} for code in entities}
    profiles = {"generic": PROFILES["generic"] | {"rules": held}}
    configure(policed.database, COMPANY | {"entities": entities, "employees": employees, "profiles": profiles})
    sent = [
        a_report(an_expense(f"X{code}", date=day), id=code, entity=code, employee=code, declared_at=instant)
        for code in entities
    ]
    policed.reports(*sent)
    assert {key[1:]: found for key, *_, found in policed.judged()} == blocked
