"""The format language: what a format file (TOML) may say. ``docs/formats.md`` is generated from these models.

A format file describes bytes, never code: layouts, records, fields, forms. ``load`` reads one, lays a connection's
settings and labels over it and checks it whole.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from passerelle.formats.document import VARIABLES, Variable
from passerelle.ledger.line import ENTRY_TYPE_KINDS
from passerelle.masterdata.company import EntryType

LINE_KINDS: tuple[str, ...] = tuple(dict.fromkeys(kind for kinds in ENTRY_TYPE_KINDS.values() for kind in kinds))

DERIVED = {
    "label": Variable("label", "line", "text", "the label template of the line's kind, filled in"),
    "side": Variable("side", "line", "code", "debit or credit: the sign of `amount` as a word"),
}
TOTALS = {
    "document_count": Variable("document_count", "run", "integer", "documents with a record in the file"),
    "line_count": Variable("line_count", "run", "integer", "entry lines in the file"),
    "record_count": Variable("record_count", "run", "integer", "line and analytic records in the file"),
    "debit_total": Variable("debit_total", "run", "amount", "sum of the debits"),
}
"""What only a trailer knows."""

KNOWN: dict[str, Variable] = VARIABLES | DERIVED | TOTALS
LEVELS = ("run", "document", "line", "section")

Layout = Literal["delimited", "fixed", "tagged"]
Scalar: TypeAlias = str | int | bool
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Conditions: TypeAlias = dict[str, Scalar | tuple[Scalar, ...]]


class Part(BaseModel):
    """A frozen part of a format file; an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Setting(Part):
    """Something that a connection may choose. Its name may stand wherever a variable may, and in conditions."""

    type: Literal["text", "choice", "flag", "integer"] = Field(description="`flag` is true or false")
    default: Scalar = Field(description="what holds when the connection says nothing")
    choices: tuple[str | int, ...] = Field((), description="the values of a `choice`")
    description: str = Field(description="what it decides, for the one who sets it")


class Content(Part):
    """What a cell says: exactly one of `const`, `var` and `text` (and `cases`, on a field)."""

    const: str | None = Field(None, description="the same text in every record")
    var: str | None = Field(None, description="a variable, alone: `amount`")
    text: str | None = Field(
        None,
        description="a template: `{type_name} {comment}`. `{{` and `}}` are braces; a picture forms a day or pads a "
        "number: `{posting_day:MM/YYYY}`, `{piece:0000}`. Runs of spaces become one, spaces at the ends go",
    )
    map: dict[str, str] | None = Field(
        None,
        description="with `var`: what is written for each value, as `{ debit = 'D', credit = 'C' }`; a value that is "
        "not listed is refused",
    )


class Case(Content):
    """One of several contents: the first whose conditions all hold is written; where none does, the cell is refused."""

    when: Conditions = Field({}, description="variables or settings that must have the value, or one of the values")
    unless: Conditions = Field({}, description="variables or settings that must not")


class FieldSpec(Content):
    """One cell of a record."""

    name: Name = Field(description="its name: unique in its record, shown by findings and by `formats explain`")
    title: str = Field("", description="what the target calls it; the column's title in a header row")
    cases: tuple[Case, ...] = Field((), description="contents with conditions, the first that holds is written")
    only: Conditions = Field({}, description="settings under which the field exists: `{ version = [25, 31] }`")
    at: int | None = Field(
        None,
        ge=1,
        description="where the target's documentation says it stands: its first column (fixed) or its number in the "
        "record; checked when the file is loaded",
    )
    width: int | None = Field(
        None, ge=1, description="in characters: exact in a fixed layout, elsewhere the most a cell may hold"
    )
    align: Literal["left", "right"] | None = Field(
        None, description="side on which a padded cell stands; amounts and integers right, the rest left"
    )
    pad: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = Field(
        None, description="character that fills the width; a space in a fixed layout, elsewhere cells are not padded"
    )
    upper: bool = Field(False, description="write capital letters")
    charset: str | None = Field(
        None, description="the characters that may occur, with ranges: `A-Z0-9`; a hyphen itself comes last"
    )
    overflow: Literal["refuse", "truncate"] = Field(
        "refuse", description="what happens to a text longer than `width`; amounts and days are never cut"
    )
    required: bool = Field(False, description="refuse an empty cell")
    form: Literal["signed", "unsigned", "debit", "credit"] | None = Field(
        None,
        description="of an amount: with its sign (the default), without it, or in the column of its side alone",
    )
    empty: str = Field(
        "", description="what an amount writes in the column of the other side, and for no base or original"
    )
    date: str | None = Field(None, description="form of a day here, instead of the format's")
    mark: str | None = Field(None, description="decimal mark here, instead of the format's")
    decimals: int | None = Field(
        None, ge=0, le=6, description="decimals of an amount; those of its currency by default"
    )


class LineVariant(Part):
    """Fields that lines of one kind write instead of those of the same name."""

    fields: tuple[FieldSpec, ...] = Field(min_length=1, description="see *Fields*")


class RecordSpec(Part):
    """A record: its cells in their order."""

    flag: str | None = Field(None, description="tagged layout: the line that opens the record, as `#MECG`")
    like: Literal["line"] | None = Field(
        None, description="analytic record: take the line's fields; those given here replace the ones of the same name"
    )
    only: Conditions = Field({}, description="settings under which the record is written")
    when: Conditions = Field(
        {}, description="analytic record: variables that must have the value, or one of the values"
    )
    unless: Conditions = Field({}, description="analytic record: variables that must not")
    fields: tuple[FieldSpec, ...] = Field((), description="see *Fields*")
    by_kind: dict[str, LineVariant] = Field(
        {}, description="line record: fields by line kind, each replacing the one of the same name"
    )


class Records(Part):
    """What the file is made of."""

    header: RecordSpec | None = Field(None, description="once, at the head of the file; run variables only")
    line: RecordSpec = Field(description="one per entry line")
    analytic: RecordSpec | None = Field(None, description="one per section of a line, right after it")
    trailer: RecordSpec | None = Field(None, description="once, at the end; run variables and totals only")


class Omission(Part):
    """A line kind that the format does not write, and why that is right."""

    kind: str = Field(description="the line kind")
    reason: Annotated[str, StringConstraints(min_length=10)] = Field(description="a sentence for the accountant")


class Entries(Part):
    """Which entry types leave in this format. A type is written with all its line kinds, or not at all."""

    writes: tuple[EntryType, ...] = Field(min_length=1, description="entry types; entries of another type do not leave")
    omit: tuple[Omission, ...] = Field((), description="line kinds left out on purpose: `{ kind = …, reason = … }`")


class Order(Part):
    """In which order documents and lines stand."""

    documents: tuple[str, ...] = Field(("journal", "posting_day", "piece"), description="document variables to sort by")
    lines: tuple[str, ...] = Field(
        (), description="line kinds in their order; those not listed follow as they were posted"
    )


class Merge(Part):
    """Lines of one document that leave as one."""

    kinds: tuple[str, ...] = Field(min_length=1, description="line kinds that may be merged")
    by: tuple[str, ...] = Field(
        min_length=1,
        description="variables that must be equal, besides account, auxiliary, tax code and currency; amounts add up. "
        "Where the format has an analytic record, split lines merge with split lines alone",
    )


class FormatFile(Part):
    """A format file. In `encoding`, `newline`, `delimiter`, `quote`, `date`, `mark` and `file_name` a setting may stand
    in braces: `mark = "{decimal_mark}"`."""

    format: Literal[1] = Field(description="version of the format language")
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")] = Field(
        description="the name by which an export definition calls it"
    )
    title: str = Field(description="its name for a person")
    description: str = Field("", description="what it is for and what to know before using it")
    source: str = Field("", description="where the layout is described")
    layout: Layout = Field(
        description="`delimited`: cells between delimiters; `fixed`: cells at columns; `tagged`: a flag line, then a "
        "line per cell"
    )
    encoding: str = Field("utf-8", description="as Python names it: `utf-8`, `cp1252`, `cp850`")
    newline: str = Field("CRLF", description="`CRLF` or `LF`; ends every line, the last included")
    file_name: str = Field(description="template of run variables; characters that a file name cannot hold become `_`")
    delimiter: str | None = Field(None, description="delimited: one character, or `TAB`")
    quote: str | None = Field(
        None, description="delimited: character around cells that hold the delimiter; without it they are refused"
    )
    quote_all: bool = Field(False, description="delimited: quote every cell")
    header_row: bool = Field(False, description="delimited: the first line holds the titles of the line's fields")
    record_length: int | None = Field(None, ge=1, description="fixed: characters of line and analytic records")
    flag_prefix: str | None = Field(
        None, description="tagged: how flags start; a text that starts so gets a space before it"
    )
    spreadsheet: bool = Field(
        False, description="the file is opened in spreadsheets: a text that one would run gets an apostrophe before it"
    )
    date: str = Field("YYYY-MM-DD", description="form of days: `YYYY` or `YY`, `MM`, `DD` and what stands between")
    mark: str = Field(".", description="decimal mark of amounts; empty writes minor units")
    truncate_to: Literal["unit", "tenth", "hundredth"] | None = Field(
        None, description="amounts are cut toward zero before they are rendered; each document still balances"
    )
    loses: tuple[str, ...] = Field((), description="sentences: what the ledger knows and this format cannot say")
    settings: dict[Name, Setting] = Field({}, description="what a connection may choose")
    labels: dict[str, str] = Field(
        {}, description="template of the variable `label` by line kind; a connection may replace it"
    )
    transliterate: dict[str, str] = Field({}, description="characters that a text writes otherwise: `œ = 'oe'`")
    fallback: Literal["ascii", "refuse"] = Field(
        "refuse", description="what happens to other characters of a text that the encoding cannot hold"
    )
    entries: Entries
    order: Order = Order()
    merge: Merge | None = Field(None, description="net lines that leave as one")
    records: Records
