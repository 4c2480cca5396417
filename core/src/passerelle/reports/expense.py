"""What comes in: a report and its expenses as a source states them, one JSON object per report.

Money and rates are decimal *strings*. JSON numbers are refused, whole ones too: a reader may already have turned
120.10 into a binary fraction, and 12010 does not say whether it means cents. Days are ISO 8601; instants carry an
offset, since "9 o'clock" is another instant in each entity.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.json_schema import WithJsonSchema

from passerelle.masterdata.values import CONTROLS
from passerelle.money import CURRENCIES

Payer = Literal["employee", "company_card", "company"]
DECIMAL = re.compile(r"-?\d{1,30}(\.\d{1,12})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARS = range(1900, 2200)  # other years are typing errors, and at the ends of the calendar no zone can be applied


def _decimal(written: Any) -> Decimal:
    if not isinstance(written, str) or not DECIMAL.fullmatch(written):
        raise ValueError('expected a decimal number as text, for instance "120.00" or "-7.5"')
    return Decimal(written)


def _day(written: Any) -> date:
    try:
        if not _DAY.fullmatch(written):
            raise ValueError
        day = date.fromisoformat(written)
    except (TypeError, ValueError):
        raise ValueError('expected a day of the calendar as "YYYY-MM-DD"') from None
    if day.year not in _YEARS:
        raise ValueError(f"expected a day of the years {_YEARS[0]} to {_YEARS[-1]}")
    return day


def _instant(stated: datetime) -> datetime:
    try:
        instant = stated.astimezone(UTC)
    except OverflowError:
        instant = None
    if instant is None or instant.year not in _YEARS:
        raise ValueError(f"expected an instant of the years {_YEARS[0]} to {_YEARS[-1]} in UTC")
    return instant


def _currency(written: Any) -> str:
    if written not in CURRENCIES:
        raise ValueError('expected a currency code of ISO 4217, as "EUR"')
    return str(written)


def _decimal_schema(description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,30}(\.\d{1,12})?$", "description": description})


Amount = Annotated[Decimal, BeforeValidator(_decimal), _decimal_schema('a decimal number as text: "120.00"')]
Instant = Annotated[AwareDatetime, AfterValidator(_instant), Field(strict=False)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
CurrencyCode = Annotated[str, BeforeValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})]
# no control characters, which no format could carry; a comment may hold tabs and line ends
_CONTROLS_IN_TEXT = CONTROLS.replace(r"\x00-\x1f", r"\x00-\x08\x0b\x0c\x0e-\x1f")
Identity = Annotated[str, StringConstraints(max_length=200, pattern=rf"^[^{CONTROLS}]+$")]
Title = Annotated[str, StringConstraints(max_length=500, pattern=rf"^[^{CONTROLS}]+$")]
Text = Annotated[str, StringConstraints(max_length=2000, pattern=rf"^[^{_CONTROLS_IN_TEXT}]*$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Stated(BaseModel):
    """A frozen part of the input; an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class VatBase(Stated):
    """One VAT rate of an expense. Say ``net`` and ``vat``; what is absent is computed, half away from zero."""

    rate: Amount = Field(description="percent")
    net: Amount | None = None
    vat: Amount | None = None
    gross: Amount | None = None


class Share(Stated):
    """One part of an analytical split: a percentage and one section per axis."""

    percent: Amount
    sections: dict[Identity, Identity] = Field(min_length=1, description="axis -> section")


class Mileage(Stated):
    """A trip by a vehicle of the employee's own. Distances of a year add up by ``vehicle``."""

    distance: Amount
    unit: Literal["km", "mi"] = "km"
    power: Annotated[int, Field(ge=1, le=200)] | None = Field(None, description="fiscal power")
    vehicle_class: Identity = Field("car", description="as the mileage scale names it: car, motorcycle, electric car …")
    vehicle: Identity | None = Field(None, description="which one, as its number plate; none: the only one")


class ExpenseInput(Stated):
    """One line an employee declares, as its source states it."""

    id: Identity = Field(description="unique in the source and entity, for ever")
    type: Identity = Field(description="code of an expense type")
    date: Day
    amount: Amount | None = Field(
        None, description="gross, in `currency`; negative for a refund; left out where a flat rate or scale fills it in"
    )
    currency: CurrencyCode | None = Field(None, description="default: the entity's")
    country: Country | None = Field(None, description="where it was bought, ISO 3166; default: the entity's")
    entity_amount: Amount | None = Field(None, description="gross in the entity's currency")
    rate: Amount | None = Field(None, description="entity currency per unit of `currency`")
    vat: tuple[VatBase, ...] = Field((), strict=False, description="add up to the gross; none: no VAT is known")
    quantity: Amount | None = None
    guests: Annotated[int, Field(ge=0, le=100_000)] = 0
    mileage: Mileage | None = None
    split: tuple[Share, ...] = Field((), strict=False, description="percentages add up to 100")
    payer: Payer = "employee"
    card_transaction: Identity | None = Field(None, description="only where payer is company_card")
    comment: Text = ""
    receipt: Text = ""
    cancels: Identity | None = Field(None, description="id of the expense that this refund cancels")


class ReportInput(Stated):
    """One expense report, as its source states it: whole at each revision, never a part of it."""

    source: Identity = Field(description="the system that the report comes from")
    id: Identity = Field(description="the report's id in the source")
    revision: Annotated[int, Field(ge=1, le=2**31 - 1)] = 1
    entity: Identity
    employee: Identity
    title: Title
    declared_at: Instant
    submitted: bool = Field(True, description="false: a draft, which counts for the policy and cannot be approved yet")
    approved: bool = Field(False, description="approved at the instant of the import; or say approved_at")
    approved_at: Instant | None = None
    controlled: bool = Field(False, description="controlled at the instant of the import; or say controlled_at")
    controlled_at: Instant | None = None
    expenses: tuple[ExpenseInput, ...] = Field(min_length=1, strict=False)

    def approval(self, now: datetime) -> datetime | None:
        """The instant of approval: as stated, else ``now`` where only the fact is stated."""
        return self.approved_at or (now if self.approved else None)

    def control(self, now: datetime) -> datetime | None:
        """The instant of control, in the same way."""
        return self.controlled_at or (now if self.controlled else None)
