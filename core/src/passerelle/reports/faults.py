"""Faults of the input as findings: what pydantic found, and codes that are unknown but nearly right."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from passerelle.errors import Finding

_SHOWN = 120
_HALVES = re.compile("[\ud800-\udfff]")  # bytes that could not be decoded; no terminal or JSON could show them


def nearest(written: str, known: Collection[str]) -> str:
    """The known codes nearest to ``written``, as words for ``expected``."""
    close = difflib.get_close_matches(written, known, n=3, cutoff=0.6) if len(known) <= 2_000 else []
    if close:
        return "did you mean " + " or ".join(close) + "?"
    if not known:
        return "none is configured"
    return "one of " + ", ".join(sorted(known)) if len(known) <= 8 else f"one of the {len(known):,} configured codes"


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
            expected=nearest(str(detail["loc"][-1]), model_fields),
            remedy="correct its name or leave it out; `passerelle reports schema` lists all fields",
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
        else detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ").removeprefix("expected "),
        remedy="correct the value and send the line again",
        who="integrator",
    )
