"""What an employee is offered, from the company in the database; and intake that takes nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from passerelle.errors import UsageFault
from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import compare
from passerelle.services.intake import ImportRequest, import_reports
from passerelle.services.sections import offered_sections
from passerelle.store import masterdata
from passerelle.store.database import Database

from .an_intake import COMPANY

AXES: dict[str, Any] = {
    "CLIENT": {"name": "Client", "sections": {"ACME": {"name": "Acme"}, "BOLT": {"name": "Bolt"}}},
    "PROJECT": {
        "name": "Project",
        "parent": "CLIENT",
        "sections": {
            "A1": {"name": "Roof", "parents": ["ACME"], "valid_until": "2026-03-02"},
            "A2": {"name": "Wall", "parents": ["ACME"], "employees": ["E2"]},
            "B1": {"name": "Door", "parents": ["BOLT"]},
        },
    },
}
TYPES = {"TAXI": {"name": "Taxi", "accounts": {"pcg": "625100"}, "axes": ["CLIENT"]}}


@pytest.fixture
def ready(database: Database) -> Database:
    """The small company with clients and their projects; taxis are split by client."""
    company = Company.model_validate(COMPANY | {"axes": AXES, "expense_types": TYPES})
    with database.transaction() as connection:
        changes, _ = compare(masterdata.load(connection).company, company)
        masterdata.apply(connection, changes, "2026-01-01T00:00:00.000000+00:00")
    return database


def codes(
    database: Database, employee: str, day: date | None, clock: Callable[[], datetime], **under: str
) -> list[str]:
    offer = offered_sections(database, clock, employee, "PROJECT", day, under)
    return [one.code for one in offer.sections]


def test_the_offer_follows_employee_day_and_client(ready: Database) -> None:
    def late() -> datetime:
        return datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # already 3 March in Paris

    assert codes(ready, "E1", date(2026, 3, 2), late) == ["A1", "B1"]
    assert codes(ready, "E1", None, late) == ["B1"]
    assert codes(ready, "E2", None, late, CLIENT="ACME") == ["A2"]
    assert codes(ready, "E1", None, late, CLIENT="ACME") == []


def test_unknown_codes_are_told_together(ready: Database, clock: Callable[[], datetime]) -> None:
    with pytest.raises(UsageFault) as fault:
        offered_sections(ready, clock, "E3", "PROJETS", None, {"CLIENT": "ACMI", "CLIENTS": "ACME"})
    assert [(one.code, one.value) for one in fault.value.findings] == [
        ("PSR-1215", "E3"), ("PSR-1215", "PROJETS"), ("PSR-1105", "ACMI"), ("PSR-1105", "CLIENTS"),
    ]  # fmt: skip


def test_intake_takes_only_what_is_offered(ready: Database, clock: Callable[[], datetime], tmp_path: Path) -> None:
    """Through both doors: JSON Lines and a CSV mapping know who declares."""

    def report(id: str, employee: str, **sections: str) -> str:
        split = [{"percent": "100", "sections": sections}] if sections else []
        expense = {"id": f"X{id}", "type": "TAXI", "date": "2026-03-01", "amount": "10.00", "split": split}
        whole = {"source": "s", "id": id, "entity": "FR", "employee": employee, "title": "t"}
        return json.dumps(whole | {"declared_at": "2026-03-02T08:00:00Z", "expenses": [expense]})

    lines = [
        report("1", "E2", CLIENT="ACME", PROJECT="A2"),
        report("2", "E1", CLIENT="ACME", PROJECT="A2"),
        report("3", "E1", CLIENT="ACME", PROJECT="B1"),
        report("4", "E1"),
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(lines) + "\n")
    outcome = import_reports(ready, clock, ImportRequest(tmp_path / "r.jsonl"))
    assert outcome.lines.taken == 1
    assert [one.code for one in outcome.findings] == ["PSR-1131", "PSR-1132", "PSR-1133"]
    (tmp_path / "m.toml").write_text(
        'name = "taxis"\nentity = "FR"\nreport = { period = "month" }\n[columns]\nid = { column = "id" }\n'
        'employee = { column = "who" }\ntype = { constant = "TAXI" }\ndate = { column = "day" }\n'
        'amount = { column = "sum" }\nsections = { CLIENT = { column = "client" }, PROJECT = { column = "project" } }\n'
    )
    rows = "1,E2,2026-03-01,5.00,ACME,A2\n2,E1,2026-03-01,5.00,ACME,A2\n3,E1,2026-03-03,5.00,ACME,A1\n"
    (tmp_path / "t.csv").write_text("id,who,day,sum,client,project\n" + rows)
    outcome = import_reports(ready, clock, ImportRequest(tmp_path / "t.csv", tmp_path / "m.toml"))
    assert outcome.lines.taken == 1
    assert [(one.code, one.field) for one in outcome.findings] == [("PSR-1131", "project"), ("PSR-1130", "project")]
