"""A company taken apart, put together, compared: the plan of a change and its hash."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import KINDS, Key, assemble, compare, flatten, plan_of
from passerelle.masterdata.source import parse
from passerelle.plan import FieldChange

HOTEL = '[expense_types.hotel]\nname = "Hôtel"\naccounts = {}\n'


@given(st.data())
def test_what_was_taken_apart_goes_together(companies: st.SearchStrategy[Company], data: st.DataObject) -> None:
    company = data.draw(companies)
    objects = flatten(company)
    assert assemble(objects.items()) == company
    assert assemble(reversed(objects.items())) == company


@given(st.data())
def test_the_changes_lead_from_one_company_to_the_other(
    companies: st.SearchStrategy[Company], data: st.DataObject
) -> None:
    current, wanted = data.draw(companies), data.draw(companies)
    changes, unchanged = compare(current, wanted)
    objects = flatten(current)
    for change in changes:
        assert objects.get(change.key) == change.before
        if change.after is None:
            del objects[change.key]
        else:
            objects[change.key] = change.after
    assert objects == flatten(wanted)
    assert unchanged + sum(change.after is not None for change in changes) == len(objects)
    assert compare(wanted, wanted) == ([], len(objects))


def test_parents_come_before_what_points_to_them(policy: str) -> None:
    changes, _ = compare(Company(entities={}, charts={}), parse(policy, "c.toml"))
    kinds = [KINDS.index(change.key.kind) for change in changes]
    assert kinds == sorted(kinds)
    assert {change.key.kind for change in changes} == set(KINDS)


def test_a_plan_says_what_changes_field_by_field(starter: str) -> None:
    current = parse(starter, "c.toml")
    text = starter.replace('name = "Repas"', 'name = "Repas d\'affaires"').replace(
        '{ rate = 10, country = "FR", account', '{ rate = 10, country = "FR", recoverable = 80.5, account'
    )
    text = text.replace("DIR = { name", "DG = { name").replace(
        "[entities.lumen]", "[entities.lumen]\nclosed_until = 2026-01-31"
    )
    changes, unchanged = compare(current, parse(text, "c.toml"))
    plan = plan_of(changes, unchanged, {Key("entity", "", "lumen"): ["3 approved reports now fall in a closed period"]})
    told = {(change.operation, change.object, change.id): change for change in plan.changes}
    assert set(told) == {
        ("add", "section", "centre/DG"),
        ("deactivate", "section", "centre/DIR"),
        ("change", "entity", "lumen"),
        ("change", "expense type", "meal"),
    }
    assert told["change", "expense type", "meal"].fields == (
        FieldChange("name", "Repas", "Repas d'affaires"),
        FieldChange("vat[FR 10].recoverable", "100", "80.5"),
    )
    entity = told["change", "entity", "lumen"]
    assert entity.fields == (FieldChange("closed_until", "", "2026-01-31"),)
    assert entity.consequences == ("3 approved reports now fall in a closed period",)
    assert plan.counts == {"add": 1, "change": 2, "deactivate": 1, "left_out": 0, "unchanged": unchanged}
    assert plan.summary == f"Would add 1, change 2, deactivate 1; {unchanged} objects stay as they are."


def test_a_changed_policy_is_told_field_by_field(policy: str) -> None:
    before = policy + HOTEL
    after = (
        before.replace("EUR = 20.50", "EUR = 22").replace("days = 90", "days = 60").replace("rate = 0.25", "rate = 0.3")
    )
    after = after.replace("train = {}", "hotel = {}")
    changes, unchanged = compare(parse(before, "c.toml"), parse(after, "c.toml"))
    plan = plan_of(changes, unchanged)
    told = {(change.object, change.id): change.fields for change in plan.changes}
    assert told == {
        ("mileage scale", "own"): (FieldChange("rates[4].brackets[1].rate", "0.25", "0.3"),),
        ("profile", "generic"): (
            FieldChange("types.hotel", "", "ticked"),
            FieldChange("types.meal.cap[1].amounts.EUR", "20.50", "22"),
            FieldChange("rules.old.days", "90", "60"),
            FieldChange("types.train", "ticked", ""),
        ),
    }


def test_the_hash_covers_content_before_and_after_and_nothing_else(starter: str) -> None:
    current = parse(starter, "c.toml")
    wanted = parse(starter.replace('name = "Repas"', 'name = "Repas du soir"'), "c.toml")
    other = parse(starter.replace('name = "Repas"', 'name = "Repas du midi"'), "c.toml")
    hashes = {plan_of(*compare(*pair)).expect for pair in ((current, wanted), (current, other), (other, wanted))}
    assert len(hashes) == 3
    reordered = assemble(reversed(flatten(wanted).items()))
    assert plan_of(*compare(current, reordered)).expect == plan_of(*compare(current, wanted)).expect
    changes, unchanged = compare(current, wanted)
    told = plan_of(changes, unchanged + 7, {changes[0].key: ["a count that moves"]})
    assert told.expect == plan_of(changes, unchanged).expect
