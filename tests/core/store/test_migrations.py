"""Upgrades over rows: what an earlier release wrote is kept, and stands in the new tables as if written there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from passerelle.store import database as room
from passerelle.store import report_events, tables
from passerelle.store.database import Connection, Database, sqlite_file
from passerelle.store.report_events import Event
from passerelle.store.sql import execute, fetch, insert

DAYS = tuple(f"2026-03-0{day}T08:00:00.000000+00:00" for day in range(10))
REPORT: dict[str, Any] = {
    "entity_id": 1, "employee_id": 7, "source": "tool", "kind": "own", "revision": 1, "additive": False,
    "group_key": "", "content_hash": "c", "title": "Lyon", "declared_at": DAYS[1], "approval": "created",
    "approved_at": None, "controlled_at": None, "awaits_control": False, "post_due": False, "posted_revision": None,
    "findings": "[]",
}  # fmt: skip
APPROVED = {"approval": "approved", "approved_at": DAYS[2]}
CONTROLLED = APPROVED | {"controlled_at": DAYS[3]}
LATE = "before acts were kept"
# every state that the first release wrote: (what the report differs in, its events but the first two)
STATES: dict[str, tuple[dict[str, Any], tuple[tuple[str, str, str], ...]]] = {
    "created": ({}, ()),
    "controlled before approval": ({"controlled_at": DAYS[3]}, (("control", DAYS[3], LATE),)),
    "approved, to be posted": (APPROVED | {"post_due": True}, (("approve", DAYS[2], LATE),)),
    "approved, faulty": (APPROVED | {"post_due": True, "findings": '[["PSR-3001"]]'}, (("approve", DAYS[2], LATE),)),
    "approved, posted": (APPROVED | {"posted_revision": 1}, (("approve", DAYS[2], LATE),)),
    "controlled": (CONTROLLED | {"posted_revision": 1}, (("approve", DAYS[2], LATE), ("control", DAYS[3], LATE))),
    "changed after posting": ({"revision": 2, "posted_revision": 1, "declared_at": DAYS[4]}, ()),
    "changed after control": (
        APPROVED | {"revision": 3, "posted_revision": 1, "awaits_control": True},
        (("approve", DAYS[2], LATE),),
    ),
    "open group": ({"source": "csv:sheet", "additive": True, "group_key": "sheet/7/2026-03"}, ()),
    "paid by the company": (CONTROLLED | {"kind": "company"}, (("approve", DAYS[2], LATE), ("control", DAYS[3], LATE))),
}
EXPENSE: dict[str, Any] = {
    "entity_id": 1, "type_id": 9, "day": "2026-03-01", "country": "FR", "currency": "EUR", "gross": 1200,
    "entity_gross": 1200, "rate": "1", "payer": "employee", "card_transaction": "", "vat": '[["20", 1000, 200]]',
    "quantity": "", "guests": 0, "comment": "é", "receipt": "", "cancels": "", "split": "[]", "derived": "",
    "withdrawn": False,
}  # fmt: skip
EXPENSES: tuple[dict[str, Any], ...] = (
    {},
    {"currency": "GBP", "gross": 1000, "rate": "1.2", "vat": "[]"},
    {"gross": -300, "entity_gross": -300, "cancels": "0", "vat": "[]"},
    {"withdrawn": True},
)


@pytest.fixture
def old(database_url: str) -> Iterator[Database]:
    """A database of the first release, with a report of every state, each with expenses of every kind."""
    file = sqlite_file(database_url)
    if file is not None:
        file.unlink()
    database = Database(database_url)
    config = Config()
    config.set_main_option("script_location", str(Path(room.__file__).parent / "migrations"))
    with database.transaction() as connection:
        if file is None:
            execute(connection, "DROP SCHEMA public CASCADE")
            execute(connection, "CREATE SCHEMA public")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        reports: list[dict[str, Any]] = []
        expenses: list[dict[str, Any]] = []
        for number, (differing, _) in enumerate(STATES.values(), start=1):
            named = {"id": number, "source_id": f"R{number}", "number": f"ND{number:06}"}
            reports.append({**REPORT, **named, **differing})
            for one in EXPENSES:
                key = {"id": len(expenses) + 1, "report_id": number, "line_key": str(len(expenses))}
                payer = "company_card" if reports[-1]["kind"] == "company" else "employee"
                expenses.append({**EXPENSE, **key, "source": reports[-1]["source"], "payer": payer, **one})
        for table, rows in (("report", reports), ("expense", expenses)):
            insert(connection, table, tuple(rows[0]), [tuple(row.values()) for row in rows])
    yield database
    database.close()


def rows(connection: Connection, table: str, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    return fetch(connection, f"SELECT {', '.join(names)} FROM {table} ORDER BY id")


def partial_indexes(connection: Connection) -> dict[str, str]:
    """Index -> its definition, of those that hold some rows only; Alembic does not compare those conditions."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE ? ORDER BY name"
    if connection.dialect.name != "sqlite":
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE ? ORDER BY 1"
    return {name: " ".join(sql.split()) for name, sql in fetch(connection, query, ("% WHERE %",))}


def test_what_the_first_release_wrote_is_kept_whole(old: Database) -> None:
    kept = (("report", ("id", "source_id", "number", *REPORT)), ("expense", ("id", "report_id", "line_key", *EXPENSE)))
    with old.reading() as connection:
        before = [rows(connection, *one) for one in kept], partial_indexes(connection)
    assert len(before[1]) == 3
    old.migrate()
    assert tables  # imported for its metadata
    with old.transaction() as connection:
        assert ([rows(connection, *one) for one in kept], partial_indexes(connection)) == before
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_expenses_from_before_the_policy_are_judged_and_covered_whole(old: Database) -> None:
    old.migrate()
    with old.reading() as connection:
        assert fetch(connection, "SELECT count(*) FROM judging_due") == [(0,)]
        judged = fetch(
            connection,
            "SELECT x.id FROM expense x JOIN report r ON r.id = x.report_id WHERE x.covered = x.gross "
            "AND x.entity_covered = x.entity_gross AND x.verdicts = '[]' AND NOT x.blocked "
            "AND x.declared_at = r.declared_at AND x.mileage = '' AND NOT x.computed AND x.control_reason = '' "
            "AND x.controlled_at IS NULL AND x.control_cover IS NULL AND x.granted IS NULL ORDER BY x.id",
        )
    assert [id for (id,) in judged] == list(range(1, len(STATES) * len(EXPENSES) + 1))


def test_reports_from_before_acts_were_kept_have_a_life(old: Database) -> None:
    old.migrate()
    with old.transaction() as connection:
        found = fetch(connection, "SELECT submitted_at, approval_steps, ended_at FROM report ORDER BY id")
        for id, (state, (differing, later)) in enumerate(STATES.items(), start=1):
            one = {**REPORT, **differing}
            declared, source, revision = one["declared_at"], one["source"], one["revision"]
            assert found[id - 1] == (declared, 1 if one["approval"] == "approved" else 0, None), state
            facts = (("declare", declared, ""), ("submit", declared, ""), *later)
            events = [Event(id, at, source, act, revision, detail) for act, at, detail in facts]
            assert report_events.of_report(connection, id) == events, state
            after = Event(id, DAYS[9], "paul", "cancel", revision, reason="twice")
            report_events.record(connection, [after])
            assert report_events.of_report(connection, id) == [*events, after], state
