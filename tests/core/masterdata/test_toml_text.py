"""A company written as TOML reads back as the same company."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import Key, assemble, flatten
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


def test_a_policy_stands_on_a_line_for_each_type_rule_and_rate(policy: str) -> None:
    company = parse(policy, "c.toml")
    text = toml_text(company)
    assert flatten(parse(text, "c.toml")) == flatten(company)  # decimals as they were written: 20.50, not 20.5
    lines = text.split("\n")
    assert "[profiles.generic.types]" in lines
    assert "train = {}" in lines
    assert 'receipt = { kind = "receipt", above = { EUR = 25 } }' in lines
    assert "  { power_until = 4, brackets = [{ up_to = 5000, rate = 0.60 }, { rate = 0.40, fixed = 1000 }] }," in lines


@pytest.mark.parametrize("written", ["0.529", '"0.529"', "5e-2", "1", "100000000000"])
def test_a_number_is_kept_in_plain_digits(policy: str, written: str) -> None:
    company = parse(policy.replace("rate = 0.25", f"rate = {written}"), "c.toml")
    kept = flatten(company)
    assert "E" not in kept[Key("mileage_scale", "", "own")]["rates"][3]["brackets"][0]["rate"]
    assert flatten(parse(toml_text(company), "c.toml")) == kept
    assert flatten(assemble(kept.items())) == kept


def test_an_empty_company_reads_back() -> None:
    empty = Company(entities={}, charts={})
    assert parse(toml_text(empty), "c.toml") == empty
