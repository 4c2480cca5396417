"""What a mapping says once for all lines: its constants and axes, judged before a line is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from passerelle.errors import Finding
from passerelle.masterdata.faults import Fault, expected_of, key_path
from passerelle.masterdata.positions import Path
from passerelle.reports.expense import DECIMAL, ExpenseInput, Mileage
from passerelle.reports.faults import shown
from passerelle.reports.intake import OWN_SOURCE, own_source
from passerelle.reports.known import EntityView
from passerelle.reports.mapping import From, MappingFile
from passerelle.reports.sections import unknown_section

_SOUND: dict[str, Any] = {"id": "1", "type": "1", "date": "2026-01-01", "amount": "1"}


def constant_faults(mapping: MappingFile, view: EntityView, object: str) -> Iterator[Fault]:
    """Every constant that no line could be right with, and every axis that is not known."""
    columns = mapping.columns
    if mapping.name == OWN_SOURCE:
        yield Fault(("name",), own_source("name", object))
    for name in type(columns).model_fields:
        source = getattr(columns, name)
        if isinstance(source, From) and source.constant:
            path: Path = ("columns", name, "constant")
            if name == "employee" and source.constant not in view.employees:
                yield Fault(path, view.unknown("employee", key_path(path), source.constant, object))
            elif name == "type" and source.constant not in view.types:
                yield Fault(path, view.unknown("expense_type", key_path(path), source.constant, object))
            elif name not in ("employee", "type"):
                yield from _form(path, source.constant, _field(name, _counted(name, source.constant)), object)
    yield from _bases(mapping, object)
    yield from _sections(mapping, view, object)


def _bases(mapping: MappingFile, object: str) -> Iterator[Fault]:
    for position, base in enumerate(mapping.columns.vat):
        for name in type(base).model_fields:
            source = getattr(base, name)
            if source is not None and source.constant:
                path: Path = ("columns", "vat", position, name, "constant")
                if name == "rate" and DECIMAL.fullmatch(source.constant) and not 0 <= Decimal(source.constant) <= 100:
                    yield _fault(path, source.constant, "a percentage between 0 and 100", object)
                yield from _form(path, source.constant, {"vat": [{"rate": "1", name: source.constant}]}, object)


def _sections(mapping: MappingFile, view: EntityView, object: str) -> Iterator[Fault]:
    for axis, source in mapping.columns.sections.items():
        known = view.choices.company.axes.get(axis)
        if known is None or (source.constant and source.constant not in known.sections):
            path: Path = ("columns", "sections", axis, *(("constant",) if known is not None else ()))
            finding = unknown_section(view.choices, axis, source.constant or "", object)
            yield Fault(path, replace(finding, field=key_path(path)), known is None)


def _counted(name: str, written: str) -> Any:
    return int(written) if name in ("guests", "power") and written.isascii() and written.isdigit() else written


def _field(name: str, value: Any) -> dict[str, Any]:
    return {"mileage": {"distance": "1", name: value}} if name in Mileage.model_fields else {name: value}


def _form(path: Path, written: str, fields: dict[str, Any], object: str) -> Iterator[Fault]:
    try:
        ExpenseInput.model_validate(_SOUND | fields)
    except ValidationError as fault:
        yield _fault(path, written, expected_of(dict(fault.errors(include_url=False)[0])), object)


def _fault(path: Path, written: str, expected: str, object: str) -> Fault:
    return Fault(
        path,
        Finding(
            "PSR-1020",
            "A constant of the mapping file does not have the form it must have.",
            object=object,
            field=key_path(path),
            value=shown(written),
            expected=expected,
            remedy="correct the mapping file; nothing was imported",
            who="integrator",
        ),
    )
