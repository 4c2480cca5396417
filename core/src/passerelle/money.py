"""Money as integers of a currency's minor unit (ISO 4217), named rounding, and splits that lose no cent.

Inside Passerelle an amount is an ``int`` of minor units beside its currency code; ``Decimal`` lives at the borders;
a binary fraction never occurs. Rounding is half away from zero. Splits use largest remainder on absolute values, so
that ``split(-x) == -split(x)`` and an entry of −x mirrors the entry of x.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

# ISO 4217 (2024): currencies whose minor unit is not a hundredth, and those where it is.
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_TWO_DECIMALS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG
"""
_EXPONENTS = dict.fromkeys(_NO_DECIMALS.split(), 0) | dict.fromkeys(_THREE_DECIMALS.split(), 3) | {"CLF": 4, "UYW": 4}

CURRENCIES: frozenset[str] = frozenset(_TWO_DECIMALS.split()) | frozenset(_EXPONENTS)
"""Every active currency code of ISO 4217."""


def exponent(currency: str) -> int:
    """Digits after the decimal mark in ``currency`` (ISO 4217): 2 for EUR, 0 for JPY, 3 for TND."""
    return _EXPONENTS.get(currency, 2)


def minor(amount: Decimal, currency: str) -> int:
    """``amount`` in minor units; refused with ``ValueError`` if it has more decimals than the currency."""
    scaled = amount.scaleb(exponent(currency))
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more decimals than {currency} allows ({exponent(currency)})")
    return int(scaled)


def decimal(minor_units: int, currency: str) -> Decimal:
    """Minor units as a ``Decimal`` with exactly the currency's decimals."""
    return Decimal(minor_units).scaleb(-exponent(currency))


def text(minor_units: int, currency: str) -> str:
    """Minor units as digits with a point and no currency: ``-120.00``."""
    return f"{decimal(minor_units, currency):f}"


def display(minor_units: int, currency: str) -> str:
    """Minor units for a person: thousands separated by commas, with the currency: ``9,412.30 EUR``."""
    return f"{decimal(minor_units, currency):,f} {currency}"


def parse_decimal(written: str) -> Decimal:
    """A plain decimal number; ``ValueError`` for anything else, NaN, infinities and exponents included."""
    try:
        value = Decimal(written)
    except InvalidOperation:
        raise ValueError(f"{written!r} is not a decimal number") from None
    if not value.is_finite() or "e" in written.lower():
        raise ValueError(f"{written!r} is not a decimal number")
    return value


def round_half_away(value: Fraction | Decimal) -> int:
    """To the nearest integer; a half goes away from zero (2.5 → 3, −2.5 → −3)."""
    if isinstance(value, Decimal):
        return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    whole, rest = divmod(abs(value.numerator) * 2 + value.denominator, value.denominator * 2)
    del rest
    return whole if value >= 0 else -whole


def convert(minor_units: int, currency: str, rate: Decimal, into: str) -> int:
    """Minor units of ``currency`` × ``rate`` (units of ``into`` per unit of ``currency``), half away from zero."""
    shift = exponent(into) - exponent(currency)
    return round_half_away(Fraction(minor_units) * Fraction(rate) * (Fraction(10) ** shift))


def percentage(minor_units: int, percent: Decimal) -> int:
    """``percent`` % of an amount, rounded half away from zero."""
    numerator, denominator = percent.as_integer_ratio()
    denominator *= 100
    size = (2 * abs(minor_units) * numerator + denominator) // (2 * denominator)
    return size if minor_units >= 0 else -size


def split(total: int, weights: Sequence[int]) -> list[int]:
    """``total`` shared in proportion to non-negative ``weights``; the shares add up to it exactly.

    Largest remainder on absolute values; equal remainders go to the earlier share. ``ValueError`` when the weights
    are empty, negative or all zero.
    """
    whole = sum(weights)
    if not weights or whole <= 0 or min(weights) < 0:
        raise ValueError(f"cannot split over weights {list(weights)}")
    size = abs(total)
    shares = [size * weight // whole for weight in weights]
    missing = size - sum(shares)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % whole), i))
    for i in by_remainder[:missing]:
        shares[i] += 1
    return shares if total >= 0 else [-share for share in shares]


def apportion(total: int, parts: Sequence[int]) -> list[int]:
    """``total`` shared in proportion to ``parts`` of either sign, such as 1,000 and a discount of −100.

    Parts of one sign are a ``split`` among themselves. ``ValueError`` when the parts add up to zero.
    """
    whole = sum(parts)
    if whole == 0:
        raise ValueError(f"cannot apportion over parts {list(parts)}, which add up to zero")
    risen, fallen = [max(part, 0) for part in parts], [max(-part, 0) for part in parts]
    upper = round_half_away(Fraction(total * sum(risen), whole))
    shares = [0] * len(parts)
    for share, weights in ((upper, risen), (total - upper, fallen)):
        if any(weights):
            shares = [one + other for one, other in zip(shares, split(share, weights), strict=True)]
    return shares
