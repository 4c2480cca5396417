"""Reads a format's bytes back by its layout, strictly, and recovers the values that the format can tell.

Nothing of the writer is used: cells are found by delimiters, columns and flags, values by inverting forms. The first
thing that is not as the format says raises ``Refused``: a file of ours that cannot be read is not delivered.
"""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, NoReturn

from passerelle.errors import Finding, Place, Refused
from passerelle.formats.recovery import Recovery, analytic_recoveries, line_recoveries, reading, recoveries
from passerelle.formats.shapes import Format, Shape, told_apart


class ReadRecord(NamedTuple):
    """A record found in a file: where it starts, its cells as they stand, and the values recovered from them."""

    record: str
    position: int  # of its first line in the file, from 1
    cells: dict[str, str]
    values: dict[str, str | int]

    @property
    def kind(self) -> str:
        """The line kind, where the format tells it."""
        return str(self.values.get("kind", ""))


class _Raw(NamedTuple):
    """Cells of a record, found by the layout alone."""

    record: str
    position: int
    cells: Sequence[str]


def read(form: Format, chunks: Iterable[bytes], *, currency: str, year: int) -> Iterator[ReadRecord]:
    """The records of a file given in pieces, in constant memory.

    ``currency`` is the entity's, whose minor units amounts become; ``year`` is the one to which years of two digits are
    nearest. Raises ``Refused`` with the place when the bytes are not what the format says.
    """
    reader = _Reader(form, currency, year)
    lines = _lines(form, chunks)
    raw = {"delimited": _delimited, "fixed": _fixed, "tagged": _tagged}[form.medium.layout](form, lines)
    return map(reader.record, raw)


class _Reader:
    """Turns cells into values; keeps the side of the line record to which analytic records belong."""

    def __init__(self, form: Format, currency: str, year: int) -> None:
        self.form = form
        self.shapes: dict[str, Shape] = {"line": next(iter(form.lines.values()))}
        told = {"line": line_recoveries(form), "analytic": analytic_recoveries(form)}
        if form.analytic:
            self.shapes["analytic"] = next(iter(form.analytic.values()))
        for record, shape in (("header", form.header), ("trailer", form.trailer)):
            if shape is not None:
                self.shapes[record] = shape
                told[record] = recoveries(form, shape)
        self.names = {record: [cell.name for cell in shape.cells] for record, shape in self.shapes.items()}
        self.steps = {
            record: [self._step(shape, recovery, currency, year) for recovery in _ordered(told[record])]
            for record, shape in self.shapes.items()
        }
        self.constants = {
            record: [
                (n, text)
                for n, cell in enumerate(shape.cells)
                if (text := cell.constant) is not None and cell.branches[0].kind == "constant"
            ]
            for record, shape in self.shapes.items()
        }
        self.parent = 1

    def _step(
        self, shape: Shape, recovery: Recovery, currency: str, year: int
    ) -> tuple[Recovery, Callable[[str], str | int], Callable[[str], str | int]]:
        own = [reading(shape.cells[n], self.form.medium, currency, year) for n in recovery.cells]
        if recovery.variable == "original":
            cell = shape.cells[recovery.cells[0]]
            medium = self.form.medium
            self.original = lambda text, code: reading(cell, medium, code or currency, year)(text)
        return recovery, own[0], own[-1]

    def record(self, raw: _Raw) -> ReadRecord:
        """The record with its values."""
        record, position, cells = raw
        for number, text in self.constants.get(record, ()):
            if cells[number].strip() != text.strip():
                name = self.names[record][number]
                _refuse(self.form, "PSR-5204", f"{name} is not what the format writes.", raw, number, text)
        values: dict[str, str | int] = {}
        for recovery, first, last in self.steps.get(record, ()):
            number = recovery.cells[0]
            try:
                if recovery.variable == "original":
                    values["original"] = self.original(cells[number], str(values["currency"]))
                    continue
                value = first(cells[number])
                if len(recovery.cells) > 1:
                    value = int(value) - int(last(cells[recovery.cells[1]]))
                elif recovery.sign:
                    negative = values["side"] == "credit" if recovery.sign == "side" else self.parent < 0
                    value = -int(value) if negative else value
                values[recovery.variable] = value
            except ValueError as fault:
                _refuse(self.form, "PSR-5203", f"{self.names[record][number]}: {fault}.", raw, number, "")
        if record == "line" and "amount" in values:
            self.parent = int(values["amount"])
        return ReadRecord(record, position, dict(zip(self.names.get(record, ()), cells, strict=False)), values)


def _ordered(told: dict[str, Recovery]) -> list[Recovery]:
    """Those that give others their sign or currency first."""
    return sorted(told.values(), key=lambda recovery: (bool(recovery.sign), recovery.variable == "original"))


# --- layouts ---------------------------------------------------------------------------------------------------------


def _lines(form: Format, chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of the file without their newlines, each of which must be exactly the format's."""
    medium = form.medium
    decoder = codecs.getincrementaldecoder(medium.encoding)("strict")
    rest, number = "", 0
    for chunk in _ended(chunks):
        try:
            rest += decoder.decode(chunk or b"", chunk is None)
        except UnicodeDecodeError as fault:
            _refuse_line(form, "PSR-5201", f"The bytes are not {medium.encoding}: {fault.reason}.", number + 1, "")
        *whole, rest = rest.split(medium.newline)
        for line in whole:
            number += 1
            if "\n" in line or "\r" in line:
                _refuse_line(form, "PSR-5201", "A line ends otherwise than the format says.", number, line)
            yield line
    if rest:
        _refuse_line(form, "PSR-5201", "The last line does not end.", number + 1, rest)


def _ended(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    yield from chunks
    yield None


def _framed(form: Format, lines: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    """Lines with the record to which they belong: the header's first, the trailer's last."""
    head = ["header"] * (form.header is not None) + ["titles"] * form.file.header_row
    held: deque[tuple[int, str]] = deque()
    tail = 1 if form.trailer is not None else 0
    number = 0
    for number, line in enumerate(lines, 1):
        if number <= len(head):
            yield head[number - 1], number, line
            continue
        held.append((number, line))
        if len(held) > tail:
            yield ("line", *held.popleft())
    if number < len(head) or len(held) < tail:
        _refuse_line(form, "PSR-5204", "The file ends before its header and trailer do.", number + 1, "")
    for at, line in held:
        yield "trailer", at, line


def _delimited(form: Format, lines: Iterator[str]) -> Iterator[_Raw]:
    medium = form.medium
    place: deque[tuple[str, int]] = deque()

    def texts() -> Iterator[str]:
        for record, number, line in _framed(form, lines):
            place.append((record, number))
            yield line

    quoting = csv.QUOTE_MINIMAL if medium.quote else csv.QUOTE_NONE
    rows = csv.reader(texts(), delimiter=medium.delimiter, quotechar=medium.quote or None, quoting=quoting, strict=True)
    shape = next(iter(form.lines.values()))
    counts = {"line": len(shape.cells), "titles": len(shape.cells)}
    for record, once in (("header", form.header), ("trailer", form.trailer)):
        counts[record] = len(once.cells) if once is not None else 0
    titles = [cell.title for cell in shape.cells]
    analytic = told_apart(form) if form.analytic else None
    while True:
        try:
            row = next(rows, None)
        except csv.Error as fault:
            _refuse_line(form, "PSR-5202", f"The row cannot be parsed: {fault}.", place[-1][1] if place else 1, "")
        if row is None:
            return
        record, number = place.popleft()
        if place or len(row or [""]) != counts[record]:
            message = f"The row has {len(row)} cells instead of {counts[record]}."
            _refuse_line(form, "PSR-5202", message, number, medium.delimiter.join(row))
        if record == "titles":
            if row != titles:
                _refuse_line(
                    form, "PSR-5204", "The header row is not the format's.", number, medium.delimiter.join(row)
                )
            continue
        if analytic is not None and record == "line" and row[analytic[0]] in analytic[1]:
            record = "analytic"
        yield _Raw(record, number, row or [""])


def _fixed(form: Format, lines: Iterator[str]) -> Iterator[_Raw]:
    slices = {"line": _slices(next(iter(form.lines.values())))}
    for record, shape in (("header", form.header), ("trailer", form.trailer)):
        if shape is not None:
            slices[record] = _slices(shape)
    analytic = told_apart(form) if form.analytic else None
    if analytic is not None:
        slices["analytic"] = _slices(next(iter(form.analytic.values())))
    length = form.medium.record_length
    for record, number, line in _framed(form, lines):
        if record == "line":
            if len(line) != length:
                _refuse_line(
                    form, "PSR-5202", f"The record has {len(line)} characters instead of {length}.", number, line
                )
            if analytic is not None and line[slices["line"][analytic[0]]].strip() in analytic[1]:
                record = "analytic"
        yield _Raw(record, number, [line[piece] for piece in slices[record]])


def _slices(shape: Shape) -> list[slice]:
    at, slices = 0, []
    for cell in shape.cells:
        end = at + cell.width if cell.width is not None else None
        slices.append(slice(at, end))
        at = end or 0
    return slices


def _tagged(form: Format, lines: Iterator[str]) -> Iterator[_Raw]:
    numbered = enumerate(lines, 1)
    counts: dict[str, tuple[str, int]] = {}
    shapes = [next(iter(form.lines.values())), *list(form.analytic.values())[:1], form.trailer]
    for shape in (shape for shape in shapes if shape is not None):
        counts[shape.flag] = (shape.record, len(shape.cells))
    if form.header is not None:
        yield _block(form, numbered, "header", 1, len(form.header.cells))
    last = "header"
    for number, line in numbered:
        if line not in counts or last == "trailer":
            _refuse_line(form, "PSR-5202", "A flag was expected here.", number, line)
        last, count = counts[line]
        yield _block(form, numbered, last, number, count)
    if form.trailer is not None and last != "trailer":
        _refuse_line(form, "PSR-5204", f"The file does not end with {form.trailer.flag}.", 1, "")


def _block(form: Format, lines: Iterator[tuple[int, str]], record: str, number: int, count: int) -> _Raw:
    cells = [line for _, (_, line) in zip(range(count), lines, strict=False)]
    if len(cells) < count:
        _refuse_line(form, "PSR-5202", f"The {record} record has {len(cells)} cells instead of {count}.", number, "")
    return _Raw(record, number, cells)


def _refuse(form: Format, code: str, message: str, raw: _Raw, number: int, expected: str) -> NoReturn:
    tagged = form.medium.layout == "tagged"
    position = raw.position + number + (raw.record != "header" if tagged else -number)
    _refuse_line(form, code, message, position, raw.cells[number], expected)


def _refuse_line(form: Format, code: str, message: str, number: int, line: str, expected: str = "") -> NoReturn:
    raise Refused(
        Finding(
            code, message, object=f"a file of format {form.name}", value=line, expected=expected,
            remedy="render it again; if it comes out so again, report a defect", who="admin",
            place=Place(form.name, number, 0, line[:200]),
        )
    )  # fmt: skip
