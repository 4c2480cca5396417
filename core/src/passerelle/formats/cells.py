"""How one cell is written: its content composed, then finished (cleaned, checked, cut, guarded, quoted, padded).

``CellWriter`` is the one meaning of a field: the compiled writer calls what it holds, and ``explain`` shows its steps.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple, TypeAlias

from anyascii import anyascii

from passerelle.formats.language import KNOWN
from passerelle.formats.shapes import Branch, Cell, Medium
from passerelle.formats.templates import Hole, former_of
from passerelle.money import exponent

# by category: controls, separators and halves of pairs become spaces, marks that nobody sees go
_INVISIBLE = {"Cc": " ", "Zs": " ", "Zl": " ", "Zp": " ", "Cs": " ", "Cf": ""}

Row: TypeAlias = Mapping[str, str | int]

RUNS_IN_SPREADSHEET = "=+-@\uff1d\uff0b\uff0d\uff20"
"""What makes a spreadsheet run a text, with the full-width forms that some fold to it."""


class CellFault(Exception):
    """A value that does not fit its cell; ``expected`` says what would."""

    def __init__(self, code: str, message: str, value: str, expected: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.value = value
        self.expected = expected


class Step(NamedTuple):
    """What one step of finishing made of a text."""

    name: str
    text: str


class Piece(NamedTuple):
    """A part of a content: ``form`` of the values of variables ``names``."""

    names: tuple[str, ...]
    form: Callable[..., str]


def amount_former(cell: Cell, currency_exponent: int) -> Callable[[int], str]:
    """Writes minor units in the cell's form, mark and decimals; what has more decimals than the cell is refused."""
    decimals = currency_exponent if cell.decimals is None else cell.decimals
    factor = 10 ** max(0, decimals - currency_exponent)
    divisor = 10 ** max(0, currency_exponent - decimals)
    unit, mark, form, empty = 10**decimals, cell.mark, cell.form, cell.empty

    def write(amount: int) -> str:
        if (form == "debit" and amount < 0) or (form == "credit" and amount > 0):
            return empty
        scaled, rest = divmod(abs(amount) * factor, divisor)
        if rest:
            expected = f"an amount with at most {decimals} decimals"
            shown = str(Decimal(amount).scaleb(-currency_exponent))
            raise CellFault("PSR-5106", "The amount has more decimals than the cell.", shown, expected)
        digits = f"{scaled // unit}{mark}{scaled % unit:0{decimals}d}" if decimals and mark else str(scaled)
        return f"-{digits}" if amount < 0 and form == "signed" else digits

    return write


class Finisher:
    """Turns a content into the cell's text, step by step. ``quick.quick_finish`` is the same, made for speed."""

    def __init__(self, cell: Cell, kind: str, medium: Medium, opening: str = "") -> None:
        self.cell = cell
        self.kind = kind
        self.medium = medium
        self.text = kind == "text"
        self.words = kind in ("text", "code")
        self.flag = "" if opening.startswith(medium.flag_prefix) else medium.flag_prefix  # a flag of the format's own
        self._table = str.maketrans(dict(medium.table))
        self._cut = cell.width if cell.truncate and self.words else None

    def __call__(self, content: str) -> str:
        """The cell's text; raises ``CellFault`` where the content does not fit."""
        text = content
        for step in self.steps(content):
            text = step.text
        return text

    def steps(self, content: str) -> Iterator[Step]:
        """Each step that changes the text; raises ``CellFault`` where it does not fit."""
        text = content
        for name, step in (
            ("cleaned", self._cleaned),
            ("guarded", self._guarded),
            ("cut", self._fitted),
            ("checked", self._checked),
            ("quoted", self.quoted),
            ("padded", self._padded),
        ):
            before, text = text, step(text)
            if text != before:
                yield Step(name, text)

    def _cleaned(self, text: str) -> str:
        """A text without control characters, in characters of the encoding, single-spaced; a code as it is."""
        if self.text:
            text = re.sub(" {2,}", " ", self._encodable(text)).strip(" ")
        if self.cell.upper and self.words:
            text = text.upper()
        return text

    def _encodable(self, text: str) -> str:
        text = "".join(_INVISIBLE.get(unicodedata.category(c), c) for c in text)
        text = unicodedata.normalize("NFC", text)
        if self.cell.upper:
            text = text.upper()
        text = text.translate(self._table)
        if _holds(self.medium.encoding, text):
            return text
        if self.medium.fallback == "ascii":
            return "".join(c if _holds(self.medium.encoding, c) else anyascii(c) for c in text)
        return text

    def _checked(self, text: str) -> str:
        cell = self.cell
        if cell.required and not text:
            raise CellFault("PSR-5104", "The cell must not be empty.", text, "a value")
        if self.kind == "code" and text and (not text.isprintable() or text != text.strip()):
            expected = "a code without control characters and without spaces at its ends"
            raise CellFault("PSR-5107", "The code has characters that would be lost.", text, expected)
        strange = next((c for c in text if not _holds(self.medium.encoding, c)), None)
        if strange is not None:
            expected = f"characters of {self.medium.encoding}, or an entry of `transliterate` for {strange!r}"
            raise CellFault("PSR-5103", f"The encoding cannot hold {strange!r}.", text, expected)
        if cell.charset is not None and self.words:
            outside = next((c for c in text if c not in cell.charset), None)
            if outside is not None:
                raise CellFault(
                    "PSR-5102", f"The cell cannot hold {outside!r}.", text, f"characters {_shown(cell.charset)}"
                )
        return text

    def _guarded(self, text: str) -> str:
        """A text that a spreadsheet would run, or that starts like a flag, is made harmless."""
        if not self.words:
            return text
        if self.medium.spreadsheet and needs_apostrophe(text):
            return "'" + text
        if self.flag and text.startswith(self.flag):
            if self.kind == "code":
                raise CellFault("PSR-5107", "The code starts like a flag of the file.", text, "another code")
            return " " + text
        return text

    def _fitted(self, text: str) -> str:
        cell = self.cell
        if cell.width is None or len(text) <= cell.width:
            return text
        if self._cut is None:
            raise CellFault("PSR-5101", "The value is longer than the cell.", text, f"at most {cell.width} characters")
        return text[: cell.width].rstrip(" ")

    def quoted(self, text: str) -> str:
        """The text with quotes where its delimited cell needs them."""
        medium = self.medium
        if medium.layout != "delimited":
            return text
        special = medium.delimiter in text or (bool(medium.quote) and medium.quote in text)
        if special and not medium.quote:
            expected = f"no {medium.delimiter!r}, or an entry of `transliterate` for it"
            raise CellFault("PSR-5108", "The value holds the delimiter and the format has no quotes.", text, expected)
        if special or medium.quote_all:
            return medium.quote + text.replace(medium.quote, medium.quote * 2) + medium.quote
        return text

    def _padded(self, text: str) -> str:
        return padded(self.cell, text)


class BranchWriter:
    """One content of a cell: the pieces that compose it and what finishes it."""

    def __init__(self, branch: Branch, cell: Cell, medium: Medium, currency: str) -> None:
        self.branch = branch
        self.pieces = [part if isinstance(part, str) else _piece(part, branch, cell, currency) for part in branch.parts]
        opening = branch.parts[0] if branch.parts and isinstance(branch.parts[0], str) else ""
        self.finish = Finisher(cell, branch.kind, medium, opening)
        self._around = "".join(part for part in branch.parts if isinstance(part, str)) if branch.kind == "code" else ""

    def content(self, row: Row) -> str:
        """What the cell says, before it is finished; around an empty code no space stays at the ends."""
        text = "".join(
            piece if isinstance(piece, str) else piece.form(*[row[name] for name in piece.names])
            for piece in self.pieces
        )
        return text.strip(" ") if text == self._around else text


class CellWriter:
    """A field that can be written: its contents with their conditions."""

    def __init__(self, cell: Cell, medium: Medium, currency: str) -> None:
        self.cell = cell
        self.branches = [BranchWriter(branch, cell, medium, currency) for branch in cell.branches]

    def branch(self, row: Row) -> BranchWriter:
        """The first content whose conditions hold; refused when none does."""
        for writer in self.branches:
            if all(condition.holds(row) for condition in writer.branch.conditions):
                return writer
        names = sorted({condition.name for writer in self.branches for condition in writer.branch.conditions})
        value = ", ".join(f"{name} = {row[name]}" for name in names)
        raise CellFault("PSR-5105", "No case of the field holds.", value, "a value for which the format has a case")

    def render(self, row: Row) -> str:
        """The cell's text."""
        writer = self.branch(row)
        return writer.finish(writer.content(row))


def padded(cell: Cell, text: str) -> str:
    """The text filled up to the cell's width."""
    if not cell.pad or cell.width is None:
        return text
    if cell.align == "left":
        return text.ljust(cell.width, cell.pad)
    return text.zfill(cell.width) if cell.pad == "0" else text.rjust(cell.width, cell.pad)


def needs_apostrophe(text: str) -> bool:
    """Whether a spreadsheet would run the text, were it not for apostrophes and spaces before it."""
    return text.lstrip("' ")[:1] in tuple(RUNS_IN_SPREADSHEET)


def without_apostrophe(text: str) -> str:
    """What stood in a cell before it was guarded."""
    return text[1:] if text[:1] == "'" and needs_apostrophe(text) else text


def _piece(hole: Hole, branch: Branch, cell: Cell, currency: str) -> Piece:
    variable = KNOWN[hole.name]
    if branch.mapping is not None:
        return Piece((hole.name,), _mapped(dict(branch.mapping)))
    if variable.kind != "amount":
        return Piece((hole.name,), former_of(hole, cell.day_form))
    if hole.name == "original":
        return Piece(("original", "currency"), _original(cell, currency))
    write = amount_former(cell, exponent(currency))
    if hole.name == "base":
        return Piece((hole.name,), lambda amount: write(amount) if amount else cell.empty)
    return Piece((hole.name,), write)


def _original(cell: Cell, entity_currency: str) -> Callable[[int, str], str]:
    @cache
    def former(currency: str) -> Callable[[int], str]:
        return amount_former(cell, exponent(currency or entity_currency))

    return lambda amount, currency: former(currency)(amount) if amount else cell.empty


def _mapped(mapping: Mapping[str, str]) -> Callable[[str | int], str]:
    def form(value: str | int) -> str:
        if str(value) not in mapping:
            raise CellFault("PSR-5105", "The map of the field has no such value.", str(value), ", ".join(mapping))
        return mapping[str(value)]

    return form


@lru_cache(maxsize=4096)
def _holds(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _shown(characters: frozenset[str]) -> str:
    """A character set as a person writes it: runs as ranges."""
    codes = sorted(map(ord, characters))
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][-1] + 1:
            runs[-1].append(code)
        else:
            runs.append([code])
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" if len(run) > 2 else "".join(map(chr, run)) for run in runs)
