"""What an employee may choose on the axes: rights, validity and hierarchy; what is offered is what is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from passerelle.errors import Finding
from passerelle.masterdata.company import Company
from passerelle.reports.expense import ExpenseInput
from passerelle.reports.sections import Choices, split_faults

# Anna is of SALES in FR, Bob of IT in FR, Carl of SALES in GB.
COMPANY = Company.model_validate(
    {
        "entities": {
            code: {"name": code, "country": code, "currency": "EUR", "time_zone": "UTC", "chart": "c"}
            for code in ("FR", "GB")
        },
        "charts": {"c": {"accounts": {}}},
        "axes": {
            "CENTRE": {
                "name": "Cost centre",
                "sections": {
                    "PUBLIC": {"name": "Everybody"},
                    "ANNAS": {"name": "Anna's", "employees": ["ANNA"]},
                    "SALES": {"name": "Sales", "departments": ["SALES"]},
                    "FRANCE": {"name": "France", "entities": ["FR"]},
                    "MIXED": {"name": "IT, and Anna", "employees": ["ANNA"], "departments": ["IT"]},
                    "JANUARY": {"name": "January", "valid_from": "2026-01-01", "valid_until": "2026-01-31"},
                    "PAST": {"name": "Until 2025", "valid_until": "2025-12-31", "employees": ["BOB"]},
                },
            },
            "CLIENT": {"name": "Client", "sections": {"ACME": {"name": "Acme"}, "BOLT": {"name": "Bolt"}}},
            "PROJECT": {
                "name": "Project",
                "parent": "CLIENT",
                "sections": {
                    "A1": {"name": "Acme's first", "parents": ["ACME"]},
                    "A2": {"name": "Acme's second, IT's", "parents": ["ACME"], "departments": ["IT"]},
                    "B1": {"name": "Bolt's", "parents": ["BOLT"]},
                    "BOTH": {"name": "Both clients'", "parents": ["ACME", "BOLT"]},
                    "INNER": {"name": "Nobody's"},
                },
            },
        },
        "expense_types": {
            "TAXI": {"name": "Taxi", "accounts": {}},
            "MEAL": {"name": "Meal", "accounts": {}, "axes": ["CENTRE", "CLIENT"]},
        },
        "employees": {
            "ANNA": {"name": "Anna", "entity": "FR", "department": "SALES"},
            "BOB": {"name": "Bob", "entity": "FR", "department": "IT"},
            "CARL": {"name": "Carl", "entity": "GB", "department": "SALES"},
            "DORA": {"name": "Dora", "entity": "FR"},
        },
    }
)
FR, GB = Choices(COMPANY, "FR"), Choices(COMPANY, "GB")
MID = "2026-01-15"


def share(percent: str = "100", **sections: str) -> dict[str, Any]:
    return {"percent": percent, "sections": sections}


def faults(
    *shares: Mapping[str, Any], employee: str | None = "ANNA", day: str = MID, type: str = "TAXI"
) -> list[Finding]:
    raw = {"id": "X1", "type": type, "date": day, "amount": "10.00", "split": list(shares)}
    return split_faults(GB if employee == "CARL" else FR, ExpenseInput.model_validate(raw), employee, "expense X1")


def codes(*shares: Mapping[str, Any], **asked: Any) -> list[str]:
    return [finding.code for finding in faults(*shares, **asked)]


@pytest.mark.parametrize(
    ("section", "day", "who_may"),
    [
        ("PUBLIC", MID, "ANNA BOB CARL DORA"),  # names nobody: everybody's
        ("ANNAS", MID, "ANNA"),
        ("SALES", MID, "ANNA CARL"),  # a department, in every entity; Dora has none
        ("FRANCE", MID, "ANNA BOB DORA"),
        ("MIXED", MID, "ANNA BOB"),  # one right of several is enough
        ("JANUARY", "2025-12-31", ""),
        ("JANUARY", "2026-01-01", "ANNA BOB CARL DORA"),  # both ends belong to it
        ("JANUARY", "2026-01-31", "ANNA BOB CARL DORA"),
        ("JANUARY", "2026-02-01", ""),
        ("PAST", "2025-12-31", "BOB"),
        ("PAST", MID, ""),
    ],
)
def test_rights_and_validity_decide(section: str, day: str, who_may: str) -> None:
    for employee in COMPANY.employees:
        may = employee in who_may.split()
        found = codes(share(CENTRE=section), employee=employee, day=day)
        assert (found == []) is may
        choices = GB if employee == "CARL" else FR
        assert (section in choices.offered(employee, date.fromisoformat(day), "CENTRE")) is may


def test_a_section_that_is_over_and_not_allowed_says_both() -> None:
    assert codes(share(CENTRE="PAST"), employee="ANNA") == ["PSR-1130", "PSR-1131"]


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"CLIENT": "ACME", "PROJECT": "A1"}, []),
        ({"CLIENT": "BOLT", "PROJECT": "A1"}, ["PSR-1132"]),
        ({"CLIENT": "ACME", "PROJECT": "BOTH"}, []),  # N-N: a project of two clients
        ({"CLIENT": "BOLT", "PROJECT": "BOTH"}, []),
        ({"CLIENT": "ACME", "PROJECT": "INNER"}, ["PSR-1132"]),  # names no parent: a child of none
        ({"PROJECT": "INNER"}, []),  # the parent axis is not chosen
        ({"PROJECT": "A1"}, []),
        ({"CLIENT": "ACME"}, []),
        ({"CLIENT": "BOLT", "PROJECT": "A2"}, ["PSR-1131", "PSR-1132"]),
        ({"CLIENT": "NONE", "PROJECT": "A1"}, ["PSR-1105"]),  # what is unknown is told once
    ],
)
def test_a_child_stands_under_its_parent(sections: dict[str, str], expected: list[str]) -> None:
    assert codes(share(**sections)) == expected


@pytest.mark.parametrize(
    ("employee", "axis", "chosen", "offered"),
    [
        ("ANNA", "PROJECT", {}, ["A1", "B1", "BOTH", "INNER"]),
        ("ANNA", "PROJECT", {"CLIENT": "ACME"}, ["A1", "BOTH"]),
        ("BOB", "PROJECT", {"CLIENT": "ACME"}, ["A1", "A2", "BOTH"]),
        ("ANNA", "PROJECT", {"CENTRE": "PUBLIC"}, ["A1", "B1", "BOTH", "INNER"]),
        ("ANNA", "CLIENT", {"PROJECT": "B1"}, ["BOLT"]),  # chosen the other way round
        ("ANNA", "CLIENT", {"PROJECT": "BOTH"}, ["ACME", "BOLT"]),
    ],
)
def test_offered_are_children_of_the_chosen_parent(
    employee: str, axis: str, chosen: dict[str, str], offered: list[str]
) -> None:
    assert FR.offered(employee, date(2026, 1, 15), axis, chosen) == offered


def test_what_is_offered_is_what_is_taken() -> None:
    """For every employee, client and project, with and without the client chosen first."""
    for employee in COMPANY.employees:
        choices = GB if employee == "CARL" else FR
        for project in COMPANY.axes["PROJECT"].sections:
            for client in (None, "ACME", "BOLT"):
                chosen = {"CLIENT": client} if client else {}
                offered = project in choices.offered(employee, date(2026, 1, 15), "PROJECT", chosen)
                assert (codes(share(PROJECT=project, **chosen), employee=employee) == []) is offered


@pytest.mark.parametrize(
    ("shares", "fields"),
    [
        ([], ["split.CENTRE", "split.CLIENT"]),
        ([share(CENTRE="PUBLIC")], ["split.CLIENT"]),
        ([share(CENTRE="PUBLIC", CLIENT="ACME")], []),
        ([share("50", CENTRE="PUBLIC", CLIENT="ACME"), share("50", CLIENT="BOLT")], ["split.CENTRE"]),
    ],
)
def test_mandatory_axes_stand_in_every_share(shares: Sequence[Mapping[str, Any]], fields: list[str]) -> None:
    found = faults(*shares, type="MEAL")
    assert [finding.field for finding in found] == fields
    assert {finding.code for finding in found} <= {"PSR-1133"}
    assert codes(*shares, type="TAXI") in ([], ["PSR-1106"])  # which asks for none


@pytest.mark.parametrize(
    ("percents", "expected"),
    [
        (["100"], []),
        (["33.33", "33.33", "33.34"], []),
        (["60", "50", "-10"], ["PSR-1106"]),
        (["50", "49.99"], ["PSR-1106"]),
        (["100", "0"], ["PSR-1106"]),
    ],
)
def test_percentages_add_up(percents: list[str], expected: list[str]) -> None:
    assert codes(*(share(percent, CENTRE="PUBLIC") for percent in percents)) == expected


def test_a_split_over_several_axes_tells_all_its_faults_at_once_and_each_once() -> None:
    found = faults(
        share("50", CENTRE="ANNAS", CLIENT="ACME", PROJECT="A1"),
        share("30", CENTRE="JANUARY", CLIENT="BOLT", PROJECT="A1"),
        share("30", CENTRE="ANNAS", CLIENT="BOLT", PROJECT="B9"),
        employee="BOB",
        day="2026-02-01",
    )
    assert [(one.code, one.field, one.value.split(" ", 1)[0]) for one in found] == [
        ("PSR-1106", "split", "50"),
        ("PSR-1131", "split.CENTRE", "ANNAS"),
        ("PSR-1130", "split.CENTRE", "JANUARY"),
        ("PSR-1132", "split.PROJECT", "A1"),
        ("PSR-1105", "split.PROJECT", "B9"),
    ]


def test_hints_name_only_what_may_be_chosen() -> None:
    by_code = {one.code: one for one in faults(share(CENTRE="PAST", CLIENT="BOLT", PROJECT="BOTT"))}
    assert by_code["PSR-1130"].expected == "one of ANNAS, FRANCE, JANUARY, MIXED, PUBLIC, SALES"
    assert by_code["PSR-1105"].expected == "one of B1, BOTH"
    assert by_code["PSR-1105"].remedy.startswith("did you mean BOTH?")
    assert by_code["PSR-1130"].value == "PAST on 2026-01-15, it holds from the beginning until 2025-12-31"


def test_hints_are_at_most_eight_and_a_count() -> None:
    sections = {f"S{n:02d}": {"name": "Section"} for n in range(11)} | {"SHUT": {"name": "Shut", "employees": ["X"]}}
    company = COMPANY.model_validate(
        COMPANY.model_dump() | {"axes": {"CENTRE": {"name": "Centre", "sections": sections}}, "expense_types": {}}
    )
    raw = {"id": "X1", "type": "?", "date": MID, "amount": "1.00", "split": [share(CENTRE="SHUT")]}
    found = split_faults(Choices(company, "FR"), ExpenseInput.model_validate(raw), "ANNA", "expense X1")
    assert [one.expected for one in found] == ["one of S00, S01, S02, S03, S04, S05, S06, S07 and 3 more"]
    assert FR.offered("DORA", date(2027, 1, 1), "NONE") == []


def test_who_is_not_known_is_asked_for_no_right() -> None:
    assert codes(share(CENTRE="ANNAS"), employee=None) == []
    assert codes(share(CENTRE="PAST"), employee=None) == ["PSR-1130"]
