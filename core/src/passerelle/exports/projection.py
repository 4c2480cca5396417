"""Projection: frozen documents as one connection and format show them; mapped, merged, truncated, in line order.

What is rendered is compared with this projection, and this projection with the ledger (``exports.proof``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from passerelle import money
from passerelle.errors import Finding
from passerelle.exports.frozen import FrozenDocument, FrozenLine
from passerelle.formats.document import Document, LineRow, SectionRow


@dataclass(frozen=True, slots=True)
class CodeMap:
    """A connection's translation of our codes to the ERP's; a code that is absent stays as it is."""

    accounts: Mapping[str, str] = field(default_factory=dict)
    journals: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    axes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Merging:
    """Lines of ``kinds`` that agree in all of ``by`` (variables of a line) leave as one.

    Lines that differ in account, auxiliary, tax code or currency never do. Where the format writes ``sections``, split
    lines do not merge with lines without split.
    """

    kinds: frozenset[str]
    by: tuple[str, ...]
    sections: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a format concerns the projection. ``step`` is the unit kept, in minor units (100: whole euros)."""

    merging: tuple[Merging, ...] = ()
    step: int = 1
    line_order: tuple[str, ...] = ()
    needs_slots: bool = False


def step_of(truncate_to: str | None, currency: str) -> int:
    """Minor units kept by "unit", "tenth" or "hundredth" in ``currency``; 1 when nothing is cut."""
    if truncate_to is None:
        return 1
    digits = money.exponent(currency) - {"unit": 0, "tenth": 1, "hundredth": 2}[truncate_to]
    return int(10 ** max(digits, 0))


class Projection:
    """Turns frozen documents into what a format renders, for one connection."""

    def __init__(self, codes: CodeMap, shape: Shape) -> None:
        self.codes = codes
        self.shape = shape
        self._order = {kind: rank for rank, kind in enumerate(shape.line_order)}

    def merged(self, document: FrozenDocument) -> Sequence[FrozenLine]:
        """Its lines, those made one that the format merges."""
        lines: Sequence[FrozenLine] = document.lines
        for merging in self.shape.merging:
            lines = merge(lines, merging)
        return lines

    def project(self, document: FrozenDocument, findings: list[Finding] | None = None) -> Document:
        """The document as it leaves; what cannot be mapped is added to ``findings``."""
        lines = self.merged(document)
        if self._order:
            order, last = self._order, len(self._order)
            lines = sorted(lines, key=lambda line: order.get(line[0], last))
        if self.shape.step > 1:
            lines = truncate(lines, self.shape.step)
        journal = self.codes.journals.get(document.journal, document.journal)
        accounts = self.codes.accounts
        mapped = accounts.get
        rows: list[LineRow] = []
        for number, line in enumerate(lines, 1):
            kind, own, general, auxiliary, amount, tax, vat_rate, base, day, type_, name, comment, *_ = line
            currency, original, rate, split = line.currency, line.original, line.rate, line.sections
            sections = self._section_rows(line, document, findings) if split else ()
            what = (number, kind, mapped(own, own), mapped(general, general), auxiliary, amount, tax, vat_rate)
            rows.append((*what, base or 0, day, type_, name, comment, currency, original or 0, rate, sections))
        days = (document.posting_day, document.entry_day, document.fiscal_year)
        report = (document.report_number, document.report_title, document.employee, document.employee_name)
        return Document((document.piece_number, journal, *days, document.entry_type, *report, document.rank), rows)

    def _section_rows(
        self, line: FrozenLine, document: FrozenDocument, findings: list[Finding] | None
    ) -> tuple[SectionRow, ...]:
        totals: dict[tuple[str, str], int] = {}
        for names, amount in json.loads(line.sections):
            for axis, section in names.items():
                key = (axis, self.codes.sections.get(axis, {}).get(section, section))
                totals[key] = totals.get(key, 0) + amount
        rows = []
        for (axis, section), amount in sorted(totals.items()):
            slot = self.codes.axes.get(axis, 0)
            if slot == 0 and self.shape.needs_slots and findings is not None:
                fault = _no_slot(axis, document)
                if fault not in findings:
                    findings.append(fault)
            if amount:
                rows.append((axis, slot, section, amount))
        return tuple(rows)


_ALWAYS = ("kind", "general", "auxiliary", "tax_code", "currency")
_FIELDS = {"type": "type_code"}  # variables that a frozen line calls otherwise


def merge(lines: Sequence[FrozenLine], merging: Merging) -> list[FrozenLine]:
    """Lines that agree become one at the place of the first.

    Those that cancel out disappear, unless they move an amount from section to section: then one line remains on each
    side.
    """
    fields = [_FIELDS.get(name, name) for name in merging.by]
    known = ("side", *FrozenLine._fields)
    names = tuple(dict.fromkeys((*_ALWAYS, *(name for name in fields if name in known))))
    groups: dict[tuple[object, ...], list[FrozenLine]] = {}
    for place, line in enumerate(lines):
        merges = line.kind in merging.kinds
        key: tuple[object, ...] = (place,)
        if merges:
            line = line if merging.sections else line._replace(sections="")
            key = (*(_value(line, name) for name in names), bool(line.sections))
        groups.setdefault(key, []).append(line)
    return [line for group in groups.values() for line in _merged(group)]


def _value(line: FrozenLine, name: str) -> object:
    return line.amount > 0 if name == "side" else getattr(line, name)


def _merged(group: list[FrozenLine]) -> list[FrozenLine]:
    if len(group) == 1:
        return group
    whole = _sum(group)
    if whole.amount:
        return [whole]
    if not whole.sections:
        return []
    sides = ([line for line in group if line.amount > 0], [line for line in group if line.amount < 0])
    return [_sum(side) for side in sides]


def _sum(group: list[FrozenLine]) -> FrozenLine:
    totals: dict[str, int] = {}
    for line in group:
        for names, amount in json.loads(line.sections or "[]"):
            key = json.dumps(names, sort_keys=True, ensure_ascii=False)
            totals[key] = totals.get(key, 0) + amount
    sections = [[json.loads(key), amount] for key, amount in totals.items() if amount]
    bases = [line.base for line in group if line.base is not None]
    originals = [line.original for line in group if line.original is not None]
    return group[0]._replace(
        amount=sum(line.amount for line in group),
        base=sum(bases) if bases else None,
        original=sum(originals) if originals else None,
        sections=_sections_text(sections) if sections else "",
    )


def _sections_text(sections: list[list[object]]) -> str:
    return json.dumps(sections, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def truncate(lines: Sequence[FrozenLine], step: int) -> list[FrozenLine]:
    """Amounts cut toward zero to multiples of ``step``; the document's gap goes to the lighter side's largest
    line.

    Lines that become zero are left out. Sections are cut in proportion, so that they still add up to their line.
    """
    cut = [_cut(line, (abs(line.amount) // step) * step * (1 if line.amount > 0 else -1)) for line in lines]
    gap = sum(line.amount for line in cut)
    if gap:
        lighter = [i for i, line in enumerate(cut) if (line.amount < 0) == (gap > 0) and line.amount]
        if not lighter:  # everything on that side was cut away: its largest original line takes the gap
            lighter = [i for i, line in enumerate(lines) if (line.amount < 0) == (gap > 0)]
        largest = max(lighter, key=lambda i: (abs(lines[i].amount), -i))
        cut[largest] = _cut(lines[largest], cut[largest].amount - gap)
    return [line for line in cut if line.amount]


def _cut(line: FrozenLine, amount: int) -> FrozenLine:
    if amount == line.amount:
        return line
    sections = line.sections
    if sections:
        parts = json.loads(sections)
        shares = money.apportion(amount, [part for _, part in parts])
        sections = _sections_text([[names, share] for (names, _), share in zip(parts, shares, strict=True) if share])
    return line._replace(amount=amount, sections=sections)


def _no_slot(axis: str, document: FrozenDocument) -> Finding:
    return Finding(
        "PSR-6004",
        f"Axis {axis} has no place in the accounting software.",
        object=f"report {document.report_number}",
        field=f"connections.*.axes.{axis}",
        expected="the number of the analytical plan that holds this axis",
        remedy="add the axis to `axes` of the connection, then: passerelle config apply company.toml",
        who="admin",
    )
