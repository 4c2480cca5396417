"""The expense policy as configured: profiles, the types they tick, and the rules they hold.

Every employee has one profile; the profile ``generic`` is inherited by all. What a type may cost is said where a
profile ticks it (count, alert, cap, flat rate: one control set, never merged). Rules hold for lists of types; those of
the employee's profile and of ``generic`` all apply. Amounts are written by currency in whole units: ``{ EUR = 20 }``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from passerelle import money
from passerelle.masterdata.values import Code, Country, Currency, Day, Described, Flag, Name, Setting
from passerelle.periods import Period
from passerelle.plan import counted

GENERIC = "generic"
"""The code of the profile that all inherit."""

Consequence = Literal["alert", "block"]
_GREATEST = 10**12
_PLAIN = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)


def plain_decimal(value: Any) -> Any:
    """A number as it is written, or as text, in plain digits; ``true`` is none, and an exponent is written out."""
    written = isinstance(value, Decimal | int) or (isinstance(value, str) and _PLAIN.fullmatch(value))
    if not written or isinstance(value, bool):
        raise ValueError("expected a number, as 20 or 17.50")
    return Decimal(f"{value:f}") if isinstance(value, Decimal) and value.is_finite() else value


def _amounts(amounts: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    for currency, amount in amounts.items():
        try:
            money.minor(amount, currency)
        except ValueError:
            most = counted(money.exponent(currency), "decimal")
            raise ValueError(f"expected an amount in {currency} of at most {most}") from None
    return amounts


# limits stand before validators: else editors would not find them in the JSON Schema
Number = Annotated[Decimal, Field(ge=0, lt=_GREATEST), BeforeValidator(plain_decimal)]
Amounts = Annotated[dict[Currency, Number], AfterValidator(_amounts)]
SomeAmounts = Annotated[dict[Currency, Number], Field(min_length=1), AfterValidator(_amounts)]
Types = Annotated[tuple[Code, ...], Field(description="expense types; none: all of them")]


class Dated(Described):
    """What holds for expenses of certain days; both ends belong to it, an absent end is open."""

    valid_from: Day | None = None
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Dated:
        if self.valid_from is not None and self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("expected valid_until on or after valid_from")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether an expense of this day is concerned."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )

    def overlaps(self, other: Dated) -> bool:
        """Whether both hold on some day."""
        starts, ends = (self.valid_from, other.valid_from), (self.valid_until, other.valid_until)
        start = max((day for day in starts if day is not None), default=date.min)
        return all(day is None or start <= day for day in ends)


class CountLimit(Dated):
    """At most ``limit`` declarations of the type in a calendar period; the next one is blocked."""

    limit: Annotated[int, Field(ge=0, strict=True)]
    period: Period


class Threshold(Dated):
    """An amount by currency that a calendar period may reach. It grows with the shares of its expenses."""

    amounts: SomeAmounts
    period: Period


class FlatRate(Dated):
    """What one unit (a day, a guest's share) is paid; the amount of the expense is filled in."""

    amounts: SomeAmounts
    countries: tuple[Country, ...] = Field((), description="expenses made there; none: those no other one names")


class Ticked(Described):
    """An expense type that a profile allows, with its control set."""

    count: tuple[CountLimit, ...] = ()
    alert: tuple[Threshold, ...] = ()
    cap: tuple[Threshold, ...] = ()
    flat_rate: tuple[FlatRate, ...] = ()
    mileage_scale: Code | None = Field(None, description="mileage types: the scale that fills the amount in")

    @property
    def is_set(self) -> bool:
        """Whether anything is controlled; a type ticked without a set is free of control."""
        return bool(self.count or self.alert or self.cap or self.flat_rate or self.mileage_scale)


class Restriction(Dated):
    """Flexible: blocked when, counting it, the period holds two different types of the list and more than ``limit``."""

    kind: Literal["restriction"]
    types: Annotated[tuple[Code, ...], Field(min_length=2)]
    limit: Annotated[int, Field(ge=1, strict=True)]
    period: Period = "day"


class MultipleThreshold(Dated):
    """A cap, or an alert threshold, that several types share."""

    kind: Literal["cap", "alert"]
    types: Annotated[tuple[Code, ...], Field(min_length=1)]
    amounts: SomeAmounts
    period: Period


class ReceiptRule(Dated):
    """A receipt is required above an amount; without ``above``, always."""

    kind: Literal["receipt"]
    types: Types = ()
    above: Amounts = {}
    consequence: Consequence = "block"


class CommentRule(Dated):
    """A comment is required."""

    kind: Literal["comment"]
    types: Types = ()
    consequence: Consequence = "block"


class AgeRule(Dated):
    """An expense is declared at most ``days`` days after its date, as the entity's time zone counts days."""

    kind: Literal["age"]
    types: Types = ()
    days: Annotated[int, Field(ge=0, strict=True)]
    consequence: Consequence = "block"


class FutureRule(Dated):
    """An expense is not dated after the day of its declaration in the entity's time zone."""

    kind: Literal["future"]
    types: Types = ()
    consequence: Consequence = "block"


class DaysRule(Dated):
    """What becomes of expenses of weekends, public holidays of the entity's country, and the employee's leave."""

    kind: Literal["days"]
    types: Types = ()
    weekends: Literal["allow", "alert", "block"] = "allow"
    holidays: Literal["allow", "alert", "block"] = "allow"
    leave: Literal["allow", "alert", "block"] = "allow"


class PluginRule(Dated):
    """A rule that a plugin brings, with its settings. It sees what was counted of its types in the period."""

    kind: Literal["plugin"]
    rule: Name
    types: Types = ()
    period: Period = "year"
    settings: dict[str, Setting] = {}


Rule = Annotated[
    Restriction | MultipleThreshold | ReceiptRule | CommentRule | AgeRule | FutureRule | DaysRule | PluginRule,
    Field(discriminator="kind"),
]


class Profile(Described):
    """The policy of some employees. ``generic`` is inherited by every other profile."""

    name: Name
    types: dict[Code, Ticked] = {}
    rules: dict[Code, Rule] = {}
    weekends_worked: Flag | None = Field(None, description="no rule on weekends holds; none: as generic says")
