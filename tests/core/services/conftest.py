"""A small company in a database, and reports put straight into its tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import compare
from passerelle.store import masterdata, sql
from passerelle.store.database import Connection, Database

from .an_export import House

NOW = "2026-03-02T09:00:00.000000+00:00"
ARTIFACT = {"connection": "sage", "format": "pnm"}
SMALL_COMPANY: dict[str, Any] = {
    "entities": {
        "FR": {
            "name": "Exemple SAS", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "pcg",
            "journals": {"NDF": {"name": "Frais", "kind": "expense_reports"}},
        },
        "JP": {
            "name": "Exemple KK", "country": "JP", "currency": "JPY", "time_zone": "Asia/Tokyo", "chart": "pcg",
            "journals": {"EXP": {"name": "Expenses", "kind": "expense_reports"}},
        },
    },
    "charts": {"pcg": {"accounts": {
        "625100": {"name": "Voyages", "role": "expense", "analytical": True},
        "625700": {"name": "Réceptions", "role": "expense"},
        "445660": {"name": "TVA déductible", "role": "vat"},
    }}},
    "expense_types": {
        "TAXI": {"name": "Taxi", "accounts": {"pcg": "625100"}},
        "MEAL": {"name": "Repas", "accounts": {"pcg": "625700"},
                 "vat": [{"rate": "20", "country": "FR", "account": "445660", "code": "D20"}]},
    },
    "employees": {
        "dupont": {"name": "Anne Dupont", "entity": "FR", "account": "421DUP"},
        "martin": {"name": "Luc Martin", "entity": "FR"},
        "sato": {"name": "Yui Sato", "entity": "JP", "account": "421SAT"},
    },
    "connections": {"sage": {"connector": "sage", "entity": "FR"}},
    "exports": {"month": {"entity": "FR", "artifacts": [ARTIFACT]}},
}  # fmt: skip


class Books:
    """The company's database, with short ways to configure it and to put reports into it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.company = SMALL_COMPANY
        self.configure()

    def configure(self, **changes: Any) -> None:
        """Applies the company with whole sections replaced."""
        self.company = self.company | changes
        with self.database.transaction() as connection:
            current = masterdata.load(connection).company
            masterdata.apply(connection, compare(current, Company.model_validate(self.company))[0], NOW)

    def report(self, *expenses: tuple[str, int], entity: str = "FR", employee: str = "dupont", **fields: Any) -> int:
        """An approved report with (type, amount) expenses; ``fields`` are columns of the report."""
        return self.reports([expenses], entity, employee, **fields)[0]

    def reports(
        self, each: Iterable[Iterable[tuple[str, int]]], entity: str = "FR", employee: str = "dupont", **fields: Any
    ) -> list[int]:
        """Several reports at once."""
        with self.database.transaction() as connection:
            directory = masterdata.load(connection)
            contents = [list(expenses) for expenses in each]
            ids = list(sql.take_ids(connection, "report", len(contents)))
            row = {
                "entity_id": directory.entity_id(entity), "employee_id": directory.employee_id(employee),
                "source": "test", "kind": "own", "revision": 1, "additive": False, "group_key": "",
                "content_hash": "", "title": "Salon", "declared_at": NOW, "approval": "approved", "approved_at": NOW,
                "controlled_at": NOW, "awaits_control": False, "post_due": True, "findings": "[]", "submitted_at": NOW,
                "approval_steps": 1,
            } | fields  # fmt: skip
            columns = ("id", "number", "source_id", *row)
            sql.insert(connection, "report", columns, ((n, f"N{n:06d}", f"S{n}", *row.values()) for n in ids))
            for report_id, expenses in zip(ids, contents, strict=True):
                self._expenses(connection, report_id, expenses, entity, directory)
            return ids

    def change(self, report_id: int, *expenses: tuple[str, int], entity: str = "FR", **fields: Any) -> None:
        """The report with other expenses, approved again."""
        columns = {"post_due": True} | fields
        with self.database.transaction() as connection:
            sql.execute(connection, "UPDATE expense SET withdrawn = ? WHERE report_id = ?", (True, report_id))
            places = ", ".join(f"{name} = ?" for name in columns)
            sql.execute(connection, f"UPDATE report SET {places} WHERE id = ?", (*columns.values(), report_id))
            self._expenses(connection, report_id, list(expenses), entity, masterdata.load(connection))

    def _expenses(
        self,
        connection: Connection,
        report_id: int,
        expenses: list[tuple[str, int]],
        entity: str,
        directory: masterdata.Directory,
    ) -> None:
        home = directory.company.entities[entity]
        rows = []
        for number, (code, amount) in zip(sql.take_ids(connection, "expense", len(expenses)), expenses, strict=True):
            net = amount * 5 // 6
            vat = json.dumps([["20", net, amount - net]], separators=(",", ":")) if code == "MEAL" else "[]"
            rows.append(
                {
                    "id": number, "entity_id": directory.entity_id(entity), "report_id": report_id, "source": "test",
                    "line_key": f"L{number}", "type_id": directory.expense_type_id(code), "day": "2026-01-15",
                    "country": home.country, "currency": home.currency, "gross": amount, "entity_gross": amount,
                    "rate": "1", "payer": "employee", "card_transaction": "", "vat": vat, "quantity": "", "guests": 0,
                    "comment": "Lyon", "receipt": "", "cancels": "", "split": "[]", "derived": "", "withdrawn": False,
                    "mileage": "", "computed": False, "declared_at": NOW, "verdicts": "[]", "blocked": False,
                    "covered": amount, "entity_covered": amount, "control_reason": "",
                }
            )  # fmt: skip
        if rows:
            sql.insert(connection, "expense", tuple(rows[0]), (tuple(row.values()) for row in rows))

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a SELECT finds."""
        with self.database.reading() as connection:
            return [tuple(row) for row in sql.execute(connection, query, parameters)]

    def write(self, statement: str, *parameters: Any) -> None:
        """One statement in a transaction: for what no service would do."""
        with self.database.transaction() as connection:
            sql.execute(connection, statement, parameters)


@pytest.fixture
def books(database: Database) -> Books:
    """A small company in each kind of database."""
    return Books(database)


@pytest.fixture
def second(books: Books, request: pytest.FixtureRequest) -> Callable[[], Database]:
    """Opens the same database once more, as another process would."""

    def again() -> Database:
        other = Database(books.database.url.render_as_string(hide_password=False).replace("+psycopg", ""))
        request.addfinalizer(other.close)
        return other

    return again


@pytest.fixture
def house(database: Database, clock: Any, tmp_path: Path) -> House:
    """A house that exports, in each kind of database."""
    return House(database, clock, tmp_path)
