"""Mapping files at fault: told once, before a line is read, with line and caret."""

from __future__ import annotations

from pathlib import Path

import pytest

from passerelle.errors import ConfigurationFault, Finding, Refused
from passerelle.periods import Clock
from passerelle.store.database import Database

from .an_intake import REPORTS, Intake, fill


@pytest.fixture
def intake(sqlite_database: Database, clock: Clock, tmp_path: Path) -> Intake:
    return fill(sqlite_database, clock, tmp_path)


def pointed(finding: Finding) -> str:
    place = finding.place
    assert place is not None
    assert place.column
    return place.text[place.column - 1 : place.column - 1 + place.length]


def faults(intake: Intake, old: str, new: str) -> list[Finding]:
    mapping = intake.mapping()
    text = mapping.read_text()
    assert old in text
    mapping.write_text(text.replace(old, new, 1))
    with pytest.raises((ConfigurationFault, Refused)) as caught:
        intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    assert intake.rows(REPORTS) == []
    return list(caught.value.findings)


PAYER = "payer = {"
LAST = "[columns]\n"


@pytest.mark.parametrize(
    ("old", "new", "code", "at"),
    [
        (LAST, LAST + 'currency = { constant = "EURR" }\n', "PSR-1020", '"EURR"'),
        (LAST, LAST + 'country = { constant = "France" }\n', "PSR-1020", '"France"'),
        (LAST, LAST + 'guests = { constant = "two" }\n', "PSR-1020", '"two"'),
        (LAST, LAST + 'rate = { constant = "1,5" }\n', "PSR-1020", '"1,5"'),
        (LAST, LAST + 'vat = [{ rate = { constant = "120" } }]\n', "PSR-1020", '"120"'),
        (LAST, LAST + 'vat = [{ rate = { constant = "20 %" } }]\n', "PSR-1020", '"20 %"'),
        (LAST, LAST + 'sections = { center = { column = "who" } }\n', "PSR-1105", "center"),
        (LAST, LAST + 'sections = { CENTRE = { constant = "C" } }\n', "PSR-1105", '"C"'),
        ('"TAXI"', '"TAXY"', "PSR-1103", '"TAXY"'),
        ('column = "who"', 'constant = "E9"', "PSR-1101", '"E9"'),
        ('entity = "FR"', 'entity = "DE"', "PSR-1100", '"DE"'),
        ('column = "day"', 'column = "dya"', "PSR-1008", '"dya"'),
    ],
)
def test_what_no_line_could_mend_is_told_once_with_its_place(
    intake: Intake, old: str, new: str, code: str, at: str
) -> None:
    [finding] = faults(intake, old, new)
    assert (finding.code, pointed(finding)) == (code, at)
    assert finding.expected
    assert "did you mean" not in finding.expected


@pytest.mark.parametrize(
    ("old", "new", "hint", "known"),
    [
        ('{ column = "day" }', '{ colum = "day", parts = { year = { column = "who" }, month = { column = "day" } } }',
         "column", "column, fallback, empty, forms, parts"),
        ("approved =", "approvd =", "approved", "period, column, title, approved, controlled"),
        (LAST, LAST + 'vat = [{ rate = { constant = "20" }, gros = { column = "amount" } }]\n', "gross",
         "rate, net, vat, gross"),
        ('{ column = "id" }', '{ hash = ["who"], occurence = true }', "occurrence", "hash, occurrence"),
        ("own = ", 'x = "y" }, els = "z", replace = { own = ', "else",
         "column, fallback, constant, strip, empty, replace, map, else"),
    ],
)  # fmt: skip
def test_an_unknown_key_suggests_one_of_its_own_table(
    intake: Intake, old: str, new: str, hint: str, known: str
) -> None:
    [finding] = faults(intake, old, new)
    assert finding.expected == f"one of {known}"
    assert finding.remedy.startswith(f"did you mean {hint}")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('{ column = "id" }', "{ hash = [] }", "at least 1 item"),
        ('date = { column = "day" }\n', "", "day of the expense"),
        ("[report]", 'delimiter = ";;"\n[report]', "at most 1 character"),
        ('"month"', '"moon"', 'one of: "month", "week", "day"'),
        ('{ column = "day" }', "3", "a table: [name] or { key = value }"),
        ("approved = true", "approved = 12", "true or false, without quotes"),
    ],
)
def test_what_is_expected_is_said_in_our_words(intake: Intake, old: str, new: str, expected: str) -> None:
    [finding] = faults(intake, old, new)
    assert (finding.code, finding.expected) == ("PSR-1020", expected)
