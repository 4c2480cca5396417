"""`rules simulate`: another policy on what was declared, in persons and money; nothing is written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from passerelle.errors import ConfigurationFault, UsageFault
from passerelle.periods import Clock
from passerelle.services.rule_simulation import EntityChange, Simulated, simulate
from passerelle.store import sql
from passerelle.store.database import Database

from .a_policed_company import MEALS, Policed, configure

SAME = """
[profiles.generic]
name = "Everyone"
types.MEAL.cap = [{ amounts = { EUR = 20 }, period = "day" }]
types.TAXI.count = [{ limit = 1, period = "day" }]
rules.NOTE = { kind = "comment", types = ["TAXI"], consequence = "alert" }
[profiles.boss]
name = "Bosses"
types.MEAL = {}
"""


@pytest.fixture
def policed(database: Database, clock: Clock, tmp_path: Path) -> Policed:
    """Anna (20 EUR of meals a day, one taxi) and Bob (no control on meals)."""
    configure(database, MEALS)
    policed = Policed(database, clock, tmp_path)
    policed.send("E1", "a MEAL 05 15.00", "b MEAL 05 15.00", "c TAXI 05 9.00", "d TAXI 05 9.00")
    policed.send("E1", "e MEAL 20 30.00 payer=company_card", approved=True)
    policed.send("E2", "f MEAL 20 50.00", "g MEAL 21 10.00", submitted=False)
    return policed


def tried(policed: Policed, policy: str, since: str = "2026-01-01", **asked: object) -> Simulated:
    file = policed.folder / "policy.toml"
    file.write_text(policy)
    return simulate(policed.database, file, date.fromisoformat(since), **asked)  # type: ignore[arg-type]


def entity(found: Simulated) -> EntityChange:
    (one,) = found.entities
    return one


def content(policed: Policed) -> list[object]:
    with policed.database.reading() as connection:
        return [tuple(row) for row in sql.execute(connection, "SELECT * FROM expense ORDER BY id")]


def test_the_same_policy_changes_nothing(policed: Policed) -> None:
    one = entity(tried(policed, SAME))
    assert (one.employees, one.employees_changed, one.expenses, one.difference) == (2, 0, 7, "0.00")
    assert one.was == one.would_be
    assert (one.was.blocked, one.was.capped, one.was.whole) == (1, 2, 4)
    assert one.before == "109.00"  # 15 + 5 + 9 + 0, 20, 50 + 10
    assert (one.rules, one.persons) == ((), ())


def test_a_tighter_and_a_looser_rule_by_rule_and_by_person(policed: Policed) -> None:
    """Two taxis a day; 10 EUR of meals a day for all, bosses included: they lose their profile's own set."""
    before = content(policed)
    policy = SAME.replace("EUR = 20", "EUR = 10").replace("limit = 1", "limit = 2").replace("types.MEAL = {}\n", "")
    one = entity(tried(policed, policy))
    assert (one.was.blocked, one.was.capped, one.was.whole) == (1, 2, 4)
    # a 10 of 15, b 0 of 15, c and d 9 each, e 10 of 30, f 10 of 50, g 10
    assert (one.would_be.blocked, one.would_be.capped, one.would_be.whole) == (0, 4, 3)
    assert (one.before, one.after, one.difference, one.currency) == ("109.00", "58.00", "-51.00", "EUR")
    assert (one.newly_blocked, one.newly_capped, one.newly_covered) == (0, 2, 1)  # a and f; d
    assert [(rule.rule, rule.before, rule.after, rule.difference) for rule in one.rules] == [
        ("profiles.generic.types.MEAL.cap[1]", "90.00", "30.00", "-60.00"),
        ("profiles.generic.types.TAXI.count[1]", "0.00", "9.00", "9.00"),  # what held d back before
    ]
    assert [(person.employee, person.name, person.difference) for person in one.persons] == [
        ("E2", "Bob", "-40.00"), ("E1", "Anna", "-11.00"),
    ]  # fmt: skip
    assert content(policed) == before


def test_a_type_that_is_no_longer_ticked(policed: Policed) -> None:
    policy = SAME.replace('types.TAXI.count = [{ limit = 1, period = "day" }]\n', "")
    one = entity(tried(policed, policy))
    assert (one.newly_blocked, one.difference) == (1, "-9.00")
    assert [rule.rule for rule in one.rules] == ["profiles.generic.types.TAXI"]


def test_only_since_a_day_of_an_employee_of_an_entity(policed: Policed) -> None:
    """What came before the day is compared no more, yet takes its room in a period that the day is in."""
    monthly = SAME.replace('EUR = 20 }, period = "day"', 'EUR = 40 }, period = "month"')
    one = entity(tried(policed, monthly, "2026-01-20", employee="E1", entity="FR"))
    assert (one.employees, one.expenses) == (1, 1)
    assert (one.before, one.after) == ("20.00", "10.00")  # a and b take 30 of 40
    assert [person.employee for person in one.persons] == ["E1"]
    assert entity(tried(policed, SAME, "2026-02-01")).expenses == 0


def test_what_control_lowered_stays_lowered_and_what_is_gone_is_left_out(policed: Policed) -> None:
    with policed.database.transaction() as connection:
        changed = "control_cover = 400, covered = 400, entity_covered = 400"
        sql.execute(connection, f"UPDATE expense SET {changed} WHERE line_key = ?", ("a",))
        sql.execute(connection, "UPDATE expense SET withdrawn = 1 = 1 WHERE line_key = ?", ("c",))
    one = entity(tried(policed, SAME))
    assert one.expenses == 6
    # a 4; b 15 of the 16 left, where it was 5; d is the only taxi now
    assert (one.before, one.after, one.newly_covered) == ("89.00", "108.00", 2)


def test_refunds_follow_what_they_name_even_from_before(policed: Policed) -> None:
    policed.send("E1", "r MEAL 25 -15.00 cancels=b")
    one = entity(tried(policed, SAME, "2026-01-25"))
    assert (one.expenses, one.before, one.after) == (1, "-5.00", "-5.00")
    looser = entity(tried(policed, SAME.replace("EUR = 20", "EUR = 100"), "2026-01-25"))
    assert (looser.before, looser.after) == ("-5.00", "-15.00")  # all of it would have been covered


def test_the_most_concerned_are_named(policed: Policed) -> None:
    policy = SAME.replace("EUR = 20", "EUR = 10").replace("types.MEAL = {}\n", "")
    one = entity(tried(policed, policy, limit=1))
    assert [person.employee for person in one.persons] == ["E2"]
    assert one.employees_changed == 2
    assert entity(tried(policed, policy, limit=0)).persons == ()


def test_a_whole_company_may_change_who_has_which_profile(policed: Policed) -> None:
    company = """
        [entities.FR]
        name = "Martin"
        country = "FR"
        currency = "EUR"
        time_zone = "Europe/Paris"
        chart = "pcg"
        [charts.pcg]
        accounts = {}
        [expense_types]
        MEAL = { name = "Meal", accounts = {} }
        TAXI = { name = "Taxi", accounts = {} }
        [employees]
        E1 = { name = "Anna", entity = "FR", profile = "boss" }
        """
    one = entity(tried(policed, company + SAME))
    # Anna is a boss; Bob, whom the file does not name, stays one
    assert [(person.employee, person.difference) for person in one.persons] == [("E1", "20.00")]


def test_what_is_wrong_with_the_file_or_the_question(policed: Policed) -> None:
    with pytest.raises(ConfigurationFault) as fault:
        tried(policed, SAME.replace("types.MEAL = {}", "types.MEEL = {}"))
    (finding,) = (one for one in fault.value.findings if one.severity == "error")
    assert (finding.code, finding.place.line if finding.place else 0) == ("PSR-2020", 9)
    with pytest.raises(UsageFault):
        tried(policed, SAME, employee="E9")
    with pytest.raises(UsageFault):
        tried(policed, SAME, entity="XX")
