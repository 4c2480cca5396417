"""Reader of the Sage 100 fixed-width file (PNM), written from the reference page alone, to prove such files."""

import re
from dataclasses import replace

from . import Line, Piece, iso_day, minor_units, physical_lines, pieces, refuse

WIDTH = 138
LAYOUT = (  # name, first and last position counted from 1, pattern of the whole slice
    ("journal", 1, 3, "[A-Za-z0-9]+ *"),
    ("date", 4, 9, "[0-9]{6}"),
    ("piece type", 10, 11, "[A-Z]{2}|  "),
    ("account", 12, 24, "[A-Za-z0-9]{3,13} *"),
    ("line type", 25, 25, "[ XA]"),
    ("third party or section", 26, 38, " *|[^ ].*"),
    ("reference", 39, 51, " *|[^ ].*"),
    ("label", 52, 76, " *|[^ ].*"),
    ("payment mode", 77, 77, " "),
    ("due date", 78, 83, "[0-9]{6}| {6}"),
    ("side", 84, 84, "[DC]"),
    ("amount", 85, 104, " *[^ ]+"),
    ("entry type", 105, 105, "N"),
    ("piece", 106, 112, "[0-9]{7}"),
    ("filler", 113, 138, " *"),
)


def fields(number: int, text: str) -> dict[str, str]:
    if len(text) != WIDTH:
        refuse(number, f"{len(text)} characters instead of {WIDTH}")
    for name, first, last, known in LAYOUT:
        if not re.fullmatch(known, text[first - 1 : last]):
            refuse(number, f"{name} {text[first - 1 : last]!r} at {first}-{last} is not as described")
    found = {name: text[first - 1 : last].strip(" ") for name, first, last, _ in LAYOUT}
    if bool(found["line type"]) != bool(found["third party or section"]):
        refuse(number, "the line type and the third party or section do not agree")
    if found["due date"]:
        iso_day(number, "due date", found["due date"])
    return found


def read(content: bytes, decimals: int = 2, mark: str = ".") -> list[Piece]:
    company, *rest = physical_lines(content, "cp1252") or [""]
    if not company.strip() or re.fullmatch(r"...[0-9]{6}.{74}[DC].{54}", company):
        refuse(1, "the company name is missing")
    entries: list[tuple[int, Line]] = []
    for number, text in enumerate(rest, start=2):
        f = fields(number, text)
        code, day = f["third party or section"], iso_day(number, "date", f["date"])
        minor = minor_units(number, f["amount"], mark, decimals)
        line = Line(f["journal"], day, f["piece"], f["account"], "", f["label"], f["side"], minor, f["reference"], "")
        if f["line type"] != "A":
            entries.append((number, replace(line, third_party=code)))
            continue
        at, parent = entries[-1] if entries else (number, replace(line, account=""))
        if any(getattr(parent, name) != getattr(line, name) for name in ("journal", "day", "piece", "account", "side")):
            refuse(number, "the analytic line does not repeat the general line before it")
        entries[-1] = (at, replace(parent, sections=(*parent.sections, (None, code, minor))))
    return pieces(entries)
