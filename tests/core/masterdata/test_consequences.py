"""What a change means for the accounts, in words; and the change that is refused."""

from __future__ import annotations

import pytest

from passerelle.masterdata.consequences import Usage, consequences, forbidden
from passerelle.masterdata.difference import Key, compare, flatten
from passerelle.masterdata.source import parse

ENTITY = Key("entity", "", "lumen")
EMPLOYEE = Key("employee", "", "E001")
MEAL = Key("expense_type", "", "meal")
SECTION = Key("section", "centre", "DIR")


@pytest.mark.parametrize(
    ("old", "new", "usage", "key", "sentence"),
    [
        ("[entities.lumen]", "[entities.lumen]\nclosed_until = 2026-01-31", Usage(closing={"lumen": 3}), ENTITY,
         "3 approved reports now fall in a closed period"),
        ("[entities.lumen]", "[entities.lumen]\nclosed_until = 2026-01-31", Usage(closing={"lumen": 1}), ENTITY,
         "1 approved report now falls in a closed period"),
        ('country = "FR"  ', 'country = "BE"  ', Usage(), ENTITY,
         "what is posted from now on recovers VAT of BE, no longer of FR"),
        ('bank = "512000"', "", Usage(), ENTITY,
         "posted entries keep their accounts; what is posted from now on uses the new ones"),
        ('"01-01"', '"07-01"', Usage(), ENTITY, "documents exported from now on are numbered in the new fiscal years"),
        ('"421001"', '"421009"', Usage(), EMPLOYEE,
         "what is posted stays on 421001; what is posted from now on goes to the new account"),
        ('"MARTIN"', '"MARTI"', Usage(), EMPLOYEE,
         "holds from the next export on; exported documents keep what they were sent with"),
        ("E001 =", "E009 =", Usage(open_reports={EMPLOYEE: 2}), EMPLOYEE, "2 reports not exported yet point to it"),
        ("[expense_types.meal]", "[expense_types.lunch]", Usage(open_expenses={MEAL: 1}), MEAL,
         "1 expense of reports not exported yet points to it"),
        ("DIR =", "DG =", Usage(open_expenses={SECTION: 5}), SECTION,
         "5 expenses of reports not exported yet point to it"),
        ('accounts = { pcg = "625700" }', 'accounts = { pcg = "625100" }', Usage(open_expenses={MEAL: 4}), MEAL,
         "posted entries stay as they are; what is posted from now on follows the new rule "
         "(4 expenses of reports not exported yet)"),
        ('"606400" =', '"606401" =', Usage(), Key("account", "pcg", "606400"),
         "nothing is posted to it any more; posted lines stay"),
        ("axes = { centre = 1 } ", "axes = { centre = 2 } ", Usage(), Key("connection", "", "sage"),
         "holds from the next export on; files already made keep their bytes"),
    ],
)  # fmt: skip
def test_each_change_says_what_it_means(
    starter: str, old: str, new: str, usage: Usage, key: Key, sentence: str
) -> None:
    assert old in starter
    text = starter.replace(old, new, 1).replace(
        'pcg = "606400"', 'pcg = "606401"' if "606401" in new else 'pcg = "606400"'
    )
    changes, _ = compare(parse(starter, "c.toml"), parse(text, "c.toml"))
    assert sentence in consequences(changes, usage)[key]


def test_an_entity_that_moves_an_employee_leaves_the_reports_behind(starter: str) -> None:
    second = '[entities.helios]\nname = "H"\ncountry = "FR"\ncurrency = "EUR"\ntime_zone = "UTC"\nchart = "pcg"\n'
    text = starter + second
    moved = text.replace('"Camille Martin", entity = "lumen"', '"Camille Martin", entity = "helios"')
    changes, _ = compare(parse(text, "c.toml"), parse(moved, "c.toml"))
    told = consequences(changes, Usage(open_reports={EMPLOYEE: 1}))[EMPLOYEE]
    assert told == ("1 report not exported yet stays in entity lumen",)


POLICY = Usage(awaiting={EMPLOYEE: 2, Key("employee", "", "E002"): 1})


@pytest.mark.parametrize(
    ("old", "new", "key", "reports"),
    [
        ("EUR = 20.50", "EUR = 22", Key("profile", "", "generic"), "3 reports that await approval are"),
        ("rate = 0.25", "rate = 0.3", Key("mileage_scale", "", "own"), "3 reports that await approval are"),
        ("[profiles.sales]", '[profiles.board]\nname = "B"\n[profiles.sales]', Key("profile", "", "board"),
         "3 reports that await approval are"),
        ('profile = "sales", ', "", EMPLOYEE, "2 reports that await approval are"),
        ('"LEFEVRE" }', '"LEFEVRE", leave = [{ first = 2026-05-04, last = 2026-05-08 }] }', Key("employee", "", "E002"),
         "1 report that awaits approval is"),
    ],
)  # fmt: skip
def test_a_changed_policy_says_how_many_reports_it_judges_again(
    policy: str, old: str, new: str, key: Key, reports: str
) -> None:
    assert old in policy
    changes, _ = compare(parse(policy, "c.toml"), parse(policy.replace(old, new, 1), "c.toml"))
    assert consequences(changes, POLICY)[key] == (f"{reports} judged again; what is approved stays as it was",)
    assert consequences(changes, Usage())[key] == ()


def test_reopening_a_period_says_which_days(starter: str) -> None:
    closed = starter.replace("[entities.lumen]", "[entities.lumen]\nclosed_until = 2026-01-31")
    changes, _ = compare(parse(closed, "c.toml"), parse(starter, "c.toml"))
    assert consequences(changes, Usage())[ENTITY] == ("the days up to 2026-01-31 are open again",)


def test_the_currency_of_an_entity_with_reports_is_fixed(starter: str) -> None:
    current, wanted = parse(starter, "c.toml"), parse(starter.replace('currency = "EUR"', 'currency = "USD"'), "c.toml")
    changes, _ = compare(current, wanted)
    (fault,) = forbidden(changes, Usage(reports={"lumen": 12}))
    assert fault.path == ("entities", "lumen", "currency")
    assert fault.finding.value == '"USD"'
    assert forbidden(changes, Usage()) == []


def test_the_currency_stays_fixed_while_the_entity_is_deactivated(starter: str) -> None:
    current, wanted = parse(starter, "c.toml"), parse(starter.replace('currency = "EUR"', 'currency = "USD"'), "c.toml")
    nothing = parse("version = 1\n[entities]\n[charts]\n", "c.toml")
    changes, _ = compare(nothing, wanted, flatten(current))
    assert len(forbidden(changes, Usage(reports={"lumen": 1}))) == 1
    assert consequences(changes, Usage())[ENTITY] == ("it was deactivated and comes back, with what points to it",)
