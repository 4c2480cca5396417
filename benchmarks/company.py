"""A made-up company and expense reports of any size, written straight into the tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from passerelle.periods import system_clock
from passerelle.services.configuration import apply
from passerelle.store import masterdata, sql
from passerelle.store.database import Database

EMPLOYEES = 200
PER_REPORT = 3
_NOW = "2026-02-01T09:00:00.000000+00:00"

COMPANY = """
version = 1
[entities.FR]
name = "Banc d'essai SAS"
country = "FR"
currency = "EUR"
time_zone = "Europe/Paris"
chart = "pcg"
journals = { NDF = { name = "Notes de frais", kind = "expense_reports" } }
[charts.pcg.accounts]
"421000" = { name = "Personnel", role = "employee" }
"445660" = { name = "TVA", role = "vat" }
"625100" = { name = "Voyages", role = "expense" }
[expense_types.TAXI]
name = "Taxi"
accounts = { pcg = "625100" }
vat = [{ rate = 20, country = "FR", account = "445660", code = "D20" }]
[connections.sage]
connector = "sage"
entity = "FR"
settings = { company_name = "BANC D'ESSAI" }
[connections.csv]
connector = "generic-csv"
entity = "FR"
[exports.all]
entity = "FR"
artifacts = [{ connection = "sage", format = "sage100-pnm" }, { connection = "csv", format = "generic-csv" }]
[employees]
""" + "\n".join(
    f'E{i:04d} = {{ name = "Employé {i}", entity = "FR", account = "421{i:04d}", collective = "421000", '
    f'auxiliary = "E{i:04d}" }}'
    for i in range(EMPLOYEES)
)


def fresh(folder: Path, name: str) -> Database:
    """A migrated database with the company applied."""
    database = Database(f"sqlite:///{folder / name}.db")
    database.migrate()
    apply(database, system_clock, COMPANY, "benchmark.toml")
    return database


def add_reports(database: Database, expenses: int) -> None:
    """Approved and controlled reports that wait for posting: three expenses each, every second with VAT."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
    entity, taxi = directory.entity_id("FR"), directory.expense_type_id("TAXI")
    people = [directory.employee_id(f"E{i:04d}") for i in range(EMPLOYEES)]
    with database.transaction() as connection:
        sql.insert(connection, "report", _REPORT, _reports(expenses // PER_REPORT, entity, people))
        sql.insert(connection, "expense", _EXPENSE, _expenses(expenses, entity, taxi))


_REPORT = (
    "id", "entity_id", "employee_id", "source", "source_id", "kind", "revision", "additive", "group_key",
    "content_hash", "number", "title", "declared_at", "approval", "approved_at", "controlled_at", "post_due",
    "awaits_control", "findings", "submitted_at", "approval_steps",
)  # fmt: skip
_EXPENSE = (
    "id", "entity_id", "report_id", "source", "line_key", "type_id", "day", "country", "currency", "gross",
    "entity_gross", "rate", "payer", "card_transaction", "vat", "quantity", "guests", "comment", "receipt", "cancels",
    "split", "derived", "withdrawn", "mileage", "computed", "declared_at", "verdicts", "blocked", "covered",
    "entity_covered", "control_reason",
)  # fmt: skip


def _reports(count: int, entity: int, people: list[int]) -> Iterator[tuple[Any, ...]]:
    for i in range(1, count + 1):
        who = people[i % EMPLOYEES]
        yield (
            i, entity, who, "bench", f"R{i}", "own", 1, False, "", "", f"ND{i:07d}", f"Frais n° {i}", _NOW, "approved",
            _NOW, _NOW, True, False, "[]", _NOW, 1,
        )  # fmt: skip


def _expenses(count: int, entity: int, kind: int) -> Iterator[tuple[Any, ...]]:
    first = date(2026, 1, 1)
    for i in range(count - count % PER_REPORT):
        gross = 1000 + i * 37 % 90_000
        vat = f'[["20",{gross - gross // 6},{gross // 6}]]' if i % 2 else "[]"
        day = (first + timedelta(days=i % 31)).isoformat()
        yield (
            i + 1, entity, i // PER_REPORT + 1, "bench", f"L{i}", kind, day, "FR", "EUR", gross, gross, "1",
            "employee", "", vat, "", 0, f"Taxi n° {i} à Lyon", "", "", "[]", "", False, "", False, _NOW, "[]", False,
            gross, gross, "",
        )  # fmt: skip
