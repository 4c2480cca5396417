"""Mileage scales as configured: what a year's distance is worth, by vehicle and fiscal power, with validity dates.

A scale gives the value F of the distance of a whole year; a trip is worth what it adds to it, so that the year's trips
always add up to F, whatever bracket they cross (payments and statutory reference, 5.3).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from passerelle.masterdata.policy import Dated, Number, plain_decimal
from passerelle.masterdata.values import Currency, Described, Name, first_of_year

Unit = Literal["km", "mi"]


class Bracket(Described):
    """Of a year's distance d up to ``up_to`` (inclusive): d × ``rate`` + ``fixed``. The last bracket has no end."""

    up_to: Annotated[Decimal, BeforeValidator(plain_decimal), Field(gt=0)] | None = None
    rate: Number
    fixed: Number = Decimal(0)


class MileageRate(Dated):
    """The brackets of one class of vehicle within a range of fiscal power, for trips of certain days."""

    vehicle: Name = Field("car", description="class of vehicle, as the expense names it")
    power_from: Annotated[int, Field(ge=0, strict=True)] | None = None
    power_until: Annotated[int, Field(ge=0, strict=True)] | None = None
    brackets: Annotated[tuple[Bracket, ...], Field(min_length=1)]
    multiplier: Number = Decimal(1)


class MileageScale(Described):
    """A scale. ``year_start`` (MM-DD) begins the year over which distances add up; a person's, by vehicle."""

    name: Name
    currency: Currency
    unit: Unit = "km"
    year_start: Annotated[str, AfterValidator(first_of_year)] = "01-01"
    rates: Annotated[tuple[MileageRate, ...], Field(min_length=1)]
