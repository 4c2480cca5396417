"""The sections that an employee is offered on an axis, by rights, day and what was chosen on related axes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from passerelle.errors import UsageFault
from passerelle.periods import Clock
from passerelle.reports.sections import Choices, unknown_section
from passerelle.services.lookups import unknown
from passerelle.store import masterdata
from passerelle.store.database import Database


class SectionOffered(BaseModel):
    """One section that may be chosen; days are inclusive."""

    model_config = ConfigDict(frozen=True)

    code: str
    name: str
    parents: tuple[str, ...]
    valid_from: date | None
    valid_until: date | None


class Offer(BaseModel):
    """What an employee may choose on one axis for an expense of one day."""

    model_config = ConfigDict(frozen=True)

    employee: str
    entity: str
    axis: str
    date: date
    under: dict[str, str]
    sections: tuple[SectionOffered, ...]


def offered_sections(
    database: Database,
    clock: Clock,
    employee: str,
    axis: str,
    day: date | None = None,
    under: Mapping[str, str] | None = None,
) -> Offer:
    """The offer; ``day`` is today in the entity's zone when it is absent. Every unknown code is told at once."""
    with database.reading() as connection:
        company = masterdata.load(connection).company
    chosen = dict(under or {})
    faults = []
    if employee not in company.employees:
        faults.append(unknown("employee", employee, company.employees))
    if axis not in company.axes:
        faults.append(unknown("axis", axis, company.axes))
    entity = company.employees[employee].entity if not faults else ""
    choices = Choices(company, entity)
    for other, section in chosen.items():
        if other not in company.axes or section not in company.axes[other].sections:
            faults.append(unknown_section(choices, other, section, "--under"))
    if faults:
        raise UsageFault(faults)
    if day is None:
        day = clock().astimezone(ZoneInfo(company.entities[entity].time_zone)).date()
    sections = company.axes[axis].sections
    found = tuple(
        SectionOffered(
            code=code,
            name=sections[code].name,
            parents=sections[code].parents,
            valid_from=sections[code].valid_from,
            valid_until=sections[code].valid_until,
        )
        for code in choices.offered(employee, day, axis, chosen)
    )
    return Offer(employee=employee, entity=entity, axis=axis, date=day, under=chosen, sections=found)
