"""The proof counts what is in the file, compares all that the file tells, and claims nothing else."""

from __future__ import annotations

import pytest
from tests.core.formats.documents import REFERENCE, RUN, document, line, rendered
from tests.core.formats.test_recovery import AMOUNT, DAY, GENERAL, one
from tests.core.formats.zoo import ZOO

from passerelle.errors import Defect
from passerelle.exports.proof import Proof, prove
from passerelle.formats.document import Document
from passerelle.formats.load import load_format
from passerelle.formats.reader import read
from passerelle.formats.shapes import Format

EMPTY = document(piece=2)


def proven(form: Format, data: bytes, *documents: Document) -> Proof:
    return prove(form, RUN, documents, read(form, [data], currency="EUR", year=2026), "export 7")


@pytest.mark.parametrize("name", sorted(ZOO))
def test_documents_without_a_record_are_not_counted(name: str) -> None:
    form = load_format(ZOO[name])
    proof = proven(form, rendered(form, REFERENCE, EMPTY), REFERENCE, EMPTY)
    assert (proof.documents, proof.lines, proof.debit, proof.credit) == (1, 3, 12000, 12000)


@pytest.mark.parametrize(("name", "old", "new"), [("quoted", b"'120,00'", b"'120,01'"), ("columns", b"3\n", b"4\n")])
def test_a_trailer_that_lies_is_found(name: str, old: bytes, new: bytes) -> None:
    form = load_format(ZOO[name])
    data = rendered(form, REFERENCE)
    head, found, tail = data.rpartition(old)
    assert found
    with pytest.raises(Defect, match="PSR-6901"):
        proven(form, head + new + tail, REFERENCE)


def test_a_header_that_lies_is_found() -> None:
    form = load_format(ZOO["quoted"])
    data = rendered(form, REFERENCE)
    assert proven(form, data, REFERENCE).debit == 12000
    with pytest.raises(Defect, match="PSR-6901"):
        proven(form, data.replace(b"FR01", b"FR02", 1), REFERENCE)


def test_months_are_those_that_the_file_tells() -> None:
    without = load_format(one(GENERAL, DAY, AMOUNT))
    assert proven(without, rendered(without, REFERENCE), REFERENCE).months == {"2026-01": 12000}
    with_journal = load_format(one(GENERAL, DAY, AMOUNT, 'var = "journal"'))
    assert proven(with_journal, rendered(with_journal, REFERENCE), REFERENCE).months == {"NDF 2026-01": 12000}


def test_a_document_that_does_not_balance_is_told_in_the_currency() -> None:
    form = load_format(one(GENERAL, DAY, AMOUNT))
    lame = document(line(1, "expense", "625100", 10050), line(2, "employee", "421001", -10000))
    with pytest.raises(Defect) as defect:
        proven(form, rendered(form, lame), lame)
    assert [(f.code, f.value, f.expected) for f in defect.value.findings] == [("PSR-6903", "0.50", "0.00")]
