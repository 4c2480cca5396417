"""The trial balance of what leaves: debits and credits by account, and by journal and month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from passerelle.exports.frozen import FrozenDocument


@dataclass(slots=True)
class TrialBalance:
    """Sums in minor units, gathered while documents pass; in constant memory but for the accounts."""

    accounts: dict[str, list[int]] = field(default_factory=dict)  # account -> [debit, credit, lines]
    months: dict[tuple[str, str], list[int]] = field(default_factory=dict)  # (journal, month) -> the same
    documents: int = 0

    def add(self, document: FrozenDocument) -> None:
        """Counts one document in."""
        self.documents += 1
        month = self.months.setdefault((document.journal, document.posting_day[:7]), [0, 0, 0])
        for line in document.lines:
            amount = line.amount
            account = self.accounts.setdefault(line.general, [0, 0, 0])
            side = 0 if amount > 0 else 1
            account[side] += abs(amount)
            account[2] += 1
            month[side] += abs(amount)
            month[2] += 1

    @property
    def lines(self) -> int:
        """How many lines were counted."""
        return sum(row[2] for row in self.accounts.values())

    @property
    def debit(self) -> int:
        """Sum of debits, in minor units."""
        return sum(row[0] for row in self.accounts.values())

    @property
    def credit(self) -> int:
        """Sum of credits, positive, in minor units."""
        return sum(row[1] for row in self.accounts.values())


def balance_of(documents: Iterable[FrozenDocument]) -> TrialBalance:
    """The trial balance of ``documents``."""
    balance = TrialBalance()
    for document in documents:
        balance.add(document)
    return balance
