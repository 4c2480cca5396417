"""The small grammars inside a format file: templates, day forms, number pictures, character sets. Each is parsed once.

A fault is a ``ValueError`` whose message says what was expected; ``load`` gives it its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple, TypeAlias

from passerelle.formats.language import KNOWN


class Hole(NamedTuple):
    """A variable in a template; ``picture`` is the day form or the zeros after its colon."""

    name: str
    picture: str = ""


Template: TypeAlias = tuple[str | Hole, ...]

_PIECES = re.compile(r"(\{\{|\}\})|\{([A-Za-z_][A-Za-z0-9_]*)(?::([^{}]*))?\}|([{}])|([^{}]+)")
_DAY = re.compile(r"YYYY|YY|MM|DD|[^A-Za-z]|(.)")
_SLICES = {"YYYY": (0, 4), "YY": (2, 4), "MM": (5, 7), "DD": (8, 10)}


def parse_template(written: str) -> Template:
    """``"{journal}-{piece:0000}"`` as constants and holes, neighbouring constants joined."""
    parts: list[str | Hole] = []
    for found in _PIECES.finditer(written):
        brace, name, picture, stray, plain = found.groups()
        if stray:
            raise ValueError(
                f"{stray!r} at {found.start() + 1} opens or closes nothing; write {{{{ or }}}} for a brace"
            )
        if name:
            parts.append(Hole(name, picture or ""))
        elif parts and isinstance(parts[-1], str):
            parts[-1] += brace[0] if brace else plain
        else:
            parts.append(brace[0] if brace else plain)
    return tuple(parts)


def check_picture(hole: Hole) -> None:
    """Refuses a picture that does not suit the variable."""
    kind = KNOWN[hole.name].kind
    if not hole.picture:
        return
    if kind == "day":
        DayForm(hole.picture)
    elif kind != "integer" or set(hole.picture) != {"0"}:
        raise ValueError(f"a picture forms a day (MM/YYYY) or pads an integer (0000); {hole.name} is {kind}")


class DayForm:
    """A form of days, as ``DDMMYY``; writes ISO days in it and reads them back."""

    def __init__(self, written: str) -> None:
        found = list(_DAY.finditer(written))
        self._tokens = [token.group(0) for token in found]
        parts = [token[0] for token in self._tokens if token in _SLICES]
        if not parts or len(set(parts)) < len(parts) or any(token.group(1) for token in found):
            expected = "expected YYYY or YY, MM, DD, each once at most, and what stands between"
            raise ValueError(f"{written!r} is not a form of days: {expected}")
        self.written = written
        self.whole = set(parts) == {"Y", "M", "D"}
        pattern = (rf"(?P<{t[0]}>\d{{{len(t)}}})" if t in _SLICES else re.escape(t) for t in self._tokens)
        self._pattern = re.compile("".join(pattern), re.ASCII)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DayForm) and other.written == self.written

    def __hash__(self) -> int:
        return hash(self.written)

    def text(self, iso: str) -> str:
        """An ISO day in this form; empty stays empty."""
        if not iso:
            return ""
        return "".join(iso[slice(*_SLICES[token])] if token in _SLICES else token for token in self._tokens)

    def read(self, written: str, year: int) -> str:
        """The ISO day; a year of two digits is the one nearest to ``year`` (49 years before to 50 after)."""
        if not written:
            return ""
        found = self._pattern.fullmatch(written)
        if found is None:
            raise ValueError(f"{written!r} is not a day written {self.written}")
        years = found["Y"]
        if len(years) == 2:
            lowest = year - 49
            years = f"{lowest + (int(years) - lowest) % 100:04d}"
        return date(int(years), int(found["M"]), int(found["D"])).isoformat()


def parse_charset(written: str) -> frozenset[str]:
    """The characters that ``"A-Z0-9 "`` names."""
    characters: set[str] = set()
    at = 0
    while at < len(written):
        if at + 2 < len(written) and written[at + 1] == "-":
            first, last = ord(written[at]), ord(written[at + 2])
            if first > last:
                raise ValueError(f"the range {written[at : at + 3]} runs backwards")
            characters.update(map(chr, range(first, last + 1)))
            at += 3
        else:
            characters.add(written[at])
            at += 1
    if not characters:
        raise ValueError("a character set must name a character")
    return frozenset(characters)


def character_class(characters: frozenset[str] | set[str]) -> str:
    """A regular expression class of exactly these characters; one that matches nothing when there are none."""
    if not characters:
        return r"[^\x00-\U0010FFFF]"
    return "[" + "".join(re.escape(character) for character in sorted(characters)) + "]"


Former: TypeAlias = Callable[[str | int], str]


def former_of(hole: Hole, day_form: DayForm) -> Former:
    """How the value of a hole becomes text: by its picture, its kind, or as it is."""
    if KNOWN[hole.name].kind == "day":
        form = DayForm(hole.picture) if hole.picture else day_form
        return lambda value: form.text(str(value))
    if hole.picture:
        size = len(hole.picture)
        return lambda value: str(value).zfill(size)
    return str
