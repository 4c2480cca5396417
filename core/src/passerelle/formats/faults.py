"""What is wrong with a format file, gathered with its place, the nearest known word and the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from passerelle.errors import Finding, Place
from passerelle.masterdata.positions import Path, Source


class Faults:
    """The findings about one format file; each is kept once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.overlaid: set[str] = set()  # line kinds whose label is the connection's, not the file's
        self._findings: dict[Finding, None] = {}

    def add(
        self, code: str, message: str, path: Path = (), *, key: bool = False, value: str = "", expected: str = "",
        remedy: str = "mend the format file",
    ) -> None:  # fmt: skip
        """A fault at ``path`` of the file (at its key when ``key``)."""
        if path[:1] == ("labels",) and path[1] in self.overlaid:
            self.add_outside(code, message, f"labels.{path[1]}", value, expected, "correct the connection")
            return
        place = _narrowed(self._source.at(path, key=key), value)
        field = ".".join(str(step) for step in path)
        shown = "" if key else value
        finding = Finding(code, message, "", field, shown, expected, remedy, "integrator", place)
        self._findings[finding] = None

    def add_at(self, code: str, message: str, line: int, column: int) -> None:
        """A fault at a line and column of the file."""
        place = self._source.place(line, column, 1)
        self._findings[Finding(code, message, remedy="mend the format file", who="integrator", place=place)] = None

    def add_outside(self, code: str, message: str, field: str, value: str, expected: str, remedy: str) -> None:
        """A fault in what a connection lays over the file: it has no place in it."""
        self._findings[
            Finding(code, message, field=field, value=value, expected=expected, remedy=remedy, who="admin")
        ] = None

    def all(self) -> list[Finding]:
        """Every fault, in the order of the file."""
        return sorted(self._findings, key=lambda f: (f.place.line, f.place.column) if f.place else (0, 0))

    def __bool__(self) -> bool:
        return bool(self._findings)


def _narrowed(place: Place, value: str) -> Place:
    """The place of ``value`` within the text that stands at ``place``, where it occurs there once."""
    text = place.text[place.column - 1 : place.column - 1 + place.length]
    if not value or text.count(value) != 1:
        return place
    return replace(place, column=place.column + text.index(value), length=len(value))


def nearest(word: str, known: Iterable[str]) -> str:
    """``did you mean "x"?`` for the known word most like ``word``, else the known words themselves."""
    words = sorted(known)
    close = get_close_matches(word, words, 1, cutoff=0.6)
    if close:
        return f'did you mean "{close[0]}"?'
    return "one of " + ", ".join(words) if words else "nothing may stand here"
