"""Whatever a line holds, it is taken or refused by name: no line stops an import, on both databases."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.services.an_intake import EXPENSES, Intake, a_report, an_expense, fill, names

from passerelle.periods import Clock
from passerelle.store.database import Database


@pytest.fixture
def intake(database: Database, clock: Clock, tmp_path: Path) -> Intake:
    return fill(database, clock, tmp_path)


MANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
NUMBERS = st.sampled_from(
    [
        "10",
        "-0",
        "9" * 13 + ".99",
        "9" * 30,
        "-" + "9" * 30 + "." + "9" * 12,
        "0." + "0" * 11 + "1",
        "1" * 5000,
        "²",
        "٣",
    ]
)
DAYS = st.sampled_from(["2026-01-14", "1900-01-01", "2199-12-31", "0001-01-01", "9999-12-31", "2026-02-30"])
INSTANTS = st.sampled_from(
    ["2026-02-01T09:00:00+01:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2199-12-31T23:59:59Z"]
)
WORDS = st.one_of(
    st.sampled_from(
        ["E1", "TAXI", "EUR", "JPY", "TND", "CLF", "FR", "A", "", "\0", "\x85", "\u202e", "x" * 9000, "{}"]
    ),
    st.text(max_size=5),
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.one_of(NUMBERS, DAYS, INSTANTS, WORDS, st.integers(), st.floats(), st.booleans(), st.none()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
EXPENSE = st.fixed_dictionaries(
    {"id": st.just("Y1") | WORDS, "amount": NUMBERS},
    optional={
        "date": DAYS,
        "currency": st.sampled_from(["EUR", "JPY", "TND", "CLF", "ZZZ"]),
        "rate": NUMBERS,
        "entity_amount": NUMBERS,
        "quantity": NUMBERS,
        "guests": st.integers(),
        "comment": WORDS,
        "payer": st.sampled_from(["employee", "company"]),
        "vat": st.lists(
            st.fixed_dictionaries({"rate": NUMBERS}, optional={"net": NUMBERS, "vat": NUMBERS}), max_size=2
        ),
        "split": st.lists(
            st.fixed_dictionaries({"percent": NUMBERS, "sections": st.just({"CENTRE": "A"})}), max_size=2
        ),
        "type": ANYTHING,
        "surprise": ANYTHING,
    },
)
REPORT = st.fixed_dictionaries(
    {"expenses": st.lists(EXPENSE.map(lambda fields: an_expense() | fields), min_size=1, max_size=2)},
    optional={
        "revision": st.integers() | st.just(10**400),
        "declared_at": INSTANTS,
        "approved_at": INSTANTS,
        "controlled_at": INSTANTS,
        "title": WORDS,
        "employee": ANYTHING,
        "entity": ANYTHING,
    },
)
JSON_LINES = st.one_of(
    REPORT.map(lambda fields: json.dumps(a_report() | fields).encode()),
    ANYTHING.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=30),
    st.sampled_from(
        [b"[" * 200_000, b'{"a":' * 200_000, b"1" * 5000, b'"\\ud800"', b'{"expenses": [{"amount": "1e999999"}]}']
    ),
)


@given(line=JSON_LINES)
@MANY
def test_any_json_line_is_taken_or_refused(intake: Intake, line: bytes) -> None:
    number = next(names)
    source, path = f"tool-{number}", intake.folder / f"extreme-{number}.jsonl"
    good = a_report(source=source, approved=True, expenses=[an_expense("G1")])
    line = line.replace(b'"source": "tool"', f'"source": "{source}", "approved": true'.encode())
    path.write_bytes(json.dumps(good | {"id": "G"}).encode() + b"\n" + line)
    outcome = intake.file(path, None, intake.folder / f"refused-{number}.jsonl")
    assert ("G1", 1200, False, "employee") in intake.rows(EXPENSES, source)
    assert outcome.lines.read >= 1 + bool(line.strip(b" \t\r\n"))
    assert bool(outcome.lines.refused) == any(finding.severity == "error" for finding in outcome.findings)


HEADER = ["id", "who", "day", "y", "m", "amount", "currency", "rate", "own", "guests", "comment", "trip", "centre"]
MAPPING = """
name = "{name}"
entity = "FR"
encoding = "{encoding}"
[report]
column = "trip"
title = "{{employee}} {{period}}"
approved = true
[columns]
id = {id}
employee = {{ column = "who" }}
type = {{ constant = "TAXI" }}
date = {{ column = "day", parts = {{ year = {{ column = "y" }}, month = {{ column = "m" }}, day = "last" }} }}
amount = {{ column = "amount" }}
currency = {{ column = "currency" }}
rate = {{ column = "rate" }}
entity_amount = {{ column = "own" }}
guests = {{ column = "guests" }}
comment = {{ column = "comment" }}
sections = {{ CENTRE = {{ column = "centre" }} }}
"""
CELLS = st.tuples(
    st.just("Y1") | WORDS, st.just("E1"), DAYS | st.just(""), NUMBERS, NUMBERS, NUMBERS,
    st.sampled_from(["", "EUR", "JPY", "CLF", "?"]), *[NUMBERS | st.just("")] * 3,
    WORDS, WORDS, st.sampled_from(["", "A", "?"]),
)  # fmt: skip


def written(cells: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode("utf-8", "surrogatepass")


CSV_LINES = st.one_of(
    CELLS.map(written),
    st.lists(WORDS, min_size=len(HEADER), max_size=len(HEADER)).map(lambda cells: written(tuple(cells))),
    st.binary(max_size=60),
    st.sampled_from([b'"' * 7, b"\0" * 5, b"x" * 140_000, b'"' + b"\n" * 9]),
)


@given(
    line=CSV_LINES,
    encoding=st.sampled_from(["utf-8", "cp1252", "iso8859-1", "shift_jis", "raw_unicode_escape"]),
    id=st.sampled_from(['{ column = "id" }', '{ hash = ["id", "comment"], occurrence = true }']),
)
@MANY
def test_any_csv_line_is_taken_or_refused(intake: Intake, line: bytes, encoding: str, id: str) -> None:
    name = f"extremes-{next(names)}"
    path, mapping = intake.folder / f"{name}.csv", intake.folder / f"{name}.toml"
    mapping.write_text(MAPPING.format(name=name, encoding=encoding, id=id))
    good = {"id": "G1", "who": "E1", "day": "2026-01-14", "amount": "12.00", "trip": "Lyon"}
    path.write_bytes(written(tuple(HEADER)) + written(tuple(good.get(column, "") for column in HEADER)) + line)
    outcome = intake.file(path, mapping, intake.folder / f"{name}-refused.csv")
    assert 1200 in [gross for _, gross, _, _ in intake.rows(EXPENSES, name)]
    assert bool(outcome.lines.refused) == any(finding.severity == "error" for finding in outcome.findings)


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"currency": "USD", "rate": "9" * 30}, "PSR-1115", "rate"),
        ({"entity_amount": "9" * 30}, "PSR-1115", "entity_amount"),
        ({"vat": [{"rate": "20", "net": "9" * 30}, {"rate": "20", "net": "-" + "9" * 30}]}, "PSR-1116", "vat[0].net"),
        ({"date": "0001-01-01"}, "PSR-1004", "expenses[0].date"),
        ({"date": "2200-01-01"}, "PSR-1004", "expenses[0].date"),
        ({"comment": "a\x85b"}, "PSR-1004", "expenses[0].comment"),
        ({"id": "a\u202eb"}, "PSR-1004", "expenses[0].id"),
    ],
)
def test_extremes_are_refused_by_name(
    sqlite_database: Database, clock: Clock, tmp_path: Path, fields: dict[str, Any], code: str, field: str
) -> None:
    outcome = fill(sqlite_database, clock, tmp_path).report(expenses=[an_expense("X1", "10.00") | fields])
    assert (code, field) in [(finding.code, finding.field) for finding in outcome.findings]
    assert outcome.lines.refused == 1


@pytest.mark.parametrize("name", ["declared_at", "approved_at", "controlled_at"])
@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1899-12-31T23:59:59Z"])
def test_instants_at_the_ends_of_the_calendar_are_refused(intake: Intake, name: str, instant: str) -> None:
    [finding] = intake.report(**{name: instant}).findings
    assert (finding.code, finding.field) == ("PSR-1004", name)
    assert "1900 to 2199" in finding.expected


def test_a_title_may_not_turn_the_direction_of_writing(intake: Intake) -> None:
    assert intake.codes(intake.report(title="Lyon \u202e00.21")) == ["PSR-1004"]


def test_a_reason_that_the_encoding_cannot_hold_stops_nothing(intake: Intake) -> None:
    mapping, rejects = intake.mapping(), intake.folder / "refused.csv"
    mapping.write_text(mapping.read_text().replace("[report]", 'encoding = "iso8859-1"\n[report]', 1))
    bad = ("1", "E1", "x" * 500, "10.00", "own")  # shown cut, with an ellipsis
    outcome = intake.csv([bad, ("2", "E1", "2026-01-03", "10.00", "own")], mapping, rejects)
    assert (outcome.lines.taken, outcome.lines.refused) == (1, 1)
    assert b"PSR-1023" in rejects.read_bytes()


@pytest.mark.parametrize("trip", ["x" * 201, ""])
def test_a_group_that_no_report_could_bear_is_refused(intake: Intake, trip: str) -> None:
    mapping = intake.mapping()
    text = mapping.read_text().replace('period = "month"', 'column = "id"\ntitle = "{period}"')
    mapping.write_text(text.replace('id = { column = "id" }', 'id = { hash = ["day", "amount"] }'))
    outcome = intake.csv(
        [(trip, "E1", "2026-01-03", "1.00", "own"), ("Lyon", "E1", "2026-01-03", "2.00", "own")], mapping
    )
    assert (intake.codes(outcome), outcome.lines.taken) == (["PSR-1004"], 1)
