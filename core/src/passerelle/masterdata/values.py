"""The kinds of value that configuration is written in: codes, names, days, countries, currencies, secrets."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from stdnum.fr import siren as french_siren

from passerelle.masterdata.countries import COUNTRIES
from passerelle.money import CURRENCIES
from passerelle.periods import FiscalYears


def _trusted(info: ValidationInfo) -> bool:
    """Whether the value comes from the store, hence passed the slow checks before."""
    return bool(info.context and info.context.get("trusted"))


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("expected a currency code of ISO 4217, as EUR")
    return code


def _country(code: str) -> str:
    if code not in COUNTRIES:
        raise ValueError("expected a country code of ISO 3166, as FR")
    return code


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _time_zone(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("expected a time zone of the IANA database, as Europe/Paris")
    return name


def _siren(number: str, info: ValidationInfo) -> str:
    if _trusted(info):
        return number
    if not french_siren.is_valid(number):
        raise ValueError("expected a SIREN: nine digits whose last is the check digit")
    return french_siren.compact(number)


def _iban(number: str, info: ValidationInfo) -> str:
    if _trusted(info):
        return number
    try:
        return IBAN(number).compact
    except SchwiftyException as fault:
        raise ValueError(f"expected an IBAN with right check digits ({fault})") from None


def _secret_reference(written: str) -> str:
    if not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S(.*\S)?", written):
        raise ValueError("expected a reference to a secret, env:NAME or file:PATH, never the secret itself")
    return written


def first_of_year(written: str) -> str:
    """The first day of a year, refused with ``ValueError`` when it is none."""
    try:
        month, day = (int(part) for part in written.split("-"))
        FiscalYears(month, day)
    except ValueError:
        raise ValueError("expected the first day of the fiscal year as MM-DD, for instance 01-01") from None
    return written


def _day(value: Any) -> Any:
    if isinstance(value, bool | int | Decimal | datetime):
        raise ValueError("expected a day, as 2026-01-31")
    return value


def _percent(value: Any) -> Any:
    """Plain digits: ``2e1`` would be written so into files."""
    if isinstance(value, bool):
        raise ValueError("expected a percentage, as 20 or 5.5")
    return Decimal(f"{value:f}") if isinstance(value, Decimal) and value.is_finite() else value


def _plain(value: Any) -> Any:
    """A setting as JSON keeps it, so that it comes back from the store as it was written."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str | bool | int):
        return value
    raise ValueError("expected text, whole numbers, true or false; put days and decimals between quotes")


Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
# C0, DEL, C1, and the marks that turn the direction of writing: what is shown would not be what is there
CONTROLS = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
Name = Annotated[str, StringConstraints(max_length=200, pattern=rf"^[^{CONTROLS}]+$")]
Flag = Annotated[bool, Field(strict=True)]
Day = Annotated[date, BeforeValidator(_day)]
HostKey = Annotated[str, StringConstraints(min_length=1, max_length=4000)]  # an RSA key is long
Currency = Annotated[str, AfterValidator(_currency)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_country)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Iban = Annotated[str, AfterValidator(_iban)]
SecretReference = Annotated[str, AfterValidator(_secret_reference)]
Siren = Annotated[str, AfterValidator(_siren)]
Setting = Annotated[Any, AfterValidator(_plain)]
Percent = Annotated[Decimal, Field(ge=0, le=100), BeforeValidator(_percent)]


class Described(BaseModel):
    """A frozen piece of configuration; an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")
