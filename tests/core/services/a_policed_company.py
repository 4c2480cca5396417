"""A company with a policy in a database, and short ways to declare, import and look."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import compare
from passerelle.periods import Clock
from passerelle.reports.outcome import ImportOutcome
from passerelle.services.declaring import Declaration, Declaring, Desk, declare
from passerelle.services.intake import ImportRequest, import_reports
from passerelle.store import masterdata
from passerelle.store.database import Database
from passerelle.store.sql import execute

KINDS = ("LUNCH", "HOTEL", "FUEL", "TRIP", "DIEM", "FREE")
ONE_A_DAY = {"count": [{"limit": 1, "period": "day"}]}
CAPPED = {"cap": [{"amounts": {"EUR": 150}, "period": "month"}]}
PROFILES: dict[str, Any] = {
    "generic": {
        "name": "Everybody",
        "types": {
            "LUNCH": ONE_A_DAY,
            "HOTEL": CAPPED,
            "FREE": {},
            "TRIP": {"mileage_scale": "KM"},
            "DIEM": {"flat_rate": [{"amounts": {"EUR": "17.50"}}]},
        },
    }
}
SCALE = {"name": "Kilometres", "currency": "EUR", "rates": [{"brackets": [{"rate": "0.50"}]}]}
COMPANY: dict[str, Any] = {
    "entities": {
        "FR": {
            "name": "Boulangerie Martin", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris",
            "chart": "pcg", "accounts": {"bank": "512000", "card": "467000", "advance": "425000"},
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
                "425000": {"name": "Avances", "role": "advance"},
                "467000": {"name": "Cartes", "role": "card"},
                "512000": {"name": "Banque", "role": "bank"},
                "625100": {"name": "Voyages", "role": "expense"},
            }
        }
    },
    "expense_types": {
        code: {"name": code, "accounts": {"pcg": "625100"}} | ({"kind": "mileage"} if code == "TRIP" else {})
        for code in KINDS
    },
    "mileage_scales": {"KM": SCALE},
    "profiles": PROFILES,
    "employees": {code: {"name": code, "entity": "FR", "account": f"421{code}"} for code in ("E1", "E2", "E3")},
}  # fmt: skip
MEALS: dict[str, Any] = COMPANY | {
    "expense_types": {code: {"name": code.title(), "accounts": {"pcg": "625100"}} for code in ("MEAL", "TAXI", "BUS")},
    "profiles": {
        "generic": {
            "name": "Everyone",
            "types": {
                "MEAL": {"cap": [{"amounts": {"EUR": 20}, "period": "day"}]},
                "TAXI": {"count": [{"limit": 1, "period": "day"}]},
            },
            "rules": {"NOTE": {"kind": "comment", "types": ["TAXI"], "consequence": "alert"}},
        },
        "boss": {"name": "Bosses", "types": {"MEAL": {}}, "weekends_worked": True},
    },
    "employees": {
        "E1": {"name": "Anna", "entity": "FR", "account": "421000"},
        "E2": {"name": "Bob", "entity": "FR", "account": "421000", "profile": "boss"},
    },
}
"""Anna eats for 20 EUR a day and takes one taxi; Bob is a boss, and nothing controls his meals."""


def configure(database: Database, company: dict[str, Any] = COMPANY) -> None:
    """Applies a company to the tables."""
    with database.transaction() as connection:
        current = masterdata.load(connection).company
        changes, _ = compare(current, Company.model_validate(company))
        masterdata.apply(connection, changes, "2026-01-01T00:00:00.000000+00:00")


@dataclass
class Policed:
    """The database with its company; `desk` is kept between declarations."""

    database: Database
    clock: Clock
    folder: Path
    desk: Desk = field(default_factory=Desk)
    names: Any = field(default_factory=lambda: itertools.count(1))

    def declare(self, type: str = "LUNCH", amount: str | None = "12.00", **fields: Any) -> Declaration:
        """One expense of E1 on 14 January, or as `fields` say."""
        employee = fields.pop("employee", "E1")
        given = {"type": type, "date": "2026-01-14", "amount": amount} | fields
        given = {name: value for name, value in given.items() if value is not None}
        return declare(self.database, self.clock, self.desk, Declaring(employee, given))

    def reports(self, *reports: dict[str, Any], **how: Any) -> ImportOutcome:
        """Imports reports as JSON Lines."""
        path = self.folder / f"reports-{next(self.names)}.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in reports))
        return import_reports(self.database, self.clock, ImportRequest(path, **how))

    def send(self, employee: str, *lines: str, **fields: Any) -> ImportOutcome:
        """Imports a report; each line is ``id type day amount`` of January 2026, then ``name=value``."""
        expenses = []
        for line in lines:
            id, type, day, amount, *more = line.split()
            others: dict[str, Any] = dict(pair.split("=", 1) for pair in more)
            expenses.append(an_expense(id, type, amount, date=f"2026-01-{day}", **others))
        whole = {"id": f"S{next(self.names)}", "employee": employee} | fields
        return self.reports(a_report(*expenses, **whole))

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a SELECT finds."""
        with self.database.reading() as connection:
            return [tuple(row) for row in execute(connection, query, parameters)]

    def judged(self) -> list[tuple[str, int, int, bool]]:
        """(id, declared, covered, blocked) of every live expense, by id; one that was never judged is a failure."""
        rows = self.rows(
            "SELECT line_key, gross, covered, blocked, verdicts FROM expense WHERE NOT withdrawn "
            "ORDER BY line_key COLLATE BINARY"
        )
        assert not [row for row in rows if row[4] is None], "an expense was never judged"
        return [(key, gross, covered, bool(blocked)) for key, gross, covered, blocked, _ in rows]


def an_expense(id: str = "X1", type: str = "LUNCH", amount: str | None = "12.00", **fields: Any) -> dict[str, Any]:
    """An expense of 14 January."""
    given = {"id": id, "type": type, "date": "2026-01-14", "amount": amount} | fields
    return {name: value for name, value in given.items() if value is not None}


def a_report(*expenses: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Report R1 of E1."""
    base = {"source": "tool", "id": "R1", "entity": "FR", "employee": "E1", "title": "Lyon"}
    return base | {"declared_at": "2026-02-01T09:00:00+01:00", "expenses": list(expenses) or [an_expense()]} | fields
