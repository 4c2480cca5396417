"""What blocks and what counts, as an accountant reads it: restrictions, count limits, order, and several rules."""

from __future__ import annotations

from datetime import date

import pytest
from tests.core.rules.a_policy import ALL_TICKED, check, company, expense, judgements, verdict_of

from passerelle.rules.judging import Policy

TRAVEL = """
[profiles.generic.rules.TRAVEL]
kind = "restriction"
types = ["MILEAGE", "DIESEL", "GAS"]
limit = {}
period = "{}"
"""


# domain.md, section 3, row by row
@pytest.mark.parametrize(
    ("limit", "already", "declares", "verdict"),
    [
        (1, "MILEAGE MILEAGE MILEAGE MILEAGE", "MILEAGE", "ok"),  # one type only
        (1, "MILEAGE", "DIESEL", "blocked"),
        (1, "DIESEL DIESEL", "DIESEL", "ok"),
        (1, "DIESEL", "GAS", "blocked"),
        (3, "MILEAGE MILEAGE", "DIESEL", "ok"),  # three
        (3, "MILEAGE MILEAGE DIESEL", "MILEAGE", "blocked"),
        (3, "MILEAGE MILEAGE DIESEL", "DIESEL", "blocked"),
        (3, "MILEAGE MILEAGE DIESEL", "GAS", "blocked"),
        (3, "MILEAGE DIESEL", "GAS", "ok"),  # three
        (3, "MILEAGE MILEAGE MILEAGE", "MILEAGE", "ok"),  # one type only
        (3, "MILEAGE MILEAGE MILEAGE", "DIESEL", "blocked"),
        (3, "MILEAGE MILEAGE MILEAGE MILEAGE MILEAGE", "MILEAGE", "ok"),
        (1, "", "GAS", "ok"),
        (1, "GAS TAXI TAXI", "GAS", "ok"),  # what is not of the list counts nothing
    ],
)
def test_flexible_restriction(limit: int, already: str, declares: str, verdict: str) -> None:
    table = [f"2026-01-15 {code} 10.00 | 10.00" for code in already.split()]
    table.append(f"2026-01-15 {declares} 10.00 | " + ("10.00" if verdict == "ok" else "blocked restriction"))
    check(ALL_TICKED + TRAVEL.format(limit, "day"), "\n".join(table))


def test_a_restriction_starts_anew_with_each_period_and_counts_no_blocked_one() -> None:
    found = check(
        ALL_TICKED + TRAVEL.format(1, "week"),
        """
        2026-01-12 MILEAGE 10.00 | 10.00
        2026-01-18 DIESEL  10.00 | blocked restriction
        2026-01-18 MILEAGE 10.00 | 10.00
        2026-01-19 DIESEL  10.00 | 10.00
        """,
    )
    assert found[2].verdicts[0].note == "beside MILEAGE"
    assert found[3].verdicts[0].used == 1


def test_inflexible_is_the_restriction_with_a_count_limit_on_each_type() -> None:
    once = 'count = [{ limit = 1, period = "day" }]'
    ticked = "".join(f"[profiles.generic.types.{code}]\n{once}\n" for code in ("MILEAGE", "DIESEL"))
    check(
        "[profiles.generic]\nname = 'All'\n" + ticked + TRAVEL.format(1, "day"),
        """
        2026-01-15 MILEAGE 10.00 | 10.00
        2026-01-15 MILEAGE 10.00 | blocked count
        2026-01-15 DIESEL  10.00 | blocked restriction
        2026-01-16 DIESEL  10.00 | 10.00
        2026-01-16 DIESEL  10.00 | blocked count
        """,
    )


def counted(limit: int, period: str = "day") -> str:
    return ALL_TICKED.replace("types.TAXI]", f"types.TAXI]\ncount = [{{ limit = {limit}, period = '{period}' }}]")


@pytest.mark.parametrize(
    ("limit", "table"),
    [
        (0, "2026-01-15 TAXI 9.00 | blocked count"),
        (
            2,
            """
            2026-01-15 TAXI 9.00 | 9.00
            2026-01-15 TAXI 9.00 | 9.00
            2026-01-15 TAXI 9.00 | blocked count
            2026-01-15 GAS  9.00 | 9.00
            2026-01-16 TAXI 9.00 | 9.00
            """,
        ),
        (
            1,
            """
            2026-01-15 TAXI 9.00 gone
            2026-01-15 TAXI 9.00 refused
            2026-01-15 TAXI 9.00 | 9.00
            2026-01-15 TAXI 9.00 | blocked count
            """,
        ),
        (  # a zero one is a declaration, a refund is none
            2,
            """
            2026-01-15 TAXI  0.00 | 0.00
            2026-01-15 TAXI -5.00 | -5.00
            2026-01-15 TAXI  9.00 | 9.00
            2026-01-15 TAXI -9.00 names=3 | -9.00
            2026-01-15 TAXI  9.00 | blocked count
            """,
        ),
        (  # what is fixed takes its room first, whatever its place
            2,
            """
            2026-01-15 TAXI 9.00 | 9.00
            2026-01-15 TAXI 9.00 | blocked count
            2026-01-15 TAXI 9.00 fixed=9.00
            """,
        ),
        (  # own money and company money count together; a blocked one of company money counts for nothing either
            1,
            """
            2026-01-15 TAXI 9.00 company | 9.00
            2026-01-15 TAXI 9.00 | blocked count
            2026-01-15 TAXI 9.00 company | blocked count
            """,
        ),
    ],
)
def test_count_limit(limit: int, table: str) -> None:
    check(counted(limit), table)


def test_a_quantity_or_guests_expense_counts_once() -> None:
    policy = ALL_TICKED.replace("types.NIGHT]", "types.NIGHT]\ncount = [{ limit = 2, period = 'month' }]")
    check(
        policy,
        """
        2026-01-15 NIGHT 90.00 quantity=7 | 90.00
        2026-01-16 NIGHT 90.00 quantity=2 | 90.00
        2026-01-17 NIGHT 90.00 | blocked count
        """,
    )


def test_a_count_verdict_explains_itself() -> None:
    found = check(
        counted(2, "week"),
        """
        2026-12-28 TAXI 9.00 | 9.00
        2027-01-03 TAXI 9.00 | 9.00
        2026-12-31 TAXI 9.00 | blocked count
        """,
    )
    path = "profiles.generic.types.TAXI.count[1]"
    assert verdict_of(found[1], "count") == (path, "ok", "2026-W53", 0, 0, 2, 1)
    assert verdict_of(found[2], "count") == (path, "ok", "2026-W53", 1, 1, 2, 0)
    assert verdict_of(found[3], "count") == (path, "block", "2026-W53", 2, 2, 2, 0)


def test_a_rule_judges_the_days_on_which_it_holds_and_counts_all_of_the_period() -> None:
    """A cap lowered in the middle of a month sees what was spent before; both ends of its validity belong to it."""
    cap = "{{ amounts = {{ EUR = {} }}, period = 'month', {} }}"
    old, new = cap.format(100, "valid_until = 2026-01-14"), cap.format(60, "valid_from = 2026-01-15")
    policy = ALL_TICKED.replace("types.TAXI]", f"types.TAXI]\ncap = [{old}, {new}]")
    found = check(
        policy,
        """
        2026-01-14 TAXI 50.00 | 50.00
        2026-01-15 TAXI 50.00 | 10.00 cap
        2026-01-14 TAXI 50.00 | 40.00 cap
        2026-02-01 TAXI 70.00 | 60.00 cap
        """,
    )
    assert [verdict.rule[-3:] for verdict in found[2].verdicts] == ["[2]"]


def test_every_verdict_is_kept_and_a_block_takes_no_room() -> None:
    policy = (
        counted(1)
        + TRAVEL.format(1, "day").replace('"GAS"', '"TAXI"')
        + """
        [profiles.generic.rules.BUDGET]
        kind = "cap"
        types = ["TAXI"]
        amounts = { EUR = 20 }
        period = "day"
        [profiles.generic.rules.WHY]
        kind = "comment"
        types = ["TAXI"]
        """
    )
    found = check(
        policy,
        """
        2026-01-15 TAXI   15.00 | 15.00
        2026-01-15 DIESEL 10.00 | blocked restriction
        2026-01-15 TAXI   15.00 no-comment | blocked count comment cap
        """,
    )
    assert [(v.kind, v.left) for v in found[3].verdicts] == [
        ("count", 0),
        ("restriction", 0),
        ("comment", None),
        ("cap", 500),
    ]


def test_expenses_may_come_in_any_order() -> None:
    policy = company(counted(1))
    first, second = expense(1, "2026-01-15 TAXI 9.00"), expense(2, "2026-01-15 TAXI 9.00")
    found = judgements(policy, [second, first])
    assert [found[1].blocked, found[2].blocked] == [False, True]


def test_at_the_same_instant_the_id_of_the_source_decides() -> None:
    policy = company(counted(1))
    one, other = (expense(n, "2026-01-15 TAXI 9.00")._replace(place=("2026-01-15", f"L{9 - n}")) for n in (1, 2))
    found = judgements(policy, [one, other])
    assert [found[1].blocked, found[2].blocked] == [True, False]


@pytest.mark.parametrize(
    ("type_code", "day", "first", "last"),
    [
        ("GAS", "2026-01-15", "2026-01-15", "2026-01-15"),  # no rule looks beyond the day
        ("TAXI", "2026-01-15", "2026-01-12", "2026-01-18"),
        ("DIESEL", "2026-01-31", "2026-01-26", "2026-02-01"),  # the week and the month together
        ("MEAL", "2026-01-15", "2026-01-01", "2026-01-31"),
        ("TRIP", "2026-03-15", "2025-04-06", "2026-04-05"),  # the year of the shipped British scale
    ],
)
def test_window(type_code: str, day: str, first: str, last: str) -> None:
    policy = (
        counted(3, "week").replace("types.TRIP]", "types.TRIP]\nmileage_scale = 'GB'")
        + """
        [profiles.generic.rules.MIXED]
        kind = "restriction"
        types = ["DIESEL", "TAXI"]
        limit = 3
        period = "week"
        [profiles.generic.rules.TABLE]
        kind = "alert"
        types = ["MEAL", "NIGHT"]
        amounts = { EUR = 100 }
        period = "month"
        [profiles.generic.rules.OLD]
        kind = "cap"
        types = ["GAS"]
        amounts = { EUR = 100 }
        period = "year"
        valid_until = 2025-12-31
    """
    )
    found = Policy(company(policy), "FR", None).window(type_code, date.fromisoformat(day))
    assert [end.isoformat() for end in found] == [first, last]


ENDS = {
    "day": ("2026-01-15", "2026-01-15", "2026-01-16"),
    "week": ("2026-12-28", "2027-01-03", "2027-01-04"),  # one week, two years
    "month": ("2028-02-01", "2028-02-29", "2028-03-01"),
    "quarter": ("2026-04-01", "2026-06-30", "2026-07-01"),
    "year": ("2026-01-01", "2026-12-31", "2027-01-01"),
}


@pytest.mark.parametrize("period", ENDS)
def test_a_limit_holds_from_the_first_to_the_last_day_of_its_period(period: str) -> None:
    first, last, after = ENDS[period]
    limits = f"""
        count = [{{ limit = 2, period = "{period}" }}]
        cap = [{{ amounts = {{ EUR = 20 }}, period = "{period}" }}]
        alert = [{{ amounts = {{ EUR = 25 }}, period = "{period}" }}]
    """
    check(
        ALL_TICKED.replace("types.TAXI]\n", f"types.TAXI]\n{limits}\n"),
        f"""
        {first} TAXI 15.00 | 15.00
        {last}  TAXI 15.00 |  5.00 alert cap
        {last}  TAXI  1.00 | blocked count alert cap
        {after} TAXI 15.00 | 15.00
        """,
    )
