"""What is frozen at export: documents and their lines, as they leave. Renders read nothing else."""

from __future__ import annotations

from typing import Any, NamedTuple


class FrozenLine(NamedTuple):
    """One line as it leaves, before a connection's mapping. ``amount`` is signed: debit positive, credit negative."""

    kind: str
    account: str
    general: str
    auxiliary: str
    amount: int
    tax_code: str
    vat_rate: str
    base: int | None
    day: str
    type_code: str
    type_name: str
    comment: str
    currency: str
    original: int | None
    rate: str
    sections: str
    expense_id: int | None


class FrozenDocument(NamedTuple):
    """One entry as it leaves: whole (rank 0), or as a delta over what had left at ``base_revision``."""

    entry_id: int
    revision: int
    base_revision: int
    rank: int
    journal: str
    entry_type: str
    entry_day: str
    posting_day: str
    fiscal_year: str
    report_number: str
    report_title: str
    employee: str
    employee_name: str
    lines: list[FrozenLine]
    piece_number: int = 0


def content(document: FrozenDocument) -> list[Any]:
    """What ``--expect`` covers: everything that leaves, no counter and no clock."""
    return [*document[:13], [list(line) for line in document.lines]]


def totals(lines: list[FrozenLine]) -> tuple[int, int]:
    """Sum of debits and of credits, both positive."""
    debit = sum(line.amount for line in lines if line.amount > 0)
    return debit, debit - sum(line.amount for line in lines)
