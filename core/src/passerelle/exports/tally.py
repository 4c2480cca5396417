"""What becomes of the ledger's amounts on their way into one file: netted by merging, cut, left out on purpose."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass, field

from passerelle.exports.frozen import FrozenDocument, FrozenLine, totals
from passerelle.formats.document import Document

_NAMED = 1000


@dataclass(slots=True)
class Tally:
    """Sums in minor units over the documents of one file, all positive.

    ``ledger_debit`` is what was frozen of them (debits and credits are equal there); ``debit`` and ``credit`` are the
    file's. ``vanished`` counts documents of which no line is left, ``vanished_reports`` names the first of them.
    """

    ledger_debit: int = 0
    debit: int = 0
    credit: int = 0
    netted: int = 0
    cut: int = 0
    omitted_debit: int = 0
    omitted_credit: int = 0
    vanished: int = 0
    vanished_reports: list[str] = field(default_factory=list)

    def add(
        self, document: FrozenDocument, merged: Sequence[FrozenLine], projected: Document, omitted: Container[object]
    ) -> None:
        """Counts one document in: its frozen lines, what merging left of them, and what the file shows."""
        debits = [sum(line.amount for line in lines if line.amount > 0) for lines in (document.lines, merged)]
        whole, written = 0, False
        for _, kind, _, _, _, value, *_ in projected.lines:
            debit, credit = max(int(value), 0), max(-int(value), 0)  # type: ignore[arg-type]
            whole += debit
            if kind in omitted:
                self.omitted_debit += debit
                self.omitted_credit += credit
            else:
                written = True
                self.debit += debit
                self.credit += credit
        self.ledger_debit += debits[0]
        self.netted += debits[0] - debits[1]
        self.cut += debits[1] - whole
        if not written:
            self.vanished += 1
            if len(self.vanished_reports) < _NAMED:
                self.vanished_reports.append(document.report_number)

    def add_whole(self, document: FrozenDocument) -> None:
        """Counts one document in of which everything is shown."""
        debit, credit = totals(document.lines)
        self.ledger_debit += debit
        self.debit += debit
        self.credit += credit

    def counted(self) -> dict[str, object]:
        """The sums as an export keeps them, without the file's, which its proof counts."""
        kept = asdict(self)
        return {name: value for name, value in kept.items() if name not in ("debit", "credit")}
