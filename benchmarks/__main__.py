"""``make bench``: ratios against floors and peers, measured in one run, and the peak memory of each job.

Every product figure times the service function that the command line calls, all checks on; medians of three.
With ``--check`` the run fails when a ratio is below three quarters of its budget (ARCHITECTURE.md).
"""

from __future__ import annotations

import csv
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import policy
from benchmarks.company import add_reports, fresh
from passerelle.formats.writer import compile_format, render
from passerelle.periods import system_clock
from passerelle.services import exporting, rendering
from passerelle.services.posting import post_due
from passerelle.store import exports as stored
from passerelle.store import sql
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database

EXPENSES = 60_000
TABLES = ("entry", "entry_revision", "line")


def seconds(job: Callable[[], object]) -> float:
    """Wall time of one run."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def median(job: Callable[[], object], runs: int = 3) -> float:
    """The median of a few runs."""
    return statistics.median(seconds(job) for _ in range(runs))


def posting(folder: Path) -> dict[str, float]:
    """Posting beside ``executemany`` of the very same rows into the same tables with the same indexes."""
    ours, floors = [], []
    lines = 0
    for attempt in range(3):
        database = fresh(folder, f"posting{attempt}")
        add_reports(database, EXPENSES)
        ours.append(seconds(lambda database=database: post_due(database, system_clock)))  # type: ignore[misc]
        rows = {}
        with database.reading() as connection:
            for table in TABLES:
                result = sql.execute(connection, f"SELECT * FROM {table}")
                rows[table] = (tuple(result.keys()), [tuple(row) for row in result])
        lines = len(rows["line"][1])
        empty = fresh(folder, f"floor{attempt}")
        floors.append(seconds(lambda empty=empty, rows=rows: _insert_all(empty, rows)))  # type: ignore[misc]
        database.close()
        empty.close()
    took, floor = statistics.median(ours), statistics.median(floors)
    return {
        "lines": lines,
        "lines_per_second": lines / took,
        "floor": lines / floor,
        "ratio": floor / took,
        "budget": 0.7,
    }


def _insert_all(database: Database, rows: dict[str, tuple[Any, ...]]) -> None:
    with database.transaction() as connection:
        for table, (columns, values) in rows.items():
            sql.insert(connection, table, columns, values)


def rendering_figures(folder: Path) -> dict[str, dict[str, float]]:
    """A stored export beside "the same SELECT into csv.writer"; rows in memory beside csv.writer and pandas."""
    database = fresh(folder, "rendering")
    add_reports(database, EXPENSES)
    artifacts = ArtifactFolder(folder / "artifacts")
    whole = seconds(lambda: exporting.create(database, system_clock, artifacts, "all"))
    with database.reading() as connection:
        export = stored.exports(connection)[0]
    renderer = rendering.Renderer(json.loads(export.snapshot))
    figures: dict[str, dict[str, float]] = {
        "export create, two files, all checks": {"lines_per_second": export.lines / whole, "lines": export.lines}
    }
    floor = median(lambda: _select_into_csv(database, export.id))
    for plan in renderer.plans:
        took = median(lambda plan=plan: _drain(rendering.rendered(database, export, renderer, plan)))  # type: ignore[misc]
        figures[f"stored export -> {plan.format.name}"] = {
            "lines_per_second": export.lines / took,
            "floor": export.lines / floor,
            "ratio": floor / took,
            "budget": 1.2,
        }
        documents = list(rendering.projected(database, export, plan))
        flat = [(*document.values, *line[:-1]) for document in documents for line in document.lines]
        writer_took = median(lambda flat=flat: csv.writer(io.StringIO()).writerows(flat))  # type: ignore[misc]
        memory_took = median(
            lambda plan=plan, documents=documents: _drain(  # type: ignore[misc]
                render(compile_format(plan.format, renderer.run_row(1)), iter(documents))
            )
        )
        figures[f"rows in memory -> {plan.format.name}"] = {
            "lines_per_second": export.lines / memory_took,
            "floor": export.lines / writer_took,
            "ratio": writer_took / memory_took,
            "budget": 0.6,
        }
    figures["peer: pandas to_csv, the same rows"] = {"lines_per_second": export.lines / _pandas(flat)}
    database.close()
    return figures


def _drain(pieces: Any) -> None:
    for _ in pieces:
        pass


def _select_into_csv(database: Database, export_id: int) -> None:
    columns = ", ".join(f"d.{c}" for c in ("journal", "posting_day", "report_number", "employee", "employee_name"))
    lines = ", ".join(f"l.{name}" for name in stored.FrozenLine._fields)
    with database.reading() as connection, (Path(tempfile.gettempdir()) / "floor.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows(
            sql.stream(
                connection,
                f"SELECT d.id, {columns}, d.piece_number, {lines} FROM export_document d JOIN export_line l"
                " ON l.export_id = d.export_id AND l.document_id = d.id WHERE d.export_id = ?"
                " ORDER BY d.journal, d.posting_day, d.piece_number, d.entry_id, l.rank",
                (export_id,),
            )
        )


def _pandas(rows: list[tuple[Any, ...]]) -> float:
    import pandas

    frame = pandas.DataFrame(rows)
    return median(lambda: frame.to_csv(io.StringIO(), index=False))


def memory(expenses: int) -> dict[str, float]:
    """Peak memory of posting and exporting so many expenses, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks", "--memory", str(expenses)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _memory_job(expenses: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        database = fresh(Path(name), "memory")
        add_reports(database, expenses)
        post_due(database, system_clock)
        made = exporting.create(database, system_clock, ArtifactFolder(Path(name) / "artifacts"), "all")
        status = Path("/proc/self/status").read_text()  # ru_maxrss would remember the parent's peak
        peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
        lines = made.export.lines if made.export is not None else 0
        sys.stdout.write(json.dumps({"lines": lines, "peak_mb": peak}))


def policy_figures() -> list[str]:
    """Prints the policy's figures; returns what does not hold."""
    rates = policy.peers()
    print(f"one simple rule: {', '.join(f'{name} {rate:,.0f}/s' for name, rate in rates.items())}")
    command = [sys.executable, "-m", "benchmarks.policy"]
    runs = [
        json.loads(subprocess.run([*command, str(size)], check=True, capture_output=True, text=True).stdout)
        for size in (100_000, 1_000_000)
    ]
    for run in runs:
        print(f"twenty rules, {run['expenses']:,} expenses: {run['expenses_per_second']:,.0f} expenses/s, ", end="")
        print(f"{run['verdicts_per_second']:,.0f} verdicts/s, peak memory {run['peak_mb']:.0f} MB")
    return ["policy memory"] if runs[1]["peak_mb"] > 1.1 * runs[0]["peak_mb"] else []


def main() -> int:
    """Runs everything and prints one table; the exit code says whether budgets hold (with ``--check``)."""
    if "--memory" in sys.argv:
        _memory_job(int(sys.argv[-1]))
        return 0
    with tempfile.TemporaryDirectory() as name:
        figures = {"posting": posting(Path(name)), **rendering_figures(Path(name))}
    small, large = memory(30_000), memory(300_000)
    print(f"{'what':44} {'lines/s':>12} {'floor':>12} {'ratio':>7} {'budget':>7}")
    failed = []
    for what, found in figures.items():
        ratio, budget = found.get("ratio"), found.get("budget")
        floor = f"{found['floor']:,.0f}" if "floor" in found else ""
        shown = (f"{ratio:.2f}" if ratio else "", f"{budget}" if budget else "")
        print(f"{what:44} {found['lines_per_second']:12,.0f} {floor:>12} {shown[0]:>7} {shown[1]:>7}")
        if ratio is not None and budget is not None and ratio < 0.75 * budget:
            failed.append(what)
    growth = large["peak_mb"] / small["peak_mb"]
    print(f"peak memory, post and export: {small['peak_mb']:.0f} MB at {small['lines']:,} lines, ", end="")
    print(f"{large['peak_mb']:.0f} MB at {large['lines']:,} lines: x {growth:.2f} (budget 1.1, below 150 MB)")
    if growth > 1.1 or large["peak_mb"] > 150:
        failed.append("memory")
    failed += policy_figures()
    print("budgets hold" if not failed else f"below three quarters of the budget: {', '.join(failed)}")
    return 1 if failed and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
