"""A mapping compiled against a header: from the cells of a line to an expense as ``ExpenseInput`` reads it.

What a cell holds is turned into the canonical text of JSON Lines; every rule of an expense is checked there, once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from passerelle.errors import Finding
from passerelle.masterdata.faults import Fault, key_path
from passerelle.masterdata.positions import Path
from passerelle.masterdata.values import CONTROLS
from passerelle.periods import last_day
from passerelle.reports.cells import CellFault, absent, bad_date, bad_number, long_group, no_date, unmapped
from passerelle.reports.expense import Mileage
from passerelle.reports.faults import hinted, one_of
from passerelle.reports.forms import day_reader, number_reader
from passerelle.reports.mapping import DateFrom, DateParts, Forms, From, HashedId, MappingFile, VatFrom

_CONTROL = re.compile(f"[{CONTROLS}]+")
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_LONGEST_GROUP = 200
Cells = Sequence[str]
Take = Callable[[Cells], str]

_MILEAGE = tuple(Mileage.model_fields)
_NUMBERS = ("amount", "entity_amount", "rate", "quantity", "distance")
_TEXTS = (
    "currency", "country", "payer", "card_transaction", "comment", "receipt", "cancels",
    *(name for name in _MILEAGE if name != "distance"),
)  # fmt: skip


@dataclass(frozen=True)
class MappedLine:
    """A line as the mapping reads it. ``expense`` is what ``ExpenseInput`` validates; the id is its line key.

    ``id`` is empty where it cannot be told; a hashed one still wants its occurrence. ``bases`` holds, for each VAT base
    of the expense, its place in the mapping: bases without any value are left out.
    """

    id: str
    employee: str
    group: str
    expense: dict[str, Any]
    derived: tuple[str, ...]
    findings: tuple[Finding, ...]
    bases: tuple[int, ...] = ()


@dataclass(frozen=True)
class LineReader:
    """The compiled mapping. ``column_of`` names the column behind a field, for findings."""

    id: Take
    employee: Take
    type: Take
    day: Callable[[Cells], tuple[str, bool]]
    fields: Mapping[str, Take]
    guests: Take | None
    vat: tuple[Mapping[str, Take], ...]
    sections: Mapping[str, Take]
    group: Callable[[Cells, str], str]
    hashed: bool
    column_of: Mapping[str, str]

    def read(self, cells: Cells) -> MappedLine:
        """One line; what cannot be read is among its findings and absent from its expense."""
        findings: list[Finding] = []
        expense: dict[str, Any] = {}

        def keep(name: str, take: Take) -> str:
            try:
                value = take(cells)
            except CellFault as fault:
                findings.append(fault.finding)
                return ""
            if value:
                expense[name] = value
            return value

        line_id = keep("id", self.id)
        employee = keep("employee", self.employee)
        expense.pop("employee", None)
        keep("type", self.type)
        derived = ["id"] if self.hashed else []
        try:
            expense["date"], from_parts = self.day(cells)
            if from_parts:
                derived.append("date")
        except CellFault as fault:
            findings.append(fault.finding)
        for name, take in self.fields.items():
            keep(name, take)
        trip = {name: expense.pop(name) for name in _MILEAGE if name in expense}
        if "distance" in trip:
            expense["mileage"] = {name: _whole(trip[name]) if name == "power" else trip[name] for name in trip}
        bases = self._lists(cells, expense, findings)
        group = ""
        try:
            group = self.group(cells, expense.get("date", ""))
        except CellFault as fault:
            findings.append(fault.finding)
        return MappedLine(line_id, employee, group, expense, tuple(derived), tuple(findings), bases)

    def _lists(self, cells: Cells, expense: dict[str, Any], findings: list[Finding]) -> tuple[int, ...]:
        try:
            if self.guests is not None and (guests := self.guests(cells)):
                expense["guests"] = _whole(guests)
            bases: dict[int, dict[str, str]] = {}
            for place, base in enumerate(self.vat):
                values = {name: value for name, take in base.items() if (value := take(cells))}
                if values and (len(base) == 1 or values.keys() != {"rate"}):
                    bases[place] = values
            sections = {axis: section for axis, take in self.sections.items() if (section := take(cells))}
        except CellFault as fault:
            findings.append(fault.finding)
            return ()
        if bases:
            expense["vat"] = list(bases.values())
        if sections:
            expense["split"] = [{"percent": "100", "sections": sections}]
        return tuple(bases)


def missing_columns(mapping: MappingFile, header: Sequence[str]) -> list[Fault]:
    """Columns that the mapping names and the header lacks, or has twice, each with where it is first named."""
    faults = []
    for column, path in sorted(_named_columns(mapping).items()):
        if header.count(column) == 1:
            continue
        twice = column in header
        remedy = "correct the mapping file, its delimiter or encoding, or take the right file"
        finding = Finding(
            "PSR-1008",
            "The mapping names a column that the file has twice."
            if twice
            else "The mapping names a column that the file does not have.",
            object=f"mapping {mapping.name}",
            field=key_path(path),
            value=column,
            expected="a column that the file has once" if twice else one_of(header, "columns of the file"),
            remedy=remedy if twice else hinted(column, header, remedy),
            who="integrator",
        )
        faults.append(Fault(path, finding))
    return faults


def compile_mapping(mapping: MappingFile, header: Sequence[str]) -> LineReader:
    """The mapping for files with this header, which must hold every column it names (``missing_columns``)."""
    compiler = _Compiler(mapping.forms, {column: index for index, column in enumerate(header)})
    columns = mapping.columns
    fields = {name: compiler.number(getattr(columns, name), name) for name in _NUMBERS if getattr(columns, name)}
    fields |= {name: compiler.text(getattr(columns, name), name) for name in _TEXTS if getattr(columns, name)}
    hashed = isinstance(columns.id, HashedId)
    return LineReader(
        id=compiler.identity(columns.id),
        employee=compiler.text(columns.employee, "employee", required=True),
        type=compiler.text(columns.type, "type", required=True),
        day=compiler.day(columns.date),
        fields=fields,
        guests=compiler.text(columns.guests, "guests") if columns.guests else None,
        vat=tuple(compiler.vat(base) for base in columns.vat),
        sections={axis: compiler.text(source, axis) for axis, source in columns.sections.items()},
        group=compiler.group(mapping),
        hashed=hashed,
        column_of=_columns_of_fields(mapping),
    )


class _Compiler:
    def __init__(self, forms: Forms, index: Mapping[str, int]) -> None:
        self.forms = forms
        self.index = index
        self.read_number = number_reader(forms.decimal_mark, forms.thousands_mark, forms.negative)

    def text(self, source: From, name: str, required: bool = False) -> Take:
        """The value as text; empty where the line has none, which is a fault if it is ``required``."""
        if source.constant is not None:
            constant = source.constant
            return lambda cells: constant
        assert source.column is not None
        places = [self.index[column] for column in (source.column, *source.fallback)]
        empty = frozenset(self.forms.empty if source.empty is None else source.empty) | {""}
        column, strip, replace = source.column, source.strip, tuple(source.replace.items())
        mapped, otherwise = source.map, source.otherwise

        def take(cells: Cells) -> str:
            for place in places:
                value = cells[place].strip() if strip else cells[place]
                if value not in empty:
                    break
            else:
                if required:
                    raise CellFault(absent(column, name))
                return ""
            for old, new in replace:
                value = value.replace(old, new)
            if mapped:
                found = mapped.get(value, otherwise)
                if found is None:
                    raise CellFault(unmapped(column, value, mapped))
                return found
            return value

        return take

    def number(self, source: From, name: str) -> Take:
        """A number as plain decimal text."""
        take, read = self.text(source, name), self.read_number
        if source.constant is not None:
            return take
        column = source.column or ""
        forms = self.forms

        def number(cells: Cells) -> str:
            value = take(cells)
            try:
                return read(value) if value else ""
            except ValueError:
                raise CellFault(bad_number(column, value, forms)) from None

        return number

    def vat(self, base: VatFrom) -> dict[str, Take]:
        sources = {"rate": base.rate, "net": base.net, "vat": base.vat, "gross": base.gross}
        return {name: self.number(source, name) for name, source in sources.items() if source is not None}

    def identity(self, source: From | HashedId) -> Take:
        if isinstance(source, From):
            return self.text(source, "id", required=True)
        places = [self.index[column] for column in source.hash]

        def hashed(cells: Cells) -> str:
            content = "\x1f".join(cells[place].strip() for place in places)
            return hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()[:24]

        return hashed

    def day(self, source: DateFrom) -> Callable[[Cells], tuple[str, bool]]:
        """The day, and whether it was derived (from another column or from parts)."""
        forms = source.forms or self.forms.dates
        read = day_reader(forms)
        columns = [column for column in (source.column, *source.fallback) if column is not None]
        places = [self.index[column] for column in columns]
        empty = frozenset(self.forms.empty if source.empty is None else source.empty) | {""}
        parts = self.parts(source.parts) if source.parts else None

        def day(cells: Cells) -> tuple[str, bool]:
            for position, place in enumerate(places):
                value = cells[place].strip()
                if value in empty:
                    continue
                try:
                    return read(value), position > 0
                except ValueError:
                    raise CellFault(bad_date(columns[position], value, forms)) from None
            if parts is not None:
                return parts(cells), True
            raise CellFault(no_date(columns, [cells[place] for place in places]))

        return day

    def parts(self, source: DateParts) -> Take:
        year, month = self.text(source.year, "year", required=True), self.text(source.month, "month", required=True)
        chosen = source.day
        day = self.text(chosen, "day", required=True) if isinstance(chosen, From) else None
        column = source.month.column or source.year.column or ""

        def read(cells: Cells) -> str:
            written = f"{year(cells)}-{month(cells)}"
            try:
                y, m = int(year(cells)), int(month(cells))
                if day is not None:
                    return date(y, m, int(day(cells))).isoformat()
                last = last_day(y, m)
                return (last if chosen == "last" else last.replace(day=int(str(chosen)))).isoformat()
            except (ValueError, OverflowError):
                raise CellFault(bad_date(column, written, ("a year, a month of 1 to 12, a day of it",))) from None

        return read

    def group(self, mapping: MappingFile) -> Callable[[Cells, str], str]:
        """What names the group of a line beside its employee: the period of its day, or a column's value."""
        if mapping.report.column is not None:
            column, place = mapping.report.column, self.index[mapping.report.column]

            def named(cells: Cells, _: str) -> str:
                name = _CONTROL.sub(" ", cells[place]).strip()
                if len(name) > _LONGEST_GROUP:
                    raise CellFault(long_group(column, name, _LONGEST_GROUP))
                return name

            return named
        return {"month": _month, "week": _week, "day": _same_day}[mapping.report.period or "month"]


def _whole(written: str) -> Any:
    """A whole number; anything else as it is, to be refused where fields are checked."""
    return int(written) if _WHOLE.fullmatch(written) else written


def _month(_: Cells, day: str) -> str:
    return day[:7]


def _week(_: Cells, day: str) -> str:
    if not day:
        return ""
    year, week, weekday = date.fromisoformat(day).isocalendar()
    del weekday
    return f"{year:04d}-W{week:02d}"


def _same_day(_: Cells, day: str) -> str:
    return day


def _named_columns(mapping: MappingFile) -> dict[str, Path]:
    """Each column, and where the mapping first names it."""
    found: dict[str, Path] = {mapping.report.column: ("report", "column")} if mapping.report.column else {}
    for path, value in _texts(mapping.columns.model_dump(by_alias=True), ("columns",)):
        if path[-1] == "column" or (path[-2] in ("fallback", "hash") and isinstance(path[-1], int)):
            found.setdefault(value, path)
    return found


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in ("map", "replace") or path[-1] == "sections":
                yield from _texts(item, (*path, name))
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _texts(item, (*path, position))


def _columns_of_fields(mapping: MappingFile) -> dict[str, str]:
    columns = {}
    for name in type(mapping.columns).model_fields:
        source = getattr(mapping.columns, name)
        if isinstance(source, From | DateFrom) and source.column:
            columns[f"mileage.{name}" if name in _MILEAGE else name] = source.column
    columns |= {f"split.{axis}": one.column for axis, one in mapping.columns.sections.items() if one.column}
    for position, base in enumerate(mapping.columns.vat):
        named = {name: source.column for name in ("rate", "net", "vat", "gross") if (source := getattr(base, name))}
        columns |= {f"vat[{position}].{name}": column for name, column in named.items() if column}
        columns[f"vat[{position}]"] = " / ".join(dict.fromkeys(filter(None, named.values()))) or f"vat[{position}]"
    return columns
