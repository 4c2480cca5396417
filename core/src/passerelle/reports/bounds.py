"""How large a figure may be, so that whatever is added up of it stays within the 64 bits of a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from passerelle import money
from passerelle.errors import Finding
from passerelle.reports.expense import ExpenseInput

GREATEST = 10**15
"""Minor units of any one amount, and of all amounts of one report; sums of thousands of them stay within 64 bits."""

_MOST = 1_000_000  # units, or kilometres of one trip: more is a typing error


def amount_out_of_range(name: str, value: str, currency: str, object: str) -> Finding:
    """An amount that cannot be that of an expense."""
    return Finding(
        "PSR-1115",
        "The amount is out of range.",
        object=object,
        field=name,
        value=value,
        expected=f"less than {money.display(GREATEST, currency)}",
        remedy="correct the amount",
        who="employee",
    )


def numbers_out_of_range(given: ExpenseInput, object: str) -> Iterator[Finding]:
    """A quantity or a distance from which the policy would fill in an amount beyond all measure."""
    distance = given.mileage.distance if given.mileage is not None else None
    stated: tuple[tuple[str, Decimal | None], ...] = (("quantity", given.quantity), ("mileage.distance", distance))
    for name, number in stated:
        if number is not None and abs(number) > _MOST:
            yield Finding(
                "PSR-1125",
                "A quantity or a distance is out of range.",
                object=object,
                field=name,
                value=f"{number:f}",
                expected=f"at most {_MOST:,}",
                remedy="correct the number",
                who="employee",
            )


def sum_out_of_range(amounts: Iterable[tuple[str, int]], object: str) -> Finding | None:
    """(currency, minor units) of what one report holds: their sizes add up to less than ``GREATEST`` in each."""
    sums: dict[str, int] = {}
    for currency, minor in amounts:
        sums[currency] = sums.get(currency, 0) + abs(minor)
    for currency, total in sums.items():
        if total >= GREATEST:
            return Finding(
                "PSR-1126",
                "The expenses of the report add up to more than a report may hold.",
                object=object,
                field="expenses",
                value=money.display(total, currency),
                expected=f"less than {money.display(GREATEST, currency)}, whatever their signs",
                remedy="correct the amounts, or state them in several reports",
                who="integrator",
            )
    return None
