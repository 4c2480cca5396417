"""Reads a format's bytes back by its layout, strictly, and recovers the values that the format can tell.

Nothing of the writer is used: cells are found by delimiters, columns and flags, values by inverting forms. The first
thing that is not as the format says raises ``Refused``: a file of ours that cannot be read is not delivered.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NoReturn, TypeAlias

from passerelle.errors import Finding, Place, Refused
from passerelle.formats.decoding import Decode, compile_decode
from passerelle.formats.recovery import Recovery, analytic_recoveries, line_recoveries, recoveries
from passerelle.formats.shapes import Format, Shape, told_apart

Cells: TypeAlias = Sequence[str]
Raw: TypeAlias = tuple[str, int, Cells]
"""A record found by the layout alone: its name, the number of its first line, its cells."""


class ReadRecord:
    """A record found in a file: ``values`` were recovered from it; ``position`` is its first line, from 1."""

    __slots__ = ("_names", "_texts", "position", "record", "values")

    def __init__(self, record: str, position: int, values: dict[str, str | int], names: Cells, texts: Cells) -> None:
        self.record = record
        self.position = position
        self.values = values
        self._names = names
        self._texts = texts

    @property
    def kind(self) -> str:
        """The line kind, where the format tells it."""
        return str(self.values.get("kind", ""))

    @property
    def cells(self) -> dict[str, str]:
        """The cells as they stand in the file, by the name of their field."""
        return dict(zip(self._names, self._texts, strict=True))


def read(form: Format, chunks: Iterable[bytes], *, currency: str, year: int) -> Iterator[ReadRecord]:
    """The records of a file given in pieces, in constant memory.

    ``currency`` is the entity's, whose minor units amounts become; ``year`` is the one to which years of two digits are
    nearest. Raises ``Refused`` with the place when the bytes are not what the format says.
    """
    of_layout = {"delimited": _delimited, "fixed": _fixed, "tagged": _tagged}[form.medium.layout]
    blueprints = _blueprints(form, currency, year)
    parent = 1
    for record, position, cells in of_layout(form, _batches(form, chunks)):
        blueprint = blueprints[record]
        try:
            values = blueprint.decode(cells, parent)
        except ValueError:
            values = None
        if values is None or blueprint.constants(cells) != blueprint.said:
            blueprint.refuse(form, position, cells)
        if record == "line":
            parent = values.get("amount", 1)  # type: ignore[assignment]
        yield ReadRecord(record, position, values, blueprint.names, cells)


class _Blueprint:
    """How the cells of one record are read."""

    def __init__(self, form: Format, shape: Shape, told: dict[str, Recovery], currency: str, year: int) -> None:
        self.names = [cell.name for cell in shape.cells]
        self._has_flag = bool(shape.flag)
        self._each = {
            name: (recovery, compile_decode(shape, _needed(told, name), form.medium, currency, year))
            for name, recovery in told.items()
        }
        self.decode: Decode = compile_decode(shape, told, form.medium, currency, year)
        fixed = {
            number: text if not cell.pad or cell.width is None else text.ljust(cell.width, cell.pad)
            for number, cell in enumerate(shape.cells)
            if cell.branches[0].kind == "constant" and (text := cell.constant) is not None and cell.align == "left"
        }
        self._at = list(fixed)
        self.said = _tuple(fixed.values())
        self.constants = _getter(self._at)

    def refuse(self, form: Format, position: int, cells: Cells) -> NoReturn:
        """Says which cell, the first of them, is not as it must be."""
        wrong = [
            (number, "PSR-5204", "it is not what the format writes", text)
            for number, text in zip(self._at, self.said, strict=True)
            if cells[number] != text
        ]
        for recovery, decode in self._each.values():
            try:
                decode(cells, 1)
            except ValueError as fault:
                wrong.append((recovery.cells[0], "PSR-5203", str(fault), ""))
        number, code, message, expected = min(wrong)
        line = position + self._has_flag + (number if form.medium.layout == "tagged" else 0)
        _refuse(form, code, f"{self.names[number]}: {message}.", line, cells[number], expected)


def _needed(told: dict[str, Recovery], name: str) -> dict[str, Recovery]:
    """The recovery of ``name`` with that of what it needs."""
    needs = {"side"} if told[name].sign == "side" else {"currency"} if name == "original" else set()
    return {other: told[other] for other in (*needs, name)}


def _getter(at: list[int]) -> Callable[[Cells], tuple[str, ...]]:
    if len(at) < 2:
        return lambda cells: tuple(cells[number] for number in at)
    return itemgetter(*at)


def _tuple(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(texts)


def _blueprints(form: Format, currency: str, year: int) -> dict[str, _Blueprint]:
    shapes = {"line": (next(iter(form.lines.values())), line_recoveries(form))}
    if form.analytic:
        shapes["analytic"] = (next(iter(form.analytic.values())), analytic_recoveries(form))
    for record, shape in (("header", form.header), ("trailer", form.trailer)):
        if shape is not None:
            shapes[record] = (shape, recoveries(form, shape))
    return {record: _Blueprint(form, shape, told, currency, year) for record, (shape, told) in shapes.items()}


# --- layouts ---------------------------------------------------------------------------------------------------------

Batches: TypeAlias = Iterator[tuple[int, list[str]]]
"""Lines of the file without their newlines, many at a time, each batch with the number of its first line."""


def _batches(form: Format, chunks: Iterable[bytes]) -> Batches:
    """The lines, each of which must end exactly as the format says."""
    medium = form.medium
    decoder = codecs.getincrementaldecoder(medium.encoding + "-sig" * bool(medium.byte_order_mark))("strict")
    rest, number = "", 1
    for chunk in _and_the_end(chunks):
        try:
            rest += decoder.decode(chunk or b"", chunk is None)
        except UnicodeDecodeError as fault:
            _refuse(form, "PSR-5201", f"The bytes are not {medium.encoding}: {fault.reason}.", number, "")
        *lines, rest = rest.split(medium.newline)
        if not lines:
            continue
        text = "".join(lines)
        if "\n" in text or "\r" in text:
            bad = next(n for n, line in enumerate(lines) if "\n" in line or "\r" in line)
            _refuse(form, "PSR-5201", "A line ends otherwise than the format says.", number + bad, lines[bad])
        yield number, lines
        number += len(lines)
    if rest:
        _refuse(form, "PSR-5201", "The last line does not end as the format says.", number, rest)


def _and_the_end(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    yield from chunks
    yield None


def _framed(form: Format, batches: Batches) -> Iterator[tuple[str, int, list[str]]]:
    """Lines with the record to which they belong: the header's and the titles first, the trailer's last."""
    head = ["header"] * (form.header is not None) + ["titles"] * form.file.header_row
    tail = 1 if form.trailer is not None else 0
    held: list[str] = []
    at = 1
    for number, batch in batches:
        lines = held + batch
        at = number - len(held)
        while head and lines:
            yield head.pop(0), at, [lines.pop(0)]
            at += 1
        body = len(lines) - tail
        if body > 0:
            yield "line", at, lines[:body]
            at += body
        held = lines[max(0, body) :]
    if head or len(held) < tail:
        _refuse(form, "PSR-5204", "The file ends before its header and its trailer do.", at, "")
    if held:
        yield "trailer", at, held


def _delimited(form: Format, batches: Batches) -> Iterator[Raw]:
    medium = form.medium
    shape = next(iter(form.lines.values()))
    counts = {"line": len(shape.cells), "titles": len(shape.cells)}
    counts |= {once.record: len(once.cells) for once in (form.header, form.trailer) if once is not None}
    titles = [cell.title for cell in shape.cells]
    column, analytic = told_apart(form) or (0, frozenset()) if form.analytic else (0, frozenset())
    dialect: dict[str, Any] = {"delimiter": medium.delimiter, "quotechar": medium.quote or None, "strict": True}
    dialect["quoting"] = csv.QUOTE_MINIMAL if medium.quote else csv.QUOTE_NONE
    for record, first, lines in _framed(form, batches):
        count, number = counts[record], first
        for number, row in enumerate(_rows(form, lines, first, dialect), first):
            if len(row) != count:
                message = f"The row has {len(row)} cells instead of {count}."
                _refuse(form, "PSR-5202", message, number, lines[number - first])
            if record == "titles":
                if row != titles:
                    _refuse(form, "PSR-5204", "The header row is not the format's.", number, lines[0])
            else:
                yield "analytic" if record == "line" and row[column] in analytic else record, number, row


def _rows(form: Format, lines: list[str], first: int, dialect: dict[str, Any]) -> Iterator[list[str]]:
    """The rows of a batch: a row is a line, since no cell of ours holds a newline."""
    rows, done = csv.reader(lines, **dialect), 0
    try:
        for done, row in enumerate(rows, 1):
            if rows.line_num != done:
                done -= 1
                raise csv.Error("a quote is not closed")
            yield row or [""]
    except csv.Error as fault:
        _refuse(form, "PSR-5202", f"The row cannot be parsed: {fault}.", first + done, lines[done])


def _fixed(form: Format, batches: Batches) -> Iterator[Raw]:
    line = next(iter(form.lines.values()))
    cut = {"line": _cutter(line)}
    cut |= {once.record: _cutter(once) for once in (form.header, form.trailer) if once is not None}
    column, analytic = 0, frozenset[str]()
    if form.analytic:
        cut["analytic"] = _cutter(next(iter(form.analytic.values())))
        column, said = told_apart(form) or (0, frozenset())
        cell = line.cells[column]
        analytic = frozenset(text.ljust(cell.width or 0, cell.pad or " ") for text in said)
    length = form.medium.record_length
    cut_line, cut_analytic = cut["line"], cut.get("analytic")
    for record, first, lines in _framed(form, batches):
        for number, text in enumerate(lines, first):
            if record != "line":
                yield record, number, cut[record](text)
                continue
            if len(text) != length:
                message = f"The record has {len(text)} characters instead of {length}."
                _refuse(form, "PSR-5202", message, number, text)
            cells = cut_line(text)
            if cut_analytic is not None and cells[column] in analytic:
                yield "analytic", number, cut_analytic(text)
            else:
                yield "line", number, cells


def _cutter(shape: Shape) -> Callable[[str], Cells]:
    at, slices = 0, []
    for cell in shape.cells:
        end = at + cell.width if cell.width is not None else None
        slices.append(slice(at, end))
        at = end or 0
    if len(slices) == 1:
        return lambda text: [text[slices[0]]]
    return itemgetter(*slices)


def _tagged(form: Format, batches: Batches) -> Iterator[Raw]:
    shapes = [next(iter(form.lines.values())), *list(form.analytic.values())[:1]]
    counts: dict[str, tuple[str, int]] = {shape.flag: (shape.record, len(shape.cells)) for shape in shapes}
    if form.trailer is not None:
        counts[form.trailer.flag] = ("trailer", len(form.trailer.cells))
    head = len(form.header.cells) if form.header is not None else 0
    held: list[str] = []
    last, number = "", 1
    for _, batch in batches:
        lines, at = held + batch, 0
        if head and len(lines) >= head:
            yield "header", number, lines[:head]
            at, head = head, 0
        while at < len(lines) and not head:
            flag = lines[at]
            if flag not in counts or last == "trailer":
                _refuse(form, "PSR-5202", "The flag of a record was expected here.", number + at, flag)
            record, count = counts[flag]
            end = at + 1 + count
            if end > len(lines):
                break
            yield record, number + at, lines[at + 1 : end]
            at, last = end, record
        held = lines[at:]
        number += at
    if held or head:
        _refuse(form, "PSR-5202", "The last record lacks cells.", number, "".join(held[:1]))
    if form.trailer is not None and last != "trailer":
        _refuse(form, "PSR-5204", f"The file does not end with {form.trailer.flag}.", number, "")


def _refuse(form: Format, code: str, message: str, number: int, line: str, expected: str = "") -> NoReturn:
    raise Refused(
        Finding(
            code, message, object=f"a file of format {form.name}", value=line.strip(), expected=expected,
            remedy="render it again; if it comes out so again, report a defect", who="admin",
            place=Place(form.name, number, 0, line[:200]),
        )
    )  # fmt: skip
