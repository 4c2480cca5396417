"""What is written: the right bytes, the same bytes, never a cell that does not fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.formats.documents import (
    DAY,
    REFERENCE,
    RUN,
    SHIPPED,
    document,
    documents,
    findings,
    line,
    rendered,
    shipped,
)

from passerelle.errors import Refused
from passerelle.formats.document import Document
from passerelle.formats.load import load_format
from passerelle.formats.writer import compile_format, file_name

FORMATS = {name: load_format(text) for name, text in SHIPPED.items()}
WRITERS = {name: compile_format(form, RUN) for name, form in FORMATS.items()}

names = st.sampled_from(sorted(SHIPPED))


@given(names, documents())
def test_the_compiled_function_writes_what_the_cells_say_one_by_one(name: str, wanted: Document) -> None:
    writer = WRITERS[name]
    slow, wrong = writer.careful(wanted)
    found: list[object] = []
    quick = writer.document(wanted, found)  # type: ignore[arg-type]
    assert found == wrong
    assert quick == (None if wrong else slow.encode(FORMATS[name].medium.encoding))


@given(names, st.lists(documents(), max_size=3))
def test_the_same_documents_give_the_same_bytes(name: str, wanted: list[Document]) -> None:
    fitting = [d for d in wanted if WRITERS[name].document(d, []) is not None]
    assert rendered(FORMATS[name], *fitting) == rendered(load_format(SHIPPED[name]), *fitting)


@given(documents())
def test_every_record_of_a_fixed_file_has_its_length_and_its_encoding(wanted: Document) -> None:
    written = WRITERS["sage100-pnm"].document(wanted, []) or b""
    records = written.decode("cp1252").split("\r\n")
    assert records.pop() == ""
    assert all(len(record) == 138 and record.isprintable() for record in records)


@given(documents())
def test_no_cell_of_a_tagged_file_is_too_long_or_looks_like_a_flag(wanted: Document) -> None:
    written = WRITERS["sage100-flg"].document(wanted, []) or b""
    texts = written.decode("cp850").split("\r\n")
    assert texts.pop() == ""
    widths = {4: 13, 7: 13, 9: 17, 11: 69, 18: 14, 33: 17}
    while texts:
        flag, texts = texts[0], texts[1:]
        count = {"#MECG": 39, "#MECA": 4}[flag]
        cells, texts = texts[:count], texts[count:]
        assert all(len(cells[n - 1]) <= width for n, width in widths.items() if n <= count)
        assert not [cell for cell in cells if cell.startswith("#")]


@given(documents())
def test_nothing_that_a_spreadsheet_would_run_leaves(wanted: Document) -> None:
    import csv

    written = (WRITERS["generic-csv"].document(wanted, []) or b"").decode("utf-8")
    rows = list(csv.reader(written.split("\r\n")[:-1], delimiter=";"))
    amounts = {"debit", "credit", "vat_base", "original_amount", "section_amount"}
    columns = [cell.name for cell in FORMATS["generic-csv"].lines["expense"].cells]
    for row in rows:
        assert len(row) == len(columns)
        assert not [v for n, v in zip(columns, row, strict=True) if n not in amounts and v[:1] in tuple("=+-@\t\r")]


@pytest.mark.parametrize(
    ("changed", "code", "field", "value", "expected"),
    [
        ({"account": "6" * 14, "general": "6" * 14}, "PSR-5101", "Compte général", "6" * 14, "at most 13 characters"),
        ({"general": "6251/00"}, "PSR-5102", "Compte général", "6251/00", "characters 0-9A-Za-z"),
        ({"auxiliary": "ΔEMP"}, "PSR-5103", "Compte tiers ou section", "ΔEMP", "characters of cp1252"),
        ({"general": ""}, "PSR-5104", "Compte général", "", "a value"),
        ({"auxiliary": "EMP 1 "}, "PSR-5107", "Compte tiers ou section", "EMP 1 ", "without spaces at its ends"),
        ({"auxiliary": "EMP\n1"}, "PSR-5107", "Compte tiers ou section", "EMP\n1", "without control characters"),
        ({"amount": 10**20}, "PSR-5101", "Montant", "1" + "0" * 18 + ".00", "at most 20 characters"),
    ],
)
def test_a_cell_that_does_not_fit_is_named_exactly(
    changed: dict[str, object], code: str, field: str, value: str, expected: str
) -> None:
    given = {"number": 1, "kind": "expense", "account": "625100", "amount": 100} | changed
    wrong = document(line(**given), line(2, "employee", "421", -100))  # type: ignore[arg-type]
    found = findings(WRITERS["sage100-pnm"], wrong)
    assert [(f.code, f.field, f.value) for f in found] == [(code, field, value)]
    assert expected in found[0].expected
    assert found[0].object == "sage100-pnm: piece 1 (report ND0001), line 1"
    assert found[0].remedy


def test_all_that_does_not_fit_is_found_at_once_and_without_a_list_it_is_raised() -> None:
    wrong = document(line(1, "expense", "6" * 14, 5, auxiliary="x" * 14), line(2, "employee", "4" * 14, -5))
    assert [f.code for f in findings(WRITERS["sage100-pnm"], wrong)] == ["PSR-5101"] * 3
    with pytest.raises(Refused):
        WRITERS["sage100-pnm"].document(wrong)


def test_an_entry_type_or_a_kind_without_template_is_refused() -> None:
    assert findings(WRITERS["sage100-flg"], document(entry_type="payment"))[0].code == "PSR-5109"
    unknown = document(line(1, "card.fee", "627", 5))
    assert [f.value for f in findings(WRITERS["sage100-flg"], unknown)] == ["card.fee"]


def test_an_entity_whose_name_does_not_fit_is_refused_before_any_document() -> None:
    without_name = (RUN[0], "", *RUN[2:])
    with pytest.raises(Refused) as refusal:
        compile_format(FORMATS["sage100-pnm"], without_name).header()
    assert refusal.value.findings[0].code == "PSR-5104"


def test_words_are_written_in_the_characters_that_the_target_knows() -> None:
    label = line(1, "expense", "625100", 100, type_name="Œuvre d’été – 10 €", comment="Łódź \u0001\n #1 日本")
    written = WRITERS["sage100-flg"].document(document(label))
    assert written is not None
    assert written.decode("cp850").split("\r\n")[11] == "OEuvre d'été - 10 EUR Lódz #1 RiBen"


def test_a_record_may_be_written_by_line_kind_and_a_kind_left_out_with_a_reason() -> None:
    form = load_format(BY_KIND)
    assert rendered(form, REFERENCE) == b"X;625100;2026-01-31;100.00\nother;421001;2026-01-31;-120.00\nend;1;2;100.00\n"


BY_KIND = """
format = 1
name = "by-kind"
title = "By kind"
layout = "delimited"
delimiter = ";"
newline = "LF"
file_name = "x.csv"
entries = { writes = ["expense_report"], omit = [{ kind = "vat", reason = "the target computes VAT itself" }] }
[records.line]
fields = [
  { name = "what", const = "other" },
  { name = "account", var = "account" },
  { name = "day", var = "posting_day" },
  { name = "amount", var = "amount" },
]
[records.line.by_kind.expense]
fields = [{ name = "what", const = "X" }]
[records.trailer]
fields = [
  { name = "end", const = "end" },
  { name = "documents", var = "document_count" },
  { name = "lines", var = "line_count" },
  { name = "debit", var = "debit_total" },
]
"""


@pytest.mark.parametrize(
    ("entity", "name"),
    [
        ("FR01", "FR01_000007.pnm"),
        ("../../etc/passwd", "__.._etc_passwd_000007.pnm"),
        (".hidden", "_hidden_000007.pnm"),
        ('a\\b:c*"d|e\n', "a_b_c__d_e__000007.pnm"),
        ("x" * 300, "x" * 196 + ".pnm"),
    ],
)
def test_a_file_name_never_leaves_its_folder(entity: str, name: str) -> None:
    written = file_name(FORMATS["sage100-pnm"], (entity, *RUN[1:]))
    assert written == name
    assert len(written) <= 200


@given(st.text(max_size=30))
def test_no_text_makes_a_path_of_a_file_name(entity: str) -> None:
    written = file_name(FORMATS["generic-csv"], (entity, *RUN[1:]))
    assert not set(written) & set('/\\:\0<>|"?*\n')
    assert not written.startswith(".")


def test_the_generated_source_holds_no_text_of_the_format_the_settings_or_the_rows() -> None:
    evil = 'x"); import os; ("'
    form = shipped("sage100-pnm", company_name=evil, piece_type="OD")
    source = compile_format(form, (evil, *RUN[1:])).source
    assert "import" not in source
    assert not [text for text in ("OD", "NDF", "Note", "X", DAY) if f'"{text}"' in source or f"'{text}'" in source]
