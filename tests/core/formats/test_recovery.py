"""Which values a format can tell, and what they must be."""

from __future__ import annotations

import pytest
from tests.core.formats.documents import REFERENCE, RUN, SHIPPED, document, findings, line, rendered
from tests.core.formats.zoo import ZOO

from passerelle.errors import ConfigurationFault
from passerelle.formats.load import load_format
from passerelle.formats.reader import read
from passerelle.formats.recovery import expected, recoverable
from passerelle.formats.writer import compile_format

EVERYWHERE = {
    "journal",
    "posting_day",
    "piece",
    "amount",
    "general",
    "auxiliary",
    "report",
    "section",
    "section_amount",
}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("sage100-flg", EVERYWHERE | {"side", "tax_code"}),
        ("sage100-pnm", EVERYWHERE | {"side"}),
        ("quoted", {"general", "posting_day", "journal", "amount", "original", "currency", "day", "kind", "piece"}),
        ("unquoted", {"posting_day", "account", "amount", "base", "section", "section_amount"}),
        (
            "columns",
            {"posting_day", "piece", "account", "amount", "base", "day", "side", "rank", "auxiliary", "section_amount"},
        ),
        ("flagged", {"account", "amount", "posting_day", "side", "axis", "section", "section_amount"}),
    ],
)
def test_what_a_format_tells(name: str, told: set[str]) -> None:
    assert recoverable(load_format({**SHIPPED, **ZOO}[name])) == told


def test_the_generic_csv_tells_everything_but_texts() -> None:
    from passerelle.formats.document import VARIABLES

    told = recoverable(load_format(SHIPPED["generic-csv"]))
    codes = {name for name, v in VARIABLES.items() if v.kind != "text" and v.level in ("document", "line", "section")}
    assert codes - told == {"entry_day", "entry_type", "rank", "slot"}


GENERAL, DAY, AMOUNT = 'var = "general"', 'var = "posting_day"', 'var = "amount"'
UNSIGNED = 'var = "amount", form = "unsigned"'
LETTERS = 'var = "side", map = { debit = "D", credit = "C" }'


def one(*fields: str, after: str = "", top: str = "") -> str:
    """A delimited format of these fields."""
    return ONE.format(top=top, fields="".join(f'  {{ name = "f{n}", {f} }},\n' for n, f in enumerate(fields))) + after


ONE = """
format = 1
name = "one"
title = "One"
layout = "delimited"
delimiter = ";"
file_name = "x"
entries = {{ writes = ["expense_report"] }}
{top}
[records.line]
fields = [
{fields}]
"""


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        (('var = "account", width = 9, pad = "0"', DAY, AMOUNT), "the account"),
        (('var = "general", width = 3, overflow = "truncate"', DAY, AMOUNT), "the account"),
        (('text = "{account} {general}"', DAY, AMOUNT), "the account"),
        (('cases = [{ when = { side = "debit" }, var = "account" }, { const = "" }]', DAY, AMOUNT), "the account"),
        ((GENERAL, 'var = "posting_day", date = "MM/YYYY"', AMOUNT), "the posting day"),
        ((GENERAL, 'var = "posting_day", date = "DDMM"', 'var = "day"', AMOUNT), "the posting day"),
        ((GENERAL, 'var = "day"', 'var = "entry_day"', AMOUNT), "the posting day"),
        ((GENERAL, DAY, UNSIGNED), "amounts with their sign"),
        ((GENERAL, DAY, UNSIGNED, 'const = "X"'), "amounts with their sign"),
        ((GENERAL, DAY, UNSIGNED, 'var = "side", map = { debit = "D", credit = "D" }'), "amounts with their sign"),
        ((GENERAL, DAY, UNSIGNED, 'var = "side", map = { debit = "", credit = "" }'), "amounts with their sign"),
        ((GENERAL, DAY, 'var = "amount", form = "debit"'), "amounts with their sign"),
        ((GENERAL, DAY, 'var = "amount", form = "debit"', 'var = "amount", form = "debit"'), "amounts with their sign"),
        (
            (GENERAL, DAY, 'var = "amount", form = "debit", empty = "1.00"', 'var = "amount", form = "credit"'),
            "amounts with their sign",
        ),
        ((GENERAL, DAY, 'var = "amount", mark = "0"'), "amounts with their sign"),
        ((GENERAL, DAY, 'text = "{amount} {entity_currency}"'), "amounts with their sign"),
    ],
)
def test_a_file_that_could_not_be_compared_with_the_ledger_is_a_fault(fields: tuple[str, ...], lost: str) -> None:
    with pytest.raises(ConfigurationFault) as fault:
        load_format(one(*fields))
    assert [(f.code, f.message) for f in fault.value.findings] == [
        ("PSR-5016", f"Reading the file back does not give {lost} of every line.")
    ]
    assert fault.value.findings[0].place is not None


def test_a_date_without_year_on_top_of_the_file_is_no_way_around_it() -> None:
    with pytest.raises(ConfigurationFault, match="PSR-5016"):
        load_format(one(GENERAL, DAY, AMOUNT, top='date = "DDMM"'))


@pytest.mark.parametrize(
    "fields",
    [
        (GENERAL, DAY, AMOUNT),
        (GENERAL, DAY, UNSIGNED, LETTERS),
        ('text = "A{account}"', 'var = "posting_day", date = "YYDDMM"', AMOUNT),
        (GENERAL, DAY, 'var = "amount", form = "debit"', 'var = "amount", form = "credit"'),
        (
            GENERAL,
            DAY,
            'var = "amount", form = "debit", empty = "0.00"',
            'var = "amount", form = "credit", empty = "-"',
        ),
        (
            GENERAL,
            DAY,
            'var = "amount", form = "debit", empty = "0.00", width = 12, pad = "0"',
            'var = "amount", form = "credit", width = 12, pad = "0"',
        ),
    ],
)
def test_every_honest_way_to_write_a_line_is_read_back(fields: tuple[str, ...]) -> None:
    form = load_format(one(*fields))
    told = [record.values for record in read(form, [rendered(form, REFERENCE)], currency="EUR", year=2026)]
    assert told == [values for _, values in expected(form, RUN, REFERENCE)]
    assert [values["amount"] for values in told] == [10000, 2000, -12000]


@pytest.mark.parametrize("name", ["tax_code", "report"])
def test_a_template_around_an_empty_code_leaves_no_space_at_its_ends(name: str) -> None:
    form = load_format(one(GENERAL, DAY, AMOUNT, f'text = "V {{{name}}}"'))
    empty = document(line(1, "expense", "625100", 5), line(2, "vat", "445660", 3, tax_code="D20"), report="")
    told = [record for record in read(form, [rendered(form, empty)], currency="EUR", year=2026)]
    assert [record.cells["f3"] for record in told] == ["V", "V D20" if name == "tax_code" else "V"]
    assert [record.values for record in told] == [values for _, values in expected(form, RUN, empty)]
    lame = document(line(1, "expense", "625100", 5, tax_code="D20 "), report="D20 ")
    assert [finding.code for finding in findings(compile_format(form, RUN), lame)] == ["PSR-5107"]


@pytest.mark.parametrize("field", ['var = "side", map = { debit = "x", credit = "x" }', 'var = "original"'])
def test_what_cannot_be_inverted_is_not_promised(field: str) -> None:
    assert recoverable(load_format(one(GENERAL, DAY, AMOUNT, field))) == {"general", "posting_day", "amount"}


def test_a_value_is_told_only_where_every_line_kind_tells_it_in_the_same_cell() -> None:
    variant = '[records.line.by_kind.vat]\nfields = [{ name = "f3", const = "" }]'
    proven = {"general", "posting_day", "amount"}
    assert recoverable(load_format(one(GENERAL, DAY, AMOUNT, 'var = "account"'))) == proven | {"account"}
    assert recoverable(load_format(one(GENERAL, DAY, AMOUNT, 'var = "account"', after=variant))) == proven
    with pytest.raises(ConfigurationFault, match="PSR-5016"):
        load_format(one(GENERAL, DAY, AMOUNT, after=variant.replace("f3", "f0")))


def test_expected_values_stand_as_the_format_writes_them() -> None:
    form = load_format(SHIPPED["sage100-flg"])
    wanted = document(
        line(1, "employee", "421", -5, auxiliary="emp1", sections=(("cc", 2, "mkt", -5), ("x", 0, "Y", -5)))
    )
    (_, told), (record, section) = expected(form, RUN, wanted)
    assert (told["auxiliary"], told["amount"], told["side"]) == ("EMP1", -5, "credit")
    assert (record, section["section"], section["section_amount"]) == ("analytic", "MKT", -5)
    assert [record for record, _ in expected(form, RUN, REFERENCE)] == ["line", "analytic", "line", "line"]
