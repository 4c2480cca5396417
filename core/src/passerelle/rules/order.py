"""The order in which the policy judges: by the instant of the first declaration, then by the source's id."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import TypeAlias

from passerelle.rules.declared import Declared

_Standing: TypeAlias = tuple[tuple[tuple[str, str], int], ...]
_by_place = itemgetter(Declared._fields.index("place"), Declared._fields.index("id"))


def in_order(expenses: Iterable[Declared]) -> list[Declared]:
    """By place; a refund whose place is before that of the expense it names stands right after that expense."""
    ordered = sorted(expenses, key=_by_place)
    refunds = [expense for expense in ordered if expense.cancels is not None and expense.is_refund]
    if not refunds:
        return ordered
    by_id = {expense.id: expense for expense in ordered}
    standing: dict[int, _Standing] = {}
    for refund in refunds:
        _stand(refund, by_id, standing)
    return sorted(ordered, key=lambda expense: standing.get(expense.id) or ((expense.place, expense.id),))


def _stand(refund: Declared, by_id: dict[int, Declared], standing: dict[int, _Standing]) -> None:
    """Places a refund, and first what it names: refunds may name refunds. One that names itself stays in its place."""
    chain: list[Declared] = []
    expense: Declared | None = refund
    while expense is not None and expense.id not in standing and expense not in chain:
        chain.append(expense)
        expense = by_id.get(expense.cancels) if expense.cancels is not None and expense.is_refund else None
    for expense in reversed(chain):
        own: _Standing = ((expense.place, expense.id),)
        named = standing.get(expense.cancels) if expense.cancels is not None and expense.is_refund else None
        standing[expense.id] = own if named is None or named < own else named + own
