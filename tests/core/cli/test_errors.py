"""`passerelle errors`: a page by its code, a search, the whole list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Cli = Callable[..., Any]


def test_a_code_gives_its_page(cli: Cli) -> None:
    outcome = cli("errors", "PSR-9001")
    assert outcome.code == 0
    assert outcome.out.startswith("# PSR-9001: The database cannot be opened")
    assert "next:" in outcome.err


@pytest.mark.parametrize("written", ["9001", "psr-9001", "PSR-9001"])
def test_a_code_may_be_written_short(cli: Cli, written: str) -> None:
    assert [page["code"] for page in cli("errors", written, "--json").json] == ["PSR-9001"]


def test_an_unknown_code_names_the_nearest(cli: Cli) -> None:
    outcome = cli("errors", "PSR-901")
    assert outcome.code == 2
    assert outcome.out == ""
    assert "PSR-9003" in outcome.err
    assert "as PSR-901" in outcome.err


def test_a_page_leads_to_a_related_one(cli: Cli) -> None:
    assert "next:  passerelle errors PSR-3021" in cli("errors", "PSR-3020").err
    assert cli("errors", "PSR-3021").code == 0


def test_a_search_finds_by_words_and_by_text(cli: Cli) -> None:
    found = [page["code"] for page in cli("errors", "--search", "artifact folder", "--json").json]
    assert "PSR-9002" in found
    assert "PSR-9900" not in found
    assert cli("errors", "--search", "folder artifact", "--json").json


@pytest.mark.parametrize(
    ("said_by_sage", "code"),
    [
        ("incohérence à la ligne", "PSR-6902"),
        ("ne sont pas équilibrées", "PSR-6903"),
        ("Les écritures générales ne sont pas équilibrées pour le journal", "PSR-6903"),
        ("Fichier inconnu ligne : 3", "PSR-5204"),
    ],
)
def test_what_sage_says_finds_the_page_of_what_prevents_it(cli: Cli, said_by_sage: str, code: str) -> None:
    pages = cli("errors", "--search", said_by_sage, "--json").json
    assert code in [page["code"] for page in pages]
    assert all(said_by_sage in page["page"] for page in pages)


def test_a_search_in_vain_says_so(cli: Cli) -> None:
    outcome = cli("errors", "--search", "zzzyx")
    assert outcome.code == 0
    assert "No page speaks of 'zzzyx'" in outcome.out
    assert cli("errors", "--search", "zzzyx", "--json").json == []


def test_without_anything_all_are_listed(cli: Cli) -> None:
    codes = [page["code"] for page in cli("errors", "--json").json]
    assert codes == sorted(codes)
    assert len(codes) >= 6
