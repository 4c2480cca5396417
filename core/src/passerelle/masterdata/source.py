"""From the text of ``company.toml`` to a ``Company``, or to every fault in it with its line and caret."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from passerelle.errors import ConfigurationFault, Finding, Place
from passerelle.masterdata.company import Company
from passerelle.masterdata.consistency import inconsistencies
from passerelle.masterdata.faults import Fault, faults_of, object_path
from passerelle.masterdata.positions import Path, Source

_MOST_SYNTAX_FAULTS = 20
_AT = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")
_SIMPLE = re.compile(r"""^\s*[A-Za-z0-9_."'-]+\s*=\s*[^\[{"'\s][^\[{"']*$""")
_TWICE = ("Cannot overwrite", "Cannot declare", "Cannot redefine", "Cannot mutate", "Duplicate")


def parse(text: str, file_name: str, formats: Mapping[str, Collection[str]] | None = None) -> Company:
    """The company that ``text`` describes; ``ConfigurationFault`` carries every fault with its place."""
    return read(text, file_name, formats)[0]


def read(
    text: str,
    file_name: str,
    formats: Mapping[str, Collection[str]] | None = None,
    further: Callable[[Company], Iterable[Fault]] = lambda _: (),
    prepare: Callable[[dict[str, Any]], Iterable[Fault]] = lambda _: (),
) -> tuple[Company, tuple[Finding, ...]]:
    """As ``parse``, with the warnings.

    ``formats`` maps each installed connector to the formats it ships. ``further`` looks for more faults, in the whole
    company or in what is sound of it. ``prepare`` may take from the file what is no part of a company, and add what a
    file that is only a part of one lacks.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    source = Source(text, file_name)
    raw = _values(text, source)
    company: Company | None
    apart = list(prepare(raw))
    faults: list[Fault] = []
    left_out: frozenset[Path] = frozenset()
    try:
        company = Company.model_validate(raw)
    except ValidationError as error:
        faults = faults_of(error)
        company, left_out = _sound_part(raw, faults)
    if company is not None:
        faults += [*inconsistencies(company, left_out, formats), *further(company)]
    findings = [_placed(fault, source) for fault in (*faults, *apart)]
    findings.sort(key=_line)
    if company is None or any(finding.severity == "error" for finding in findings):
        raise ConfigurationFault(findings)
    return company, tuple(findings)


def _placed(fault: Fault, source: Source) -> Finding:
    if fault.finding.place is not None:  # in another file, a format's
        return fault.finding
    return replace(fault.finding, place=source.at(fault.path, key=fault.on_key))


def _line(finding: Finding) -> tuple[int, int]:
    return (finding.place.line, finding.place.column) if finding.place else (0, 0)


def _values(text: str, source: Source) -> dict[str, Any]:
    """The values; ``ConfigurationFault`` with the faults of syntax.

    After a fault in a plain ``key = value`` line that line is set aside and the rest is read on; after any other the
    rest could only be guessed.
    """
    findings: list[Finding] = []
    lines = text.split("\n")
    while len(findings) < _MOST_SYNTAX_FAULTS:
        try:
            raw = tomllib.loads("\n".join(lines), parse_float=Decimal)
        except (ValueError, RecursionError) as fault:
            finding = _syntax(str(fault), lines, source)
            findings.append(finding)
            line = finding.place.line if finding.place else 0
            if not line or not _SIMPLE.match(lines[line - 1]):
                break
            lines[line - 1] = ""
        else:
            if not findings:
                return raw
            break
    raise ConfigurationFault(sorted(findings, key=_line))


def _syntax(message: str, lines: list[str], source: Source) -> Finding:
    at = _AT.search(message)
    words = message[: at.start()].strip() if at else "the text cannot be read"
    line, column, length = (int(at[1]), int(at[2]), 1) if at and at[1] else (len(lines), 0, 1)
    if words.startswith(_TWICE):
        line, column, length = _key_before(lines, line, column)
        place = source.place(line, column, length)
        remedy = "keep one of the two"
        return Finding(
            "PSR-2002", "This key or table is there twice.", "", "", "", "each key once", remedy, "admin", place
        )
    if words == "Invalid value" and line:
        length = len(lines[line - 1][column - 1 :].split("#")[0].rstrip(" ,]}")) or 1
    place = source.place(line, column, length)
    if _inside_long_text(lines, line):
        place = Place(place.file, place.line, place.column)  # a secret may span lines
    remedy = "put text between double quotes; a day as 2026-01-31, numbers, true and false stand without"
    if words != "Invalid value":
        remedy = "correct the line; docs: https://toml.io/en/v1.0.0"
    return Finding("PSR-2001", f"This is not TOML: {words}.", "", "", "", "TOML 1.0", remedy, "admin", place)


def _key_before(lines: list[str], line: int, column: int) -> tuple[int, int, int]:
    """The key of the statement that ends at a place; tomllib points behind it."""
    while line > 1 and not lines[line - 1][: max(column - 1, 0)].strip():
        line, column = line - 1, len(lines[line - 2]) + 1
    text = lines[line - 1]
    found = re.match(r"\s*(\[+[^\]]*\]*|[^=]*[^=\s])", text)
    return (line, found.start(1) + 1, len(found[1])) if found else (line, 1, max(1, len(text)))


def _inside_long_text(lines: list[str], line: int) -> bool:
    before = "\n".join(lines[: max(line - 1, 0)])
    return before.count('"""') % 2 == 1 or before.count("'''") % 2 == 1


def _sound_part(raw: dict[str, Any], faults: Iterable[Fault]) -> tuple[Company | None, frozenset[Path]]:
    """The company without what is at fault, so that the rest can be checked too, and the objects that were touched.

    ``None`` when the fault lies so high that what refers to what cannot be told.
    """
    rest = copy.deepcopy(raw)
    touched: set[Path] = set()
    current = list(faults)
    for _ in range(3):
        if any(len(fault.path) < 2 for fault in current):
            return None, frozenset()
        for fault in current:
            touched.add(object_path(fault.path))
            _remove(rest, fault)
        try:
            return Company.model_validate(rest), frozenset(touched)
        except ValidationError as error:
            current = faults_of(error)
    return None, frozenset()


def _remove(rest: dict[str, Any], fault: Fault) -> None:
    """Takes away the value at fault, the list it is in, or, where a key is missing or bad, the whole object."""
    path = fault.path
    whole = fault.finding.code in ("PSR-2004", "PSR-2008") or path[-1] == "kind"
    numbers = [position for position, part in enumerate(path) if isinstance(part, int)]
    if numbers:
        path = path[: numbers[0]]
    elif whole:
        path = object_path(path)
    table: Any = rest
    for part in path[:-1]:
        if not isinstance(table, dict) or part not in table:
            return
        table = table[part]
    if isinstance(table, dict):
        table.pop(path[-1], None)
