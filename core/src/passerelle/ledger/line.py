"""What the ledger is made of: rows of entry lines and the columns they have, as they go to and come from the store."""

from __future__ import annotations

from typing import TypeAlias

LINE_COLUMNS = (
    "entry_id",
    "revision",
    "kind",
    "account",
    "employee_id",
    "expense_id",
    "amount",
    "tax_code",
    "vat_rate",
    "base",
    "currency",
    "original",
    "rate",
    "sections",
)
LineRow: TypeAlias = tuple[
    int, int, str, str, int | None, int | None, int, str, str, int | None, str, int | None, str, str
]
AMOUNT = LINE_COLUMNS.index("amount")

ENTRY_TYPE_KINDS: dict[str, tuple[str, ...]] = {
    "expense_report": ("expense", "vat", "employee"),
    "company_paid": ("expense", "vat", "advance.account", "company"),
}
"""The line kinds that an entry of each type may hold: what a format must be able to write."""
