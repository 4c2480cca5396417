"""From the cells of a record to the values that they tell: forms inverted, and the function that does it, generated.

As with the compiled writer, no text of a format file enters the generated source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from passerelle.formats.cells import padded, without_apostrophe
from passerelle.formats.language import KNOWN
from passerelle.formats.memory import MANY_VALUES, Memory
from passerelle.formats.recovery import Recovery
from passerelle.formats.shapes import Branch, Cell, Medium, Shape
from passerelle.formats.templates import Hole
from passerelle.money import exponent

Decode: TypeAlias = Callable[[Sequence[str], int], dict[str, str | int]]
"""From cells, and the amount of the line record before, to values; ``ValueError`` when a cell is not of its form."""


def compile_decode(shape: Shape, told: Mapping[str, Recovery], medium: Medium, currency: str, year: int) -> Decode:
    """The function that recovers ``told`` from the cells of a record of ``shape``."""
    bound: dict[str, Any] = {"__builtins__": {}}
    steps: list[str] = []
    for name, recovery in sorted(told.items(), key=lambda item: (bool(item[1].sign), item[0] == "original")):
        codes = []
        for number in recovery.cells:
            cell = shape.cells[number]
            function = f"r{len(bound)}"
            if name == "original":
                bound[function] = original_reading(cell, medium, currency, year)
                codes.append(f"{function}(cells[{number}], currency)")
                continue
            read = reading(cell, medium, currency, year)
            remembered = name not in MANY_VALUES
            bound[function] = Memory(read) if remembered else read
            codes.append(f"{function}[cells[{number}]]" if remembered else f"{function}(cells[{number}])")
        steps.append(f"{name} = {' - '.join(codes)}")
        if recovery.sign:
            bound["credit"] = "credit"
            steps.append(f"if {'side == credit' if recovery.sign == 'side' else 'parent < 0'}: {name} = -{name}")
    keys = {name: f"k{number}" for number, name in enumerate(told)}
    bound.update({key: name for name, key in keys.items()})
    result = "{" + ", ".join(f"{key}: {name}" for name, key in keys.items()) + "}"
    source = "\n    ".join(["def decode(cells, parent):", *steps, f"return {result}"])
    exec(compile(source, f"<read {shape.record}>", "exec"), bound)
    decode: Decode = bound["decode"]
    return decode


def original_reading(cell: Cell, medium: Medium, entity_currency: str, year: int) -> Callable[[str, str], str | int]:
    """Reads an amount in the original currency, whose code is given too; empty means the entity's."""
    by_currency = Memory(lambda currency: reading(cell, medium, currency or entity_currency, year))

    def read(text: str, currency: str) -> str | int:
        value: str | int = by_currency[currency](text)
        return value

    return read


def reading(cell: Cell, medium: Medium, currency: str, year: int) -> Callable[[str], str | int]:
    """How the text of a cell that tells a variable is turned back into its value; ``ValueError`` when it is none."""
    branch = cell.branches[0]
    kind = KNOWN[next(part.name for part in branch.parts if isinstance(part, Hole))].kind
    bare = _unpadded(cell)
    if branch.mapping is not None:
        return _mapped_back({text: value for value, text in branch.mapping}, bare)
    if kind == "amount":
        return _amount(cell, exponent(currency), bare)
    if branch.variable and kind == "day":
        return lambda text: cell.day_form.read(bare(text), year)
    before, after = _around(branch)
    integer = kind == "integer"
    alone = (before + after).strip(" ")  # what stands there when the code is empty

    def code(text: str) -> str | int:
        text = bare(text)
        if medium.spreadsheet:
            text = without_apostrophe(text)
        if text == alone and not integer:
            return ""
        if not (text.startswith(before) and text.endswith(after)):
            raise ValueError(f"{text!r} is not written {before}…{after}")
        text = text[len(before) : len(text) - len(after)]
        return int(text) if integer else text

    if before or after or medium.spreadsheet or integer:
        return code
    return bare


def _unpadded(cell: Cell) -> Callable[[str], str]:
    if not cell.pad or cell.width is None or cell.pad == "0":
        return str
    if cell.align == "left":
        return lambda text: text.rstrip(cell.pad)
    return lambda text: text.lstrip(cell.pad)


def _mapped_back(values: Mapping[str, str], bare: Callable[[str], str]) -> Callable[[str], str]:
    def value(text: str) -> str:
        if bare(text) not in values:
            raise ValueError(f"{text!r} is none of {', '.join(values)}")
        return values[bare(text)]

    return value


def _around(branch: Branch) -> tuple[str, str]:
    """The constants before and after the one variable of a template."""
    at = next(number for number, part in enumerate(branch.parts) if isinstance(part, Hole))
    return "".join(map(str, branch.parts[:at])), "".join(map(str, branch.parts[at + 1 :]))


def _amount(cell: Cell, currency_exponent: int, bare: Callable[[str], str]) -> Callable[[str], int]:
    decimals = currency_exponent if cell.decimals is None else cell.decimals
    factor: int = 10 ** max(0, currency_exponent - decimals)
    divisor: int = 10 ** max(0, decimals - currency_exponent)
    mark = cell.mark if decimals else ""
    empties = {bare(padded(cell, cell.empty)), cell.empty}
    before, after = -decimals - len(mark), -decimals

    def amount(text: str) -> int:
        text = bare(text)
        if text in empties:
            return 0
        digits = text
        if mark:
            if text[before:after] != mark:
                raise ValueError(f"{text!r} is not an amount with {decimals} decimals after {mark!r}")
            digits = text[:before] + text[after:]
        negative = digits[:1] == "-"
        if negative:
            digits = digits[1:]
        if not (digits.isascii() and digits.isdigit()) or len(digits) <= decimals * bool(mark):
            raise ValueError(f"{text!r} is not an amount")
        scaled = int(digits) * factor
        if scaled % divisor:
            raise ValueError(f"{text!r} has more decimals than the currency")
        return -(scaled // divisor) if negative else scaled // divisor

    return amount
