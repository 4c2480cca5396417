"""Mileage scales as configured: what a year's distance is worth, by vehicle and fiscal power, with validity dates.

A scale gives the value F of the distance of a whole year; a trip is worth what it adds to it, so that the year's trips
always add up to F, whatever bracket they cross (payments and statutory reference, 5.3). Passerelle ships the scales of
some tax authorities as files of this package; a company's own scale of the same code stands before a shipped one.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from passerelle.masterdata.policy import Dated, Number, plain_decimal
from passerelle.masterdata.values import Currency, Described, Flag, Name, first_of_year

Unit = Literal["km", "mi"]
SHIPPED: frozenset[str] = frozenset({"FR", "GB"})
"""The codes of the scales that Passerelle ships."""


class Bracket(Described):
    """Of a year's distance d up to ``up_to`` (inclusive): d × ``rate`` + ``fixed``. The last bracket has no end."""

    up_to: Annotated[Decimal, Field(gt=0), BeforeValidator(plain_decimal)] | None = Field(
        None, description="distance of the year, in the unit of the scale"
    )
    rate: Number
    fixed: Number = Decimal(0)


class MileageRate(Dated):
    """The brackets of one class of vehicle within a range of fiscal power, for trips of certain days."""

    vehicle: Name = Field("car", description="class of vehicle, as the expense names it")
    power_from: Annotated[int, Field(ge=0, strict=True)] | None = Field(None, description="least fiscal power")
    power_until: Annotated[int, Field(ge=0, strict=True)] | None = Field(
        None, description="greatest; both belong to it"
    )
    brackets: Annotated[tuple[Bracket, ...], Field(min_length=1, description="by rising distance of the year")]
    multiplier: Number = Field(Decimal(1), description="of what the brackets give, as 1.2 for electric cars")


class MileageScale(Described):
    """A scale. ``year_start`` (MM-DD) begins the year over which a person's distances add up."""

    name: Name
    currency: Currency
    unit: Unit = "km"
    year_start: Annotated[str, AfterValidator(first_of_year)] = "01-01"
    by_vehicle: Flag = Field(True, description="distances add up for each vehicle; false: for all of a class together")
    rates: Annotated[tuple[MileageRate, ...], Field(min_length=1)]


@cache
def shipped_scale(code: str) -> MileageScale | None:
    """The scale that Passerelle ships under a code; ``None`` where it ships none."""
    if code not in SHIPPED:
        return None
    import tomllib
    from importlib.resources import files

    text = files("passerelle.masterdata").joinpath("scales", f"{code}.toml").read_text(encoding="utf-8")
    return MileageScale.model_validate(tomllib.loads(text, parse_float=Decimal))
