"""Codes and report numbers that a person types: what they name, or every reason why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from passerelle.errors import Finding, Refused, UsageFault
from passerelle.masterdata.company import Entity
from passerelle.reports.faults import hinted, one_of
from passerelle.store.masterdata import Directory


def entities(directory: Directory, code: str | None) -> list[int]:
    """The numbers of all entities, or of the one of this code."""
    known = _numbers(directory, "entity")
    return sorted(known.values()) if code is None else [_number("entity", code, known)]


def employee_number(directory: Directory, code: str) -> int:
    """The number of the employee of this code, a former one as well."""
    return _number("employee", code, _numbers(directory, "employee"))


def _numbers(directory: Directory, kind: str) -> dict[str, int]:
    return {key[2]: number for key, number in directory.ids.items() if key[0] == kind}


def _number(kind: str, code: str, known: Mapping[str, int]) -> int:
    if code not in known:
        raise UsageFault(unknown(kind, code, known))
    return known[code]


def entity_of(directory: Directory, number: int) -> Entity:
    """An entity by number; a deactivated one as it last was."""
    if number in directory.inactive:
        return Entity.model_validate(directory.inactive[number], context={"trusted": True})
    return directory.company.entities[directory.entity_code(number)]


def unknown(kind: str, code: str, known: Collection[str]) -> Finding:
    """A code that names nothing."""
    return Finding(
        "PSR-1215",
        f"There is no {kind} of this code.",
        field=f"--{kind}",
        value=code,
        expected=one_of(known),
        remedy=hinted(code, known, "correct the code"),
        who="accountant",
    )


def not_one(number: str, found_in: Sequence[str]) -> Finding:
    """No entity has a report of this number, or several (``found_in``, their codes) have."""
    if not found_in:
        return Finding(
            "PSR-1210",
            "There is no report of this number.",
            object=f"report {number}",
            value=number,
            expected="a number such as ND000001, as `passerelle reports list` shows it",
            remedy="run passerelle reports list --text " + (number or "WORD"),
            who="accountant",
        )
    return Finding(
        "PSR-1211",
        "Several entities have a report of this number.",
        object=f"report {number}",
        value=number,
        expected=f"--entity with one of {', '.join(found_in)}",
        remedy="add --entity, since each entity numbers its own reports",
        who="accountant",
    )


def refusal(faults: Sequence[Finding]) -> Refused | UsageFault:
    """What to raise for faults of reports: a fault of the command where an entity is all that is wanting."""
    return UsageFault(faults) if all(fault.code == "PSR-1211" for fault in faults) else Refused(faults)
