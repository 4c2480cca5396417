"""Date and number forms of a mapping file, compiled once to functions from what is written to what it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

_TOKENS = {"YYYY": r"(?P<y>\d{4})", "YY": r"(?P<s>\d{2})", "MM": r"(?P<m>\d{1,2})", "DD": r"(?P<d>\d{1,2})"}
_IGNORED = {"hh": r"\d{1,2}", "mm": r"\d{2}", "ss": r"\d{2}(?:\.\d+)?"}
_PARTS = re.compile("|".join([*_TOKENS, *_IGNORED, "."]), re.DOTALL)

ReadDay = Callable[[str], str]
ReadNumber = Callable[[str], str]


def date_pattern(form: str) -> re.Pattern[str]:
    """``DD/MM/YYYY`` as a regular expression; ``ValueError`` unless it names day, month and year once each.

    A time of day (hh, mm, ss) is read over. YY is of this century.
    """
    parts = _PARTS.findall(form)
    named = [part for part in parts if part in _TOKENS]
    if sorted(named) not in (["DD", "MM", "YYYY"], ["DD", "MM", "YY"]):
        raise ValueError('expected a date form with YYYY (or YY), MM and DD once each, as "DD/MM/YYYY hh:mm:ss"')
    return re.compile("".join(_TOKENS.get(part) or _IGNORED.get(part) or re.escape(part) for part in parts), re.ASCII)


def day_reader(forms: Sequence[str]) -> ReadDay:
    """A function from a written day to ISO; it raises ``ValueError`` when no form fits or there is no such day."""
    patterns = [date_pattern(form) for form in forms]

    def read(written: str) -> str:
        for pattern in patterns:
            found = pattern.fullmatch(written)
            if found:
                given = found.groupdict()
                year = int(given["y"]) if given.get("y") else 2000 + int(given["s"])
                return date(year, int(given["m"]), int(given["d"])).isoformat()
        raise ValueError(f"no date form fits {written!r}")

    return read


def number_reader(decimal_mark: str, thousands_mark: str, negative: Sequence[str]) -> ReadNumber:
    """A function from a written number to plain decimal text; it raises ``ValueError`` for anything else.

    Thousands marks are read only where they part groups of three, so that a number of another form is refused
    instead of becoming a hundred times too large.
    """
    mark = re.escape(decimal_mark)
    whole = r"\d+"
    if thousands_mark:
        whole = rf"(?:\d{{1,3}}(?:{re.escape(thousands_mark)}\d{{3}})+|\d+)"
    plain = re.compile(rf"(?P<whole>{whole})(?:{mark}(?P<part>\d+))?|{mark}(?P<only>\d+)", re.ASCII)
    leading, trailing, brackets = "leading" in negative, "trailing" in negative, "parentheses" in negative

    def read(written: str) -> str:
        sign = ""
        number = written
        if leading and number[:1] in ("-", "−", "+"):
            sign, number = ("" if number[0] == "+" else "-"), number[1:].lstrip()
        elif trailing and number[-1:] in ("-", "−"):
            sign, number = "-", number[:-1].rstrip()
        elif brackets and number[:1] == "(" and number[-1:] == ")":
            sign, number = "-", number[1:-1].strip()
        found = plain.fullmatch(number)
        if found is None:
            raise ValueError(f"{written!r} is not a number of the declared form")
        digits = (found["whole"] or "0").replace(thousands_mark, "") if thousands_mark else (found["whole"] or "0")
        part = found["part"] or found["only"]
        return f"{sign}{digits}.{part}" if part else sign + digits

    return read
