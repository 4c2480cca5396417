"""The lines of a CSV file keep their text, and come back from a rejects file as they went into it."""

from __future__ import annotations

import io
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.errors import Refused
from passerelle.reports.lines import CsvLines, csv_lines
from passerelle.reports.mapping import MappingFile

TEXT = """
name = "m"
entity = "FR"
%s
report = { period = "month" }
[columns]
id = { column = "a" }
employee = { column = "a" }
type = { column = "a" }
date = { column = "a" }
amount = { column = "b" }
"""


def lines(text: str, more: str = "") -> CsvLines:
    mapping = MappingFile.model_validate(tomllib.loads(TEXT % more))
    return csv_lines(io.StringIO(text, newline=""), mapping, "file.csv")


def test_lines_keep_their_number_and_text() -> None:
    found = list(lines('a,b\r\n1,"x\ny"\r\n\r\n2,z'))
    assert [(line.number, line.raw, line.cells) for line in found] == [
        (2, '1,"x\ny"\r\n', ["1", "x\ny"]),
        (5, "2,z", ["2", "z"]),
    ]


def test_faults_stay_in_their_line() -> None:
    found = list(lines("a,b\n1,2,3\n1\ncaf\udce9,2\n1,2\n"))
    assert [line.fault.code if line.fault else "" for line in found] == ["PSR-1006", "PSR-1006", "PSR-1005", ""]


def test_an_endless_cell_is_a_fault_and_not_the_end() -> None:
    found = list(lines('a,b\n1,"' + "x" * 140_000 + "\n2,3\n"))
    assert found[0].fault is not None
    assert found[0].fault.code == "PSR-1007"


def test_a_lone_quote_tells_how_many_lines_it_took() -> None:
    text = 'a,b\n1,2\n2,"Hotel\n' + "3,4\n" * 1000
    [_, long] = lines(text)
    assert (long.number, long.length, long.words) == (3, 1001, "lines 3 to 1003 of the file, read as one")
    [_, closed, after] = lines(text + '5,"6"\n7,8\n')
    assert (closed.length, after.number, after.length) == (1002, 1005, 1)
    assert closed.fault is not None
    assert "1,001 lines" in closed.fault.remedy


def test_a_file_without_header_line_takes_the_names_of_the_mapping() -> None:
    given = lines("1;2\n", 'header = ["a", "b"]\ndelimiter = ";"')
    [line] = given
    assert (given.header, line.cells, given.header_with_reasons()) == (("a", "b"), ["1", "2"], "")
    [again] = lines(given.with_reasons(line, "PSR-1101", "why; so", "id1"), 'header = ["a", "b"]\ndelimiter = ";"')
    assert (again.cells, again.id, again.fault) == (["1", "2"], "id1", None)


@pytest.mark.parametrize("text", ["", "\n", " , \n"])
def test_no_header_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="PSR-1009"):
        lines(text)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=6)


@given(rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=4), quoted=st.booleans())
def test_any_line_comes_back_from_a_rejects_file(rows: list[tuple[str, str]], quoted: bool) -> None:
    def written(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    text = "a,b\n" + "".join(",".join(map(written, row)) + "\n" for row in rows)
    first = lines(text)
    kept = [line for line in first if line.cells]
    assert [tuple(line.cells) for line in kept] == rows
    rejects = first.header_with_reasons() + "".join(
        first.with_reasons(line, "PSR-1101", 'a "reason", with\nmarks', "k1") for line in kept
    )
    second = lines(rejects)
    again = list(second)
    assert [(tuple(line.cells), line.id, line.fault) for line in again] == [(row, "k1", None) for row in rows]
    assert second.header == ("a", "b")
    same = [second.with_reasons(line, "PSR-1101", "x", "k1") for line in again]
    assert [tuple(line.cells) for line in lines(second.header_with_reasons() + "".join(same))] == rows
