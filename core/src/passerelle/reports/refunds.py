"""What a refund may name as the expense that it cancels."""

from __future__ import annotations

from passerelle.errors import Finding
from passerelle.reports.intake import CheckedExpense


def may_be_cancelled(expense: CheckedExpense | None) -> bool:
    """Whether it is there, and no refund itself."""
    return expense is not None and (expense.gross > 0 or expense.computed)


def nothing_to_cancel(refund: CheckedExpense, object: str) -> Finding:
    """The expense that a refund names is not known: what it gives back could not be told."""
    return Finding(
        "PSR-1119",
        "The refund names no known expense of its employee.",
        object=f"{object}, expense {refund.line_key}" if refund.line_key not in object else object,
        field="cancels",
        value=refund.cancels,
        expected="the id of an expense of the same source, entity and employee that came before, or comes with it",
        remedy="import the expense first, or correct the id; a refund of nothing in particular has no `cancels`",
        who="integrator",
    )
