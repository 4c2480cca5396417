"""The generic CSV: as kept, as any CSV reader sees it, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from tests.core.formats.documents import REFERENCE, document, documents, line, rendered, shipped

from passerelle.formats.document import Document
from passerelle.formats.load import load_format
from passerelle_generic_csv import GENERIC_CSV

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "generic_csv"
FOREIGN = document(
    line(1, "expense", "625600", 9050, type_name="Hôtel", comment='=HYPERLINK("http://evil";"x")', currency="USD",
         original=10000, rate="0.905", sections=(("cc", 0, "MKT", 5050), ("project", 0, "P1", 4000))),
    line(2, "vat", "445660", -310, type_name="Hôtel", tax_code="D20", base=-1550, vat_rate="20"),
    line(3, "company", "512000", -8740, type_name="Hôtel"),
    piece=2, report="ND0002", entry_type="company_paid",
)  # fmt: skip

PARTLY_COVERED = document(
    line(1, "expense", "625600", 8182, type_name="Hôtel", tax_code="N10", base=8182, vat_rate="10"),
    line(2, "vat", "445660", 818, type_name="Hôtel", tax_code="N10", base=8182, vat_rate="10"),
    line(3, "advance.account", "425000", 3000, type_name="Hôtel"),
    line(4, "company", "512000", -12000, type_name="Hôtel"),
    piece=3, report="ND0003", entry_type="company_paid",
)  # fmt: skip


def rows(content: bytes, delimiter: str = ";") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), delimiter=delimiter, strict=True))


def test_the_file_is_as_kept() -> None:
    kept = (GOLDEN / "generic-csv.csv").read_bytes()
    assert rendered(shipped("generic-csv"), REFERENCE, FOREIGN, PARTLY_COVERED) == kept


@given(documents(), documents())
def test_python_s_own_reader_finds_the_columns_and_the_amounts(one: Document, other: Document) -> None:
    fitting = [d for d in (one, other) if d.values[5]]
    found = [row for row in rows(rendered(shipped("generic-csv"), *fitting)) if row["record"] == "line"]
    lines = [row for d in fitting for row in d.lines]
    assert [Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0) for row in found] == [
        Decimal(row[5]).scaleb(-2)  # type: ignore[arg-type]
        for row in lines
    ]
    assert [row["account"] for row in found] == [row[2] for row in lines]
    assert [row["document_date"] for row in found] == [row[9] for row in lines]


def test_sections_follow_their_line_and_can_be_left_out() -> None:
    found = rows(rendered(shipped("generic-csv"), FOREIGN))
    assert [(row["record"], row["axis"], row["section"], row["section_amount"]) for row in found] == [
        ("line", "", "", ""), ("section", "cc", "MKT", "50.50"), ("section", "project", "P1", "40.00"),
        ("line", "", "", ""), ("line", "", "", ""),
    ]  # fmt: skip
    assert all(not row["debit"] and not row["credit"] for row in found if row["record"] == "section")
    assert len(rows(rendered(shipped("generic-csv", sections=False), FOREIGN))) == 3


def test_a_formula_in_a_comment_stays_a_text() -> None:
    (first, *_) = rows(rendered(shipped("generic-csv"), FOREIGN))
    assert first["label"].startswith("Hôtel =HYPERLINK")
    form = load_format(GENERIC_CSV.formats["generic-csv"], labels={"expense": "{comment}"})
    (first, *_) = rows(rendered(form, FOREIGN))
    assert first["label"] == '\'=HYPERLINK("http://evil";"x")'
    assert rows(rendered(shipped("generic-csv"), FOREIGN))[3]["vat_base"] == "-15.50", "an amount is never touched"


@pytest.mark.parametrize(("delimiter", "character"), [(";", ";"), (",", ","), ("TAB", "\t"), ("|", "|")])
def test_delimiters(delimiter: str, character: str) -> None:
    found = rows(rendered(shipped("generic-csv", delimiter=delimiter, decimal_mark=","), REFERENCE), character)
    assert found[0]["debit"] == "100,00"


def test_encodings() -> None:
    marked = rendered(shipped("generic-csv", encoding="utf-8-sig"), FOREIGN, FOREIGN)
    assert marked == b"\xef\xbb\xbf" + rendered(shipped("generic-csv"), FOREIGN, FOREIGN)
    assert "Hôtel".encode("cp1252") in rendered(shipped("generic-csv", encoding="cp1252"), FOREIGN)
