"""How findings read: place with a caret, expectation and remedy once per cause, many of one cause as a group."""

from __future__ import annotations

from passerelle.cli.failure import findings_text
from passerelle.errors import Finding, Place


def finding(number: int, **other: object) -> Finding:
    """One of many findings of one cause."""
    values = {"object": f"report R{number}", "field": "account", "value": f"62{number}", "remedy": "add it"} | other
    return Finding("PSR-4001", "The account is not in the chart.", expected="an account of chart pcg", **values)  # type: ignore[arg-type]


def test_a_place_shows_the_line_and_a_caret_under_what_is_wrong() -> None:
    place = Place("company.toml", 12, 12, 'currency = "EURO"', 6)
    text = findings_text([Finding("PSR-2001", "This is no currency.", place=place, expected="EUR", who="admin")])
    assert text.splitlines() == [
        "PSR-2001: This is no currency.",
        "  company.toml:12:12",
        '    currency = "EURO"',
        "               ^^^^^^",
        "  expected  EUR",
        "  more:     passerelle errors PSR-2001",
    ]


def test_three_of_a_cause_are_all_shown_with_one_remedy() -> None:
    text = findings_text([finding(n) for n in (1, 2, 3)])
    assert text.count("PSR-4001: ") == 3
    assert text.count("help:     add it") == 1
    assert "more like it" not in text


def test_three_hundred_of_a_cause_are_three_examples_and_a_count() -> None:
    text = findings_text([finding(n) for n in range(1300)])
    assert text.count("PSR-4001: ") == 3
    assert "… and 1,297 more like it (PSR-4001); --json lists all" in text
    assert text.count("help:") == 1


def test_different_remedies_are_different_causes_and_errors_come_first() -> None:
    text = findings_text([finding(1, severity="warning"), finding(2, remedy="map it")])
    assert text.index("PSR-4001: ") < text.index("warning PSR-4001: ")
    assert "help:     add it" in text
    assert "help:     map it" in text
