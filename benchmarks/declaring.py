"""One interactive declaration beside a year's history, and a bulk import that is judged."""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import compare
from passerelle.services.declaring import Declaring, Desk, declare
from passerelle.services.intake import ImportRequest, import_reports
from passerelle.store import masterdata
from passerelle.store.database import Database

HISTORY = 600
TYPES = ("LUNCH", "DINNER", "HOTEL", "TAXI", "PARKING", "FUEL")


def company(employees: int) -> Company:
    """Six types under limits of a day, a month and a year, and rules over several of them."""
    control: dict[str, Any] = {
        "LUNCH": {"count": [{"limit": 1, "period": "day"}], "alert": [{"amounts": {"EUR": 20}, "period": "day"}]},
        "DINNER": {"cap": [{"amounts": {"EUR": 35}, "period": "day"}]},
        "HOTEL": {"cap": [{"amounts": {"EUR": 1500}, "period": "month"}]},
        "TAXI": {"cap": [{"amounts": {"EUR": 4000}, "period": "year"}]},
        "PARKING": {"cap": [{"amounts": {"EUR": 15}, "period": "day"}]},
        "FUEL": {"count": [{"limit": 60, "period": "quarter"}]},
    }
    rules = {
        "MEALS": {"kind": "cap", "types": ["LUNCH", "DINNER"], "amounts": {"EUR": 600}, "period": "month"},
        "MOVES": {"kind": "alert", "types": ["TAXI", "FUEL"], "amounts": {"EUR": 9000}, "period": "year"},
        "OLD": {"kind": "age", "days": 400, "consequence": "alert"},
        "DAYS": {"kind": "days", "weekends": "alert", "holidays": "alert"},
    }
    entity = {
        "name": "Banc d'essai SAS", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "pcg",
        "journals": {"NDF": {"name": "Notes de frais", "kind": "expense_reports"}},
    }  # fmt: skip
    return Company.model_validate(
        {
            "entities": {"FR": entity},
            "charts": {"pcg": {"accounts": {"625100": {"name": "Voyages", "role": "expense"}}}},
            "expense_types": {code: {"name": code, "accounts": {"pcg": "625100"}} for code in TYPES},
            "profiles": {"generic": {"name": "Everybody", "types": control, "rules": rules}},
            "employees": {
                f"E{n:04d}": {"name": f"Employé {n}", "entity": "FR", "account": f"421{n:04d}"}
                for n in range(employees)
            },
        }
    )


def prepare(database: Database, employees: int) -> None:
    """The company of ``employees`` in the tables."""
    with database.transaction() as connection:
        current = masterdata.load(connection).company
        changes, _ = compare(current, company(employees))
        masterdata.apply(connection, changes, "2026-01-01T00:00:00.000000+00:00")


def history(employees: int, each: int, approved: bool) -> Iterator[str]:
    """Reports as JSON Lines: one a month of every employee, ``each`` expenses of 2025 in all."""
    first = date(2025, 1, 1)
    for n in range(employees):
        months: dict[int, list[dict[str, str]]] = {}
        for i in range(each):
            day = first + timedelta(days=i * 365 // each)
            amount = f"{8 + (i * 37 + n) % 90}.{i % 100:02d}"
            expense = {"id": f"L{n}-{i}", "type": TYPES[i % len(TYPES)], "date": day.isoformat(), "amount": amount}
            months.setdefault(day.month, []).append(expense)
        for month, expenses in months.items():
            report = {
                "source": "bench", "id": f"R{n}-{month}", "entity": "FR", "employee": f"E{n:04d}", "title": "Frais",
                "declared_at": f"2026-01-{month:02d}T09:00:00Z", "approved": approved, "expenses": expenses,
            }  # fmt: skip
            yield json.dumps(report) + "\n"


_seconds = itertools.count(1)


def clock() -> datetime:
    """An instant after the history, and after the one before."""
    return datetime(2026, 1, 20, 9, tzinfo=UTC) + timedelta(seconds=next(_seconds))


def interactive(database: Database, folder: Path, approved: bool = False, runs: int = 15) -> float:
    """The median of one declaration beside ``HISTORY`` expenses of a year, in milliseconds."""
    prepare(database, 1)
    path = folder / "history.jsonl"
    path.write_text("".join(history(1, HISTORY, approved)))
    import_reports(database, clock, ImportRequest(path))
    desk = Desk()
    took = []
    for run in range(runs + 1):
        day = date(2025, 12, 31) - timedelta(days=run)
        fields = {"type": TYPES[run % len(TYPES)], "date": day.isoformat(), "amount": "12.34"}
        begun = time.perf_counter()
        declare(database, clock, desk, Declaring("E0000", fields))
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took[1:])  # the first one compiles the policy


def bulk(
    database: Database,
    folder: Path,
    employees: int = 1000,
    each: int = 100,
    timed: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """An import that is judged, all checks on: expenses a second."""
    prepare(database, employees)
    path = folder / "bulk.jsonl"
    with path.open("w") as file:
        file.writelines(history(employees, each, False))
    begun = timed()
    outcome = import_reports(database, clock, ImportRequest(path))
    took = timed() - begun
    assert outcome.judged == employees * each
    return {"expenses": outcome.judged, "seconds": took, "expenses_per_second": outcome.judged / took}


def main() -> None:
    """``python -m benchmarks.declaring``; with the URL of an empty server database and a figure, that one there."""
    url, wanted = (*sys.argv[1:], "", "")[:2]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for figure in ("open", "approved", "bulk"):
            if wanted not in ("", figure):
                continue
            database = Database(url or f"sqlite:///{folder / figure}.db")
            database.migrate()
            if figure == "bulk":
                print(f"imported and judged: {bulk(database, folder)['expenses_per_second']:,.0f} expenses/s")
            else:
                took = interactive(database, folder, figure == "approved")
                print(f"one declaration beside {HISTORY} {figure} expenses: {took:.1f} ms")
            database.close()


if __name__ == "__main__":
    main()
