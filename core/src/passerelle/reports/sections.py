"""Analytical splits: which sections an employee may choose, and every reason against what was chosen.

An employee chooses among the sections that hold on the expense's day and are public, or named for the employee, the
department or the entity. Where the split also names a section of the parent axis, or of a child axis, the two must
belong together. ``offered`` and ``split_faults`` ask the same questions, so that what is offered is what is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from passerelle.errors import Finding
from passerelle.masterdata.company import Company, Section
from passerelle.reports.expense import ExpenseInput
from passerelle.reports.faults import hinted, one_of

_SHOWN = 8
_OFFERS_KEPT = 512  # an import asks again and again for the same employee and day


@dataclass(frozen=True)
class Choices:
    """What the employees of one entity may choose on each axis."""

    company: Company
    entity: str
    _offers: dict[tuple[object, ...], list[str]] = field(default_factory=dict, compare=False, repr=False)

    def offered(self, employee: str | None, day: date, axis: str, chosen: Mapping[str, str] | None = None) -> list[str]:
        """The sections of ``axis`` that an employee may choose for an expense of ``day``, sorted by code.

        ``chosen`` maps other axes to what the same share names there. Without an employee, rights are not asked.
        """
        if axis not in self.company.axes:
            return []
        related = {other: code for other, code in (chosen or {}).items() if self._bears(axis, other, code)}
        key = (employee, day, axis, tuple(sorted(related.items())))
        if key not in self._offers:
            if len(self._offers) >= _OFFERS_KEPT:
                self._offers.clear()
            self._offers[key] = sorted(
                code
                for code, section in self.company.axes[axis].sections.items()
                if section.holds_on(day)
                and self.may(employee, section)
                and all(self.fits(axis, code, other, there) for other, there in related.items())
            )
        return self._offers[key]

    def may(self, employee: str | None, section: Section) -> bool:
        """Whether the section is for this employee; one who is not known is not asked."""
        one = self.company.employees.get(employee) if employee is not None else None
        return one is None or section.is_for(employee or "", one.department, self.entity)

    def fits(self, axis: str, section: str, other: str, there: str) -> bool:
        """Whether two sections may stand in one share: where one axis is the other's parent, as child and parent.

        A section that names no parent is a child of none.
        """
        axes = self.company.axes
        if axes[axis].parent == other:
            return there in axes[axis].sections[section].parents
        if axes[other].parent == axis:
            return section in axes[other].sections[there].parents
        return True

    def _bears(self, axis: str, other: str, code: str) -> bool:
        """Whether what was chosen on another axis narrows this one."""
        axes = self.company.axes
        known = other in axes and code in axes[other].sections
        return known and (axes[axis].parent == other or axes[other].parent == axis)


def split_faults(choices: Choices, given: ExpenseInput, employee: str | None, object: str) -> list[Finding]:
    """Every fault of the split of one expense, each told once.

    ``employee`` is ``None`` where it is not known who declares; then rights are not asked.
    """
    known = choices.company.expense_types.get(given.type)
    mandatory = known.axes if known is not None else ()
    if not given.split and not mandatory:
        return []
    found = [
        *_uncovered(given, mandatory, object),
        *_missing(choices, given, mandatory, employee, object),
        *(one for share in given.split for one in _share_faults(choices, given.date, share.sections, employee, object)),
    ]
    return list(dict.fromkeys(found))


def _uncovered(given: ExpenseInput, mandatory: Collection[str], object: str) -> Iterator[Finding]:
    """Percentages that do not add up, or axes that only some shares name (mandatory ones are told by themselves)."""
    if not given.split:
        return
    total = sum((share.percent for share in given.split), Decimal(0))
    axes = {frozenset(share.sections).difference(mandatory) for share in given.split}
    if total != 100 or any(share.percent <= 0 for share in given.split) or len(axes) > 1:
        yield Finding(
            "PSR-1106",
            "The analytical split does not cover the expense.",
            object=object,
            field="split",
            value=" + ".join(f"{share.percent} % on {'/'.join(share.sections)}" for share in given.split),
            expected="positive percentages that add up to 100, each with a section of the same axes",
            remedy="correct the shares",
            who="integrator",
        )


def _missing(
    choices: Choices, given: ExpenseInput, mandatory: Collection[str], employee: str | None, object: str
) -> Iterator[Finding]:
    for axis in mandatory:
        without = [position for position, share in enumerate(given.split, start=1) if axis not in share.sections]
        if given.split and not without:
            continue
        chosen = given.split[without[0] - 1].sections if without else {}
        yield Finding(
            "PSR-1133",
            "The expense type asks for a section on an axis where none was chosen.",
            object=object,
            field=f"split.{axis}",
            value=f"none in {_shares(without)} of {len(given.split)}" if given.split else "no split",
            expected=_choice(choices.offered(employee, given.date, axis, chosen), axis),
            remedy=f"name a section of {axis} in every share"
            + ("" if given.split else "; one share of 100 % for the whole"),
            who="employee",
        )


def _shares(positions: list[int]) -> str:
    numbers = ", ".join(map(str, positions[:_SHOWN])) + (" …" if len(positions) > _SHOWN else "")
    return f"share{'s' if len(positions) > 1 else ''} {numbers}"


def _share_faults(
    choices: Choices, day: date, sections: Mapping[str, str], employee: str | None, object: str
) -> Iterator[Finding]:
    axes = choices.company.axes
    for axis, code in sections.items():
        if axis not in axes or code not in axes[axis].sections:
            yield unknown_section(choices, axis, code, object, (employee, day, sections))
            continue
        section = axes[axis].sections[code]
        if not section.holds_on(day):
            ends = f"from {section.valid_from or 'the beginning'} until {section.valid_until or 'further notice'}"
            yield Finding(
                "PSR-1130",
                "The section does not hold on the day of the expense.",
                object=object,
                field=f"split.{axis}",
                value=f"{code} on {day}, it holds {ends}",
                expected=_choice(choices.offered(employee, day, axis, sections), axis),
                remedy="choose a section that holds, or correct the date",
                who="employee",
            )
        if not choices.may(employee, section):
            yield Finding(
                "PSR-1131",
                "The employee has no right to the section.",
                object=object,
                field=f"split.{axis}",
                value=f"{code} for {employee}",
                expected=_choice(choices.offered(employee, day, axis, sections), axis),
                remedy="choose a section that is allowed, or ask the accountant to open this one",
                who="employee",
            )
        yield from _astray(choices, axis, code, day, sections, employee, object)


def _astray(
    choices: Choices, axis: str, code: str, day: date, sections: Mapping[str, str], employee: str | None, object: str
) -> Iterator[Finding]:
    """A child whose parent in the same share is another one's."""
    parent = choices.company.axes[axis].parent
    there = sections.get(parent) if parent is not None else None
    if parent is None or there is None or there not in choices.company.axes[parent].sections:
        return  # not chosen, or told as unknown
    if choices.fits(axis, code, parent, there):
        return
    children = choices.offered(employee, day, axis, {parent: there})
    yield Finding(
        "PSR-1132",
        "The section does not belong to the one chosen on the parent axis.",
        object=object,
        field=f"split.{axis}",
        value=f"{code} under {parent} {there}",
        expected=_choice(children, axis),
        remedy=f"choose a section of {axis} under {there}, or another section of {parent}",
        who="employee",
    )


def unknown_section(
    choices: Choices,
    axis: str,
    section: str,
    object: str,
    asked: tuple[str | None, date, Mapping[str, str]] | None = None,
) -> Finding:
    """Why an axis, or a section of it, is not known.

    ``asked`` (employee, day, what the share names) narrows what is suggested to what may be chosen.
    """
    axes = choices.company.axes
    if axis not in axes:
        return Finding(
            "PSR-1105",
            "The axis is not known.",
            object=object,
            field="split",
            value=axis,
            expected=one_of(axes),
            remedy=hinted(axis, axes, _ADD),
            who="accountant",
        )
    known: Collection[str] = axes[axis].sections
    if asked is not None:
        employee, day, chosen = asked
        known = choices.offered(employee, day, axis, chosen)
    return Finding(
        "PSR-1105",
        "The section is not known on its axis, or was deactivated.",
        object=object,
        field=f"split.{axis}",
        value=section,
        expected=_choice(known, axis),
        remedy=hinted(section, known, _ADD),
        who="accountant",
    )


_ADD = "correct the code, or add it to company.toml and run `passerelle config apply`"


def _choice(offered: Collection[str], axis: str) -> str:
    """What may be chosen, at most eight and how many more."""
    there = sorted(offered)
    if not there:
        return f"a section of {axis}, of which none may be chosen here"
    more = len(there) - _SHOWN
    return "one of " + ", ".join(there[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
