"""Generated declarations: whatever is declared, the laws of the expense policy hold.

`PASSERELLE_LAWS=20` judges twenty times as many.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise, permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.rules.a_policy import RATES, TYPES, company, expense, judgements

from passerelle import money
from passerelle.masterdata.company import Company
from passerelle.periods import periods_of
from passerelle.rules.declared import Declared, Judgement

THOROUGH = int(os.environ.get("PASSERELLE_LAWS", "1"))  # times as many histories
lawful = settings(max_examples=60 * THOROUGH)

PERIODS = st.sampled_from(["day", "week", "month", "quarter", "year"])
SPENT = ("TAXI", "DIESEL", "GAS")  # types of one share
DAYS = st.sampled_from(
    ["2026-12-27", "2026-12-28", "2026-12-31", "2027-01-01", "2027-01-03", "2027-01-04", "2027-02-01"]
)
AMOUNTS = st.integers(0, 4000).map(lambda cents: f"{cents // 100}.{cents % 100:02d}")


@st.composite
def caps(
    draw: st.DrawFn, most: int = 4, currencies: Sequence[str] = ("USD",), kind: str = "cap"
) -> list[dict[str, Any]]:
    """Caps over lists of types, by currency."""
    return [
        {
            "kind": kind,
            "types": draw(st.lists(st.sampled_from(SPENT), min_size=1, unique=True)),
            "amounts": {
                currency: draw(st.integers(0, 60)) for currency in ["EUR", *draw(st.sets(st.sampled_from(currencies)))]
            }
            if currencies
            else {"EUR": draw(st.integers(0, 60))},
            "period": draw(PERIODS),
        }
        for _ in range(draw(st.integers(1, most)))
    ]


@st.composite
def spent(draw: st.DrawFn, currencies: Sequence[str] = ("EUR", "EUR", "USD", "GBP"), most: int = 10) -> list[Declared]:
    """Positive expenses of one share each, some lowered by control."""
    rows = []
    for number in range(1, draw(st.integers(1, most)) + 1):
        control = draw(st.sampled_from([""] * 5 + ["control=3.21"]))
        row = (
            f"{draw(DAYS)} {draw(st.sampled_from(SPENT))} {draw(AMOUNTS)} {draw(st.sampled_from(currencies))} {control}"
        )
        rows.append(expense(number, row))
    return rows


def policy(rules: Sequence[dict[str, Any]], types: dict[str, Any] | None = None) -> Company:
    held = {f"RULE{number}": rule for number, rule in enumerate(rules)}
    generic = {"name": "All", "types": {code: {} for code in TYPES} | (types or {}), "rules": held}
    return Company.model_validate(company().model_dump() | {"profiles": {"generic": generic}})


def total(found: dict[int, Judgement]) -> int:
    return sum(one.entity_covered for one in found.values())


def without(expenses: Sequence[Declared], gone: Declared) -> list[Declared]:
    return [one for one in expenses if one.id != gone.id]


@lawful
@given(caps(), spent())
def test_no_cap_is_passed_and_a_cover_is_between_nothing_and_all(
    rules: list[dict[str, Any]], expenses: list[Declared]
) -> None:
    found = judgements(policy(rules), expenses)
    for one in expenses:
        assert 0 <= found[one.id].covered <= one.gross
        assert 0 <= found[one.id].entity_covered <= one.entity_gross
    for rule in rules:
        sums: dict[tuple[str, str], int] = {}
        for one in expenses:
            if one.type in rule["types"]:
                unit = one.currency if one.currency in rule["amounts"] else "EUR"
                granted = found[one.id].covered if unit == one.currency else found[one.id].entity_covered
                place = unit, getattr(periods_of(one.day), rule["period"])
                sums[place] = sums.get(place, 0) + granted
        assert all(granted <= rule["amounts"][unit] * 100 for (unit, _), granted in sums.items())


@lawful
@given(caps(most=1), spent(), st.data())
def test_with_one_cap_removing_an_expense_lowers_no_other_cover(
    rules: list[dict[str, Any]], expenses: list[Declared], data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from(expenses))
    before, after = judgements(policy(rules), expenses), judgements(policy(rules), without(expenses, gone))
    assert all(after[one].covered >= before[one].covered for one in after)
    assert all(after[one].entity_covered >= before[one].entity_covered for one in after)


@st.composite
def nested_caps(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Any two hold for nested or disjoint lists, and periods that nest: weeks and months do not."""
    lists = draw(
        st.sampled_from([[["TAXI"], ["DIESEL", "GAS"], list(SPENT)], [["GAS"], ["DIESEL", "GAS"], list(SPENT)]])
    )
    periods = draw(st.sampled_from([["day", "month", "quarter", "year"], ["day", "week"]]))
    return [
        {
            "kind": "cap",
            "types": types,
            "amounts": {"EUR": draw(st.integers(0, 60))},
            "period": periods[min(len(periods) - 1, len(types) - 1)],
        }
        for types in lists
    ] + [{"kind": "cap", "types": list(SPENT), "amounts": {"EUR": draw(st.integers(0, 90))}, "period": periods[-1]}]


@lawful
@given(nested_caps(), spent(currencies=("EUR",)), st.data())
def test_where_caps_nest_one_more_never_raises_the_total(
    rules: list[dict[str, Any]], expenses: list[Declared], data: st.DataObject
) -> None:
    left = data.draw(st.integers(0, len(rules) - 1))
    fewer = [rule for number, rule in enumerate(rules) if number != left]
    assert total(judgements(policy(rules), expenses)) <= total(judgements(policy(fewer), expenses))


@lawful
@given(st.lists(st.sampled_from(SPENT), min_size=1, max_size=5), st.integers(1, 4))
def test_any_order_of_what_a_restriction_accepts_is_accepted(types: list[str], limit: int) -> None:
    rule = {"kind": "restriction", "types": list(SPENT), "limit": limit, "period": "day"}
    held = policy([rule])

    def accepted(order: Sequence[str]) -> bool:
        rows = [expense(number, f"2026-01-15 {code} 9.00") for number, code in enumerate(order, start=1)]
        return not any(one.blocked for one in judgements(held, rows).values())

    answers = {accepted(order) for order in set(permutations(types))}
    # the whole set is accepted or not, whatever the order: it depends on numbers alone
    assert len(answers) == 1


@st.composite
def anything(draw: st.DrawFn) -> tuple[Company, list[Declared]]:
    """Counts, restrictions, caps, alerts and mileage; guests, nights, trips, refunds, some of them fixed."""
    set_of = {
        "count": [{"limit": draw(st.integers(0, 3)), "period": draw(PERIODS)}][: draw(st.integers(0, 1))],
        "cap": [{"amounts": {"EUR": draw(st.integers(0, 60))}, "period": draw(PERIODS)}],
    }
    kinds = st.sampled_from(["cap", "alert"])
    rules = [rule for _ in range(draw(st.integers(0, 2))) for rule in draw(caps(most=2, kind=draw(kinds)))]
    rules.append(
        {"kind": "restriction", "types": ["TAXI", "GAS"], "limit": draw(st.integers(1, 3)), "period": draw(PERIODS)}
    )
    held = policy(rules, {"MEAL": set_of, "NIGHT": set_of, "TAXI": set_of, "TRIP": {"mileage_scale": "FR"}})
    rows: list[Declared] = []
    for number in range(1, draw(st.integers(1, 10)) + 1):
        rows.append(draw(_anything(number, rows)))
    return held, rows


@st.composite
def _anything(draw: st.DrawFn, number: int, before: list[Declared]) -> Declared:
    day, code = draw(DAYS), draw(st.sampled_from(["MEAL", "NIGHT", "TAXI", "GAS", "TRIP"]))
    named = [one for one in before if one.gross > 0 and one.type != "TRIP"]
    if named and draw(st.integers(0, 3)) == 0:
        original = draw(st.sampled_from(named))
        part = draw(st.sampled_from([original.gross, original.gross // 2 or 1, 100]))
        amount = money.text(-part, original.currency)
        return expense(number, f"{day} {original.type} {amount} {original.currency} names={original.id}")
    if code == "TRIP":
        return expense(number, f"{day} TRIP ? km={draw(st.sampled_from(['12', '3000', '7000.5']))} cv=5")
    currency = draw(st.sampled_from(["EUR", "EUR", *RATES])).replace("JPY", "EUR")
    words = {
        "MEAL": f"guests={draw(st.integers(0, 3))}",
        "NIGHT": f"quantity={draw(st.sampled_from(['1', '2.5', '4']))}",
    }
    state = draw(st.sampled_from(["", "", "", "", "company", "gone", "fixed=1.00"]))
    amount = draw(AMOUNTS) if not state.startswith("fixed") else "9.00"
    return expense(number, f"{day} {code} {amount} {currency} {words.get(code, '')} {state}")


@lawful
@given(anything())
def test_one_by_one_in_the_order_of_declaration_is_as_all_at_once(given_: tuple[Company, list[Declared]]) -> None:
    held, rows = given_
    at_once = judgements(held, rows)
    fixed = [one for one in rows if one.state != "open"]
    known: list[Declared] = []
    for one in (row for row in rows if row.state == "open"):
        found = judgements(held, [*fixed, *known, one])
        assert found[one.id] == at_once[one.id]
        # a blocked own-money expense stays refused; the others are judged anew with each that follows
        known.append(one._replace(state="blocked") if found[one.id].blocked and one.own_money else one)


@st.composite
def given_back(draw: st.DrawFn, place: str) -> list[Declared]:
    """An expense, mostly foreign, and refunds that end with the whole of it; each is converted at its rate."""
    code, currency = draw(st.sampled_from(["MEAL", "TAXI", "GAS"])), draw(st.sampled_from(["EUR", "GBP", "GBP", "USD"]))
    gross = draw(st.integers(1, 4000))
    words = f"{currency} guests={draw(st.integers(0, 2))} {draw(st.sampled_from(['', '', 'company', 'control=3.21']))}"
    ends = [0, *sorted(draw(st.sets(st.integers(1, gross), max_size=2)) | {gross})]
    parts = [gross, *[start - end for start, end in pairwise(ends)]]
    rows = []
    for number, part in enumerate(parts, start=98):
        names = "names=98" if part < 0 else ""
        row = expense(number, f"{draw(DAYS)} {code} {money.text(part, currency)} {words} {names}")
        rows.append(row._replace(place=(place, f"~{number}"), control_cover=row.control_cover if part > 0 else None))
    return rows


@lawful
@given(anything(), st.data())
def test_an_original_and_its_refunds_leave_the_room_they_found(
    given_: tuple[Company, list[Declared]], data: st.DataObject
) -> None:
    """What follows an expense and its whole refund is judged as if neither had been there; a count limit counts on.

    In both currencies what was covered is taken back to the last unit. Amounts that are rounded apart stay so where
    they count themselves: in alerts, and in what comes back of company money covered whole.
    """
    held, rows = given_
    generic = held.profiles["generic"]
    types = {code: ticked.model_copy(update={"count": ()}) for code, ticked in generic.types.items()}
    rules = {n: rule for n, rule in generic.rules.items() if rule.kind != "restriction"}
    generic = generic.model_copy(update={"types": types, "rules": rules})
    held = held.model_copy(update={"profiles": {"generic": generic}})
    original, *_ = both = data.draw(given_back(f"{data.draw(st.integers(0, len(rows))):06d}"))
    alone, beside = judgements(held, rows), judgements(held, [*rows, *both])
    assert sum(beside[one.id].covered for one in both) == 0
    apart = sum(one.entity_gross for one in both)
    covered_whole = beside[98].entity_covered == original.entity_gross and beside[98].covered == original.gross
    expected = apart if covered_whole and not original.own_money else 0
    assert sum(beside[one.id].entity_covered for one in both) == expected
    watched = ("cap",) if apart else ("cap", "alert")
    for number, judgement in alone.items() if not expected else ():
        numbers, as_before = (
            [(v.rule, v.outcome, v.used, v.threshold, v.left) for v in one.verdicts if v.kind in watched]
            for one in (beside[number], judgement)
        )
        assert numbers == as_before
        assert beside[number][:6] == judgement[:6]


@lawful
@given(anything(), st.data())
def test_what_is_fixed_takes_its_room_first_whatever_its_place(
    given_: tuple[Company, list[Declared]], data: st.DataObject
) -> None:
    """The judgements of the open ones do not depend on where the fixed ones stand."""
    held, rows = given_
    rows = [one for one in rows if not one.is_refund and not one.computed]
    places = data.draw(st.permutations([one.place for one in rows if one.state == "fixed"]))
    moved = iter(places)
    shuffled = [one._replace(place=next(moved)) if one.state == "fixed" else one for one in rows]
    late = [one._replace(place=("999999", one.place[1])) if one.state == "fixed" else one for one in rows]
    assert judgements(held, rows) == judgements(held, shuffled) == judgements(held, late)
