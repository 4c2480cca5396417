"""The quick way through a cell's finishing, for the compiled writer: the same text as ``Finisher``, sooner.

Most contents are *plain*: single-spaced, of printable characters that no table, guard or quote concerns. One regular
expression tells them, and only padding and cutting are left to do. Every other content goes the long way.

The compiled writer works in *worn* text: each character stands for one byte of the file (the bytes read as Latin-1).
What was rendered once needs no encoding again, and a document becomes bytes by a copy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from unicodedata import combining, normalize

from passerelle.formats.cells import RUNS_IN_SPREADSHEET, CellFault, Finisher
from passerelle.formats.shapes import Cell, Medium
from passerelle.formats.templates import character_class


def worn(text: str, encoding: str) -> str:
    """``text`` as its bytes, each worn as one character."""
    return text if text.isascii() and _is_ascii_based(encoding) else text.encode(encoding).decode("latin-1")


def quick_finish(finisher: Finisher) -> Callable[[str], str]:
    """``finisher`` for the compiled writer: takes a content, gives worn text."""
    cell, medium = finisher.cell, finisher.medium
    encoding, upper = medium.encoding, cell.upper and finisher.words
    plain = re.compile(_plain_pattern(finisher)).fullmatch
    pad, close = _pad(cell), medium.quote if medium.quote_all else ""
    cut = cell.width if cell.truncate and finisher.words else None
    looked_at = cut + 1 if cut is not None else None  # one more: it may be a mark that joins the last letter
    spaced = finisher.text
    ascii_based = _is_ascii_based(encoding)
    blank = _blank(finisher)

    def finish(content: str) -> str:
        if upper:
            content = content.upper()
        text = content[:looked_at]
        if plain(text) and not (spaced and "  " in text):
            text = text[:cut].rstrip(" ") if cut is not None else text
            if close:
                text = f"{close}{text}{close}"
            text = pad(text)
        elif not content and blank is not None:
            return blank
        else:
            text = finisher(content)
        return text if ascii_based and text.isascii() else text.encode(encoding).decode("latin-1")

    return finish


def _plain_pattern(finisher: Finisher) -> str:
    """Matches only contents that every step but cutting, quoting all and padding leaves as they are."""
    cell, medium, words = finisher.cell, finisher.medium, finisher.words
    allowed = set(_printable(medium.encoding))
    if cell.charset is not None and words:
        allowed &= cell.charset
    if medium.layout == "delimited":
        allowed -= {medium.delimiter, medium.quote}
    if finisher.text:
        allowed -= set(medium.table)
    first = allowed - {" "} if words else set(allowed)
    if words:
        first -= {"'", medium.flag_prefix[:1], *(RUNS_IN_SPREADSHEET if medium.spreadsheet else "")}
    head, inner, last = (character_class(s) for s in (first, allowed, allowed - {" "} if words else allowed))
    if cell.truncate and words:
        return f"{head}{inner}*" if finisher.text else f"{head}(?:{inner}*{last})?"
    if cell.width is None:
        return f"{head}(?:{inner}*{last})?"
    if cell.width == 1:
        return head
    return f"{head}(?:{inner}{{0,{cell.width - 2}}}{last})?"


@lru_cache(maxsize=16)
def _printable(encoding: str) -> frozenset[str]:
    """Printable ASCII, Latin, Greek and Cyrillic characters that ``encoding`` holds; none joins the one before."""
    scripts = map(chr, (*range(32, 127), *range(0xA1, 0x530)))
    return frozenset(
        c for c in scripts if c.isprintable() and not combining(c) and normalize("NFC", c) == c and _held(c, encoding)
    )


def _held(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=16)
def _is_ascii_based(encoding: str) -> bool:
    """Whether ASCII characters are their own bytes in ``encoding``."""
    text = "".join(map(chr, range(128)))
    return _held(text, encoding) and text.encode(encoding) == text.encode("ascii")


def _pad(cell: Cell) -> Callable[[str], str]:
    width, pad = cell.width, cell.pad
    if width is None or not pad:
        return str
    if cell.align == "left":
        return lambda text: text.ljust(width, pad)
    return (lambda text: text.zfill(width)) if pad == "0" else (lambda text: text.rjust(width, pad))


def _blank(finisher: Finisher) -> str | None:
    """What an empty content becomes; None when it is refused."""
    try:
        return worn(finisher(""), finisher.medium.encoding)
    except CellFault:
        return None


def halves(cell: Cell, medium: Medium, decimals: int, sign: str) -> tuple[Callable[[int], str], list[str]] | None:
    """An amount in two look-ups: a function from its whole units to worn text, and a table of its fractions.

    None where the cell does not allow it: the text after finishing must be the two, one after the other.
    """
    special = (
        {medium.delimiter, medium.quote} & set(cell.mark + sign + "0123456789")
        if medium.layout == "delimited"
        else set()
    )
    if (
        special
        or medium.quote_all
        or cell.align != "right"
        or cell.pad not in ("", " ")
        or (decimals and not cell.mark)
    ):
        return None
    if not all(_held(c, medium.encoding) for c in cell.mark) or cell.required:
        return None
    fractions = (
        [worn(f"{cell.mark}{n:0{decimals}d}", medium.encoding) for n in range(10**decimals)] if decimals else [""]
    )
    tail = len(cell.mark) + decimals if decimals else 0
    width, padded = cell.width, bool(cell.pad)

    def units(whole: int) -> str:
        text = f"{sign}{whole}"
        if width is not None and len(text) + tail > width:
            raise CellFault("PSR-5101", "The value is longer than the cell.", text, f"at most {width} characters")
        if padded and width is not None:
            text = text.rjust(width - tail)
        return worn(text, medium.encoding)

    return units, fractions
