"""Where each cell of a rendered line came from: field, template, variables, and every step that changed the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from passerelle import money
from passerelle.errors import Finding, Refused
from passerelle.formats.cells import CellFault, CellWriter, Piece
from passerelle.formats.document import Document, RunRow
from passerelle.formats.language import KNOWN
from passerelle.formats.rows import (
    RecordRow,
    Totals,
    Values,
    assemble,
    counted,
    document_rows,
    header_titles,
    run_values,
    trailer_values,
)
from passerelle.formats.shapes import Format, Shape


@dataclass(frozen=True, slots=True)
class CellTrace:
    """One cell: where it stands, what it says, and why.

    ``origin`` names the template or variable (and whose label it is), ``variables`` what they held, ``content`` the
    text before it was finished, ``steps`` what finishing did, one sentence each.
    """

    position: str
    field: str
    title: str
    text: str
    origin: str
    variables: dict[str, str]
    content: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordTrace:
    """The record that holds a line of a file. ``focus`` is the index of the cell on that line, in a tagged layout."""

    record: str
    first_line: int
    last_line: int
    piece: str
    report: str
    line: str
    text: str
    cells: tuple[CellTrace, ...]
    focus: int | None = None


def explain(form: Format, run: RunRow, documents: Iterable[Document], line_number: int) -> RecordTrace:
    """The record of line ``line_number`` (from 1) of the file that ``documents`` make; ``Refused`` past its end."""
    at = 1
    for shape, values in _records(form, run, documents):
        height = form.height(shape) if shape is not None else 1
        if at <= line_number < at + height:
            if shape is None:
                return RecordTrace("titles", at, at, "", "", "", header_titles(form).rstrip("\r\n"), ())
            return trace(form, RecordRow(shape, values), at, line_number)
        at += height
    raise Refused(
        Finding(
            "PSR-5205",
            f"The file has no line {line_number}.",
            object=f"a file of format {form.name}",
            field="line",
            value=str(line_number),
            expected=f"1 to {at - 1}",
            remedy="name a line of the file, counted from 1, its header included",
        )
    )


def _records(form: Format, run: RunRow, documents: Iterable[Document]) -> Iterator[tuple[Shape | None, Values]]:
    """Every record of the file with what its cells read; None for the header row."""
    if form.header is not None:
        yield form.header, run_values(run)
    if form.file.header_row:
        yield None, {}
    totals = Totals(0, 0, 0, 0)
    for document in documents:
        yield from document_rows(form, run, document)
        if form.trailer is not None:
            totals = counted(totals, form, run, document)
    if form.trailer is not None:
        yield form.trailer, trailer_values(run, totals)


def trace(form: Format, row: RecordRow, first_line: int = 1, line_number: int = 0) -> RecordTrace:
    """How each cell of one record came to be."""
    shape, values = row
    currency = str(values["entity_currency"])
    writers = [CellWriter(cell, form.medium, currency) for cell in shape.cells]
    cells = tuple(_cell(form, shape, number, writer, values) for number, writer in enumerate(writers))
    offset = line_number - first_line - bool(shape.flag)
    return RecordTrace(
        record=shape.record,
        first_line=first_line,
        last_line=first_line + form.height(shape) - 1,
        piece=str(values.get("piece", "")),
        report=str(values.get("report", "")),
        line=str(values.get("number", "")),
        text=assemble(form.medium, shape, [cell.text for cell in cells]).rstrip("\r\n"),
        cells=cells,
        focus=offset if form.medium.layout == "tagged" and 0 <= offset < len(cells) else None,
    )


def _cell(form: Format, shape: Shape, number: int, writer: CellWriter, values: Values) -> CellTrace:
    cell = writer.cell
    origin, content, text, read = "", "", "", {}
    steps: list[str] = []
    try:
        branch = writer.branch(values)
        origin = branch.branch.origin
        names = [name for piece in branch.pieces if isinstance(piece, Piece) for name in piece.names]
        read = {name: _said(name, values) for name in (*names, *(c.name for c in branch.branch.conditions))}
        text = content = branch.content(values)
        for step in branch.finish.steps(content):
            text = step.text
            steps.append(_sentence(step.name, text, cell.width))
    except CellFault as fault:
        steps.append(f"refused ({fault.code}): {fault.message}")
    return CellTrace(_position(form, shape, number), cell.name, cell.title, text, origin, read, content, tuple(steps))


def _said(name: str, values: Values) -> str:
    """A variable for eyes: amounts with decimals and currency."""
    if KNOWN[name].kind != "amount":
        return str(values[name])
    own = values["currency"] if name == "original" else ""
    return money.display(int(values[name]), str(own or values["entity_currency"]))


def _position(form: Format, shape: Shape, number: int) -> str:
    if form.medium.layout != "fixed":
        return str(number + 1)
    first = 1 + sum(cell.width or 0 for cell in shape.cells[:number])
    width = shape.cells[number].width
    return f"{first}-{first + width - 1}" if width is not None else f"{first}-"


def _sentence(step: str, text: str, width: int | None) -> str:
    return {
        "cleaned": f'written as "{text}" (spaces, capitals, characters of the encoding)',
        "guarded": f'made harmless: "{text}"',
        "cut": f"cut to {width} characters",
        "quoted": "quoted",
        "padded": f"padded to {width} characters",
    }[step]
