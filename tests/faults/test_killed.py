"""A process that is really killed at every moment of a delivery; a retry ends with exactly one right file."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from passerelle.masterdata.company import Destination, SftpDestination
from passerelle.periods import Clock
from passerelle.services import delivering
from passerelle.services.delivering import DeliveryResult
from passerelle.store import deliveries
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database

from .conftest import Kill, Receiver

AddDelivery = Callable[..., int]
SIZE = 600_000  # three blocks
FEWEST_MOMENTS = 13  # 2 around each of 5 steps, 3 amid the upload


def numbered(moment: int) -> tuple[str, bytes]:
    return f"{moment}.txt", random.Random(moment).randbytes(SIZE)


def retried(database: Database, clock: Clock, number: int) -> DeliveryResult:
    artifacts = ArtifactFolder.beside(database)
    result = delivering.deliver(database, clock, artifacts, number)
    assert (result.state, result.exit_code) == ("delivered", 0), result.findings
    assert delivering.deliver(database, clock, artifacts, number) == result
    return result


def record_is_true(database: Database, number: int, killed: bool) -> None:
    with database.reading() as connection:
        row = deliveries.load(connection, number)
        tries = deliveries.attempts(connection, number)
    assert row is not None
    assert row.state == "delivered"
    assert tries[-1].outcome == "delivered" or row.changed_at == tries[0].ended_at
    interrupted = [one for one in tries if one.ended_at is None]
    assert len(interrupted) <= (1 if killed else 0)


def each_moment(
    database: Database, destination: Destination, kill: Kill, add: AddDelivery, collected: Path | None = None
) -> Iterator[tuple[int, str, bytes, bool]]:
    """Carries a new delivery to each moment in turn and kills it there; ends with the one that was through before."""
    for moment in itertools.count(1):
        name, data = numbered(moment)
        number = add(database, destination, data, name)
        killed = kill(database.url.render_as_string(hide_password=False), number, moment, collected)
        yield number, name, data, killed
        if not killed:
            assert moment > FEWEST_MOMENTS
            return


VARIANTS = [{}, {"done_marker": True}, {"replace": True}]


@pytest.mark.parametrize("settings", VARIANTS, ids=["plain", "marker", "replace"])
def test_killed_at_every_moment(
    sqlite_database: Database, clock: Clock, place: Path, to: Callable[..., Destination], kill: Kill,
    add_delivery: AddDelivery, settings: dict[str, bool],
) -> None:  # fmt: skip
    for number, name, data, killed in each_moment(sqlite_database, to(**settings), kill, add_delivery):
        final = place / name
        if final.exists():
            assert final.read_bytes() == data, "a half file never has the final name"
        retried(sqlite_database, clock, number)
        found = {path.name: path.read_bytes() for path in place.iterdir()}
        marker = {f"{name}.done": b""} if "done_marker" in settings else {}
        assert found == {name: data, **marker}
        record_is_true(sqlite_database, number, killed)
        for path in place.iterdir():
            path.unlink()


def test_killed_at_every_moment_while_the_receiver_collects(
    sqlite_database: Database, clock: Clock, place: Path, to: Callable[..., Destination], kill: Kill,
    add_delivery: AddDelivery, receiver: Receiver,
) -> None:  # fmt: skip
    sent = []
    notes = []
    for number, name, data, killed in each_moment(sqlite_database, to(), kill, add_delivery, place):
        notes.append(retried(sqlite_database, clock, number).note)
        record_is_true(sqlite_database, number, killed)
        sent.append((name, data))
    receiver.__exit__()
    assert receiver.collected == sent, "each file exactly once, whole"
    assert not list(place.iterdir())
    assert "the receiver has already taken it away" in notes


def test_killed_where_the_file_may_not_be_read_back(
    sqlite_database: Database, clock: Clock, place: Path, on_server: Callable[..., SftpDestination], kill: Kill,
    add_delivery: AddDelivery,
) -> None:  # fmt: skip
    for number, name, data, _ in each_moment(sqlite_database, on_server(verify="size"), kill, add_delivery):
        retried(sqlite_database, clock, number)
        assert (place / name).read_bytes() == data
        (place / name).unlink()
        assert not list(place.iterdir())


@pytest.mark.parametrize("moment", [2, 4, 9, 11, 12])
def test_killed_on_either_database(
    database: Database, clock: Clock, place: Path, on_server: Callable[..., SftpDestination], kill: Kill,
    add_delivery: AddDelivery, receiver: Receiver, moment: int,
) -> None:  # fmt: skip
    name, data = numbered(moment)
    number = add_delivery(database, on_server(), data, name)
    assert kill(database.url.render_as_string(hide_password=False), number, moment, place)
    retried(database, clock, number)
    record_is_true(database, number, killed=True)
    receiver.__exit__()
    assert receiver.collected == [(name, data)]
