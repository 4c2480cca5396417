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
    """Lines of ``kinds`` that agree in all of ``by`` (fields of a frozen line) leave as one."""

    kinds: frozenset[str]
    by: tuple[str, ...]


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

    def project(self, document: FrozenDocument, findings: list[Finding] | None = None) -> Document:
        """The document as it leaves; what cannot be mapped is added to ``findings``."""
        lines: Sequence[FrozenLine] = document.lines
        for merging in self.shape.merging:
            lines = merge(lines, merging)
        if self._order:
            last = len(self._order)
            lines = sorted(lines, key=lambda line: self._order.get(line.kind, last))
        if self.shape.step > 1:
            lines = truncate(lines, self.shape.step)
        journal = self.codes.journals.get(document.journal, document.journal)
        accounts = self.codes.accounts
        rows: list[LineRow] = []
        for number, line in enumerate(lines, 1):
            sections = self._section_rows(line, document, findings) if line.sections else ()
            account, general = accounts.get(line.account, line.account), accounts.get(line.general, line.general)
            codes = (line.tax_code, line.vat_rate, line.base or 0, line.day, line.type_code, line.type_name)
            memo = (line.currency, line.original or 0, line.rate)
            rows.append(
                (
                    number,
                    line.kind,
                    account,
                    general,
                    line.auxiliary,
                    line.amount,
                    *codes,
                    line.comment,
                    *memo,
                    sections,
                )
            )
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
                findings.append(_no_slot(axis, document))
            if amount:
                rows.append((axis, slot, section, amount))
        return tuple(rows)


def merge(lines: Sequence[FrozenLine], merging: Merging) -> list[FrozenLine]:
    """Lines that agree become one at the place of the first; those that cancel out disappear."""
    merged: dict[tuple[object, ...], FrozenLine] = {}
    result: list[tuple[object, ...] | FrozenLine] = []
    for line in lines:
        if line.kind not in merging.kinds:
            result.append(line)
            continue
        key = (line.kind, line.currency, *(getattr(line, name) for name in merging.by))
        if key in merged:
            merged[key] = _added(merged[key], line)
        else:
            merged[key] = line
            result.append(key)
    found = [merged[item] if not isinstance(item, FrozenLine) else item for item in result]
    return [line for line in found if line.amount]


def _added(one: FrozenLine, other: FrozenLine) -> FrozenLine:
    sections = json.loads(one.sections or "[]") + json.loads(other.sections or "[]")
    totals: dict[str, int] = {}
    for names, amount in sections:
        key = json.dumps(names, sort_keys=True, ensure_ascii=False)
        totals[key] = totals.get(key, 0) + amount
    added = [[json.loads(key), amount] for key, amount in totals.items() if amount]
    return one._replace(
        amount=one.amount + other.amount,
        base=None if one.base is None and other.base is None else (one.base or 0) + (other.base or 0),
        original=None if one.original is None else one.original + (other.original or 0),
        sections=json.dumps(added, ensure_ascii=False, separators=(",", ":"), sort_keys=True) if added else "",
    )


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
        shares = money.split(amount, [abs(part) for _, part in parts])
        sections = json.dumps(
            [[names, share] for (names, _), share in zip(parts, shares, strict=True) if share],
            ensure_ascii=False,
            separators=(",", ":"),
            sort_keys=True,
        )
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
