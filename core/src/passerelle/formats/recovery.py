"""What a record says of its line: for each cell the variable that can be read back from it, by inverting its form.

A variable is recoverable when a cell holds it alone and whole: codes, days, integers, and amounts from one signed
column, two columns, or an amount beside a side. Texts are not: they may be cut and written otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from passerelle.formats.document import Document, RunRow
from passerelle.formats.language import KNOWN
from passerelle.formats.rows import NAMES, FlatRow, flat_rows
from passerelle.formats.shapes import Cell, Format, Medium, Shape
from passerelle.formats.templates import Hole

_SIGNED_BY_SIDE = ("amount", "section_amount")


class Recovery(NamedTuple):
    """A variable and the cells that tell it: one, or a debit and a credit column, or an amount and what gives its sign.

    ``sign``: "" the cells themselves, "side" the side told beside it, "parent" the line record before it.
    """

    variable: str
    cells: tuple[int, ...]
    sign: str = ""


def recoveries(form: Format, shape: Shape) -> dict[str, Recovery]:
    """What can be read back from a record of ``shape``."""
    found: dict[str, Recovery] = {}
    columns: dict[tuple[str, str], int] = {}
    for number, cell in enumerate(shape.cells):
        name = _told(cell, form.medium)
        if not name:
            continue
        if KNOWN[name].kind == "amount" and cell.form != "signed":
            columns.setdefault((name, cell.form), number)
        else:
            found.setdefault(name, Recovery(name, (number,)))
    for name in {name for name, _ in columns} - set(found):
        debit, credit, unsigned = (columns.get((name, form_)) for form_ in ("debit", "credit", "unsigned"))
        if debit is not None and credit is not None and not {*_empties(shape, debit, credit)} & set("123456789"):
            found[name] = Recovery(name, (debit, credit))
        elif unsigned is not None and name in _SIGNED_BY_SIDE and "side" in found:
            found[name] = Recovery(name, (unsigned,), "side")
        elif unsigned is not None and name == "section_amount":
            found[name] = Recovery(name, (unsigned,), "parent")
    if "original" in found and "currency" not in found:
        del found["original"]
    return found


def _empties(shape: Shape, *numbers: int) -> str:
    """What the columns write for the other side: read as zero while no digit in it says otherwise."""
    return "".join(shape.cells[number].empty for number in numbers)


def line_recoveries(form: Format) -> dict[str, Recovery]:
    """What can be read back from a line record whatever the line's kind, which the file need not tell."""
    return _agreed(form, list(form.lines.values()))


def analytic_recoveries(form: Format) -> dict[str, Recovery]:
    """What can be read back from an analytic record."""
    found = _agreed(form, list(form.analytic.values()))
    if "amount" not in line_recoveries(form):
        found = {name: recovery for name, recovery in found.items() if recovery.sign != "parent"}
    return found


def recoverable(form: Format) -> frozenset[str]:
    """The variables that reading a file of this format gives back: of lines, and the sections' of analytic records."""
    sections = {name for name in analytic_recoveries(form) if KNOWN[name].level == "section"}
    return frozenset(line_recoveries(form)) | sections


Wanted = Iterator[tuple[str, dict[str, str | int]]]


def expected(form: Format, run: RunRow, document: Document) -> Wanted:
    """What reading back must find for ``document``: per record its name and every recoverable value.

    To be compared in lockstep with ``record`` and ``values`` of what ``read`` yields (the header and trailer records
    aside). A code stands as the format writes it: in capitals where the cell is.
    """
    return expectation(form, run)(document)


def expectation(form: Format, run: RunRow) -> Callable[[Document], Wanted]:
    """``expected`` for many documents of one run."""
    rows = flat_rows(form, run)
    told = {"line": line_recoveries(form), "analytic": analytic_recoveries(form)}
    takers = {
        record: _taker(shapes, told[record])
        for record, shapes in (("line", form.lines), ("analytic", form.analytic))
        if shapes
    }

    def wanted(document: Document) -> Wanted:
        for shape, row in rows(document):
            yield shape.record, takers[shape.record](row)

    return wanted


def expected_around(form: Format, record: str, values: Mapping[str, str | int]) -> dict[str, str | int]:
    """What reading back must find in the header or the trailer, given what its cells may read."""
    shape = form.header if record == "header" else form.trailer
    if shape is None:
        return {}
    told = recoveries(form, shape)
    capitals = {name for name in told if shape.cells[told[name].cells[0]].upper and _is_code(name)}
    return {name: str(values[name]).upper() if name in capitals else values[name] for name in told}


def _taker(shapes: Mapping[str, Shape], told: Mapping[str, Recovery]) -> Callable[[FlatRow], dict[str, str | int]]:
    """Takes the values of ``told`` from a row."""
    shape = next(iter(shapes.values()))
    names = list(told)
    places = [NAMES.index(name) for name in names]
    capitals = [name for name in names if shape.cells[told[name].cells[0]].upper and _is_code(name)]

    get = itemgetter(*places) if len(places) > 1 else lambda row: tuple(row[place] for place in places)

    def take(row: FlatRow) -> dict[str, str | int]:
        values = dict(zip(names, get(row), strict=True))
        for name in capitals:
            values[name] = str(values[name]).upper()
        return values

    return take


def _is_code(name: str) -> bool:
    return KNOWN[name].kind == "code" and name != "side"


def _agreed(form: Format, shapes: Sequence[Shape]) -> dict[str, Recovery]:
    """What all ``shapes`` tell in the same cells, written the same way."""
    if not shapes:
        return {}
    first, *others = shapes
    agreed = recoveries(form, first)
    for shape in others:
        found = recoveries(form, shape)
        agreed = {
            name: recovery
            for name, recovery in agreed.items()
            if found.get(name) == recovery and all(first.cells[n] == shape.cells[n] for n in recovery.cells)
        }
    return agreed


def _told(cell: Cell, medium: Medium) -> str:
    """The one variable that the cell holds alone and whole; empty when there is none."""
    branch = cell.branches[0]
    holes = [part for part in branch.parts if isinstance(part, Hole)]
    if len(cell.branches) > 1 or branch.conditions or len(holes) != 1 or cell.truncate:
        return ""
    name = holes[0].name
    kind = KNOWN[name].kind
    if branch.mapping is not None:
        texts = [text for _, text in branch.mapping]
        return name if len(set(texts)) == len(texts) and cell.pad in ("", " ") else ""
    if kind == "text" or branch.kind == "text":
        return ""
    if kind == "day":
        return name if branch.variable and cell.day_form.whole and not holes[0].picture else ""
    if kind == "code":
        return name if cell.pad in ("", " ") else ""
    if kind == "amount":
        return name if cell.pad in ("", " ", "0") and not any(c.isdigit() for c in cell.mark) else ""
    return name
