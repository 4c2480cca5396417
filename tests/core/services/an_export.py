"""A house that exports: a French and a British entity, Sage and CSV files, reports that come in through the intake."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from passerelle.exports.posting_date import RunChoices
from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import compare
from passerelle.periods import Clock
from passerelle.reports.outcome import ImportOutcome
from passerelle.services import exporting, ledger, voiding
from passerelle.services.intake import ImportRequest, import_reports
from passerelle.store import exports, masterdata, sql
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database
from passerelle.store.tables import SQLModel

COMPANY: dict[str, Any] = {
    "entities": {
        "FR": {
            "name": "Atelier Dumas", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "pcg",
            "accounts": {"bank": "512000", "card": "467000", "advance": "425000"},
            "journals": {"NDF": {"name": "Notes de frais", "kind": "expense_reports"},
                         "FSO": {"name": "Frais société", "kind": "company_paid"}},
        },
        "GB": {
            "name": "Dumas Ltd", "country": "GB", "currency": "GBP", "time_zone": "Europe/London", "chart": "pcg",
            "journals": {"EXP": {"name": "Expenses", "kind": "expense_reports"}},
        },
    },
    "charts": {"pcg": {"accounts": {
        "421000": {"name": "Personnel", "role": "employee"},
        "425000": {"name": "Avances", "role": "advance"},
        "445660": {"name": "TVA déductible", "role": "vat"},
        "467000": {"name": "Cartes", "role": "card"},
        "512000": {"name": "Banque", "role": "bank"},
        "625100": {"name": "Voyages", "role": "expense", "analytical": True},
        "625700": {"name": "Réceptions", "role": "expense"},
    }}},
    "axes": {"CENTRE": {"name": "Centre", "sections": {"MKT": {"name": "Marketing"}, "DEV": {"name": "Produit"}}},
             "PROJET": {"name": "Projet", "sections": {"P1": {"name": "Salon"}}}},
    "expense_types": {
        "TRAIN": {"name": "Train", "accounts": {"pcg": "625100"}},
        "MEAL": {"name": "Repas", "accounts": {"pcg": "625700"},
                 "vat": [{"rate": "10", "country": "FR", "account": "445660", "code": "D10"},
                         {"rate": "20", "country": "FR", "account": "445660", "code": "D20", "recoverable": "50"}]},
    },
    "employees": {
        "E1": {"name": "Zoé Lefèvre", "entity": "FR", "account": "421001", "collective": "421000", "auxiliary": "LEF"},
        "E2": {"name": "Ian Ross", "entity": "FR", "account": "421002", "collective": "421000", "auxiliary": "ROSS"},
        "G1": {"name": "Ann Bright", "entity": "GB", "account": "421900"},
    },
    "connections": {"sage": {"connector": "sage", "entity": "FR", "axes": {"CENTRE": 1}},
                    "csv": {"connector": "generic-csv", "entity": "FR"},
                    "csv-gb": {"connector": "generic-csv", "entity": "GB"}},
    "exports": {
        "fr": {"entity": "FR", "artifacts": [{"connection": "sage", "format": "sage100-flg"},
                                             {"connection": "sage", "format": "sage100-pnm"},
                                             {"connection": "csv", "format": "generic-csv"}]},
        "gb": {"entity": "GB", "artifacts": [{"connection": "csv-gb", "format": "generic-csv"}]},
    },
}  # fmt: skip
APPROVED = {"approved_at": "2026-02-03T10:00:00+01:00", "controlled_at": "2026-02-04T11:00:00+01:00"}
SPLIT = [{"percent": "60", "sections": {"CENTRE": "MKT"}}, {"percent": "40", "sections": {"CENTRE": "DEV"}}]
Expense = dict[str, Any]


def train(cents: int, **fields: Any) -> Expense:
    """A train, split over two sections."""
    return {"type": "TRAIN", "date": "2026-01-14", "amount": amount(cents), "split": SPLIT} | fields


def meal(cents: int, rate: int = 10, **fields: Any) -> Expense:
    """A meal with VAT of one rate."""
    net = cents * 100 // (100 + rate)
    vat = [{"rate": str(rate), "net": amount(net), "vat": amount(cents - net)}]
    return {"type": "MEAL", "date": "2026-01-15", "amount": amount(cents), "vat": vat} | fields


def amount(cents: int) -> str:
    """Cents as a decimal."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def chosen(how: dict[str, Any]) -> dict[str, Any]:
    """Keywords of a run with what a person may choose folded into ``choices``."""
    names = [name for name in ("journals", "given_day", "closed_period") if name in how]
    return {**{k: v for k, v in how.items() if k not in names}, "choices": RunChoices(**{n: how[n] for n in names})}


@dataclass
class House:
    """The database of the house with short ways through the services; `files` is where JSON Lines are written."""

    database: Database
    clock: Clock
    files: Path
    company: dict[str, Any] = field(default_factory=lambda: COMPANY)
    names: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.artifacts = ArtifactFolder(self.files / "artifacts")
        self.configure()

    def configure(self, **sections: Any) -> None:
        """Applies the company with whole sections replaced."""
        self.company = self.company | sections
        with self.database.transaction() as connection:
            current = masterdata.load(connection).company
            wanted = Company.model_validate(self.company)
            masterdata.apply(connection, compare(current, wanted)[0], "2026-01-01T00:00:00.000000+00:00")

    def change(self, section: str, code: str, **fields: Any) -> None:
        """Changes fields of one object; `None` removes one."""
        objects = self.company[section]
        changed = {name: value for name, value in (objects[code] | fields).items() if value is not None}
        self.configure(**{section: objects | {code: changed}})

    def send(self, id: str, *expenses: Expense, revision: int = 1, **fields: Any) -> ImportOutcome:
        """Imports one revision of a report, approved and controlled unless `fields` say otherwise."""
        stated = [{"id": f"{id}.{number}"} | expense for number, expense in enumerate(expenses, 1)]
        report = {"source": "tool", "id": id, "revision": revision, "entity": "FR", "employee": "E1", "title": id}
        report |= {"declared_at": "2026-02-02T09:00:00+01:00", "expenses": stated} | APPROVED | fields
        path = self.files / f"{next(self.names)}.jsonl"
        path.write_text(json.dumps({key: value for key, value in report.items() if value is not None}) + "\n")
        outcome = import_reports(self.database, self.clock, ImportRequest(path))
        assert outcome.lines.refused == 0, outcome.findings
        return outcome

    def preview(self, definition: str = "fr", **how: Any) -> exporting.Preview:
        return exporting.preview(self.database, self.clock, definition, **chosen(how))

    def create(self, definition: str = "fr", **how: Any) -> exporting.Creation:
        return exporting.create(self.database, self.clock, self.artifacts, definition, **chosen(how))

    def void(self, number: int, not_imported: bool = False, entity: str | None = None) -> None:
        voiding.void(self.database, self.clock, entity, number, "wrong month", not_imported)

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a SELECT finds."""
        with self.database.reading() as connection:
            return [tuple(row) for row in sql.execute(connection, query, parameters)]

    def write(self, statement: str, *parameters: Any) -> None:
        """One statement in a transaction: for what no service would do."""
        with self.database.transaction() as connection:
            sql.execute(connection, statement, parameters)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, and every file beside the database."""
        names = sorted(SQLModel.metadata.tables)
        tables = {name: sorted(self.rows(f'SELECT * FROM "{name}"'), key=repr) for name in names}
        kept = self.artifacts.folder.rglob("*") if self.artifacts.folder.exists() else ()
        return tables | {"files": sorted((path.name, path.stat().st_size) for path in kept if path.is_file())}

    def register(self) -> list[tuple[Any, ...]]:
        """(fiscal year, number, state) of every piece as stored."""
        return self.rows("SELECT fiscal_year, number, state FROM piece ORDER BY journal, fiscal_year, number")

    def bytes_of(self, export: int, position: int) -> bytes:
        """The stored bytes of a file of an export (its key)."""
        with self.database.reading() as connection:
            (row,) = [one for one in exports.artifacts(connection, export) if one.position == position]
        return self.artifacts.check(row.sha256).read_bytes()

    def sound(self) -> None:
        """Law 1 and law 2 hold in the stored rows."""
        assert ledger.verify(self.database).findings == ()
