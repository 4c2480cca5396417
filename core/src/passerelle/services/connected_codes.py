"""Whether the codes and slots that a connection maps to can stand in the cells of a format at all.

Only what no document could carry is a fault: a code is tried alone, in every case of a cell that it may reach, and is
at fault where each line kind that could hold it refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from passerelle.errors import Finding
from passerelle.formats.cells import BranchWriter, CellFault, CellWriter
from passerelle.formats.shapes import Condition, Format, Shape
from passerelle.formats.templates import Hole
from passerelle.masterdata.company import Company
from passerelle.masterdata.faults import Fault, describe, key_path, said
from passerelle.masterdata.positions import Path

Values = dict[str, str | int]


def code_faults(company: Company, code: str, form: Format) -> Iterator[Fault]:
    """What connection ``code`` maps to and ``form`` cannot write, each at its key."""
    connection = company.connections[code]
    currency = company.entities[connection.entity].currency if connection.entity in company.entities else "EUR"
    path: Path = ("connections", code)
    collective = {employee.account: employee.collective for employee in company.employees.values()}
    for journal, target in connection.journals.items():
        here: Path = (*path, "journals", journal)
        yield from _code(here, target, form, form.lines.values(), {"journal": target}, currency)
    for account, target in connection.accounts.items():
        names = {"account", "general"}
        names -= {"general"} if collective.get(account) else set()  # the collective account stands there
        names -= {"account"} if account in collective.values() else set()
        values: Values = dict.fromkeys(names, target)
        yield from _code((*path, "accounts", account), target, form, form.lines.values(), values, currency)
    for axis, slot in connection.axes.items():
        place: Values = {"axis": axis, "slot": slot}
        fault = _refusal(form, _written(form.analytic.values(), place), {"slot": slot}, currency)
        if fault is not None:
            yield _fault((*path, "axes", axis), form, fault, str(slot))
    for axis, sections in connection.sections.items():
        for section, target in sections.items():
            values = {"axis": axis, "slot": connection.axes.get(axis, 0), "section": target}
            shapes = _written(form.analytic.values(), values)
            yield from _code(
                (*path, "sections", axis, section), target, form, shapes, {"section": target}, currency
            )  # fmt: skip


def _code(
    path: Path, target: str, form: Format, shapes: Iterable[Shape], values: Values, currency: str
) -> Iterator[Fault]:
    if not target.strip():
        empty = CellFault("PSR-5104", "It is mapped to nothing.", target, "the code that the accounting software knows")
        yield _fault(path, form, empty, said(target))
        return
    fault = _refusal(form, shapes, values, currency)
    if fault is not None:
        yield _fault(path, form, fault, said(target))


def _written(shapes: Iterable[Shape], values: Values) -> list[Shape]:
    """Those records that are written for these values, as far as they decide it."""
    return [shape for shape in shapes if _may_hold(shape.conditions, values)]


def _may_hold(conditions: Iterable[Condition], values: Mapping[str, str | int]) -> bool:
    return all(condition.holds(values) for condition in conditions if condition.name in values)


def _refusal(form: Format, shapes: Iterable[Shape], values: Values, currency: str) -> CellFault | None:
    """Why every one of ``shapes`` refuses the values; None where one of them takes all of them."""
    fault: CellFault | None = None
    for shape in dict.fromkeys(shapes):
        faults = [
            found
            for cell in shape.cells
            if cell.names & values.keys() and (found := _in_cell(CellWriter(cell, form.medium, currency), values))
        ]
        if not faults:
            return None
        fault = fault or faults[0]
    return fault


def _in_cell(writer: CellWriter, values: Values) -> CellFault | None:
    """Why no case of a cell takes the values."""
    fault: CellFault | None = None
    for branch in writer.branches:
        conditions = branch.branch.conditions
        if not _may_hold(conditions, values):
            continue
        found = _in_branch(branch, values)
        if found is None:
            return None
        fault = fault or found
        if all(condition.name in values for condition in conditions):
            break  # nothing after it is ever reached
    if fault is None:
        value = ", ".join(str(value) for name, value in values.items() if name in writer.cell.names)
        known = sorted(
            {v for b in writer.branches for c in b.branch.conditions for v in c.values if not c.negated}, key=str
        )
        expected = "one of " + ", ".join(map(str, known)) if known else "a value for which the format has a case"
        return CellFault("PSR-5105", "No case of the field holds.", value, expected)
    return fault


def _in_branch(branch: BranchWriter, values: Values) -> CellFault | None:
    holes = {part.name for part in branch.branch.parts if isinstance(part, Hole)}
    if not holes or not holes <= values.keys():
        return None  # what else stands in the cell differs from line to line
    try:
        branch.finish(branch.content(values))
    except CellFault as fault:
        return fault
    return None


def _fault(path: Path, form: Format, fault: CellFault, value: str) -> Fault:
    finding = Finding(
        "PSR-2037",
        f"{str(path[2]).capitalize()} {path[-1]}: no document could carry this in format {form.name}. {fault.message}",
        object=describe(path),
        field=key_path(path),
        value=value,
        expected=fault.expected,
        remedy="give the code that the accounting software knows",
        who="admin",
    )
    return Fault(path, finding)
