"""The reference page of the format language, written from the models and the variables themselves.

``python -m passerelle.formats.reference`` prints it; ``make docs`` keeps it as ``docs/formats.md``, and a test fails
when the two differ.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from passerelle.formats.document import DOCUMENT_COLUMNS, LINE_COLUMNS, RUN_COLUMNS, SECTION_COLUMNS, Variable
from passerelle.formats.language import (
    DERIVED,
    TOTALS,
    Case,
    Content,
    Entries,
    FieldSpec,
    FormatFile,
    LineVariant,
    Merge,
    Omission,
    Order,
    Records,
    RecordSpec,
    Setting,
)
from passerelle.ledger.line import ENTRY_TYPE_KINDS

_INTRODUCTION = """\
<!-- Generated from passerelle.formats; `make docs` writes it again. -->
# The format language

A format is a file, not a program. It says in TOML which bytes a target expects: a layout, an encoding, records, and for
each record its fields. Passerelle compiles it once per run, writes with it, reads the result back with it, and
explains any cell with it. `passerelle formats show generic-csv` prints a commented model to copy; `passerelle formats
check FILE` names every fault of a file with its line.

What differs from company to company is a *setting* of the format, given in the connection:

```toml
[connections.sage]
connector = "sage"
entity = "FR01"
settings = { version = 25, piece_prefix = "ND" }
labels = { vat = "TVA {vat_rate} %" }
axes = { cost_centre = 1 }
```

A format is changed this way without a copy, so that a newer version of it still arrives. Copy it for the rest: put the
file beside `company.toml` and name it where an export names its format.

## How a cell is written

1. Its *content* is composed from `const`, `var`, `text` or the first of `cases` that holds. Days and amounts take their
   form on the way.
2. A **text** (a template, or a variable that is text) is cleaned: control characters become spaces, `transliterate`
   and then `fallback` replace what the encoding cannot hold, runs of spaces become one. A **code**, that is a variable
   of kind code alone or between constants, is written exactly as it is, or refused.
3. `upper`, `charset`, `required` are applied; what does not fit is refused with the document, the field, the value
   and the limit.
4. A text that a spreadsheet would run, or that starts like a flag, is made harmless.
5. It is cut to `width` if `overflow = "truncate"`, else refused when longer; then quoted and padded.

No cell is ever changed in any other way, and no document leaves in part.

## What every line must tell

Before a file leaves it is read back and compared with the ledger. So that nothing passes unseen, every line record must
hold, alone and whole and in the same field for every line kind:

- the account: `general` or `account`;
- the amount with its sign: `amount` signed, in two columns (`debit` and `credit`), or unsigned beside a mapped `side`;
- the posting day, `posting_day` with day, month and year; `day` does not replace it.

A format without one of them does not load (PSR-5016).
"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_INTRODUCTION, *_models(), *_variables(), *_kinds(), ""])


def _models() -> Iterator[str]:
    for title, words, model, skipped in (
        ("The file", "Keys at the top of a format file.", FormatFile, None),
        ("Settings", "`[settings.NAME]`: what a connection may choose.", Setting, None),
        ("Entries", "`[entries]`: " + _doc(Entries), Entries, None),
        ("Omissions", "Items of `entries.omit`: " + _doc(Omission), Omission, None),
        ("Order", "`[order]`: " + _doc(Order), Order, None),
        ("Merge", "`[merge]`: " + _doc(Merge), Merge, None),
        ("Records", "`[records.NAME]`: " + _doc(Records), Records, None),
        ("A record", "The keys of `[records.header]`, `line`, `analytic` and `trailer`.", RecordSpec, None),
        ("Fields by line kind", "`[records.line.by_kind.KIND]`: " + _doc(LineVariant), LineVariant, None),
        ("Fields", "Items of `fields`: " + _doc(FieldSpec), FieldSpec, None),
        ("Cases", "Items of `cases`: " + _doc(Case) + " It has the contents of a field, and:", Case, Content),
    ):
        yield f"## {title}\n\n{words}\n"
        yield from table(model, skipped)


def table(model: type[BaseModel], skipped: type[BaseModel] | None = None) -> Iterator[str]:
    """The keys of a model as a table in Markdown, without those of ``skipped``."""
    yield "| key | is | default | meaning |\n|---|---|---|---|"
    inherited: Mapping[str, Any] = skipped.model_fields if skipped is not None else {}
    for name, field in model.model_fields.items():
        if name not in inherited:
            default = "required" if field.is_required() else _value(field.get_default(call_default_factory=True))
            meaning = field.description or _doc_of(field.annotation)
            yield f"| `{field.alias or name}` | {_type(model, field.alias or name)} | {default} | {_cell(meaning)} |"
    yield ""


def _doc(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _doc_of(annotation: Any) -> str:
    return _doc(annotation) if isinstance(annotation, type) and issubclass(annotation, BaseModel) else ""


def _type(model: type[BaseModel], name: str) -> str:
    schema = model.model_json_schema()["properties"][name]
    return _cell(_schema_type(schema))


def _schema_type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return "table"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_schema_type(o) for o in schema["anyOf"] if o.get("type") != "null"))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{str(schema['const']).lower()}`"
    words = {"string": "text", "integer": "number", "boolean": "true or false", "array": "list", "object": "table"}
    return words.get(schema.get("type", ""), "value")


def _value(value: Any) -> str:
    if value is None or value in ((), {}):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, BaseModel):
        return "see there"
    if isinstance(value, tuple):
        return _cell(", ".join(f"`{item}`" if item != "" else "empty" for item in value))
    return f"`{_cell(str(value))}`" if value != "" else "empty"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _variables() -> Iterator[str]:
    yield "## Variables\n"
    yield "A field may read the variables of its own level and of those around it: a line also the document's.\n"
    levels: tuple[tuple[str, tuple[Variable, ...]], ...] = (
        ("of the run", RUN_COLUMNS),
        ("of a document", DOCUMENT_COLUMNS),
        ("of a line", (*LINE_COLUMNS, *DERIVED.values())),
        ("of a section, in analytic records", SECTION_COLUMNS),
        ("of the whole file, in a trailer", tuple(TOTALS.values())),
    )
    for title, columns in levels:
        yield f"### {title.capitalize()}\n\n| variable | kind | meaning |\n|---|---|---|"
        yield from (f"| `{variable.name}` | {variable.kind} | {_cell(variable.meaning)} |" for variable in columns)
        yield ""


def _kinds() -> Iterator[str]:
    yield "## Entry types and line kinds\n\n| entry type | line kinds |\n|---|---|"
    yield from (
        f"| `{entry}` | {', '.join(f'`{kind}`' for kind in kinds)} |" for entry, kinds in ENTRY_TYPE_KINDS.items()
    )


if __name__ == "__main__":
    sys.stdout.write(page())
