"""A void and a delivery at the same time: at every statement of the one the other runs, on a connection of its own.

Whatever comes between what, an export that was voided without a person's word has no file at its destination, and its
delivery says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from passerelle.errors import PasserelleError
from passerelle.masterdata.company import FolderDestination
from passerelle.periods import Clock
from passerelle.services import delivering
from passerelle.services.voiding import void
from passerelle.store import deliveries, sql
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database

NOW = "2026-03-02T09:00:00.000000+00:00"
DATA = b"#FLG 001\n"
LONGEST = 60  # statements of either side; both are through long before


@pytest.fixture
def other(database: Database, database_url: str) -> Iterator[Database]:
    """The same database as another process sees it; it does not wait for locks, since both sides run in turn here."""
    other = Database(database_url)

    @event.listens_for(other.engine, "begin")
    def impatient(connection: Any) -> None:
        if not other.is_sqlite:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '20ms'")

    @event.listens_for(other.engine, "connect")
    def impatient_too(connection: Any, _record: Any) -> None:
        if other.is_sqlite:
            connection.execute("PRAGMA busy_timeout = 0")

    yield other
    other.close()


@contextmanager
def at_statement(database: Database, number: int, act: Callable[[], object]) -> Iterator[list[int]]:
    """Runs ``act`` just before that statement of ``database``; yields a list that counts the statements."""
    passed: list[int] = []

    def counted(*_: Any) -> None:
        passed.append(len(passed) + 1)
        if passed[-1] == number:
            act()

    event.listen(database.engine, "before_cursor_execute", counted)
    try:
        yield passed
    finally:
        event.remove(database.engine, "before_cursor_execute", counted)


class Meeting:
    """Deliveries, each of an export of its own, with the two acts that meet there."""

    def __init__(self, database: Database, clock: Clock, place: Path, add: Callable[..., int]) -> None:
        self.database = database
        self.clock = clock
        self.place = place
        self.add = add

    def delivery(self, name: str, state: str) -> int:
        """A new one in that state, with what belongs to it at the destination."""
        number = self.add(self.database, FolderDestination(kind="folder", path=str(self.place)), DATA, name)
        with self.database.transaction() as connection:
            deliveries.set_state(connection, number, "pending", state, "", NOW)
            row = deliveries.load(connection, number)
        assert row is not None
        if state == "uploaded_verified":
            (self.place / f"{name}.{row.sha256[:8]}-{number}.part").write_bytes(DATA)
        return number

    def deliver(self, database: Database, number: int) -> None:
        delivering.deliver(database, self.clock, ArtifactFolder.beside(self.database), number)

    def void(self, database: Database, number: int) -> None:
        with database.reading() as connection:
            row = deliveries.load(connection, number)
        assert row is not None
        assert row.sequence is not None
        with suppress(PasserelleError):
            void(database, self.clock, "FR", row.sequence, "wrong month", False)

    def is_true(self, number: int, name: str) -> str:
        """The record tells what lies there, now and once the delivery was tried again; gives the export's state."""
        for again in range(2):
            with self.database.reading() as connection:
                row = deliveries.load(connection, number)
            assert row is not None
            arrived = (self.place / name).exists()
            if row.export_state == "voided":
                assert (row.state, arrived) == ("cancelled", False)
            assert arrived == (row.state == "delivered") or (row.state == "uploaded_verified" and not again)
            self.deliver(self.database, number)
        return row.export_state


@pytest.fixture
def meeting(database: Database, clock: Clock, place: Path, add_delivery: Callable[..., int]) -> Meeting:
    return Meeting(database, clock, place, add_delivery)


@pytest.mark.parametrize("state", ["pending", "sending", "uploaded_verified", "failed"])
def test_a_delivery_at_every_statement_of_a_void(meeting: Meeting, other: Database, state: str) -> None:
    ends = set()
    for moment in range(1, LONGEST):
        name = f"{moment}.txt"
        number = meeting.delivery(name, state)

        def meanwhile(number: int = number) -> None:
            with suppress(DBAPIError):  # it would have waited for the void
                meeting.deliver(other, number)

        with at_statement(meeting.database, moment, meanwhile) as passed:
            meeting.void(meeting.database, number)
        ends.add(meeting.is_true(number, name))
        if len(passed) < moment:
            break
    else:
        pytest.fail("the void has no end")
    assert ends == ({"proven"} if state == "uploaded_verified" else {"proven", "voided"})


@pytest.mark.parametrize("state", ["pending", "sending", "uploaded_verified", "failed"])
def test_a_void_at_every_statement_of_a_delivery(meeting: Meeting, other: Database, state: str) -> None:
    ends = set()
    for moment in range(1, LONGEST):
        name = f"{moment}.txt"
        number = meeting.delivery(name, state)

        def meanwhile(number: int = number) -> None:
            with suppress(DBAPIError):  # it would have waited for the delivery
                meeting.void(other, number)

        with at_statement(meeting.database, moment, meanwhile) as passed:
            meeting.deliver(meeting.database, number)
        ends.add(meeting.is_true(number, name))
        if len(passed) < moment:
            break
    else:
        pytest.fail("the delivery has no end")
    assert ends == ({"proven"} if state == "uploaded_verified" else {"proven", "voided"})


def test_nothing_is_recorded_of_an_export_that_is_not_proven(meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    number = meeting.delivery("a.txt", "pending")
    connect = delivering.connect

    def unproven(destination: Any) -> Any:
        with meeting.database.transaction() as connection:
            sql.execute(connection, "UPDATE export SET state = 'frozen'")
        return connect(destination)

    monkeypatch.setattr(delivering, "connect", unproven)
    result = delivering.deliver(meeting.database, meeting.clock, ArtifactFolder.beside(meeting.database), number)
    assert [finding.code for finding in result.findings] == ["PSR-7041"]
    assert (result.state, list(meeting.place.iterdir())) == ("pending", [])
