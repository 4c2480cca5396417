"""What the constructors of ``company`` object to, said for a person: each pydantic error as a fault with its path."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from passerelle.errors import Finding
from passerelle.masterdata.company import Company
from passerelle.masterdata.positions import Path
from passerelle.masterdata.values import CONTROLS
from passerelle.money import CURRENCIES
from passerelle.plan import counted

_PATTERNS = {
    r"^[A-Z]{2}$": "two capital letters, ISO 3166, as FR",
    rf"^[^{CONTROLS}]+$": "text on one line, not empty, without control characters or marks of direction",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$": "a code: 1 to 63 letters, digits, dots, hyphens or underscores, "
    "the first a letter or digit",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}
_LENGTHS = {
    "string_too_long": ("max_length", "at most", "character"),
    "string_too_short": ("min_length", "at least", "character"),
    "too_short": ("min_length", "at least", "item"),
}
_INSTANT = "an instant with its offset, as 2026-01-31T09:00:00+01:00"
_TYPES = {
    "string_type": 'text between quotes, as "401000"',
    "bool_type": "true or false, without quotes",
    "bool_parsing": "true or false, without quotes",
    "int_type": "a whole number, without quotes",
    "int_from_float": "a whole number, without quotes",
    "int_parsing": "a whole number, without quotes",
    "int_parsing_size": "a whole number of fewer digits",
    "missing": "a value",
    "dict_type": "a table: [name] or { key = value }",
    "model_type": "a table: [name] or { key = value }",
    "model_attributes_type": "a table: [name] or { key = value }",
    "tuple_type": "a list: [ … ]",
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "datetime_object_invalid": _INSTANT,
    "timezone_aware": _INSTANT,
    "finite_number": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number, as 20 or 5.5",
    "date_type": "a day, as 2026-01-31",
    "date_parsing": "a day, as 2026-01-31",
    "date_from_datetime_parsing": "a day, as 2026-01-31",
    "date_from_datetime_inexact": "a day, as 2026-01-31",
}

_BY_CURRENCY = "{ EUR = 140 }"
_THRESHOLD = f'{{ period = "day", amounts = {_BY_CURRENCY} }}'
_ITEMS = {
    "cap": _THRESHOLD,
    "alert": _THRESHOLD,
    "count": '{ period = "day", limit = 1 }',
    "flat_rate": f"{{ amounts = {_BY_CURRENCY} }}",
    "rates": "{ brackets = [{ rate = 0.45 }] }",
    "brackets": "{ rate = 0.45 }",
}
"""Of the lists of a policy, what an item looks like: nobody guesses that from "a list"."""
_WITH_COMMA = re.compile(r"(\d{1,12}),(\d{1,2})|(0),(\d{1,12})", re.ASCII)  # what cannot be a mark of thousands

_MEMBERS = {
    ("entities", "journals"): "journal",
    ("charts", "accounts"): "account",
    ("axes", "sections"): "section",
    ("profiles", "types"): "type",
    ("profiles", "rules"): "rule",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding and the key path it belongs to; ``on_key`` when the key is at fault, not its value."""

    path: Path
    finding: Finding
    on_key: bool = False


class _Words(NamedTuple):
    code: str
    message: str
    expected: str
    remedy: str
    on_key: bool = False
    secret: bool = False


def faults_of(error: ValidationError) -> list[Fault]:
    """Every fault of one validation of a company; not that a list is too short, where an item of it is at fault."""
    errors = error.errors(include_url=False)
    around = {item["loc"][:end] for item in errors for end in range(len(item["loc"]))}
    return [_fault(dict(item)) for item in errors if item["type"] != "too_short" or item["loc"] not in around]


def describe(path: Path) -> str:
    """The object a path lies in, as a person calls it: ``employee "E1"``, ``account "6251" of chart "pcg"``."""
    if len(path) < 2:
        return ""
    outer = f'{noun(str(path[0]))} "{path[1]}"'
    if len(path) >= 4 and (inner := (str(path[0]), str(path[2]))) in _MEMBERS:
        return f'{_MEMBERS[inner]} "{path[3]}" of {outer}'
    return outer


def noun(field: str) -> str:
    """What one object of a table of the file is called: ``entity``, ``expense type``."""
    irregular = {"entities": "entity", "axes": "axis"}
    return irregular.get(field, field.removesuffix("s").replace("_", " "))


def object_path(path: Path) -> Path:
    """The path of the object that ``path`` lies in."""
    if len(path) >= 4 and (path[0], path[2]) in _MEMBERS:
        return path[:4]
    return path[:2]


def key_path(path: Path) -> str:
    """A path as it is written in TOML, list items counted from 1: ``exports.monthly.artifacts[1].format``."""
    written = ""
    for part in path:
        written += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return written.removeprefix(".")


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like ``name``, or nothing."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)), "")


def said(value: Any) -> str:
    """A value as one writes it in TOML; nothing for tables and lists."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 80 else f'"{value[:77]}…"'
    return str(value) if isinstance(value, int | Decimal | date | datetime) else ""


def _fault(error: dict[str, Any]) -> Fault:
    raw: Sequence[str | int] = error["loc"]
    key_at_fault = bool(raw) and raw[-1] == "[key]"
    tagged = tuple(raw[:-1] if key_at_fault else raw)
    path = _untagged(tagged)
    if error["type"].startswith("union_tag"):
        path = (*path, "kind")
    if key_at_fault:
        words = _Words("PSR-2008", f'"{path[-1]}" cannot be a code.', expected_of(error), _meant(error), True)
    else:
        words = _words(error, path, tagged)
    if path and path[0] == "destinations" and path[-1] in ("password", "private_key") and error["type"] != "missing":
        words = _secret(path)
    shown = "" if words.secret or words.on_key or error["type"].startswith("union_tag_n") else said(error["input"])
    if error["type"] == "union_tag_invalid":
        shown = said(error["ctx"]["tag"])
    remedy = words.remedy or f"correct {key_path(path)}"
    finding = Finding(words.code, words.message, describe(path), key_path(path), shown, words.expected, remedy, "admin")
    return Fault(path, finding, words.on_key)


def _untagged(path: Path) -> Path:
    """A path of pydantic as one of the file: without the name of a union's member, which stands behind its table."""
    for table in (("destinations",), ("profiles", "rules")):
        place = 2 * len(table)
        if len(path) > place and path[:place:2] == table:
            return (*path[:place], *path[place + 1 :])
    return path


def _secret(path: Path) -> _Words:
    message = f"{path[-1]} holds the secret itself, not a reference to it."
    expected = "env:NAME (an environment variable) or file:PATH (a file with the secret)"
    remedy = "change that secret where it is used, since it was written down here, and refer to the new one"
    return _Words("PSR-2007", message, expected, remedy, secret=True)


def _words(error: dict[str, Any], path: Path, tagged: Path) -> _Words:
    kind = error["type"]
    last = key_path(path[-2:] if path and isinstance(path[-1], int) else path[-1:])
    if kind == "extra_forbidden":
        return _unknown_key(path, last, fields_at(Company, tagged[:-1]))
    if kind in ("missing", "union_tag_not_found"):
        field = fields_at(Company, tagged[:-1]).get(str(path[-1]))
        meaning = (field.description if field is not None else "") or "a value"
        if kind == "union_tag_not_found":
            meaning = "one of: " + ", ".join(f'"{tag}"' for tag in _variants(_at(Company, tagged)))
        where = describe(path[:-1]) or "The file"
        return _Words("PSR-2004", f"{where[0].upper()}{where[1:]} lacks the key {last}.", meaning, f"add {last}")
    if kind in _TYPES:
        remedy = "a code is text, even all digits: put it between quotes" if kind == "string_type" else ""
        return _Words("PSR-2005", f"{last} is of another type.", _form(path) or _TYPES[kind], remedy)
    return _Words("PSR-2006", f"{last} has a value that is not allowed.", expected_of(error), _meant(error))


def _form(path: Path) -> str:
    """How a list or table of the policy is written, by an example; nothing for any other value."""
    if not path or path[0] not in ("profiles", "mileage_scales"):
        return ""
    if path[-1] in ("amounts", "above"):
        return f"a table: {path[-1]} = {_BY_CURRENCY}"
    if isinstance(path[-1], int):
        item = _ITEMS.get(str(path[-2]), "")
        return f"a table: {item}" if item else ""
    item = _ITEMS.get(path[-1], "")
    return f"a list: {path[-1]} = [{item}]" if item else ""


def _meant(error: dict[str, Any]) -> str:
    """What was probably meant: one of few choices, a currency in capitals, a number with a point."""
    context, given = error.get("ctx", {}), error["input"]
    if error["type"] == "value_error" and isinstance(given, str):
        expected = str(context["error"])
        if "currency code" in expected and given.upper() in CURRENCIES:
            return f'did you mean "{given.upper()}"?'
        if "a number" in expected and _WITH_COMMA.fullmatch(given):
            return f"did you mean {given.replace(',', '.')}? Decimals stand after a point"
        return ""
    choices = re.findall("'([^']+)'", str(context.get("expected_tags") or context.get("expected") or ""))
    written = context.get("tag", error["input"])
    guess = nearest(written, choices) if isinstance(written, str) else ""
    return f'did you mean "{guess}"?' if guess else ""


def _unknown_key(path: Path, last: str, known: Mapping[str, Any]) -> _Words:
    guess = nearest(last, known)
    remedy = f"did you mean {guess}?" if guess else "write one of those keys instead, or remove it"
    where = describe(path[:-1])
    message = f"{last} is not a key of {where}." if where else f"{last} is not a key of this file."
    return _Words("PSR-2003", message, "one of: " + ", ".join(known), remedy, on_key=True)


def expected_of(error: Mapping[str, Any]) -> str:
    """What would be right, in our words, for a fault that pydantic found in a value."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _TYPES:
        return _TYPES[kind]
    if kind == "value_error":
        return str(context["error"]).removeprefix("expected ")
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], f"text like {context['pattern']}")
    if kind == "literal_error":
        return f"one of: {context['expected']}".replace("'", '"').replace(" or ", ", ")
    if kind == "union_tag_invalid":
        return f"one of: {context['expected_tags']}".replace("'", '"')
    if kind in _BOUNDS:
        limit, words = _BOUNDS[kind]
        return f"{words} {context[limit]}"
    if kind in _LENGTHS:
        limit, words, noun = _LENGTHS[kind]
        return f"{words} {counted(context[limit], noun)}"
    return "another value: see the reference"


def fields_at(model: Any, path: Path) -> dict[str, Any]:
    """The keys that the table at ``path`` of a file may have, with their fields; ``model`` is the whole file's.

    Behind a table that is of one of several kinds, the path names the kind.
    """
    found = _at(model, path)
    return _keys(found) if isinstance(found, type) and issubclass(found, BaseModel) else {}


def _at(model: Any, path: Path) -> Any:
    for part in path:
        variants = _variants(model)
        if variants:
            model = variants.get(str(part))
        elif isinstance(model, type) and issubclass(model, BaseModel):
            field = _keys(model).get(str(part))
            model = _bare(field.annotation) if field is not None else None
        elif get_origin(model) in (dict, tuple):
            model = _bare(get_args(model)[1 if get_origin(model) is dict else 0])
        else:
            return None
    return model


def _variants(model: Any) -> dict[str, type[BaseModel]]:
    """The members of a union that ``kind`` tells apart, by what it says; nothing for any other type."""
    if get_origin(model) not in (Union, types.UnionType):
        return {}
    return {tag: member for member in get_args(model) for tag in get_args(member.model_fields["kind"].annotation)}


def _keys(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _bare(annotation: Any) -> Any:
    """A type without its constraints and its ``None``; of a union the first, where no ``kind`` tells them apart."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        members = [_bare(member) for member in get_args(annotation) if member is not type(None)]
        told = all(isinstance(member, type) and "kind" in getattr(member, "model_fields", {}) for member in members)
        return annotation if told and len(members) > 1 else members[0]
    return annotation
