"""Whether axes and sections fit together: parents, and who may use a section."""

from __future__ import annotations

from collections.abc import Iterator

from passerelle.masterdata.company import Axis, Section
from passerelle.masterdata.faults import Fault
from passerelle.masterdata.positions import Path
from passerelle.masterdata.references import References, fault_at, repeated


def axis_faults(check: References) -> Iterator[Fault]:
    """Every fault of the axes."""
    departments = {employee.department for employee in check.company.employees.values()}
    for code, axis in check.company.axes.items():
        if axis.parent is not None:
            path: Path = ("axes", code, "parent")
            yield from check.known(path, axis.parent, "axes", check.company.axes)
            yield from _circle(check, code, axis.parent)
        for section_code, section in axis.sections.items():
            here: Path = ("axes", code, "sections", section_code)
            yield from _parents(check, here, axis, section)
            yield from _allowed(check, here, section, departments)


def _circle(check: References, code: str, parent: str) -> Iterator[Fault]:
    chain = [code]
    above: str | None = parent
    while above is not None and above not in chain:
        chain.append(above)
        axis = check.company.axes.get(above)
        above = axis.parent if axis is not None else None
    if above == code:  # a circle further up is told of the axes in it
        shown = " → ".join(f'"{axis}"' for axis in (*chain, code))
        yield fault_at(
            ("axes", code, "parent"),
            "PSR-2110",
            f"The parents of the axes go round in a circle: {shown}.",
            parent,
            "an axis above this one, whose own parents do not lead back",
            "remove the parent of the axis that stands highest",
        )


def _parents(check: References, path: Path, axis: Axis, section: Section) -> Iterator[Fault]:
    if not section.parents:
        return
    if axis.parent is None:
        yield fault_at(
            (*path, "parents"),
            "PSR-2111",
            "The section has parents, but its axis has none.",
            "",
            "parent = an axis, on the axis of this section",
            "name the parent axis, or remove the parents",
        )
        return
    yield from repeated((*path, "parents"), section.parents, "The section lists this parent twice.")
    above = check.company.axes.get(axis.parent)
    if above is None:
        return
    for position, parent in enumerate(section.parents):
        if parent not in above.sections and check.whole("axes", axis.parent, "sections", parent):
            expected = f'a section of axis "{axis.parent}"'
            yield check.unknown((*path, "parents", position), parent, expected, above.sections)


def _allowed(check: References, path: Path, section: Section, departments: set[str | None]) -> Iterator[Fault]:
    for position, employee in enumerate(section.employees):
        yield from check.known((*path, "employees", position), employee, "employees", check.company.employees)
    for position, entity in enumerate(section.entities):
        yield from check.known((*path, "entities", position), entity, "entities", check.company.entities)
    for position, department in enumerate(section.departments):
        if department not in departments:
            yield fault_at(
                (*path, "departments", position),
                "PSR-2112",
                f'No employee is of department "{department}".',
                department,
                "a department that an employee has",
                "correct it here or on the employees; until then it lets nobody choose the section",
                severity="warning",
            )
