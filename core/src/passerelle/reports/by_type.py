"""What an expense states, or leaves out, against what the policy makes of its type."""

from __future__ import annotations

from collections.abc import Iterator

from passerelle.errors import Finding
from passerelle.reports.expense import ExpenseInput
from passerelle.reports.known import EntityView


def without_amount(view: EntityView, given: ExpenseInput, object: str) -> Iterator[Finding]:
    """Where the policy fills the amount in, nothing stated may depend on it; elsewhere it must be stated."""
    if given.type in view.types and given.type not in view.filled_in:
        yield Finding(
            "PSR-1002",
            "A field that must be stated is missing.",
            object=object,
            field="amount",
            expected="an amount, since no flat rate or mileage scale fills it in for this type",
            remedy="state the amount; or give the type a flat rate or a scale in a profile of company.toml",
            who="integrator",
        )
    for name, value in (("vat", given.vat), ("entity_amount", given.entity_amount)):
        if value is not None and value != ():
            yield Finding(
                "PSR-1120",
                "A figure is stated of an amount that is left out.",
                object=object,
                field=name,
                expected="the amount, or nothing that depends on it: flat rates and mileage carry no VAT",
                remedy=f"state the amount, or leave {name} out",
                who="integrator",
            )


def shares_without_use(view: EntityView, given: ExpenseInput, object: str) -> Iterator[Finding]:
    """Guests and quantity raise the thresholds of types of their kind alone; a warning, where there is a policy."""
    company = view.directory.company
    if given.type not in view.types or not company.profiles:
        return
    kind = company.expense_types[given.type].kind
    for name, value in (("guests", given.guests), ("quantity", given.quantity)):
        if name != kind and (value if name == "guests" else value not in (None, 1)):
            yield Finding(
                "PSR-1127",
                f"The thresholds of the expense do not grow with its {name}, since its type is of another kind.",
                object=object,
                field=name,
                value=str(value),
                expected=f"a type of kind {name}; {given.type} is of kind {kind}",
                remedy=f"name a type of kind {name}, or leave it as it is: {name} then counts for nothing",
                who="accountant",
                severity="warning",
            )
