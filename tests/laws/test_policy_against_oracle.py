"""The judge against a naive one that was written from the description alone: both say the same of any history.

`PASSERELLE_LAWS=20` judges twenty times as many histories.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles.policy import Judged, Oracle, Said

from passerelle import money
from passerelle.masterdata.company import Company, Leave
from passerelle.masterdata.policy import Profile
from passerelle.rules.declared import Declared, Judgement
from passerelle.rules.judging import Policy

THOROUGH = int(os.environ.get("PASSERELLE_LAWS", "1"))  # times as many histories
HISTORIES = 150
COUNTING = {"count", "restriction", "cap", "alert"}  # what these used and left is compared too

KINDS = {"MEAL": "guests", "HOTEL": "quantity", "TAXI": "standard", "TRAIN": "standard"}
RATES = {"EUR": "1", "GBP": "1.17", "USD": "0.909", "JPY": "0.0061"}
PERIODS = st.sampled_from(["day", "week", "month", "quarter", "year"])
BORDERS = [date(2026, 12, 28)] * 3 + [date(2028, 2, 27), date(2027, 3, 30), date(2027, 6, 29), date(2027, 9, 28)]
TYPES = st.sampled_from(["MEAL", "MEAL", "MEAL", "HOTEL", "HOTEL", "TAXI", "TRAIN"])
MOSTLY = st.sampled_from([True, True, True, True, False])
LISTS = st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=4, unique=True)

PLAIN = {"name": "Main", "time_zone": "Europe/Paris", "chart": "PCG", "currency": "EUR"}
COMPANY = Company.model_validate(
    {
        "entities": {country: PLAIN | {"country": country} for country in ("FR", "SA", "AE")},
        "charts": {"PCG": {"accounts": {"625": {"name": "Travel", "role": "expense"}}}},
        "expense_types": {
            code: {"name": code, "kind": kind, "accounts": {"PCG": "625"}} for code, kind in KINDS.items()
        },
    }
)


@st.composite
def amounts(draw: st.DrawFn) -> dict[str, Decimal]:
    """By currency; the entity's is always there."""
    others = draw(st.sets(st.sampled_from(["GBP", "USD", "JPY"]), max_size=2))
    return {c: Decimal(draw(st.sampled_from(["0", "5", "12", "20", "37", "100"]))) for c in ["EUR", *sorted(others)]}


@st.composite
def dated(draw: st.DrawFn, border: date) -> dict[str, date]:
    """Mostly without dates; else from or until a day among those of the history."""
    first, last = draw(st.sampled_from([(None, None)] * 6 + [(2, None), (None, 3), (1, 4)]))
    ends = {"valid_from": first, "valid_until": last}
    return {name: border + timedelta(days=day) for name, day in ends.items() if day is not None}


@st.composite
def threshold(draw: st.DrawFn, border: date) -> dict[str, Any]:
    return {"amounts": draw(amounts()), "period": draw(PERIODS), **draw(dated(border))}


@st.composite
def ticked(draw: st.DrawFn, border: date) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if draw(st.integers(0, 2)) == 0:
        return found
    if draw(st.integers(0, 2)) == 0:
        limit = {"limit": draw(st.sampled_from([0, 1, 2, 2, 3, 3, 4])), "period": draw(PERIODS), **draw(dated(border))}
        found["count"] = [limit, {"limit": 6, "period": "year"}][: draw(st.integers(1, 2))]
    found["cap"] = draw(st.lists(threshold(border), max_size=2))
    found["alert"] = draw(st.lists(threshold(border), max_size=2))
    if draw(st.integers(0, 4)) == 0:
        abroad = {"amounts": draw(amounts()), "countries": ["GB", "US"]} | draw(dated(border))
        found["flat_rate"] = [{"amounts": draw(amounts()), **draw(dated(border))}, abroad][: draw(st.integers(1, 2))]
    return found


@st.composite
def rule(draw: st.DrawFn, border: date) -> dict[str, Any]:
    kinds = [
        "restriction",
        "restriction",
        "cap",
        "cap",
        "cap",
        "alert",
        "receipt",
        "comment",
        "age",
        "future",
        "days",
        "days",
    ]
    kind = draw(st.sampled_from(kinds))
    found: dict[str, Any] = {"kind": kind} | draw(dated(border))
    if kind == "restriction":
        return found | {"types": draw(LISTS), "limit": draw(st.integers(1, 4)), "period": draw(PERIODS)}
    if kind in ("cap", "alert"):
        return found | {"types": draw(LISTS), "amounts": draw(amounts()), "period": draw(PERIODS)}
    found["types"] = draw(st.lists(TYPES, max_size=2, unique=True))
    if kind == "days":
        outcome = st.sampled_from(["allow", "allow", "alert", "alert", "block"])
        return found | {"weekends": draw(outcome), "leave": draw(outcome), "holidays": draw(outcome)}
    found["consequence"] = draw(st.sampled_from(["alert", "alert", "block"]))
    if kind == "receipt" and draw(st.booleans()):
        found["above"] = draw(amounts())
    if kind == "age":
        found["days"] = draw(st.integers(0, 3))
    return found


@st.composite
def profiles(draw: st.DrawFn, border: date, entity: str) -> dict[str, Profile]:
    """None at all, generic alone, or one beside it."""
    found: dict[str, Profile] = {}
    for code in draw(st.sampled_from([["generic"], *[["generic", "sales"]] * 4, ["sales"], []])):
        types = {
            kind: draw(ticked(border)) for kind in KINDS if draw(st.integers(0, 9)) > (0 if code != "sales" else 2)
        }
        rules = {f"R{number}": draw(rule(border)) for number in range(draw(st.integers(1, 5)))}
        for one in rules.values():
            if entity != "FR":
                one.pop("holidays", None)  # the oracle knows the holidays of one country
        worked = draw(st.sampled_from([None, None, True, False]))
        found[code] = Profile.model_validate({"name": code, "types": types, "rules": rules, "weekends_worked": worked})
    return found


@st.composite
def an_expense(draw: st.DrawFn, number: int, border: date, before: list[Declared]) -> Declared:
    day = border + timedelta(days=draw(st.integers(0, 6)))
    type_code = draw(TYPES)
    currency = draw(st.sampled_from(["EUR", "EUR", "EUR", "GBP", "USD", "JPY"]))
    gross = draw(st.sampled_from([0, 1, 500, 1200, 1999, 2000, 3700, 10_001]))
    cancels = None
    named = [e for e in before if e.gross > 0 and not e.computed]
    what = draw(st.sampled_from(["declaration"] * 5 + ["refund"] * 2 + ["refund of none"]))
    if what != "declaration":
        gross = -gross or -700
        if what == "refund" and named:
            original = draw(st.sampled_from(named))
            cancels, currency = original.id, original.currency
            type_code = original.type if draw(st.integers(0, 4)) else "TAXI"
            gross = draw(
                st.sampled_from([-original.gross, -(original.gross + 1) // 2, -original.gross // 3 - 1, gross])
            )
    kind = KINDS[type_code]
    computed = gross > 0 and draw(st.integers(0, 15)) == 0
    states = (
        ["open", "open", "fixed"] if computed or cancels or gross < 0 else ["open"] * 4 + ["fixed", "blocked", "gone"]
    )
    state = draw(st.sampled_from(states))
    if computed and state == "open":
        gross = 0
    entity_gross = money.convert(gross, currency, Decimal(RATES[currency]), "EUR")
    expense = Declared(
        number, (draw(st.sampled_from(["2027-01-01", "2027-01-02"])), f"L{draw(st.integers(0, 9))}-{number}"),
        state, type_code, day.isoformat(), (day + timedelta(days=draw(st.integers(-1, 4)))).isoformat(),
        draw(st.sampled_from(["FR", "GB"])), currency, gross, entity_gross, draw(st.booleans()),
        draw(st.sampled_from(["", "0.5", "1", "2", "2.5", "7"])) if kind == "quantity" else "",
        draw(st.integers(0, 3)) if kind == "guests" else 0,
        draw(MOSTLY), draw(MOSTLY), cancels, "", computed, None, rate=RATES[currency],
    )  # fmt: skip
    if state == "fixed":
        part = 100 if gross < 0 and cancels is None else draw(st.sampled_from([100, 100, 60, 33, 0]))
        return expense._replace(
            covered=money.percentage(gross, Decimal(part)), entity_covered=money.percentage(entity_gross, Decimal(part))
        )
    if state == "open" and gross > 0 and draw(st.integers(0, 5)) == 0:
        return expense._replace(control_cover=draw(st.sampled_from([0, 1, entity_gross // 2, entity_gross])))
    return expense


@st.composite
def histories(draw: st.DrawFn) -> tuple[Company, str, str | None, list[Declared], tuple[Leave, ...]]:
    border = draw(st.sampled_from(BORDERS))
    entity = draw(st.sampled_from(["FR", "FR", "SA", "AE"]))
    company = COMPANY.model_copy(update={"profiles": draw(profiles(border, entity))})
    profile = draw(st.sampled_from([None, *company.profiles, *list(company.profiles)[-1:]]))
    expenses: list[Declared] = []
    for number in range(1, draw(st.integers(0, 25)) + 1):
        expenses.append(draw(an_expense(number, border, expenses)))
    leave = (Leave(first=border, last=border + timedelta(days=1)),) if draw(st.booleans()) else ()
    return company, entity, profile, draw(st.permutations(expenses)), leave


def as_the_oracle_says_it(judgement: Judgement) -> Judged:
    said = {
        v.rule: Said(v.outcome, v.used, v.threshold, v.left) if v.kind in COUNTING else Said(v.outcome)
        for v in judgement.verdicts
        if v.kind not in ("type", "refund") and not (v.kind == "days" and v.outcome == "ok")
    }
    return Judged(*judgement[1:6], said)


@settings(max_examples=HISTORIES * THOROUGH)
@given(histories())
def test_the_judge_says_what_the_definitions_say(
    history: tuple[Company, str, str | None, list[Declared], tuple[Leave, ...]],
) -> None:
    company, entity, profile, expenses, leave = history
    expected = Oracle(company, entity, profile).judge(expenses, leave)
    found = {one.id: as_the_oracle_says_it(one) for one in Policy(company, entity, profile).judge(expenses, leave)}
    assert found == expected


def one(number: int, gross: int, type_code: str = "TAXI", day: str = "2026-12-31", **other: Any) -> Declared:
    """In euro unless `entity_gross` is said too; a fixed one is covered whole."""
    plain = Declared(
        number, ("2027", f"{number}"), "open", type_code, day, day, "FR", "EUR", gross, gross, True, "", 0, True, True,
        None, "", False, None,
    )  # fmt: skip
    return plain._replace(**other)


MEAL_20 = {"types": {"MEAL": {"cap": [{"amounts": {"EUR": 20}, "period": "day"}]}, "TAXI": {}}}
CAP_100 = {"types": {"TAXI": {"cap": [{"amounts": {"EUR": 100}, "period": "month"}]}}}
WEEK = {"types": {"TAXI": {"count": [{"limit": 1, "period": "week"}]}}}
USD = {"types": {"TAXI": {"cap": [{"amounts": {"EUR": 50, "USD": 30}, "period": "day"}]}}}
BOTH = {"kind": "restriction", "types": ["TAXI", "TRAIN"], "limit": 1}
EITHER = {"types": {"TAXI": {}, "TRAIN": {}}, "rules": {"R": BOTH}}

ON_PAPER = {
    # 12 + 9 on one day: 20 − 12 = 8 are left for the second; the next day has its own 20
    "cap": (MEAL_20, [one(1, 1200, "MEAL"), one(2, 900, "MEAL"), one(3, 900, "MEAL", "2027-01-01")], [1200, 800, 900]),
    # alone 20; with two guests 20 × 3 = 60, of which 20 are used
    "shares": (MEAL_20, [one(1, 2500, "MEAL"), one(2, 9000, "MEAL", guests=2)], [2000, 4000]),
    # 80 of 100; half of it comes back: 40 must stay covered, 80 were, so −40; the month has 100 − 80 + 40 = 60 left
    "refund": (CAP_100, [one(1, 8000), one(2, -4000, cancels=1), one(3, 9000)], [8000, -4000, 6000]),
    # 150, covered 100; −30: 120 remain, more than is covered: 0; −40: 80 remain, so −20; nothing was ever owed twice
    "refunds": (CAP_100, [one(1, 15000), one(2, -3000, cancels=1), one(3, -4000, cancels=1)], [10000, 0, -2000]),
    # names none: whole, in its own month, whose room grows: 100 + 30 = 130
    "refund of none": (CAP_100, [one(1, -3000), one(2, 20000)], [-3000, 13000]),
    # what names a blocked or a gone expense gives nothing back
    "gone": (CAP_100, [one(1, 5000, state="gone"), one(2, -5000, cancels=1), one(3, 12000)], [0, 10000]),
    # the later one is approved: it has 70, and 30 are left for the one declared before it
    "fixed": (CAP_100, [one(1, 8000), one(2, 7000, state="fixed", covered=7000, entity_covered=7000)], [3000]),
    # control leaves 10 of 80: 90 are left
    "control": (CAP_100, [one(1, 8000, control_cover=1000), one(2, 9500)], [1000, 9000]),
    # Thursday 2026-12-31 and Sunday 2027-01-03 are of week 53, Monday 2027-01-04 of week 1
    "week": (WEEK, [one(1, 100), one(2, 100, day="2027-01-03"), one(3, 100, day="2027-01-04")], [100, 0, 100]),
    # a blocked one does not count, a company's does: taxi, train blocked, taxi of the company, train blocked
    "restriction": (
        EITHER,
        [one(1, 100), one(2, 100, "TRAIN"), one(3, 100, own_money=False), one(4, 100, "TRAIN")],
        [100, 0, 100, 0],
    ),
    # USD has its own 30; 100 GBP are 117 EUR: 50 EUR, which is 50 / 117 × 100 = 42.74 GBP; nothing is left in euro
    "currencies": (
        USD,
        [
            one(1, 4000, currency="USD", entity_gross=3636),
            one(2, 10000, currency="GBP", entity_gross=11700),
            one(3, 100),
        ],
        [3000, 4274, 0],
    ),
    # neither the profile nor generic ticks it
    "type": (WEEK, [one(1, 100, "MEAL")], [0]),
}  # fmt: skip


@pytest.mark.parametrize("name", ON_PAPER)
def test_on_paper(name: str) -> None:
    generic, expenses, covered = ON_PAPER[name]
    company = COMPANY.model_copy(update={"profiles": {"generic": Profile.model_validate({"name": "All", **generic})}})
    assert [judged.covered for judged in Oracle(company, "FR", None).judge(expenses).values()] == covered
    assert [judged.covered for judged in Policy(company, "FR", None).judge(expenses)] == covered


def test_a_fixed_refund_gives_its_room_back_first() -> None:
    """100, −40 of it, then 60 which gets the 40 left. Both are approved, then the first is restated as it was."""
    generic = Profile.model_validate({"name": "All", **CAP_100})
    company = COMPANY.model_copy(update={"profiles": {"generic": generic}})
    refund = one(2, -4000, cancels=1, state="fixed", covered=-4000, entity_covered=-4000)
    other = one(3, 6000, state="fixed", covered=4000, entity_covered=4000)
    [again] = Policy(company, "FR", None).judge([one(1, 10000), refund, other])
    assert again.covered == 10000
