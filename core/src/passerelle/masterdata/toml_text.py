"""A company as the text of a ``company.toml`` that reads back as the same company.

Written here rather than by a TOML library: each account, section and employee stands on one line, so that a chart of
thousands stays readable and comparable line by line; libraries give each a table of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from passerelle.masterdata.company import Company

_BARE = re.compile(r"(?=.*[^0-9])[A-Za-z0-9_-]+")  # digits alone would read as a number
# tables of one-line members; every other object gets a table of its own
_LISTED = {
    ("charts", "accounts"),
    ("axes", "sections"),
    ("entities", "journals"),
    ("profiles", "types"),
    ("profiles", "rules"),
}


def toml_text(company: Company) -> str:
    """The whole company; what has its default is left out. Secrets are references, as they were given."""
    whole = company.model_dump(exclude_defaults=True)
    lines = [f"version = {company.version}"]
    for field in type(company).model_fields:
        if field == "version" or (field not in whole and field not in ("entities", "charts")):
            continue
        objects = whole.get(field, {})
        if field == "employees":
            lines += ["", "[employees]", *_members(objects)]
            continue
        if not objects:
            lines += ["", f"[{field}]"]
        for code, body in objects.items():
            lines += ["", f"[{field}.{_key(code)}]", *_object(field, code, body)]
    return "\n".join(lines) + "\n"


def _object(field: str, code: str, body: dict[str, Any]) -> Iterator[str]:
    listed = {name: value for name, value in body.items() if (field, name) in _LISTED}
    for name, value in body.items():
        if name in listed:
            continue
        if isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            yield f"{_key(name)} = ["
            yield from (f"  {_value(item)}," for item in value)
            yield "]"
        else:
            yield f"{_key(name)} = {_value(value)}"
    for name, members in listed.items():
        yield f"[{field}.{_key(code)}.{_key(name)}]"
        yield from _members(members)


def _members(members: dict[str, Any]) -> Iterator[str]:
    for code, body in members.items():
        yield f"{_key(code)} = {_value(body)}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f"{_key(name)} = {_value(item)}" for name, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else json.dumps(value)
