"""Deliveries as stored: one per artifact and destination, changed only from the state expected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from passerelle.masterdata.company import FolderDestination
from passerelle.store import deliveries
from passerelle.store.database import Database

NOW = "2026-03-02T09:00:00.000000+00:00"


@pytest.fixture
def number(database: Database, tmp_path: Path, add_delivery: Callable[..., int]) -> int:
    return add_delivery(database, FolderDestination(kind="folder", path=str(tmp_path)), b"data", "a.txt")


def test_a_state_changes_only_from_the_one_expected(database: Database, number: int) -> None:
    with database.transaction() as connection:
        assert not deliveries.set_state(connection, number, "sending", "delivered", "", NOW)
        assert deliveries.set_state(connection, number, "pending", "sending", "a note", NOW)
        row = deliveries.load(connection, number)
    assert row is not None
    assert (row.state, row.note, row.changed_at, row.size, row.export_state) == ("sending", "a note", NOW, 4, "proven")


def test_attempts_keep_their_order_and_their_end(database: Database, number: int) -> None:
    with database.transaction() as connection:
        first = deliveries.begin_attempt(connection, number, NOW)
        deliveries.begin_attempt(connection, number, NOW)
        deliveries.end_attempt(connection, first, NOW, "failed", "PSR-7011", "it broke")
        ended, open_one = deliveries.attempts(connection, number)
    assert (ended.ended_at, ended.outcome, ended.code, ended.message) == (NOW, "failed", "PSR-7011", "it broke")
    assert (open_one.ended_at, open_one.outcome) == (None, "")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, True),
        ({"states": ("pending", "failed")}, True),
        ({"states": ("failed",)}, False),
        ({"destination": "there", "export_state": "proven"}, True),
        ({"destination": "elsewhere"}, False),
        ({"entity_id": -1}, False),
        ({"export_id": -1}, False),
        ({"sequence": -1}, False),
    ],
)
def test_filters(database: Database, number: int, filters: dict[str, object], found: bool) -> None:
    with database.reading() as connection:
        rows = deliveries.select(connection, **filters)  # type: ignore[arg-type]
    assert [row.id for row in rows] == ([number] if found else [])


def test_one_that_there_is_not(database: Database) -> None:
    with database.reading() as connection:
        assert deliveries.load(connection, 1) is None


def test_cancelling_leaves_what_arrived(database: Database, number: int) -> None:
    with database.transaction() as connection:
        deliveries.set_state(connection, number, "pending", "delivered", "", NOW)
        row = deliveries.load(connection, number)
        assert row is not None
        assert deliveries.cancel_for_export(connection, row.export_id, NOW) == 0
