"""The posting date: what a definition chooses, and what a closed period makes of it."""

from __future__ import annotations

from datetime import date

import pytest

from passerelle.exports.posting_date import ALL, RunChoices, posting_day
from passerelle.masterdata.company import Entity, ExportDefinition

LATEST, APPROVAL, CONTROL = date(2028, 2, 10), date(2028, 2, 12), date(2028, 3, 1)


def entity(closed_until: str | None = None) -> Entity:
    return Entity.model_validate(
        {
            "name": "Exemple", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "pcg",
            "closed_until": closed_until,
        }
    )  # fmt: skip


def definition(**settings: str) -> ExportDefinition:
    artifacts = [{"connection": "sage", "format": "sage-flg"}]
    return ExportDefinition.model_validate({"entity": "FR", "artifacts": artifacts} | settings)


@pytest.mark.parametrize(
    ("chosen", "day"),
    [
        ("latest_expense", "2028-02-10"),
        ("approval", "2028-02-12"),
        ("control", "2028-03-01"),
        ("end_of_period", "2028-02-29"),
    ],
)
def test_the_definition_chooses_the_day(chosen: str, day: str) -> None:
    found = posting_day(definition(posting_date=chosen), ALL, entity(), LATEST, APPROVAL, CONTROL, "N1")
    assert found == (date.fromisoformat(day), None)


def test_the_latest_expense_is_what_is_used_unless_said_otherwise() -> None:
    assert posting_day(definition(), ALL, entity(), LATEST, APPROVAL, CONTROL, "N1") == (LATEST, None)


@pytest.mark.parametrize(
    ("closed_until", "policy", "day", "kept_out"),
    [
        ("2028-02-09", "refuse", "2028-02-10", False),
        ("2028-02-10", "refuse", "2028-02-10", True),
        ("2028-02-10", "ask", "2028-02-10", True),
        ("2028-02-10", "next_open", "2028-02-11", False),
        ("2028-02-29", "next_open", "2028-03-01", False),
        ("2028-02-29", "refuse", "2028-02-10", True),
    ],
)
def test_no_day_lies_in_a_closed_period(closed_until: str, policy: str, day: str, kept_out: bool) -> None:
    chosen = definition(closed_period=policy)
    found, fault = posting_day(chosen, ALL, entity(closed_until), LATEST, APPROVAL, CONTROL, "N1")
    assert found == date.fromisoformat(day)
    assert (fault is not None) == kept_out
    if fault is not None:
        assert fault.code == "PSR-6001"
        assert fault.object == "report N1"
        assert fault.expected == f"a day after {closed_until}"


def test_the_end_of_the_period_is_open_when_its_middle_is_closed() -> None:
    chosen = definition(posting_date="end_of_period")
    found, fault = posting_day(chosen, ALL, entity("2028-02-15"), LATEST, APPROVAL, CONTROL, "N1")
    assert (found, fault) == (date(2028, 2, 29), None)


def test_what_a_person_chose_for_one_run_goes_before_the_definition() -> None:
    given = RunChoices(given_day=date(2026, 5, 6))
    assert posting_day(definition(), given, entity(), LATEST, APPROVAL, CONTROL, "N1") == (date(2026, 5, 6), None)
    refused = RunChoices(closed_period="refuse")
    moved = definition(closed_period="next_open")
    assert posting_day(moved, refused, entity("2030-01-01"), LATEST, APPROVAL, CONTROL, "N1")[1] is not None
