"""The records that a document becomes, one after the other, each with the values its cells may read.

Used wherever a record is looked at rather than mass-produced: findings, explain, what a reader must find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

from passerelle.formats.cells import CellFault, Finisher
from passerelle.formats.document import (
    DOCUMENT_COLUMNS,
    LINE_COLUMNS,
    RUN_COLUMNS,
    SECTION_COLUMNS,
    Document,
    RunRow,
)
from passerelle.formats.language import TOTALS
from passerelle.formats.shapes import Format, Medium, Shape

RUN_NAMES = tuple(column.name for column in RUN_COLUMNS)
DOCUMENT_NAMES = tuple(column.name for column in DOCUMENT_COLUMNS)
LINE_NAMES = tuple(column.name for column in LINE_COLUMNS)
SECTION_NAMES = tuple(column.name for column in SECTION_COLUMNS)

NAMES = (*RUN_NAMES, *DOCUMENT_NAMES, *LINE_NAMES, "side", *SECTION_NAMES)
"""Every variable that a record of a document may read, run first."""

Values: TypeAlias = dict[str, str | int]
FlatRow: TypeAlias = tuple[str | int, ...]

_ENTRY_TYPE = NAMES.index("entry_type")
_KIND, _AMOUNT = LINE_NAMES.index("kind"), LINE_NAMES.index("amount")


class Totals(NamedTuple):
    """What a trailer may say of the file before it."""

    document_count: int
    line_count: int
    record_count: int
    debit_total: int


def counted(totals: Totals, form: Format, run: RunRow, document: Document) -> Totals:
    """``totals`` with a document counted in."""
    rows = list(document_rows(form, run, document))
    lines = [int(row.values["amount"]) for row in rows if row.shape.record == "line"]
    return Totals(
        totals.document_count + bool(rows),
        totals.line_count + len(lines),
        totals.record_count + len(rows),
        totals.debit_total + sum(amount for amount in lines if amount > 0),
    )


class RecordRow(NamedTuple):
    """A record to be written: its shape and the values that its cells may read."""

    shape: Shape
    values: Values


def run_values(run: RunRow) -> Values:
    """The run's columns by name."""
    return dict(zip(RUN_NAMES, run, strict=True))


def trailer_values(run: RunRow, totals: Totals) -> Values:
    """What a trailer's cells may read."""
    return run_values(run) | dict(zip(TOTALS, totals, strict=True))


def document_rows(form: Format, run: RunRow, document: Document) -> Iterator[RecordRow]:
    """The records of ``document`` with their values by name; raises what ``flat_rows`` does."""
    for shape, row in flat_rows(form, run)(document):
        yield RecordRow(shape, dict(zip(NAMES, row, strict=False)))


def flat_rows(form: Format, run: RunRow) -> Callable[[Document], Iterator[tuple[Shape, FlatRow]]]:
    """From a document to its records, each with its values in the order of ``NAMES`` (those of a section may lack).

    The function raises ``CellFault`` for an entry type or line kind that the format does not write.
    """
    tests = {
        kind: [(NAMES.index(c.name), c.values, c.negated) for c in shape.conditions]
        for kind, shape in form.analytic.items()
    }

    def rows(document: Document) -> Iterator[tuple[Shape, FlatRow]]:
        outer = (*run, *document.values)
        if outer[_ENTRY_TYPE] not in form.entry_types:
            raise unwritten("entry type", str(outer[_ENTRY_TYPE]), sorted(form.entry_types))
        for line in cast("list[Any]", document.lines):
            kind = line[_KIND]
            if kind in form.omitted:
                continue
            if kind not in form.lines:
                raise unwritten("line kind", kind, sorted(form.lines))
            row = (*outer, *line[:-1], "debit" if line[_AMOUNT] > 0 else "credit")
            yield form.lines[kind], row
            if kind not in tests:
                continue
            for section in line[-1]:
                inner = (*row, *section)
                if all((inner[place] in values) is not negated for place, values, negated in tests[kind]):
                    yield form.analytic[kind], inner

    return rows


def unwritten(what: str, value: str, written: Sequence[str]) -> CellFault:
    """The fault of something that a format has no template for."""
    return CellFault("PSR-5109", f"The format does not write {what} {value}.", value, "one of " + ", ".join(written))


def assemble(medium: Medium, shape: Shape, texts: Sequence[str]) -> str:
    """The record's text in the file, its newlines included."""
    if medium.layout == "tagged":
        lines = [shape.flag, *texts] if shape.flag else list(texts)
        return "".join(line + medium.newline for line in lines)
    return medium.delimiter.join(texts) + medium.newline


def header_titles(form: Format) -> str:
    """The header row of a delimited file, where the format has one."""
    if not form.file.header_row:
        return ""
    shape = next(iter(form.lines.values()))
    bare = [Finisher(cell, "constant", form.medium) for cell in shape.cells]
    titles = [finisher.quoted(finisher.cell.title) for finisher in bare]
    return assemble(form.medium, shape, titles)
