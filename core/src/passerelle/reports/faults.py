"""Faults of the input as findings: what pydantic found, and codes that are unknown but nearly right."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from passerelle.errors import Finding
from passerelle.masterdata.faults import expected_of

_SHOWN = 120
_LISTED = 24  # codes: the expense types of most companies
_OBJECTS = dict.fromkeys(("model_type", "dict_type", "model_attributes_type"), "an object: { … }")
_HALVES = re.compile("[\ud800-\udfff]")  # bytes that could not be decoded; no terminal or JSON could show them


def one_of(known: Collection[str], what: str = "configured codes") -> str:
    """The known codes, as words for ``expected``."""
    there = sorted(set(known))
    if not there:
        return f"one of the {what}, of which there are none"
    return "one of " + ", ".join(there) if len(there) <= _LISTED else f"one of the {len(there):,} {what}"


def hinted(written: str, known: Collection[str], remedy: str) -> str:
    """``remedy`` after the known codes that are nearest to ``written``."""
    there = list(dict.fromkeys(known))
    close = difflib.get_close_matches(written, there, n=3, cutoff=0.6) if len(there) <= 2_000 else []
    return f"did you mean {' or '.join(close)}? If not, {remedy}" if close else remedy


def field_name(location: Iterable[str | int]) -> str:
    """``("expenses", 2, "amount")`` as ``expenses[2].amount``."""
    name = ""
    for part in location:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def shown(value: Any) -> str:
    """A value as it was written, cut to what a line can hold."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = _HALVES.sub(
        lambda half: f"\\x{ord(half[0]) - 0xDC00:02x}" if half[0] >= "\udc80" else "\ufffd", text[: _SHOWN + 1]
    )
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def of_model(fault: ValidationError, object: str, model_fields: Collection[str]) -> list[Finding]:
    """Every fault that pydantic found in one object of the input."""
    details = fault.errors(include_url=False)
    # a list whose items are all at fault counts as too short as well, which would mislead
    inner = {detail["loc"][:depth] for detail in details for depth in range(len(detail["loc"]))}
    told = (detail for detail in details if detail["type"] != "too_short" or detail["loc"] not in inner)
    return [_of_detail(detail, object, model_fields) for detail in told]


def of_text(form: Any, written: str, object: str, field: str) -> list[Finding]:
    """Why what a person typed cannot be kept, by a form of ``reports.expense`` as ``Text``; none where it can."""
    try:
        TypeAdapter(form).validate_python(written)
    except ValidationError as fault:
        return [replace(one, field=field, remedy="correct the text") for one in of_model(fault, object, ())]
    return []


def _of_detail(detail: ErrorDetails, object: str, model_fields: Collection[str]) -> Finding:
    name = field_name(detail["loc"])
    if detail["type"] == "missing":
        return Finding(
            "PSR-1002",
            "A field that must be stated is missing.",
            object=object,
            field=name,
            expected="a value",
            remedy="state the field and send the line again; `passerelle reports schema` lists all fields",
            who="integrator",
        )
    if detail["type"] == "extra_forbidden":
        return Finding(
            "PSR-1003",
            "A field is not known.",
            object=object,
            field=name,
            value=shown(detail["input"]),
            expected="one of " + ", ".join(model_fields),
            remedy=hinted(
                str(detail["loc"][-1]),
                model_fields,
                "leave it out; `passerelle reports schema` lists all fields",
            ),
            who="integrator",
        )
    return Finding(
        "PSR-1004",
        "A field does not have the form it must have.",
        object=object,
        field=name,
        value=shown(detail["input"]),
        expected="text without control characters, invisible marks of direction included"
        if detail["type"] == "string_pattern_mismatch" and "x00" in detail["ctx"]["pattern"]
        else _OBJECTS.get(detail["type"]) or expected_of(cast(dict[str, Any], detail)),
        remedy="correct the value and send the line again",
        who="integrator",
    )
