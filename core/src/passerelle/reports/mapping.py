"""A mapping file: how the columns of one source's CSV become expenses, grouped into reports.

Its name is the source under which its lines are known for ever: keep it, and give another source another name.
"""

from __future__ import annotations

import codecs
import string
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag, field_validator, model_validator

from passerelle.masterdata.values import Code, Described
from passerelle.reports.expense import Title
from passerelle.reports.forms import date_pattern

Negative = Literal["leading", "trailing", "parentheses"]
Column = Annotated[str, StringConstraints(min_length=1)]
OneCharacter = Annotated[str, StringConstraints(min_length=1, max_length=1)]
_KEPT = "surrogateescape"
_IN_TITLES = ("period", "employee", "entity", "source")


def _encoding(name: str) -> str:
    """Refused lines are handed back byte by byte, so what cannot be decoded must survive decoding."""
    high = [bytes([byte]) for byte in range(128, 256)]
    try:
        known = codecs.lookup(name).name.removesuffix("-sig")  # the mark before the first line is no part of a line
        keeps = all(one.decode(known, _KEPT).encode(known, _KEPT) == one for one in high)
    except (LookupError, ValueError):
        keeps = False
    if not keeps:
        raise ValueError('expected a text encoding of single bytes or UTF-8, as "utf-8", "cp1252" or "iso8859-15"')
    return codecs.lookup(name).name


def _mark(written: str) -> str:
    if written in "\r\n\0":
        raise ValueError("expected a character that ends no line")
    return written


def _date_form(form: str) -> str:
    date_pattern(form)
    return form


Mark = Annotated[OneCharacter, AfterValidator(_mark)]
DateForm = Annotated[str, AfterValidator(_date_form)]


class From(Described):
    """Where a value comes from: a ``column`` (or the first of its ``fallback`` columns that is not empty), or a
    ``constant``. Then, in this order: ``replace``, ``map``."""

    column: Column | None = None
    fallback: tuple[Column, ...] = Field((), description="columns to take instead, in order, where it is empty")
    constant: str | None = None
    strip: bool = Field(True, description="spaces around the value do not count")
    empty: tuple[str, ...] | None = Field(None, description="what counts as empty here; default: forms.empty")
    replace: dict[str, str] = Field({}, description='parts of the value to replace, as { "\'" = "" }')
    map: dict[str, str] = Field({}, description="value in the file -> our value")
    otherwise: str | None = Field(None, alias="else", description="for values that `map` does not name")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.column is None) == (self.constant is None):
            raise ValueError("expected either column or constant")
        if self.constant is not None and (self.fallback or self.map or self.replace):
            raise ValueError("expected a constant alone: fallback, replace and map need a column")
        if self.otherwise is not None and not self.map:
            raise ValueError("expected a map beside else")
        return self


class DateParts(Described):
    """A date from columns of its parts. ``day`` may be a number, a column, or "last": the month's last day."""

    year: From = Field(description="a year, as 2026")
    month: From = Field(description="a month, 1 to 12")
    day: From | Literal["last"] | Annotated[int, Field(ge=1, le=28)] = Field(1, description="number, source, or last")


class DateFrom(Described):
    """The expense's date: a ``column`` with fallbacks, and where all are empty its ``parts``."""

    column: Column | None = None
    fallback: tuple[Column, ...] = Field((), description="columns to take instead, in order, where it is empty")
    empty: tuple[str, ...] | None = Field(None, description="what counts as empty here; default: forms.empty")
    forms: tuple[DateForm, ...] = Field((), description="default: forms.dates")
    parts: DateParts | None = Field(None, description="where all of these columns are empty, or there are none")

    @model_validator(mode="after")
    def _some_source(self) -> Self:
        if self.column is None and self.parts is None:
            raise ValueError("expected a column, parts, or both")
        if self.fallback and self.column is None:
            raise ValueError("expected a column before its fallback")
        return self


class HashedId(Described):
    """An id derived from the line's own values, for a source without ids: it is marked as derived.

    ``occurrence`` counts equal lines of one file, so that true repetitions stay apart; they must come in one file.
    """

    hash: tuple[Column, ...] = Field(min_length=1, description="columns that tell one line from another")
    occurrence: bool = Field(False, description="count equal lines of the file, as parts of the id")


class VatFrom(Described):
    """One VAT base. With a ``rate`` alone it covers the whole amount; a base without any value is left out."""

    rate: From = Field(description="percent; a number")
    net: From | None = Field(None, description="amount without VAT; computed where it is absent")
    vat: From | None = Field(None, description="amount of VAT; computed where it is absent")
    gross: From | None = Field(None, description="amount with VAT; checked where net and VAT are there")


def _id_variant(given: Any) -> str:
    hashed = "hash" in given if isinstance(given, dict) else isinstance(given, HashedId)
    return "HashedId" if hashed else "From"


class Columns(Described):
    """Where each field of an expense comes from."""

    id: Annotated[Annotated[From, Tag("From")] | Annotated[HashedId, Tag("HashedId")], Discriminator(_id_variant)] = (
        Field(description="a source, or the columns to derive one from: see Derived ids")
    )
    employee: From = Field(description="code of an employee of the entity")
    type: From = Field(description="code of an expense type")
    date: DateFrom = Field(description="day of the expense")
    amount: From | None = Field(
        None, description="gross, in `currency`; a number, negative for a refund; empty where the policy fills it in"
    )
    currency: From | None = Field(None, description="ISO 4217; without it, or where empty: the entity's")
    country: From | None = Field(None, description="where it was bought, ISO 3166; default: the entity's")
    entity_amount: From | None = Field(None, description="gross in the entity's currency; a number")
    rate: From | None = Field(None, description="entity currency per unit of `currency`; a number")
    quantity: From | None = Field(None, description="a number")
    guests: From | None = Field(None, description="how many, without the employee; a whole number")
    distance: From | None = Field(None, description="of a trip by a vehicle of the employee's own; a number")
    unit: From | None = Field(None, description="of the distance: km or mi; default: km")
    power: From | None = Field(None, description="fiscal power of the vehicle; a whole number")
    vehicle_class: From | None = Field(None, description="as the mileage scale names it; default: car")
    vehicle: From | None = Field(None, description="which one, as its number plate; default: the only one")
    payer: From = Field(
        From(constant="employee"),
        description="employee, company_card or company; default: the constant employee",
    )
    card_transaction: From | None = Field(None, description="only where the payer is company_card")
    comment: From | None = Field(None, description="up to 2,000 characters")
    receipt: From | None = Field(None, description="where the receipt is found")
    cancels: From | None = Field(None, description="id of the expense that this refund cancels")
    vat: tuple[VatFrom, ...] = Field((), description="one table per VAT rate; none: no VAT is known")
    sections: dict[Code, From] = Field({}, description="axis -> section, for the whole amount; empty: none")


class Forms(Described):
    """How dates, numbers and absence are written in the file."""

    dates: tuple[DateForm, ...] = Field(
        ("YYYY-MM-DD",), description="forms of days, tried in order: YYYY or YY, MM, DD; a time hh:mm:ss is read over"
    )
    decimal_mark: OneCharacter = "."
    thousands_mark: Annotated[str, StringConstraints(max_length=1)] = Field(
        "", description="read only where it parts groups of three digits"
    )
    negative: tuple[Negative, ...] = Field(
        ("leading",), description="where minus signs stand: `leading`, `trailing`, `parentheses`"
    )
    empty: tuple[str, ...] = Field(("",), description="cells that hold nothing, beside the empty one")

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.decimal_mark == self.thousands_mark:
            raise ValueError("expected a decimal mark and a thousands mark that differ")
        return self


class Grouping(Described):
    """How lines become reports: one per employee and period of the expense date, or per employee and value."""

    period: Literal["month", "week", "day"] | None = Field(None, description="of the expense date; weeks are ISO weeks")
    column: Column | None = Field(None, description="or: the column whose value names the report")
    title: Title = Field("{period} {employee}", description="may name {period}, {employee}, {entity} and {source}")
    approved: bool = Field(False, description="the reports arrive approved")
    controlled: bool = Field(False, description="the reports arrive controlled")

    @model_validator(mode="after")
    def _one_group(self) -> Self:
        if (self.period is None) == (self.column is None):
            raise ValueError("expected either period or column")
        return self

    @field_validator("title")
    @classmethod
    def _plain_names(cls, title: str) -> str:
        expected = "expected a title with no other names than {period}, {employee}, {entity}, {source}"
        try:
            named = [part[1:] for part in string.Formatter().parse(title) if part[1] is not None]
        except ValueError:
            raise ValueError(expected) from None
        if any(name not in _IN_TITLES or form or conversion for name, form, conversion in named):
            raise ValueError(f"{expected}, without a form")
        return title


class MappingFile(Described):
    """The whole mapping file."""

    version: Literal[1] = Field(1, description="version of the mapping language")
    name: Code = Field(description="the source under which the lines are known, for ever")
    entity: Code = Field(description="the legal entity whose expenses these are")
    encoding: Annotated[str, AfterValidator(_encoding)] = Field(
        "utf-8", description="as Python names it: `utf-8`, `cp1252`, `iso8859-15`; a mark of UTF-8 is read over"
    )
    delimiter: Mark = Field(",", description="one character; a tab is `\\t`")
    quote: Mark = Field('"', description="around cells that hold the delimiter, a line end, or itself doubled")
    header: Literal[True] | tuple[Column, ...] = Field(True, description="true: the first line; else the names")
    forms: Forms = Forms()
    report: Grouping
    columns: Columns

    @model_validator(mode="after")
    def _delimiter_is_no_quote(self) -> Self:
        if self.delimiter == self.quote:
            raise ValueError("expected a delimiter and a quote that differ")
        return self
