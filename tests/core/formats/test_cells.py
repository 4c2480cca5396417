"""One cell in every form, and why a value is refused in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.formats.documents import DAY

from passerelle.formats.cells import CellFault, CellWriter, needs_apostrophe, without_apostrophe
from passerelle.formats.load import load_format

HEAD = """
format = 1
name = "one"
title = "One cell"
file_name = "x"
entries = {{ writes = ["expense_report", "company_paid"] }}
{extra}
[records.line]
fields = [
  {field},
  {{ name = "proven_account", var = "general" }},
  {{ name = "proven_day", var = "posting_day" }},
  {{ name = "proven_amount", var = "amount", mark = "." }},
]
"""
ROW: dict[str, str | int] = {
    "entity": "FR01", "amount": 123456, "base": 0, "original": -500, "currency": "JPY", "account": "4456",
    "type_name": "Taxi", "comment": "", "day": DAY, "piece": 42, "kind": "vat", "side": "debit", "section_amount": 0,
}  # fmt: skip


def writer(field: str, extra: str = "", currency: str = "EUR") -> CellWriter:
    if "layout" not in extra:
        extra += '\nlayout = "delimited"\ndelimiter = ";"\nquote = \'"\''
    form = load_format(HEAD.format(field=f'{{ name = "it", {field} }}', extra=extra))
    return CellWriter(form.lines["vat"].cells[0], form.medium, currency)


def cell(field: str, extra: str = "", ledger: str = "EUR", **values: str | int) -> str:
    return writer(field, extra, ledger).render(ROW | values)


@pytest.mark.parametrize(
    ("field", "values", "text"),
    [
        ('var = "amount"', {}, "1234.56"),
        ('var = "amount"', {"amount": -5}, "-0.05"),
        ('var = "amount", form = "unsigned", mark = ","', {"amount": -123456}, "1234,56"),
        ('var = "amount", form = "debit"', {}, "1234.56"),
        ('var = "amount", form = "debit", empty = "0.00"', {"amount": -1}, "0.00"),
        ('var = "amount", form = "credit"', {}, ""),
        ('var = "amount", form = "credit"', {"amount": -123456}, "1234.56"),
        ('var = "amount", mark = ""', {"amount": 5}, "5"),
        ('var = "amount", mark = "", width = 8, pad = "0", align = "right"', {"amount": -5}, "-0000005"),
        ('var = "amount", decimals = 3', {}, "1234.560"),
        ('var = "amount", decimals = 0', {"amount": 1200}, "12"),
        ('var = "amount", width = 10, pad = "*"', {}, "***1234.56"),
        ('var = "amount", mark = ";"', {}, '"1234;56"'),
        ('var = "base"', {}, ""),
        ('var = "base", empty = "-"', {}, "-"),
        ('var = "original"', {}, "-500"),
        ('var = "original"', {"currency": "TND"}, "-0.500"),
        ('var = "original"', {"original": 0}, ""),
        ('text = "{original} {currency}"', {}, "'-500 JPY"),
        ('var = "day", date = "DD/MM/YYYY"', {}, "31/01/2026"),
        ('var = "day"', {"day": ""}, ""),
        ('var = "piece", width = 6, pad = "0"', {}, "000042"),
        ('var = "piece", width = 6, pad = " ", align = "left"', {}, "42    "),
        ('text = "P{piece:000}"', {}, "P042"),
        ('var = "account", width = 6, pad = "0", align = "right"', {}, "004456"),
        ('var = "side", map = { debit = "S", credit = "H" }', {"side": "credit"}, "H"),
        ('text = "{type_name}  {comment} "', {}, "Taxi"),
        ('text = "{type_name} {comment}", upper = true', {"comment": "café ß"}, "TAXI CAFÉ SS"),
        ('var = "comment", width = 4, overflow = "truncate"', {"comment": "abc def"}, "abc"),
        ('var = "comment", width = 3, overflow = "truncate"', {"comment": "cafe\u0301s"}, "caf"),
        ('var = "comment", width = 4, overflow = "truncate"', {"comment": "cafe\u0301s"}, "café"),
        ('var = "comment"', {"comment": "a\r\nb\tc\x00d\u2028e\u00a0f"}, "a b c d e f"),
        ('var = "comment"', {"comment": "a\u202eb\u00adc"}, "abc"),
        ('var = "comment"', {"comment": 'a "b"; c'}, '"a ""b""; c"'),
        ('var = "comment"', {"comment": "=1+1"}, "'=1+1"),
        ('var = "account"', {"account": "-12"}, "'-12"),
        ('const = "=SUM(A1:A9)"', {}, "=SUM(A1:A9)"),
        ('cases = [{ when = { kind = "vat" }, const = "V" }, { const = "-" }]', {}, "V"),
        ('cases = [{ unless = { side = "debit" }, const = "V" }, { const = "-" }]', {}, "-"),
        ('cases = [{ when = { piece = [1, 42], side = "debit" }, const = "V" }, { const = "-" }]', {}, "V"),
    ],
)
def test_forms(field: str, values: dict[str, str | int], text: str) -> None:
    assert cell(field, "spreadsheet = true", **values) == text


@pytest.mark.parametrize(
    ("field", "extra", "values", "code"),
    [
        ('var = "account", width = 3', "", {}, "PSR-5101"),
        ('var = "amount", width = 6', "", {}, "PSR-5101"),
        ('var = "comment", width = 3', "", {"comment": "abcd"}, "PSR-5101"),
        ('var = "account", charset = "0-9"', "", {"account": "44A"}, "PSR-5102"),
        ('var = "comment", charset = "A-Z "', "", {"comment": "Abc"}, "PSR-5102"),
        ('var = "account"', 'encoding = "cp850"', {"account": "Œ1"}, "PSR-5103"),
        ('var = "comment"', 'encoding = "cp850"', {"comment": "Œuvre"}, "PSR-5103"),
        ('var = "comment", required = true', "", {}, "PSR-5104"),
        ('var = "comment", required = true', "", {"comment": "\n "}, "PSR-5104"),
        ('cases = [{ when = { piece = 1 }, const = "a" }]', "", {}, "PSR-5105"),
        ('var = "kind", map = { expense = "E" }', "", {}, "PSR-5105"),
        ('var = "amount", decimals = 1', "", {}, "PSR-5106"),
        ('var = "account"', "", {"account": " 44"}, "PSR-5107"),
        ('var = "account"', "", {"account": "4\u00a04"}, "PSR-5107"),
        ('var = "comment"', 'layout = "delimited"\ndelimiter = ";"', {"comment": "a;b"}, "PSR-5108"),
    ],
)
def test_what_does_not_fit_is_refused(field: str, extra: str, values: dict[str, str | int], code: str) -> None:
    with pytest.raises(CellFault) as fault:
        cell(field, extra, **values)
    assert fault.value.code == code
    assert fault.value.expected


def test_a_code_that_starts_like_a_flag_is_refused_and_a_text_gets_a_space() -> None:
    extra = 'layout = "tagged"\nflag_prefix = "#"'
    head = HEAD.replace("[records.line]", '[records.line]\nflag = "#L"')
    form = load_format(
        head.format(extra=extra, field='{ name = "a", var = "account" }, { name = "b", var = "comment" }')
    )
    code, text = (CellWriter(c, form.medium, "EUR") for c in form.lines["vat"].cells[:2])
    assert text.render(ROW | {"comment": "#MECG"}) == " #MECG"
    with pytest.raises(CellFault, match="flag"):
        code.render(ROW | {"account": "#1"})


def test_what_the_encoding_cannot_hold_is_written_by_the_table_then_in_ascii() -> None:
    extra = 'encoding = "cp1252"\nfallback = "ascii"\ntransliterate = { "€" = "EUR", "ł" = "l" }'
    assert cell('var = "comment"', extra, comment="10 € Łódź Ελλάδα œ") == "10 EUR Lódz Ellada œ"
    assert cell('var = "comment"', 'encoding = "ascii"\nfallback = "ascii"', comment="déjà vu – été") == "deja vu - ete"


@given(st.text())
def test_the_apostrophe_of_a_spreadsheet_is_taken_away_again(text: str) -> None:
    guarded = "'" + text if needs_apostrophe(text) else text
    assert without_apostrophe(guarded) == text
    assert guarded[:1] not in tuple("=+-@") or not guarded


def test_currencies_have_their_own_decimals() -> None:
    assert cell('var = "amount"', ledger="JPY") == "123456"
    assert cell('var = "amount", decimals = 2', ledger="JPY") == "123456.00"
    assert cell('var = "amount"', ledger="KWD") == "123.456"
