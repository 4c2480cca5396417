"""A process that declares or imports when it is told to go: arguments are the database and a folder, jobs are JSON."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from passerelle.periods import system_clock
from passerelle.services import intake
from passerelle.services.declaring import Declaring, Desk, declare
from passerelle.services.intake import ImportRequest, import_reports
from passerelle.store.database import Database


def main(url: str, folder: str) -> None:
    """One job."""
    job: dict[str, Any] = json.loads(sys.stdin.readline())
    database = Database(url)
    with database.reading():
        pass
    print("ready", flush=True)
    sys.stdin.readline()
    if "declare" in job:
        desk = Desk()
        expense = {"type": "LUNCH", "amount": "12.00"}
        done = [
            declare(database, system_clock, desk, Declaring("E1", expense | {"date": day})) for day in job["declare"]
        ]
        print(json.dumps({"refused": [one.refused for one in done]}))
        return
    path = Path(folder) / "imported.jsonl"
    expenses = [
        {"id": f"I{number}", "type": "LUNCH", "date": day, "amount": "12.00"}
        for number, day in enumerate(job["import"])
    ]
    report = {"source": "tool", "id": "R1", "entity": "FR", "employee": "E1", "title": "Lyon", "expenses": expenses}
    path.write_text(json.dumps(report | {"declared_at": "2030-02-10T09:00:00Z", "approved": job.get("die", False)}))
    if job.get("die"):
        intake.judge_due = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    import_reports(database, system_clock, ImportRequest(path))
    print("{}")


main(*sys.argv[1:])
