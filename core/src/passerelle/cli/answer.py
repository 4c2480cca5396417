"""How every command answers: data for programs, text for eyes, an exit code, and the next command to type.

A command returns an ``Answer``; ``cli.command`` prints it. Data goes to stdout; words, progress and logs to stderr.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """``data`` is a pydantic model, dataclass or plain JSON value (amounts as strings); ``text`` is for people."""

    data: Any
    text: str = ""
    exit_code: int = 0
    next: str = ""
    findings: Sequence[Any] = field(default_factory=tuple)


_LINES = re.compile(r"[^\S ]+")
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """``text`` without what a terminal would obey: control and direction characters become ``\ufffd``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if unicodedata.category(c) in _OBEYED and c not in "\n\t" else c for c in text)


def folded(text: str) -> str:
    """``text`` of others on one line, so that it cannot pass for a line of ours."""
    return _LINES.sub(" ", text)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """Aligned columns; those whose index is in ``right`` are right-aligned. Empty text when there is no row."""
    if not rows:
        return ""
    rows = [[printable(folded(cell)) for cell in row] for row in rows]
    widths = [max(len(headings[i]), *(len(row[i]) for row in rows)) for i in range(len(headings))]

    def line(cells: Sequence[str]) -> str:
        padded = (c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True)))
        return "  ".join(padded).rstrip()

    return "\n".join([line(headings), line(["-" * width for width in widths]), *map(line, rows)])
