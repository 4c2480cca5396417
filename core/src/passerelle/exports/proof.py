"""The proof of a file: what was read back equals the projection, record by record, and counts what it found.

Projection and file pass in lockstep, in constant memory. The reader is the format's own inverse; the values it recovers
(accounts, amounts with their side, days, pieces, sections) are compared with the rows that were to be written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from passerelle.errors import Defect, Finding
from passerelle.formats.document import DOCUMENT_COLUMNS, LINE_COLUMNS, SECTION_COLUMNS, Document
from passerelle.formats.reader import ReadRecord

_DOCUMENT = tuple(column.name for column in DOCUMENT_COLUMNS)
_LINE = tuple(column.name for column in LINE_COLUMNS)
_SECTION = tuple(column.name for column in SECTION_COLUMNS)
_AMOUNT = _LINE.index("amount")


@dataclass(slots=True)
class Proof:
    """What the read-back counted; debits equal credits in every document. Amounts in minor units."""

    documents: int = 0
    lines: int = 0
    analytic: int = 0
    debit: int = 0
    credit: int = 0
    compared: tuple[str, ...] = ()
    months: dict[str, int] = field(default_factory=dict)  # journal and month -> debits
    accounts: dict[str, int] = field(default_factory=dict)  # account -> signed sum

    def counted(self) -> dict[str, object]:
        """The counts as an export keeps them."""
        return {
            "documents": self.documents,
            "lines": self.lines,
            "analytic": self.analytic,
            "debit": self.debit,
            "credit": self.credit,
            "compared": list(self.compared),
            "months": self.months,
        }


def prove(
    documents: Iterator[Document], records: Iterator[ReadRecord], compared: frozenset[str], where: str
) -> Proof:
    """Compares; the first difference raises ``Defect`` (PSR-6901 a value, PSR-6902 a missing or surplus record)."""
    proof = Proof(compared=tuple(sorted(compared)))
    entries = (record for record in records if record.record in ("line", "analytic"))
    of_document = [(i, name) for i, name in enumerate(_DOCUMENT) if name in compared]
    of_line = [(i, name) for i, name in enumerate(_LINE) if name in compared]
    of_section = [(i, name) for i, name in enumerate(_SECTION) if name in compared]
    with_sections = any(name in compared for name in _SECTION)
    for document in documents:
        proof.documents += 1
        balance = 0
        for line in document.lines:
            record = _next(entries, "line", where)
            _compare(record, document.values, of_document, where)
            _compare(record, line, of_line, where)
            amount = record.values["amount"] if "amount" in compared else line[_AMOUNT]
            balance += _count(proof, document, line, int(amount))  # type: ignore[arg-type]
            for section in line[-1] if with_sections else ():  # type: ignore[union-attr]
                _compare(_next(entries, "analytic", where), section, of_section, where)  # type: ignore[arg-type]
                proof.analytic += 1
        if balance:
            raise Defect(_finding("PSR-6903", "A document in the file does not balance", where, str(balance), "0"))
    surplus = next(entries, None)
    if surplus is not None:
        raise Defect(_finding("PSR-6902", "The file holds a record too many", where, f"record {surplus.position}", ""))
    return proof


def _count(proof: Proof, document: Document, line: tuple[object, ...], amount: int) -> int:
    proof.lines += 1
    if amount > 0:
        proof.debit += amount
        month = f"{document.values[1]} {str(document.values[2])[:7]}"
        proof.months[month] = proof.months.get(month, 0) + amount
    else:
        proof.credit -= amount
    account = str(line[3])
    proof.accounts[account] = proof.accounts.get(account, 0) + amount
    return amount


def _next(entries: Iterator[ReadRecord], expected: str, where: str) -> ReadRecord:
    record = next(entries, None)
    if record is None or record.record != expected:
        found = "the end of the file" if record is None else f"a {record.record} record at {record.position}"
        raise Defect(_finding("PSR-6902", "The file lacks a record", where, found, f"a record of kind {expected}"))
    return record


def _compare(
    record: ReadRecord, row: tuple[object, ...], columns: list[tuple[int, str]], where: str
) -> None:
    values = record.values
    for index, name in columns:
        if name in values and values[name] != row[index]:
            what = f"The file says something else than the ledger for {name} in record {record.position}"
            raise Defect(_finding("PSR-6901", what, where, str(values[name]), str(row[index])))


def _finding(code: str, what: str, where: str, value: str, expected: str) -> Finding:
    return Finding(
        code,
        f"{what}.",
        object=where,
        value=value,
        expected=expected,
        remedy="nothing was sent; report this, with the format file",
        who="integrator",
    )
