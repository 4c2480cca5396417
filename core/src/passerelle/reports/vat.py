"""The VAT bases of an expense: completed where the source left a figure out, compared where it did not."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from passerelle import money
from passerelle.errors import Finding
from passerelle.reports.bounds import GREATEST
from passerelle.reports.expense import VatBase

_TOLERANCE = Fraction(2, 100)  # of the currency's whole unit
Base = list[str | int]  # rate, net, VAT


def vat_bases(given: Sequence[VatBase], gross: int, currency: str, object: str, findings: list[Finding]) -> list[Base]:
    """[[rate, net, VAT], …] in minor units; faults and warnings go to ``findings``.

    The source's figure wins over a computed one; a gap over 0.02 warns. Bases that do not add up to the gross are
    refused. A single base that states a rate only covers the whole gross.
    """
    if len(given) == 1 and given[0].net is None and given[0].gross is None:
        given = (given[0].model_copy(update={"gross": money.decimal(gross, currency)}),)
    bases: list[Base] = []
    for position, base in enumerate(given):
        completed = _complete(base, currency, f"vat[{position}]", object, findings)
        if completed is None:
            return []
        bases.append(completed)
    total = sum(int(net) + int(vat) for _, net, vat in bases)
    if total != gross:
        findings.append(
            Finding(
                "PSR-1110",
                "The VAT bases do not add up to the gross amount.",
                object=object,
                field="vat",
                value=money.display(total, currency),
                expected=f"net + VAT of all bases = {money.display(gross, currency)}",
                remedy="correct the bases; an untaxed part is a base of rate 0",
                who="integrator",
            )
        )
    return bases


def _complete(base: VatBase, currency: str, name: str, object: str, findings: list[Finding]) -> Base | None:
    figures: dict[str, int | None] = {}
    for field in ("net", "vat", "gross"):
        amount: Decimal | None = getattr(base, field)
        try:
            figures[field] = None if amount is None else money.minor(amount, currency)
        except ValueError:
            expected = f"at most {money.exponent(currency)} decimals"
            findings.append(_unusable(f"{name}.{field}", str(amount), expected, object))
            return None
        if abs(figures[field] or 0) >= GREATEST:
            expected = f"less than {money.display(GREATEST, currency)}"
            findings.append(_unusable(f"{name}.{field}", str(amount), expected, object))
            return None
    net, vat, gross = figures["net"], figures["vat"], figures["gross"]
    if not 0 <= base.rate <= 100:
        findings.append(_unusable(f"{name}.rate", str(base.rate), "a percentage between 0 and 100", object))
        return None
    if net is None and gross is None:
        findings.append(_unusable(name, "", "net, or gross, beside the rate", object))
        return None
    if net is None:
        assert gross is not None
        computed = money.round_half_away(Fraction(gross) * Fraction(base.rate) / (100 + Fraction(base.rate)))
        vat = computed if vat is None else vat
        net = gross - vat
    else:
        computed = money.percentage(net, base.rate)
        vat = (computed if gross is None else gross - net) if vat is None else vat
        if gross is not None and net + vat != gross:
            expected = f"net + VAT = gross, {money.display(gross, currency)}"
            findings.append(_unusable(name, money.display(net + vat, currency), expected, object))
            return None
    if net * vat < 0:
        findings.append(_opposite(net, vat, currency, name, object))
        return None
    if abs(Fraction(vat - computed)) > _TOLERANCE * 10 ** money.exponent(currency):
        findings.append(_far(base, vat, computed, currency, name, object))
    return [_rate_text(base.rate), net, vat]


def _rate_text(rate: Decimal) -> str:
    text = f"{rate:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _unusable(field: str, value: str, expected: str, object: str) -> Finding:
    return Finding(
        "PSR-1116",
        "A VAT base cannot be used as it is stated.",
        object=object,
        field=field,
        value=value,
        expected=expected,
        remedy="correct the base",
        who="integrator",
    )


def _opposite(net: int, vat: int, currency: str, name: str, object: str) -> Finding:
    return Finding(
        "PSR-1117",
        "The VAT has the opposite sign of its net amount.",
        object=object,
        field=f"{name}.vat",
        value=f"{money.display(vat, currency)} on net {money.display(net, currency)}",
        expected="net and VAT of one sign: both positive, or both negative for a refund",
        remedy="correct the sign or the amount",
        who="integrator",
    )


def _far(base: VatBase, vat: int, computed: int, currency: str, name: str, object: str) -> Finding:
    return Finding(
        "PSR-1111",
        "The VAT stated differs from the VAT computed by more than 0.02; the stated one is kept.",
        object=object,
        field=f"{name}.vat",
        value=money.display(vat, currency),
        expected=f"about {money.display(computed, currency)} at {_rate_text(base.rate)} %",
        remedy="compare with the receipt",
        who="accountant",
        severity="warning",
    )
