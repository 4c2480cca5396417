"""`passerelle reports sections`: what a person and a program see."""

from __future__ import annotations

from typing import Any

import pytest

COMPANY = """
entities.FR = { name = "Martin", country = "FR", currency = "EUR", time_zone = "Europe/Paris", chart = "pcg" }
charts.pcg.accounts = { 421000 = { name = "Personnel", role = "employee" } }
employees.E1 = { name = "Anna", entity = "FR" }
axes.CLIENT = { name = "Client", sections = { ACME = { name = "Acme" }, BOLT = { name = "Bolt" } } }
[axes.PROJECT]
name = "Project"
parent = "CLIENT"
sections.A1 = { name = "Roof", parents = ["ACME"], valid_until = 2026-12-31 }
sections.A2 = { name = "Wall", parents = ["ACME"], employees = ["E9"] }
sections.B1 = { name = "Door", parents = ["BOLT"] }
"""


@pytest.fixture
def ready(cli: Any) -> Any:
    (cli.folder / "company.toml").write_text(COMPANY.replace(', employees = ["E9"]', ', departments = ["IT"]'))
    assert cli("config", "apply", "company.toml").code in (0, 1)
    return cli


def test_the_offer_for_a_person_and_for_a_program(ready: Any) -> None:
    asked = ("reports", "sections", "--employee", "E1", "--axis", "PROJECT", "--date", "2026-03-01")
    told = ready(*asked, "--under", "CLIENT=ACME")
    assert told.code == 0
    assert told.out.splitlines() == [
        "E1 may choose 1 section of PROJECT on 2026-03-01, with CLIENT ACME.",
        "",
        "section  name  belongs to  holds",
        "-------  ----  ----------  ----------------",
        "A1       Roof  ACME        until 2026-12-31",
    ]
    assert told.err.startswith("next:  passerelle ")
    assert [one["code"] for one in ready(*asked, "--json").json["sections"]] == ["A1", "B1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--employee", "E2", "--axis", "PROJECT"), "PSR-1215"),
        (("--employee", "E1", "--axis", "PROJECT", "--under", "ACME"), "AXIS=SECTION"),
        (("--employee", "E1"), "--axis"),
    ],
)
def test_wrong_words_end_with_two(ready: Any, words: tuple[str, ...], said: str) -> None:
    told = ready("reports", "sections", *words)
    assert told.code == 2
    assert said in told.err
