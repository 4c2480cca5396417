"""`rules list`: what is ticked, inherited, not ticked; for one employee after inheritance."""

from __future__ import annotations

from pathlib import Path

import pytest

from passerelle.errors import UsageFault
from passerelle.periods import Clock
from passerelle.services.rule_list import PolicyListed, list_rules
from passerelle.store.database import Database

from .a_policed_company import MEALS, Policed, configure


@pytest.fixture
def policed(database: Database, clock: Clock, tmp_path: Path) -> Policed:
    configure(database, MEALS)
    return Policed(database, clock, tmp_path)


def standing(found: PolicyListed, profile: str) -> dict[str, tuple[str, list[str]]]:
    (one,) = (each for each in found.profiles if each.profile == profile)
    return {each.type: (each.standing, [rule.path for rule in each.controls]) for each in one.types}


def test_each_profile_with_what_it_ticks_inherits_or_refuses(policed: Policed) -> None:
    found = list_rules(policed.database)
    meal = "profiles.generic.types.MEAL.cap[1]"
    assert standing(found, "generic") == {
        "MEAL": ("ticked", [meal]),
        "TAXI": ("ticked", ["profiles.generic.types.TAXI.count[1]"]),
        "BUS": ("not ticked", []),
    }
    assert standing(found, "boss") == {
        "MEAL": ("ticked", ["profiles.boss.types.MEAL"]),  # without a set: no control, nothing is merged
        "TAXI": ("inherited", ["profiles.generic.types.TAXI.count[1]"]),
        "BUS": ("not ticked", []),
    }
    by_code = {one.profile: one for one in found.profiles}
    assert (by_code["generic"].employees, by_code["boss"].employees) == (1, 1)
    assert (by_code["generic"].weekends_worked, by_code["boss"].weekends_worked) == (False, True)
    assert [(rule.path, rule.inherited) for rule in by_code["boss"].rules] == [("profiles.generic.rules.NOTE", True)]
    assert by_code["generic"].rules[0].sentence == "A comment is required, of TAXI; else alert."


def test_for_one_employee_and_one_type(policed: Policed) -> None:
    found = list_rules(policed.database, employee="E2", type_code="MEAL")
    assert found.employee is not None
    assert found.employee.why == "the employee has the profile boss, which inherits the generic one"
    (one,) = found.profiles
    assert [each.type for each in one.types] == ["MEAL"]
    assert one.rules == ()  # NOTE concerns taxis only
    generic = list_rules(policed.database, employee="E1")
    assert generic.employee is not None
    assert "generic one alone" in generic.employee.why
    assert [each.profile for each in generic.profiles] == ["generic"]


def test_the_generic_profile_may_be_absent_and_so_may_all(policed: Policed) -> None:
    configure(policed.database, MEALS | {"profiles": {"boss": {"name": "Bosses", "types": {"MEAL": {}}}}})
    found = list_rules(policed.database, employee="E1")
    assert standing(found, "generic")["MEAL"] == ("not ticked", [])
    employees = {"E1": {"name": "Anna", "entity": "FR"}}
    configure(policed.database, MEALS | {"profiles": {}, "employees": employees})
    bare = list_rules(policed.database, employee="E1")
    assert bare.profiles == ()
    assert bare.employee is not None
    assert "everything is allowed" in bare.employee.why


def test_a_rule_that_no_plugin_offers_says_so(policed: Policed) -> None:
    generic = {"name": "All", "rules": {"X": {"kind": "plugin", "rule": "acme-none"}}}
    configure(policed.database, MEALS | {"profiles": {"generic": generic, "boss": {"name": "B"}}})
    ((rule,), _) = (one.rules for one in list_rules(policed.database).profiles)
    assert (rule.kind, rule.offered_by) == ("plugin", "")


def test_unknown_codes_are_told_together(policed: Policed) -> None:
    with pytest.raises(UsageFault) as fault:
        list_rules(policed.database, profile="bos", employee="E9", type_code="MEEL")
    assert [(one.code, one.value) for one in fault.value.findings] == [
        ("PSR-1215", "bos"), ("PSR-1215", "E9"), ("PSR-1215", "MEEL"),
    ]  # fmt: skip
