"""A company written as TOML reads back as the same company."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from passerelle.masterdata.company import Company
from passerelle.masterdata.source import parse
from passerelle.masterdata.toml_text import toml_text


@given(st.data())
def test_any_company_reads_back(companies: st.SearchStrategy[Company], data: st.DataObject) -> None:
    company = data.draw(companies)
    text = toml_text(company)
    assert parse(text, "company.toml") == company
    assert toml_text(parse(text, "company.toml")) == text


def test_accounts_and_employees_stand_on_a_line_each_and_codes_between_quotes(starter: str) -> None:
    lines = toml_text(parse(starter, "c.toml")).split("\n")
    assert '"512000" = { name = "Banque", role = "bank" }' in lines
    assert sum(line.startswith("E00") for line in lines) == 2


def test_an_empty_company_reads_back() -> None:
    empty = Company(entities={}, charts={})
    assert parse(toml_text(empty), "c.toml") == empty
