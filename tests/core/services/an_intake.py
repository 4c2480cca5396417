"""An intake to try: a database with a company, and files to import into it."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import compare
from passerelle.periods import Clock
from passerelle.reports.outcome import ImportOutcome
from passerelle.services.intake import ImportRequest, import_reports
from passerelle.store import masterdata
from passerelle.store.database import Database
from passerelle.store.sql import execute

COMPANY: dict[str, Any] = {
    "entities": {
        "FR": {
            "name": "Boulangerie Martin",
            "country": "FR",
            "currency": "EUR",
            "time_zone": "Europe/Paris",
            "chart": "pcg",
            "accounts": {"bank": "512000", "card": "467000"},
            "journals": {
                "NDF": {"name": "Notes de frais", "kind": "expense_reports"},
                "CB": {"name": "Carte", "kind": "company_paid"},
            },
        }
    },
    "charts": {
        "pcg": {
            "accounts": {
                "421000": {"name": "Personnel", "role": "employee"},
                "467000": {"name": "Cartes", "role": "card"},
                "512000": {"name": "Banque", "role": "bank"},
                "625100": {"name": "Voyages", "role": "expense"},
            }
        }
    },
    "axes": {"CENTRE": {"name": "Centre", "sections": {"A": {"name": "A"}, "B": {"name": "B"}}}},
    "expense_types": {"TAXI": {"name": "Taxi", "accounts": {"pcg": "625100"}}},
    "employees": {code: {"name": code, "entity": "FR", "account": "421000"} for code in ("E1", "E2")},
}
MAPPING = """
name = "{name}"
entity = "FR"
[report]
period = "month"
approved = {approved}
controlled = {approved}
[columns]
id = {{ {id} }}
employee = {{ column = "who" }}
type = {{ constant = "TAXI" }}
date = {{ column = "day" }}
amount = {{ column = "amount" }}
payer = {{ column = "payer", map = {{ own = "employee", card = "company_card" }} }}
"""
HEADER = ("id", "who", "day", "amount", "payer")
names = count(1)


@dataclass
class Intake:
    """A database with a company, and the folder of files to import."""

    database: Database
    clock: Clock
    folder: Path

    def mapping(self, approved: bool = True, id: str = 'column = "id"') -> Path:
        """A mapping file under a source name of its own."""
        name = f"taxis-{next(names)}"
        path = self.folder / f"{name}.toml"
        path.write_text(MAPPING.format(name=name, approved=str(approved).lower(), id=id))
        return path

    def csv(
        self, lines: Sequence[Sequence[str]], mapping: Path, rejects: Path | None = None, **how: bool
    ) -> ImportOutcome:
        """Imports lines of ``HEADER``."""
        path = self.folder / f"lines-{next(names)}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([HEADER, *lines])
        return self.file(path, mapping, rejects, **how)

    def file(self, path: Path, mapping: Path | None = None, rejects: Path | None = None, **how: bool) -> ImportOutcome:
        return import_reports(self.database, self.clock, ImportRequest(path, mapping, rejects, **how))

    def report(self, rejects: Path | None = None, *more: dict[str, Any], **fields: Any) -> ImportOutcome:
        """Imports one report (and ``more``) as JSON Lines."""
        path = self.folder / f"reports-{next(names)}.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in (a_report(**fields), *more)))
        return self.file(path, None, rejects)

    def rows(self, what: str, source: str = "") -> list[tuple[Any, ...]]:
        with self.database.reading() as connection:
            where = f" WHERE source = '{source}'" if source else ""
            return [tuple(row) for row in execute(connection, f"SELECT {what}{where} ORDER BY 1, 2")]

    def codes(self, outcome: ImportOutcome) -> list[str]:
        return [finding.code for finding in outcome.findings]


def an_expense(id: str = "X1", amount: str = "12.00", **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": "TAXI", "date": "2026-01-14", "amount": amount, **fields}


def a_report(**fields: Any) -> dict[str, Any]:
    base = {"source": "tool", "id": "R1", "entity": "FR", "employee": "E1", "title": "Lyon"}
    return base | {"declared_at": "2026-02-01T09:00:00+01:00", "expenses": [an_expense()]} | fields


def fill(database: Database, clock: Clock, folder: Path) -> Intake:
    changes, _ = compare(Company(entities={}, charts={}), Company.model_validate(COMPANY))
    with database.transaction() as connection:
        masterdata.apply(connection, changes, "2026-01-01T00:00:00.000000+00:00")
    return Intake(database, clock, folder)


def cells_of(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text().splitlines()))


EXPENSES = "line_key, gross, withdrawn, payer FROM expense"
REPORTS = "number, kind, source_id, approval, controlled_at IS NOT NULL, revision FROM report"
