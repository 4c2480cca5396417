"""Independent readers of accounting import files, written from the public description of each format alone.

They share only what is not format: the shape of what was read, physical lines, dates, amounts, grouping and balance.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import NoReturn

Section = tuple[int | None, str, int]


@dataclass(frozen=True)
class Line:
    journal: str
    day: str
    piece: str
    account: str
    third_party: str
    label: str
    side: str
    minor: int
    reference: str
    tax_code: str
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True)
class Piece:
    journal: str
    day: str
    number: str
    lines: tuple[Line, ...]


def refuse(number: int, sentence: str) -> NoReturn:
    raise ValueError(f"line {number}: {sentence}")


def physical_lines(content: bytes, encoding: str) -> list[str]:
    """The lines of a file in which CRLF ends every line, the last one included, and no other control is found."""
    raw = content.split(b"\r\n")
    lines: list[str] = []
    for number, part in enumerate(raw, start=1):
        if b"\n" in part or b"\r" in part:
            refuse(number, "a lone LF or CR stands inside the line, only CRLF may end a line")
        if control := re.search(rb"[\x00-\x1f]", part):
            refuse(number, f"control character {control[0]!r}")
        try:
            lines.append(part.decode(encoding))
        except UnicodeDecodeError:
            refuse(number, f"a byte of the line does not exist in {encoding}")
    if lines.pop():
        refuse(len(raw), "the last line does not end with CRLF")
    return lines


def iso_day(number: int, name: str, text: str) -> str:
    """DDMMYY as ISO text; two-digit years are of this century."""
    try:
        if not re.fullmatch("[0-9]{6}", text):
            raise ValueError
        return date(2000 + int(text[4:]), int(text[2:4]), int(text[:2])).isoformat()
    except ValueError:
        refuse(number, f"{name} {text!r} is not a date written DDMMYY")


def minor_units(number: int, text: str, mark: str, decimals: int) -> int:
    tail = f"{re.escape(mark)}[0-9]{{{decimals}}}" if decimals else ""
    if not re.fullmatch(f"(0|[1-9][0-9]*){tail}", text) or not (minor := int(text.replace(mark, ""))):
        refuse(number, f"amount {text!r} is not positive with {decimals} decimals after {mark!r}")
    return minor


def pieces(entries: list[tuple[int, Line]]) -> list[Piece]:
    """Group consecutive lines of one journal, day and piece; refuse wrong splits and unbalanced pieces."""
    for number, line in entries:
        totals: Counter[int | None] = Counter()
        for plan, _, minor in line.sections:
            totals[plan] += minor
        for plan, total in totals.items():
            if total != line.minor:
                where = "sections" if plan is None else f"sections of plan {plan}"
                refuse(number, f"the {where} add up to {total} minor units, the line is {line.minor}")
    found: list[tuple[int, int, Piece]] = []
    journals: Counter[str] = Counter()
    for key, group in groupby(entries, lambda entry: (entry[1].journal, entry[1].day, entry[1].piece)):
        members = list(group)
        balance = sum(line.minor if line.side == "D" else -line.minor for _, line in members)
        journals[key[0]] += balance
        found.append((members[0][0], balance, Piece(*key, tuple(line for _, line in members))))
    for number, balance, piece in found:
        if balance:
            off = f"piece {piece.number} is not balanced, debit less credit is {balance} minor units"
            refuse(number, f"{off}, and {journals[piece.journal]} for the whole journal {piece.journal}")
    return [piece for _, _, piece in found]
