"""A company with a policy, and reports of a few meals and taxis, in a database."""

from __future__ import annotations

import json
from collections.abc import Iterator
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

from .an_intake import COMPANY

POLICY: dict[str, Any] = {
    "generic": {
        "name": "Everyone",
        "types": {
            "MEAL": {"cap": [{"amounts": {"EUR": 20}, "period": "day"}]},
            "TAXI": {"count": [{"limit": 1, "period": "day"}]},
        },
        "rules": {"NOTE": {"kind": "comment", "types": ["TAXI"], "consequence": "alert"}},
    },
    "boss": {"name": "Bosses", "types": {"MEAL": {}}, "weekends_worked": True},
}


@dataclass
class Policed:
    """The database, and short ways to configure and to declare."""

    database: Database
    clock: Clock
    folder: Path

    def configure(self, **changes: Any) -> None:
        """Applies the small company with a policy; ``changes`` replace whole sections of it."""
        types = {code: {"name": code.title(), "accounts": {"pcg": "625100"}} for code in ("MEAL", "TAXI", "BUS")}
        entity = COMPANY["entities"]["FR"]
        accounts = COMPANY["charts"]["pcg"]["accounts"] | {"425000": {"name": "Avances", "role": "advance"}}
        entity = entity | {"accounts": entity["accounts"] | {"advance": "425000"}}
        employees = {
            "E1": {"name": "Anna", "entity": "FR", "account": "421000"},
            "E2": {"name": "Bob", "entity": "FR", "account": "421000", "profile": "boss"},
        }
        whole = COMPANY | {"entities": {"FR": entity}, "charts": {"pcg": {"accounts": accounts}}, "profiles": POLICY}
        company = Company.model_validate(whole | {"expense_types": types, "employees": employees} | changes)
        with self.database.transaction() as connection:
            current = masterdata.load(connection).company
            masterdata.apply(connection, compare(current, company)[0], "2026-01-01T00:00:00.000000+00:00")

    def __post_init__(self) -> None:
        self._numbers: Iterator[int] = count(1)
        self.configure()

    def declare(self, employee: str, *lines: str, id: str = "", **report: Any) -> ImportOutcome:
        """Imports a report; each line is ``id type day amount [payer]`` of January 2026."""
        expenses = []
        for line in lines:
            key, type_code, day, amount, *more = line.split()
            one = {"id": key, "type": type_code, "date": f"2026-01-{day}", "amount": amount}
            expenses.append(one | {name: value for name, _, value in (pair.partition("=") for pair in more)})
        whole: dict[str, Any] = {
            "source": "app",
            "id": id or f"R{next(self._numbers)}",
            "entity": "FR",
            "employee": employee,
        }
        whole |= {"title": "Janvier", "declared_at": "2026-02-01T08:00:00Z", "expenses": expenses}
        file = self.folder / "r.jsonl"
        file.write_text(json.dumps(whole | report) + "\n")
        return import_reports(self.database, self.clock, ImportRequest(file))
