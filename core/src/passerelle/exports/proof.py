"""The proof of a file: what was read back equals the projection, record by record, and counts what it found.

Projection and file pass in lockstep, in constant memory. The reader inverts the format's forms; the values it recovers
(accounts, amounts with their side, days, pieces, sections) are compared with the rows that were to be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from passerelle import money
from passerelle.errors import Defect, Finding
from passerelle.exports.tally import Tally
from passerelle.formats.document import Document, RunRow
from passerelle.formats.reader import ReadRecord
from passerelle.formats.recovery import expectation, expected_around, recoverable
from passerelle.formats.rows import RUN_NAMES, Totals, trailer_values
from passerelle.formats.shapes import Format


@dataclass(slots=True)
class Proof:
    """What the read-back counted, amounts in minor units; ``compared`` names the values that the file tells.

    ``documents`` are those that have a record in the file. ``tally`` says what of the ledger it holds; it is counted by
    whoever hands the documents over.
    """

    documents: int = 0
    lines: int = 0
    analytic: int = 0
    debit: int = 0
    credit: int = 0
    compared: tuple[str, ...] = ()
    months: dict[str, int] = field(default_factory=dict)  # journal and month -> debits
    plans: dict[str, int] = field(default_factory=dict)  # analytical axis or slot -> signed sum
    tally: Tally = field(default_factory=Tally)

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
            "plans": self.plans,
            **self.tally.counted(),
        }


def prove(form: Format, run: RunRow, documents: Iterable[Document], records: Iterator[ReadRecord], where: str) -> Proof:
    """Compares every record read with what was projected.

    The first difference raises ``Defect``: a value (PSR-6901), a missing or surplus record (PSR-6902), a document that
    does not balance in the file (PSR-6903). Headers and trailers are compared too, as far as they tell their values.
    """
    told = recoverable(form)
    expected = expectation(form, run)
    proof = Proof(compared=tuple(sorted(told)))
    around: list[ReadRecord] = []
    entries = _entries(records, around)
    for document in documents:
        balance, records_before = 0, proof.lines + proof.analytic
        for name, wanted in expected(document):
            record = next(entries, None)
            if record is None or record.record != name:
                raise Defect(_missing(record, name, where))
            if record.values != wanted:
                _compare(record, wanted, where)
            if name == "line":
                balance += _count(proof, record.values)
            else:
                proof.analytic += 1
                plan = str(record.values.get("axis", record.values.get("slot", "")))
                proof.plans[plan] = proof.plans.get(plan, 0) + int(record.values.get("section_amount", 0))
        proof.documents += proof.lines + proof.analytic > records_before
        if balance and not form.omitted:
            currency = str(run[RUN_NAMES.index("entity_currency")])
            gap = money.text(balance, currency)
            zero = money.text(0, currency)
            raise Defect(_finding("PSR-6903", "A document in the file does not balance", where, gap, zero))
    surplus = next(entries, None)
    if surplus is not None:
        raise Defect(_finding("PSR-6902", "The file holds a record too many", where, f"record {surplus.position}", ""))
    said = trailer_values(run, Totals(proof.documents, proof.lines, proof.lines + proof.analytic, proof.debit))
    for record in around:
        _compare(record, expected_around(form, record.record, said), where)
    return proof


def _entries(records: Iterator[ReadRecord], around: list[ReadRecord]) -> Iterator[ReadRecord]:
    """Line and analytic records; the header and the trailer are put into ``around``."""
    for record in records:
        if record.record in ("line", "analytic"):
            yield record
        else:
            around.append(record)


def _count(proof: Proof, values: dict[str, Any]) -> int:
    """Counts what the file itself says; no format loads that tells neither amount nor posting day."""
    proof.lines += 1
    amount = int(values["amount"])
    if amount > 0:
        proof.debit += amount
        month = f"{values.get('journal', '')} {values['posting_day'][:7]}".strip()
        proof.months[month] = proof.months.get(month, 0) + amount
    else:
        proof.credit -= amount
    return amount


def _missing(record: ReadRecord | None, wanted: str, where: str) -> Finding:
    found = "the end of the file" if record is None else f"a {record.record} record at line {record.position}"
    return _finding("PSR-6902", "The file lacks a record", where, found, f"a {wanted} record")


def _compare(record: ReadRecord, wanted: dict[str, str | int], where: str) -> None:
    for name, value in wanted.items():
        found = record.values.get(name)
        if found != value:
            what = f"The file says something else than the ledger for {name} at line {record.position}"
            raise Defect(_finding("PSR-6901", what, where, str(found), str(value)))


def _finding(code: str, what: str, where: str, value: str, wanted: str) -> Finding:
    return Finding(
        code,
        f"{what}.",
        object=where,
        value=value,
        expected=wanted,
        remedy="nothing was sent; report this, with the format file",
        who="integrator",
    )
