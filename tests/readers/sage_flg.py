"""Reader of the Sage 100 flag file (#FLG ... #FIN), written from the reference page alone, to prove such files."""

import re
from dataclasses import replace
from itertools import pairwise

from . import Line, Piece, iso_day, minor_units, physical_lines, pieces, refuse

COUNTS = {"#VER 5": 26, "#VER 14": 37, "#VER 25": 39, "#VER 31": 39}
FLAG = re.compile("#[A-Z0-9]{3,12}")
NUMBER = "(?=.{1,14}$)[0-9]+"
KINDS = {"D": "[0-9]{6}", "d": "([0-9]{6})?", "M": ".{1,14}", "z": f"({NUMBER}(,[0-9]+)?)?", "Q": NUMBER + ",[0-9]{2}"}
KINDS |= {"A": "[A-Za-z0-9]{3,13}", "P": "[A-Z0-9]{1,13}", "R": f"{NUMBER},([0-9]{{4}}|[0-9]{{6}})"}
KINDS |= {"U5": "[^a-zß-ÿ]{0,5}", "U17": "[^a-zß-ÿ]{0,17}", "T17": ".{0,17}", "T35": ".{0,35}", "T69": ".{0,69}"}
MECG = """journal=[A-Za-z0-9]{1,6}; date=D; entry date=d; piece=P; invoice=T17; treasury piece=T17; account=A;
    contra account=; third party=U17; contra third party=U17; label=T69; payment mode=[12]?[0-9]|30; due date=d;
    rate=R; quantity=Q; currency=[12]?[0-9]|3[0-2]; side=[01]; amount=M; letter=U5; currency letter=U5; check mark=U5;
    reminders=[0-9]|10; carry forward=[0-4]; revision=[01]; currency amount=z; tax code=U5; standard=[0-2];
    origin=[0-8]; penalty type=[0-2]; penalty date=d; reminder date=d; reconciliation date=d; reference=T17;
    payment status=[0-2]; paid amount=z; last payment=d; operation date=d; exported=[01]; closing date=d"""
MECA = "plan=[1-9]|1[01]; section=P; amount=M; quantity=Q"


def fields(at: int, flag: str, found: list[str], layout: str, count: int) -> list[str]:
    if len(found) != count:
        refuse(at, f"{flag} has {len(found)} fields instead of {count}")
    for number, text, part in zip(range(at + 1, at + 1 + count), found, layout.split(";"), strict=False):
        name, _, kind = part.strip().partition("=")
        if not re.fullmatch(KINDS.get(kind, kind), text):
            refuse(number, f"{name} {text!r} of {flag} is not as described")
        if kind in ("D", "d") and text:
            iso_day(number, name, text)
    return found


def read(content: bytes, decimals: int = 2) -> list[Piece]:
    lines = physical_lines(content, "cp850")
    for number, known in enumerate(("#FLG 00[01]", "|".join(COUNTS), "#DEV [A-Z]{3}"), start=1):
        if not re.fullmatch(known, "".join(lines[number - 1 : number])):
            refuse(number, f"the header line is not {known}")
    count, layout = COUNTS[lines[1]], MECG if COUNTS[lines[1]] > 37 else MECG.replace("T69", "T35")
    flags = [index for index, text in enumerate(lines) if FLAG.fullmatch(text)]
    if lines[-1] != "#FIN" or flags[0] != 3:
        refuse(len(lines) if lines[-1] != "#FIN" else 4, "a flag must follow the header and #FIN end the file")
    entries: list[tuple[int, Line]] = []
    for at, end in pairwise(flags):
        flag, block = lines[at], lines[at + 1 : end]
        if flag == "#MECG":
            f = ["", *fields(at + 1, flag, block, layout, count), *[""] * 13]
            day, minor = iso_day(at + 3, "date", f[2]), minor_units(at + 19, f[18], ",", decimals)
            entries.append((at + 1, Line(f[1], day, f[4], f[7], f[9], f[11], "DC"[int(f[17])], minor, f[33], f[26])))
        elif flag == "#MECA" and entries:
            plan, section, amount, _ = fields(at + 1, flag, block, MECA, 4)
            number, line = entries[-1]
            split = (int(plan), section, minor_units(at + 4, amount, ",", decimals))
            entries[-1] = (number, replace(line, sections=(*line.sections, split)))
        else:
            refuse(at + 1, f"{flag} is not expected here")
    return pieces(entries)
