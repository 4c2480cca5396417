"""Whether the files of exports get names of their own: no two alike, none that comes back where files stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from passerelle.errors import Finding
from passerelle.formats.document import RunRow
from passerelle.formats.shapes import Format
from passerelle.formats.writer import file_name
from passerelle.masterdata.company import Company
from passerelle.masterdata.faults import Fault, describe, key_path, said
from passerelle.masterdata.positions import Path

_SOME_DAY = "2026-01-31"


def name_faults(company: Company, code: str, forms: Sequence[Format]) -> list[Fault]:
    """What is wrong with the names of one export definition, whose artifacts are written in ``forms``."""
    export = company.exports[code]
    faults: list[Fault] = []
    staying = [name for name in export.destinations if not getattr(company.destinations.get(name), "consumed", True)]
    first: dict[str, int] = {}
    for position, form in enumerate(forms):
        path: Path = ("exports", code, "artifacts", position, "format")
        name, next_name = (file_name(form, _run(company, code, sequence)) for sequence in (1, 2))
        other = first.setdefault(name.casefold(), position)
        if other != position:
            message = f"Files {other + 1} and {position + 1} of export {code} get the same name."
            faults.append(_same(path, message, name))
        if name == next_name and staying:
            faults.append(_returning(path, code, name, staying))
    return faults


def meeting_faults(company: Company, forms: Mapping[str, Sequence[Format]]) -> list[Fault]:
    """Files of different entities that get the same name at one destination: their sequence numbers are alike."""
    faults: list[Fault] = []
    first: dict[tuple[str, str], str] = {}
    for code, written in forms.items():
        export = company.exports[code]
        names = [file_name(form, _run(company, code, 1)) for form in written]
        for destination in export.destinations:
            for position, name in enumerate(names):
                other = first.setdefault((destination, name.casefold()), code)
                if company.exports[other].entity != export.entity:
                    path: Path = ("exports", code, "artifacts", position, "format")
                    message = f"Files of exports {other} and {code} get the same name at destination {destination}."
                    faults.append(_same(path, message, name))
    return faults


def _run(company: Company, code: str, sequence: int) -> RunRow:
    entity = company.entities[company.exports[code].entity]
    of_entity = (company.exports[code].entity, entity.name, entity.siren or "", entity.currency)
    return (*of_entity, code, sequence, _SOME_DAY)


def _same(path: Path, message: str, name: str) -> Fault:
    finding = Finding(
        "PSR-2035",
        message,
        object=describe(path),
        field=key_path(path),
        value=said(name),
        expected="a name of its own for every file, or the second takes the place of the first",
        remedy="leave one out, or copy a format and give it another file_name",
        who="integrator",
    )
    return Fault(path, finding)


def _returning(path: Path, code: str, name: str, staying: Sequence[str]) -> Fault:
    finding = Finding(
        "PSR-2036",
        f"Every run of export {code} gives this file the same name.",
        object=describe(path),
        field=key_path(path),
        value=said(name),
        expected="a file_name with {sequence}, since files stay at " + " and ".join(staying),
        remedy="add {sequence} to file_name of the format, or set consumed = true where the receiver takes files away",
        who="integrator",
    )
    return Fault(path, finding)
