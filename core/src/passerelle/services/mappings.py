"""Mapping files: read, judged against the company before any line is read, their faults placed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from passerelle.errors import ConfigurationFault, Finding
from passerelle.masterdata.faults import Fault, expected_of, fields_at, key_path
from passerelle.masterdata.positions import Source
from passerelle.reports.constants import constant_faults
from passerelle.reports.faults import hinted
from passerelle.reports.known import Directory, EntityView, unknown_entity
from passerelle.reports.mapping import HashedId, MappingFile


@dataclass(frozen=True)
class MappingText:
    """A mapping file with the places of its keys."""

    content: MappingFile
    source: Source

    def judge(self, directory: Directory) -> None:
        """Refuses what no line could mend: an unknown entity, or constants and axes that are wrong."""
        name = f"mapping {self.content.name}"
        if self.content.entity not in directory.company.entities:
            faults = [Fault(("entity",), unknown_entity(directory, self.content.entity, name))]
        else:
            faults = list(constant_faults(self.content, EntityView(directory, self.content.entity), name))
        if faults:
            raise ConfigurationFault(self.placed(faults))

    def placed(self, faults: Iterable[Fault]) -> list[Finding]:
        """The findings of faults, each with file, line and caret."""
        return _placed(faults, self.source)


def _placed(faults: Iterable[Fault], source: Source) -> list[Finding]:
    return [replace(one.finding, place=source.at(one.path, key=one.on_key)) for one in faults]


def read_mapping(path: Path) -> MappingText:
    """A mapping file, or every fault in it with its place."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigurationFault(
            Finding(
                "PSR-1019",
                "The mapping file cannot be read.",
                object=str(path),
                value=getattr(fault, "strerror", None) or type(fault).__name__,
                expected="a TOML file in UTF-8",
                remedy="correct --mapping",
                who="integrator",
            )
        ) from fault
    return parse_mapping(text, str(path))


def parse_mapping(text: str, file: str) -> MappingText:
    """``read_mapping`` for text already read."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    source = Source(text, file)
    try:
        return MappingText(MappingFile.model_validate(tomllib.loads(text)), source)
    except tomllib.TOMLDecodeError as fault:
        at = re.search(r"line (\d+), column (\d+)", str(fault))
        place = source.place(int(at[1]), int(at[2]), 1) if at else None
        finding = Finding(
            "PSR-1020",
            "The mapping file is not TOML.",
            object=f"mapping file {file}",
            value=str(fault),
            expected="TOML 1.0",
            remedy="correct the line; nothing was imported",
            who="integrator",
            place=place,
        )
        raise ConfigurationFault(finding) from fault
    except ValidationError as fault:
        faults = [_fault(detail, file) for detail in fault.errors(include_url=False)]
        raise ConfigurationFault(_placed(faults, source)) from fault


def _fault(detail: ErrorDetails, file: str) -> Fault:
    path = tuple(part for part in detail["loc"] if part not in _VARIANTS)
    known = HashedId.model_fields if "HashedId" in detail["loc"] else fields_at(MappingFile, path[:-1])
    message, expected, remedy = "The mapping file has a fault.", expected_of(cast(dict[str, Any], detail)), _REMEDY
    unknown = detail["type"] == "extra_forbidden"
    if unknown:
        message = "The mapping file has a key that is not known."
        expected, remedy = "one of " + ", ".join(known), hinted(str(path[-1]), list(known), _REMEDY)
    elif detail["type"] == "missing":
        message = "The mapping file lacks a key."
        expected = (known[str(path[-1])].description if str(path[-1]) in known else "") or expected
    finding = Finding(
        "PSR-1020",
        message,
        object=f"mapping file {file}",
        field=key_path(path),
        expected=expected,
        remedy=remedy,
        who="integrator",
    )
    return Fault(path, finding, unknown)


_REMEDY = "correct the mapping file; nothing was imported"
_VARIANTS = frozenset({"From", "HashedId", "literal[True]", "tuple[constrained-str, ...]"})
