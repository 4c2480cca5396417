"""What of the company the expenses of one entity may name, and why a code names nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from passerelle.errors import Finding
from passerelle.masterdata.company import Company, Entity
from passerelle.reports.faults import hinted, one_of
from passerelle.reports.sections import Choices


class Directory(Protocol):
    """What intake asks of the company as it is stored."""

    @property
    def company(self) -> Company: ...
    @property
    def ids(self) -> Mapping[tuple[str, str, str], int]: ...


@dataclass(frozen=True)
class EntityView:
    """One entity with what its expenses may name."""

    directory: Directory
    code: str

    @cached_property
    def entity(self) -> Entity:
        """The entity itself."""
        return self.directory.company.entities[self.code]

    @cached_property
    def id(self) -> int:
        """Its key number."""
        return self.directory.ids["entity", "", self.code]

    @cached_property
    def employees(self) -> dict[str, int]:
        """Code -> key number of its active employees."""
        employees = self.directory.company.employees
        ids = self.directory.ids
        return {code: ids["employee", "", code] for code, one in employees.items() if one.entity == self.code}

    @cached_property
    def types(self) -> dict[str, int]:
        """Code -> key number of the active expense types."""
        return {code: self.directory.ids["expense_type", "", code] for code in self.directory.company.expense_types}

    @cached_property
    def filled_in(self) -> frozenset[str]:
        """The expense types whose amount a flat rate or a mileage scale of some profile fills in."""
        profiles = self.directory.company.profiles.values()
        ticked = [(code, control) for profile in profiles for code, control in profile.types.items()]
        return frozenset(code for code, control in ticked if control.flat_rate or control.mileage_scale)

    @cached_property
    def choices(self) -> Choices:
        """The sections that its employees may choose."""
        return Choices(self.directory.company, self.code)

    def unknown(self, kind: str, name: str, code: str, object: str) -> Finding:
        """Why ``code`` names nothing that this entity may use."""
        known = self.employees if kind == "employee" else self.types
        words = kind.replace("_", " ")
        if kind == "employee" and code in self.directory.company.employees:
            owner = self.directory.company.employees[code].entity
            return Finding(
                "PSR-1102",
                "The employee belongs to another entity.",
                object=object,
                field=name,
                value=code,
                expected=f"an employee of {self.code}; {code} is of {owner}",
                remedy="send the line to the employee's entity, or correct the code",
                who="integrator",
            )
        if (kind, "", code) in self.directory.ids:
            return Finding(
                "PSR-1104",
                f"The {words} was deactivated.",
                object=object,
                field=name,
                value=code,
                expected=f"an active {words}",
                remedy=hinted(
                    code,
                    known,
                    "name an active one, or put it back into company.toml and run `passerelle config apply`",
                ),
                who="accountant",
            )
        code_of = {"employee": "PSR-1101", "expense_type": "PSR-1103"}
        return Finding(
            code_of[kind],
            f"The {words} is not known.",
            object=object,
            field=name,
            value=code,
            expected=one_of(known),
            remedy=hinted(
                code, known, f"correct the code, or add the {words} to company.toml and run `passerelle config apply`"
            ),
            who="accountant",
        )


def unknown_entity(directory: Directory, code: str, object: str) -> Finding:
    """Why ``code`` is no entity."""
    return Finding(
        "PSR-1100",
        "The legal entity is not known or was deactivated.",
        object=object,
        field="entity",
        value=code,
        expected=one_of(directory.company.entities),
        remedy=hinted(
            code,
            directory.company.entities,
            "correct the code, or add the entity to company.toml and run `passerelle config apply`",
        ),
        who="admin",
    )
