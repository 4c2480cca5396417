"""Which values a format can tell, and what they must be."""

from __future__ import annotations

import pytest
from tests.core.formats.documents import REFERENCE, RUN, SHIPPED, document, line
from tests.core.formats.zoo import ZOO

from passerelle.formats.load import load_format
from passerelle.formats.recovery import expected, recoverable

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
        ("quoted", {"journal", "amount", "original", "currency", "day", "kind", "piece"}),
        ("unquoted", {"account", "amount", "base", "section", "section_amount"}),
        ("columns", {"piece", "account", "amount", "base", "day", "side", "rank", "auxiliary", "section_amount"}),
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


@pytest.mark.parametrize(
    "field",
    [
        'var = "account", width = 9, pad = "0"',
        'var = "account", width = 3, overflow = "truncate"',
        'var = "posting_day", date = "MM/YYYY"',
        'text = "{account} {general}"',
        'cases = [{ when = { side = "debit" }, var = "account" }, { const = "" }]',
        'var = "amount", form = "unsigned"',
        'var = "amount", form = "debit"',
        'var = "side", map = { debit = "x", credit = "x" }',
        'var = "original"',
        'var = "amount", mark = "0"',
    ],
)
def test_what_cannot_be_inverted_is_not_promised(field: str) -> None:
    form = load_format(ONE.replace("FIELD", field))
    assert recoverable(form) == set()


ONE = """
format = 1
name = "one"
title = "One"
layout = "delimited"
delimiter = ";"
file_name = "x"
entries = { writes = ["expense_report"] }
[records.line]
fields = [{ name = "it", FIELD }]
"""


def test_a_value_is_told_only_where_every_line_kind_tells_it_in_the_same_cell() -> None:
    variant = '[records.line.by_kind.vat]\nfields = [{ name = "it", const = "" }]'
    assert recoverable(load_format(ONE.replace("FIELD", 'var = "account"'))) == {"account"}
    assert recoverable(load_format(ONE.replace("FIELD", 'var = "account"') + variant)) == set()


def test_expected_values_stand_as_the_format_writes_them() -> None:
    form = load_format(SHIPPED["sage100-flg"])
    wanted = document(
        line(1, "employee", "421", -5, auxiliary="emp1", sections=(("cc", 2, "mkt", -5), ("x", 0, "Y", -5)))
    )
    (_, told), (record, section) = expected(form, RUN, wanted)
    assert (told["auxiliary"], told["amount"], told["side"]) == ("EMP1", -5, "credit")
    assert (record, section["section"], section["section_amount"]) == ("analytic", "MKT", -5)
    assert [record for record, _ in expected(form, RUN, REFERENCE)] == ["line", "analytic", "line", "line"]
