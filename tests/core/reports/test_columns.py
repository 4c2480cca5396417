"""A mapping compiled against a header: what a line becomes, what is derived and recorded, what is at fault."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

import pytest

from passerelle.reports.columns import LineReader, MappedLine, compile_mapping, missing_columns
from passerelle.reports.mapping import MappingFile

BASE = """
name = "m"
entity = "FR"
[report]
{report}
[forms]
empty = ["", "-"]
[columns]
id = {{ column = "id" }}
employee = {{ column = "who" }}
type = {{ constant = "TAXI" }}
amount = {{ column = "sum" }}
{columns}
"""
DATE = 'date = { column = "day" }'
HEADER = ["id", "who", "day", "other", "year", "month", "sum", "tax", "rate", "centre"]
LINE = {"id": "7", "who": "E1", "day": "2026-02-03", "sum": "12.00"}


def reader(columns: str = DATE, report: str = 'period = "month"') -> LineReader:
    text = BASE.format(columns=columns, report=report)
    return compile_mapping(MappingFile.model_validate(tomllib.loads(text)), HEADER)


def read(columns: str = DATE, report: str = 'period = "month"', **cells: str) -> MappedLine:
    line = LINE | cells
    return reader(columns, report).read([line.get(name, "") for name in HEADER])


def test_a_line_becomes_an_expense() -> None:
    line = read()
    assert (line.id, line.employee, line.group, line.derived, line.findings) == ("7", "E1", "2026-02", (), ())
    assert line.expense == {
        "id": "7",
        "type": "TAXI",
        "date": "2026-02-03",
        "amount": "12.00",
        "payer": "employee",
    }


@pytest.mark.parametrize(
    ("report", "group"),
    [
        ('period = "day"', "2026-02-03"),
        ('period = "week"', "2026-W06"),
        ('period = "month"', "2026-02"),
        ('column = "other"', "trip"),
    ],
)
def test_grouping(report: str, group: str) -> None:
    assert read(report=report, other=" trip ").group == group


@pytest.mark.parametrize(("day", "week"), [(date(2024, 12, 30), "2025-W01"), (date(2027, 1, 3), "2026-W53")])
def test_weeks_are_those_of_iso(day: date, week: str) -> None:
    assert read(report='period = "week"', day=day.isoformat()).group == week


FALLBACK = 'date = { column = "day", fallback = ["other"] }'
PARTS = 'date = { column = "day", parts = { year = { column = "year" }, month = { column = "month" }, day = %s } }'


@pytest.mark.parametrize(
    ("columns", "cells", "day", "derived"),
    [
        (
            FALLBACK,
            {"day": "-", "other": "2026-01-31"},
            "2026-01-31",
            ("date",),
        ),
        (FALLBACK, {"other": "2026-01-31"}, "2026-02-03", ()),
        (PARTS % '"last"', {"day": "", "year": "2024", "month": "2"}, "2024-02-29", ("date",)),
        (PARTS % "15", {"day": "", "year": "2024", "month": "2"}, "2024-02-15", ("date",)),
        (PARTS % '{ column = "tax" }', {"day": "", "year": "2024", "month": "2", "tax": "9"}, "2024-02-09", ("date",)),
        (PARTS % '"last"', {}, "2026-02-03", ()),
    ],
)
def test_a_date_from_elsewhere_is_marked_as_derived(
    columns: str, cells: dict[str, str], day: str, derived: tuple[str, ...]
) -> None:
    line = read(columns, **cells)
    assert (line.expense["date"], line.derived, line.findings) == (day, derived, ())


def test_values_are_replaced_then_mapped() -> None:
    columns = (
        DATE + '\npayer = { column = "other", replace = { "x" = "" }, map = { "o" = "company" }, else = "employee" }'
    )
    assert read(columns, other="xox").expense["payer"] == "company"
    assert read(columns, other="?").expense["payer"] == "employee"
    assert "payer" not in read(columns, other="-").expense


def test_vat_and_sections_are_lists_of_what_is_there() -> None:
    columns = (
        DATE + '\nsections = { CENTRE = { column = "centre" } }\n'
        '[[columns.vat]]\nrate = { constant = "20" }\nvat = { column = "tax" }\ngross = { column = "rate" }\n'
    )
    line = read(columns, tax="2.00", rate="12.00", centre="A")
    assert line.expense["vat"] == [{"rate": "20", "vat": "2.00", "gross": "12.00"}]
    assert line.expense["split"] == [{"percent": "100", "sections": {"CENTRE": "A"}}]
    assert not {"vat", "split"} & read(columns).expense.keys()


def test_a_constant_rate_alone_covers_every_line() -> None:
    assert read(DATE + '\nvat = [{ rate = { constant = "20" } }]').expense["vat"] == [{"rate": "20"}]


HASHED = 'id = { hash = ["who", "day", "sum"] }'


def hashed(**cells: str) -> MappedLine:
    text = BASE.format(columns=DATE, report='period = "month"').replace('id = { column = "id" }', HASHED)
    compiled = compile_mapping(MappingFile.model_validate(tomllib.loads(text)), HEADER)
    line = LINE | cells
    return compiled.read([line.get(name, "") for name in HEADER])


def test_a_derived_id_depends_on_its_columns_alone() -> None:
    assert hashed().derived == ("id",)
    assert hashed().id == hashed(other="x").id != hashed(sum="12.01").id
    assert hashed(who="E1", day="2").id != hashed(who="E12", day="").id


def test_every_fault_of_a_line_is_told() -> None:
    line = read(who="", day="soon", sum="1,2")
    assert [(finding.code, finding.field) for finding in line.findings] == [
        ("PSR-1002", "who"),
        ("PSR-1023", "day"),
        ("PSR-1024", "sum"),
    ]


@pytest.mark.parametrize("guests", ["²", "٣", "9" * 5000, "1.5"])
def test_guests_that_are_no_whole_number_are_left_to_the_expense_to_refuse(guests: str) -> None:
    columns = DATE + '\nguests = { column = "other" }'
    assert read(columns, other=guests).expense["guests"] == guests
    assert read(columns, other="12").expense["guests"] == 12


@pytest.mark.parametrize(
    ("year", "month"), [("2024", "13"), ("x", "1"), ("0", "1"), ("9" * 20, "1"), ("1" * 5000, "1")]
)
def test_parts_that_are_no_date_are_a_fault(year: str, month: str) -> None:
    [finding] = read(PARTS % '"last"', day="", year=year, month=month).findings
    assert finding.code == "PSR-1023"


def test_columns_that_the_file_lacks_or_has_twice_are_told() -> None:
    mapping = MappingFile.model_validate(tomllib.loads(BASE.format(columns=DATE, report='column = "trip"')))
    found = missing_columns(mapping, ["id", "id", "who", "dai", "sum"])
    assert [(one.path, one.finding.value, one.finding.remedy[:16]) for one in found] == [
        (("columns", "date", "column"), "day", "did you mean dai"),
        (("columns", "id", "column"), "id", "correct the mapp"),
        (("report", "column"), "trip", "correct the mapp"),
    ]


NO_ENCODINGS = ("hex", "zip", "base64", "rot13", "idna", "punycode", "utf-16", "utf-7", "undefined")


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "ascii", "cp1252", "cp850", "iso8859-15", "shift_jis", "cp037"])
def test_encodings_that_hand_back_every_byte_are_fine(name: str) -> None:
    text = BASE.format(columns=DATE, report='period = "month"').replace("entity =", f'encoding = "{name}"\nentity =')
    assert MappingFile.model_validate(tomllib.loads(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{ column = "who" }', '{ column = "who", constant = "E1" }'),
        ('{ column = "who" }', "{ }"),
        ('{ constant = "TAXI" }', '{ constant = "TAXI", map = { a = "b" } }'),
        ('{ column = "who" }', '{ column = "who", else = "E1" }'),
        ('{ column = "id" }', "{ hash = [] }"),
        ('{ column = "day" }', '{ column = "day", forms = ["DD/MM"] }'),
        ('{ column = "day" }', '{ fallback = ["day"] }'),
        ('period = "month"', 'period = "month"\ncolumn = "other"'),
        ('period = "month"', 'period = "month"\ntitle = "{who}"'),
        ('empty = ["", "-"]', 'thousands_mark = "."'),
        ('period = "month"', 'period = "month"\ntitle = "{period.__class__.__mro__}"'),
        ('period = "month"', 'period = "month"\ntitle = "{period:>2000000}"'),
        ('period = "month"', 'period = "month"\ntitle = "{period!r}"'),
        ('period = "month"', 'period = "month"\ntitle = "{}"'),
        ('period = "month"', 'period = "month"\ntitle = "{period"'),
        ('period = "month"', 'period = "month"\ntitle = "Lyon \\u202E"'),
        ('entity = "FR"', 'entity = "FR"\nencoding = "latin-99"'),
        *(('entity = "FR"', f'entity = "FR"\nencoding = "{name}"') for name in NO_ENCODINGS),
        ('entity = "FR"', 'entity = "FR"\ndelimiter = "\\n"'),
        ('entity = "FR"', 'entity = "FR"\nquote = ","'),
        ('entity = "FR"', 'entity = "FR"\ndelimiter = ";;"'),
    ],
)
def test_mappings_that_mean_nothing_are_refused(old: str, new: str) -> None:
    text = BASE.format(columns=DATE, report='period = "month"')
    given: dict[str, Any] = tomllib.loads(text)
    assert MappingFile.model_validate(given)
    assert old in text
    with pytest.raises(ValueError, match="validation error"):
        MappingFile.model_validate(tomllib.loads(text.replace(old, new)))
