"""The policy in `company.toml`: every fault with its code, its place and what its page says; what is right stays so."""

from __future__ import annotations

from pathlib import Path

import holidays
import pytest

from passerelle.errors import ConfigurationFault, Finding
from passerelle.masterdata.source import read

CATALOGUE = Path(__file__).resolve().parents[3] / "core/src/passerelle/catalogue"
BRITISH = """
[entities.brit]
name = "Lumen Ltd"
country = "GB"
currency = "GBP"
time_zone = "Europe/London"
chart = "pcg"
"""


def found(text: str) -> tuple[Finding, ...]:
    """What is wrong or doubtful in a text."""
    try:
        return read(text, "company.toml")[1]
    except ConfigurationFault as fault:
        return fault.findings


def pointed(finding: Finding) -> str:
    """What the caret stands under."""
    assert finding.place is not None
    return finding.place.text[finding.place.column - 1 : finding.place.column - 1 + finding.place.length]


def path(written: str) -> str:
    """A key path, written out: G and S are the two profiles, own is the scale."""
    first, dot, rest = written.partition(".")
    whole = {"G": "profiles.generic", "S": "profiles.sales", "own": "mileage_scales.own"}
    return whole.get(first, first) + dot + rest


def test_a_policy_that_fits_has_no_fault(policy: str) -> None:
    assert found(policy) == ()


# (code, what is replaced, by what, the key path, what the caret stands under)
FAULTS = [
    # codes that lead nowhere, with the nearest one
    ("PSR-2020", "train = {}", "trains = {}", "G.types.trains", "trains"),
    ("PSR-2020", '["car", "train"]', '["car", "trian"]', "S.rules.trips.types[2]", '"trian"'),
    ("PSR-2020", 'profile = "sales"', 'profile = "slaes"', "employees.E001.profile", '"slaes"'),
    ("PSR-2020", '"own" }', '"onw" }', "S.types.car.mileage_scale", '"onw"'),
    ("PSR-2020", 'axes = ["centre"]', 'axes = ["center"]', "expense_types.car.axes[1]", '"center"'),
    ("PSR-2020", 'parent = "client"', 'parent = "clients"', "axes.project.parent", '"clients"'),
    ("PSR-2020", 'parents = ["ACME"]', 'parents = ["ACMEE"]', "axes.project.sections.QUAY.parents[1]", '"ACMEE"'),
    ("PSR-2020", '["E001"]', '["E01"]', "axes.client.sections.ACME.employees[1]", '"E01"'),
    ("PSR-2020", 'entities = ["lumen"]', 'entities = ["lumn"]', "axes.client.sections.ACME.entities[1]", '"lumn"'),
    ("PSR-2022", 'advance = "425000"', 'advance = "512000"', "entities.lumen.accounts.advance", '"512000"'),
    # the same thing twice
    ("PSR-2033", '["car", "train"]', '["car", "car"]', "S.rules.trips.types[2]", '"car"'),
    ("PSR-2033", "siren", 'approval_steps = ["boss", "boss"]\nsiren', "entities.lumen.approval_steps[2]", '"boss"'),
    ("PSR-2033", 'axes = ["centre"]', 'axes = ["centre", "centre"]', "expense_types.car.axes[2]", '"centre"'),
    # what fills amounts in
    ("PSR-2100", "train = {}", 'train = { mileage_scale = "FR" }', "G.types.train.mileage_scale", '"FR"'),
    ("PSR-2101", 'mileage_scale = "FR"', 'mileage_scale = "GB"', "G.types.car.mileage_scale", '"GB"'),
    ("PSR-2101", '"Barème de la maison"\ncurrency = "EUR"', '"B"\ncurrency = "GBP"',
     "S.types.car.mileage_scale", '"own"'),
    ("PSR-2102", '{ mileage_scale = "FR" }', "{ flat_rate = [{ amounts = { EUR = 9 } }] }",
     "G.types.car.flat_rate", "[{ amounts = { EUR = 9 } }]"),
    ("PSR-2103", "EUR = 20 }, valid_until = 2026-06-30", "EUR = 20 }, valid_until = 2026-07-01",
     "S.types.meal.flat_rate[2]", "{ amounts = { EUR = 21 }, valid_from = 2026-07-01 }"),
    ("PSR-2103", "{ EUR = 21 }, valid_from = 2026-07-01", '{ EUR = 21 }, countries = ["IE"]',
     "S.types.meal.flat_rate[3]", '{ amounts = { EUR = 25 }, countries = ["GB", "IE"] }'),
    # amounts that lack a currency
    ("PSR-2104", "{ EUR = 20.50, GBP", "{ GBP", "G.types.meal.cap[1].amounts", '{ GBP = "18" }'),
    ("PSR-2104", "{ EUR = 100 }", "{ USD = 100 }", "G.types.supplies.alert[1].amounts", "{ USD = 100 }"),
    ("PSR-2104", "above = { EUR = 25 }", "above = { USD = 25 }", "G.rules.receipt.above", "{ USD = 25 }"),
    ("PSR-2104", "{ EUR = 500 }", "{ USD = 500 }", "S.rules.travel.amounts", "{ USD = 500 }"),
    ("PSR-2104", "{ EUR = 25 }, countries", "{ GBP = 25 }, countries", "S.types.meal.flat_rate[3].amounts",
     "{ GBP = 25 }"),
    # mileage scales
    ("PSR-2105", "up_to = 5000, ", "", "own.rates[1].brackets[1]", "{ rate = 0.60 }"),
    ("PSR-2105", "{ rate = 0.40,", "{ up_to = 1, rate = 1 }, { rate = 0.40,", "own.rates[1].brackets[2].up_to", "1"),
    ("PSR-2105", "[{ rate = 0.25 }]", "[{ up_to = 9, rate = 0.25 }]", "own.rates[4].brackets[1].up_to", "9"),
    ("PSR-2106", "power_until = 4", "power_from = 5, power_until = 4", "own.rates[1].power_until", "4"),
    ("PSR-2107", "{ power_from = 5, brackets = [{ rate = 0.5", "{ brackets = [{ rate = 0.5", "own.rates[2]",
     "{ brackets = [{ rate = 0.5 }], valid_until = 2026-06-30 }"),
    ("PSR-2107", "2026-06-30 },\n  { power_from", "2026-07-01 },\n  { power_from", "own.rates[3]",
     "{ power_from = 5, brackets = [{ rate = 0.6 }], valid_from = 2026-07-01 }"),
    # public holidays
    ("PSR-2108", '"Alsace"', '"Alsase"', "entities.lumen.holiday_region", '"Alsase"'),
    # axes
    ("PSR-2110", 'name = "Clients"', 'name = "Clients"\nparent = "client"', "axes.client.parent", '"client"'),
    ("PSR-2111", 'parent = "client"', "", "axes.project.sections.QUAY.parents", '["ACME"]'),
]  # fmt: skip


@pytest.mark.parametrize(("code", "old", "new", "field", "under"), FAULTS)
def test_each_fault_stands_at_its_place(policy: str, code: str, old: str, new: str, field: str, under: str) -> None:
    assert old in policy
    (finding,) = [one for one in found(policy.replace(old, new, 1)) if one.severity == "error"]
    assert (finding.code, finding.field, pointed(finding)) == (code, path(field), under)
    assert finding.expected
    assert finding.remedy


WARNINGS = [
    ("PSR-2112", 'departments = ["sales"]', 'departments = ["managment"]', "axes.client.sections.ACME.departments[1]"),
    ("PSR-2113", 'advance = "425000"', "", "entities.lumen.accounts.advance"),
    ("PSR-2114", ", fixed = 1000", "", "own.rates[1].brackets[2]"),
    ("PSR-2115", ', weekends = "alert", holidays = "block"', "", "G.rules.sundays"),
]


@pytest.mark.parametrize(("code", "old", "new", "field"), WARNINGS)
def test_a_doubt_is_a_warning(policy: str, code: str, old: str, new: str, field: str) -> None:
    assert old in policy
    (finding,) = found(policy.replace(old, new, 1))
    assert (finding.code, finding.field, finding.severity) == (code, path(field), "warning")


# the example of each page, as it is printed
EXAMPLES = [
    ('{ mileage_scale = "FR" }', '{ mileage_scale = "GB" }', "PSR-2101"),
    ('{ mileage_scale = "FR" }', "{ flat_rate = [{ amounts = { EUR = 10 } }] }", "PSR-2102"),
    ("{ EUR = 20 }, valid_until = 2026-06-30", "{ EUR = 20 }", "PSR-2103"),
    ("{ EUR = 500 }", "{ USD = 500 }", "PSR-2104"),
    ("up_to = 5000, ", "", "PSR-2105"),
    ("power_until = 4", "power_from = 5, power_until = 4", "PSR-2106"),
    ('"Alsace"', '"Alsase"', "PSR-2108"),
    ('name = "Clients"', 'name = "Clients"\nparent = "project"', "PSR-2110"),
    ('parent = "client"', "", "PSR-2111"),
    ('departments = ["sales"]', 'departments = ["managment"]', "PSR-2112"),
    ('advance = "425000"', "", "PSR-2113"),
]


@pytest.mark.parametrize(("old", "new", "code"), EXAMPLES, ids=[code for _, _, code in EXAMPLES])
def test_the_page_shows_what_is_printed(policy: str, old: str, new: str, code: str) -> None:
    told = [finding.message for finding in found(policy.replace(old, new, 1)) if finding.code == code]
    page = (CATALOGUE / f"{code}.md").read_text(encoding="utf-8")
    assert any(f"{code}: {message}" in page for message in told), told


def test_the_nearest_code_is_suggested(policy: str) -> None:
    for old, new, meant in (('profile = "sales"', 'profile = "slaes"', "sales"), ('"own" }', '"onw" }', "own")):
        (finding,) = found(policy.replace(old, new, 1))
        assert finding.remedy == f'did you mean "{meant}"?'


# --- whom a threshold concerns ----------------------------------------------------------------------------------------


def test_the_generic_profile_concerns_every_entity(policy: str) -> None:
    faults = [one for one in found(policy + BRITISH) if one.severity == "error"]
    assert [(one.code, one.field) for one in faults] == [
        ("PSR-2101", "profiles.generic.types.car.mileage_scale"),
        ("PSR-2104", "profiles.generic.types.supplies.alert[1].amounts"),
        ("PSR-2104", "profiles.generic.types.meal.cap[2].amounts"),
        ("PSR-2104", "profiles.generic.rules.receipt.above"),
    ]  # the first cap has an amount in GBP; those of "sales" concern nobody of the British entity
    assert faults[1].message == 'No amount is in GBP, the currency of entity "brit".'


UK = """
[profiles.uk]
name = "UK"
[profiles.uk.types]
car = { mileage_scale = "GB" }
supplies = {}
[employees.E100]
name = "Ann Hill"
entity = "brit"
account = "421009"
profile = "uk"
"""


def test_the_generic_set_concerns_nobody_whose_profile_ticks_the_type(policy: str) -> None:
    def wrong(text: str) -> list[tuple[str, str, str]]:
        return [(one.code, one.field, one.remedy) for one in found(text) if one.code in ("PSR-2101", "PSR-2104")]

    meal, receipt = "profiles.generic.types.meal.cap[2].amounts", "profiles.generic.rules.receipt.above"
    left = [
        ("PSR-2104", meal, "add GBP = …, or give every employee of brit a profile that ticks meal"),
        ("PSR-2104", receipt, "add GBP = …, or move the rule from generic into a profile for each currency"),
    ]  # car is ticked with a set of its own, supplies without one
    assert wrong(policy + BRITISH + UK) == left
    assert wrong(policy + BRITISH + UK + "[profiles.uk.types.meal]\n") == left[1:]
    another = '[employees.E101]\nname = "Bob Low"\nentity = "brit"\naccount = "421010"\n'  # has generic alone
    assert len(wrong(policy + BRITISH + UK + another)) == 4
    unreadable = (policy + BRITISH + UK).replace('name = "UK"', "")
    assert wrong(unreadable) == left[1:]


def test_another_profile_concerns_the_entities_of_its_employees(policy: str) -> None:
    generic, sales = policy.split("[profiles.generic]")[0], "[profiles.sales]" + policy.split("[profiles.sales]")[1]
    assert found(generic + sales + BRITISH) == ()
    moved = (generic + sales + BRITISH).replace(
        '"Nour Lefèvre", entity = "lumen"', '"N", profile="sales", entity="brit"'
    )
    assert {one.field for one in found(moved) if one.code == "PSR-2104"} == {
        "profiles.sales.types.meal.flat_rate[1].amounts",
        "profiles.sales.types.meal.flat_rate[2].amounts",
        "profiles.sales.types.meal.flat_rate[3].amounts",
        "profiles.sales.rules.travel.amounts",
    }


def test_a_scale_of_the_company_stands_before_a_shipped_one(policy: str) -> None:
    own = policy.replace("[mileage_scales.own]", "[mileage_scales.GB]").replace('"own" }', '"GB" }')
    assert found(own) == ()


def test_what_points_to_an_unreadable_scale_or_profile_is_not_held_against_it(policy: str) -> None:
    scale = found(policy.replace('name = "Barème de la maison"\n', ""))
    assert [(one.code, one.field) for one in scale] == [("PSR-2004", "mileage_scales.own.name")]
    profile = found(policy.replace('name = "Sales"\n', ""))
    assert [(one.code, one.field) for one in profile] == [("PSR-2004", "profiles.sales.name")]


# --- company-paid amounts that stay uncovered -------------------------------------------------------------------------

FREE = '[profiles.generic]\nname = "Everyone"\n[profiles.generic.types]\ntrain = {}\nmeal = {}\nsupplies = {}\n'
HIGH = """[profiles.generic.rules]
high = { kind = "cap", types = ["meal"], amounts = { EUR = 9 }, period = "day" }
"""


@pytest.mark.parametrize(
    ("more", "warned"),
    [
        ("", False),  # every type is free
        ('[profiles.generic.rules]\nold = { kind = "age", days = 9, consequence = "alert" }\n', False),
        ('[profiles.generic.rules]\nold = { kind = "age", days = 9 }\n', True),
        ('[profiles.generic.rules]\nrest = { kind = "days", leave = "block" }\n', True),
        ('[profiles.generic.rules]\nown = { kind = "plugin", rule = "acme-alcohol" }\n', True),
        ('[profiles.generic.rules]\nboth = { kind = "restriction", types = ["meal", "train"], limit = 1 }\n', True),
        (HIGH.replace("cap", "alert"), False),
        (HIGH, True),
        ('[profiles.sales]\nname = "S"\n[profiles.sales.types]\nmeal = { count = [{ limit = 1, period = "day" }] }\n',
         False),  # nobody has it
    ],
)  # fmt: skip
def test_an_advance_account_is_asked_for_where_something_may_stay_uncovered(
    starter: str, more: str, warned: bool
) -> None:
    assert [one.code for one in found(starter + FREE + more)] == ["PSR-2113"] * warned


def test_a_type_that_nobody_ticks_is_refused_and_so_uncovered(starter: str) -> None:
    assert [one.code for one in found(starter + FREE.replace("meal = {}\n", ""))] == ["PSR-2113"]
    without = starter.replace('FSO = { name = "Frais payés par la société", kind = "company_paid" }', "")
    assert found(without + FREE.replace("meal = {}\n", "")) == ()


# --- calendars --------------------------------------------------------------------------------------------------------


def test_a_country_whose_calendar_is_not_known_is_told_where_a_rule_asks(
    policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def older_release(country: str) -> None:
        raise NotImplementedError(country)

    monkeypatch.setattr(holidays, "country_holidays", older_release)
    (finding,) = found(policy)
    assert (finding.code, finding.field) == ("PSR-2109", "entities.lumen.holiday_region")
    text = policy.replace('holiday_region = "Alsace"\n', "")
    (finding,) = found(text)
    assert (finding.code, finding.field, pointed(finding)) == ("PSR-2109", "entities.lumen.country", '"FR"')
    allowed = text.replace('weekends = "alert", holidays = "block"', 'leave = "block"')
    assert found(allowed) == ()


# --- what is not as it should be written ------------------------------------------------------------------------------

# (code, what is replaced, by what, the key path, what the caret stands under, part of what is expected or the remedy)
AGE, OUT = 'kind = "age"', "{ EUR = 500 }"
WRITTEN = [
    ("PSR-2003", "limit = 1 }", "limits = 1, limit = 1 }", "S.rules.trips.limits", "limits", "did you mean limit?"),
    ("PSR-2003", "days = 90,", "days = 90, limit = 1,", "G.rules.old.limit", "limit", "consequence"),
    ("PSR-2003", "[{ limit = 3,", "[{ limit = 3, unit = 1,", "G.types.supplies.count[1].unit", "unit", "period"),
    ("PSR-2003", "[{ limit = 3,", "[{ max = 3, limit = 3,", "G.types.supplies.count[1].max", "max",
     "one of: valid_from, valid_until, limit, period write one of those keys"),
    ("PSR-2005", "train = {}", "train = { cap = 140 }", "G.types.train.cap", "140",
     'a list: cap = [{ period = "day", amounts = { EUR = 140 } }]'),
    ("PSR-2005", "train = {}", 'train = { cap = { period = "day" } }', "G.types.train.cap", '{ period = "day" }',
     'a list: cap = [{ period = "day", amounts = { EUR = 140 } }]'),
    ("PSR-2005", "train = {}", "train = { count = [1] }", "G.types.train.count[1]", "1",
     'a table: { period = "day", limit = 1 }'),
    ("PSR-2005", OUT, "140", "S.rules.travel.amounts", "140", "a table: amounts = { EUR = 140 }"),
    ("PSR-2005", "{ EUR = 25 } }", "25 }", "G.rules.receipt.above", "25", "a table: above = { EUR = 140 }"),
    ("PSR-2006", OUT, '{ EUR = "140,00" }', "S.rules.travel.amounts.EUR", '"140,00"', "did you mean 140.00?"),
    ("PSR-2006", 'currency = "EUR"', 'currency = "eur"', "entities.lumen.currency", '"eur"', 'did you mean "EUR"?'),
    ("PSR-2008", OUT, "{ eur = 500 }", "S.rules.travel.amounts.eur", "eur", 'did you mean "EUR"?'),
    ("PSR-2004", f"{AGE}, ", "", "G.rules.old.kind", "old", '"restriction", "cap", "alert", "receipt"'),
    ("PSR-2004", "days = 90, ", "", "G.rules.old.days", "old", "add days"),
    ("PSR-2005", "limit = 1 }", 'limit = "1" }', "S.rules.trips.limit", '"1"', "a whole number"),
    ("PSR-2006", AGE, 'kind = "aged"', "G.rules.old.kind", '"aged"', 'did you mean "age"?'),
    ("PSR-2006", '"week"', '"weeks"', "G.types.supplies.count[1].period", '"weeks"', 'did you mean "week"?'),
    ("PSR-2006", OUT, "{ EUR = 9.001 }", "S.rules.travel.amounts", "{ EUR = 9.001 }", "in EUR of at most 2 decimals"),
    ("PSR-2006", OUT, "{ EUR = -1 }", "S.rules.travel.amounts.EUR", "-1", "at least 0"),
    ("PSR-2006", OUT, '{ EUR = "5e2" }', "S.rules.travel.amounts.EUR", '"5e2"', "a number, as 20"),
    ("PSR-2006", "up_to = 5000", "up_to = 0", "own.rates[1].brackets[1].up_to", "0", "more than 0"),
    ("PSR-2006", "rate = 0.25", "rate = 1e12", "own.rates[4].brackets[1].rate", "1e12", "less than 1000000000000"),
    ("PSR-2006", "valid_until = 2026-06-30 },\n  { p", "valid_from = 2027-01-01, valid_until = 2026-06-30 },\n  { p",
     "own.rates[2]", None, "valid_until on or after valid_from"),
    ("PSR-2008", OUT, "{ EURO = 500 }", "S.rules.travel.amounts.EURO", "EURO", "a currency code of ISO 4217"),
    ("PSR-2008", "trips = {", '"two trips" = {', "S.rules.two trips", '"two trips"', "a code"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "old", "new", "field", "under", "words"), WRITTEN)
def test_what_is_written_wrongly_is_told_at_its_place(
    policy: str, code: str, old: str, new: str, field: str, under: str | None, words: str
) -> None:
    assert old in policy
    (finding,) = [one for one in found(policy.replace(old, new, 1)) if one.severity == "error"]
    assert (finding.code, finding.field) == (code, path(field))
    assert under is None or pointed(finding) == under
    assert words in f"{finding.expected} {finding.remedy}"


def test_a_rule_is_named_as_a_person_calls_it(policy: str) -> None:
    (finding,) = found(policy.replace("days = 90, ", ""))
    assert finding.object == 'rule "old" of profile "generic"'
    assert finding.message == 'Rule "old" of profile "generic" lacks the key days.'
    (finding,) = found(policy.replace('name = "Barème de la maison"\n', ""))
    assert finding.object == 'mileage scale "own"'
