"""Reports found and shown, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from passerelle.periods import Clock
from passerelle.services import reports
from passerelle.store.database import Database

from .an_intake import Intake, a_report, an_expense, fill


@pytest.fixture
def intake(database: Database, clock: Clock, tmp_path: Path) -> Intake:
    return fill(database, clock, tmp_path)


@pytest.mark.parametrize("text", ["Été", "été", "ÉTÉ", "À ÉTRETAT", "nd000001"])
def test_text_is_found_whatever_its_case(intake: Intake, text: str) -> None:
    intake.report(None, a_report(id="R2", title="Hiver", expenses=[an_expense("X2")]), title="Été à Étretat")
    assert [one.title for one in reports.list_reports(intake.database, text=text)] == ["Été à Étretat"]


def test_wildcards_are_letters(intake: Intake) -> None:
    intake.report(title="100% _Lyon!")
    for text, hits in (("100%", 1), ("0% _l", 1), ("n!", 1), ("1_0", 0), ("%lyon", 0)):
        assert len(reports.list_reports(intake.database, text=text)) == hits, text
