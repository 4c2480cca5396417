"""The records that a document becomes, one after the other, each with the values its cells may read.

Used wherever a record is looked at rather than mass-produced: findings, explain, what a reader must find.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

from passerelle.formats.cells import CellFault, Finisher
from passerelle.formats.document import (
    DOCUMENT_COLUMNS,
    LINE_COLUMNS,
    RUN_COLUMNS,
    SECTION_COLUMNS,
    Document,
    RunRow,
    SectionRow,
)
from passerelle.formats.language import TOTALS
from passerelle.formats.shapes import Format, Medium, Shape

RUN_NAMES = tuple(column.name for column in RUN_COLUMNS)
DOCUMENT_NAMES = tuple(column.name for column in DOCUMENT_COLUMNS)
LINE_NAMES = tuple(column.name for column in LINE_COLUMNS)
SECTION_NAMES = tuple(column.name for column in SECTION_COLUMNS)

Values = dict[str, str | int]


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
        totals.document_count + 1,
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
    """The records of ``document``; raises ``CellFault`` for an entry type or line kind that the format has not."""
    outer: Values = run_values(run) | dict(zip(DOCUMENT_NAMES, document.values, strict=True))
    entry_type = str(outer["entry_type"])
    if entry_type not in form.entry_types:
        raise unwritten("entry type", entry_type, sorted(form.entry_types))
    for line in document.lines:
        row = outer | dict(zip(LINE_NAMES, cast("Sequence[str | int]", line), strict=False))
        row["side"] = "debit" if int(row["amount"]) > 0 else "credit"
        kind = str(row["kind"])
        if kind in form.omitted:
            continue
        if kind not in form.lines:
            raise unwritten("line kind", kind, sorted(form.lines))
        yield RecordRow(form.lines[kind], row)
        analytic = form.analytic.get(kind)
        if analytic is None:
            continue
        for section in cast("tuple[SectionRow, ...]", line[-1]):
            inner = row | dict(zip(SECTION_NAMES, section, strict=True))
            if all(condition.holds(inner) for condition in analytic.conditions):
                yield RecordRow(analytic, inner)


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
