"""The final name is taken already, or becomes so at the last moment: no file is overwritten unless that was asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from passerelle.delivery.remote import Remote
from passerelle.masterdata.company import Destination, SftpDestination
from passerelle.periods import Clock
from passerelle.services import delivering
from passerelle.services.delivering import DeliveryResult
from passerelle.store import deliveries
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database

AddDelivery = Callable[..., int]
To = Callable[..., Destination]
DATA = b"#FLG 001\n" * 4000
NAME = "a.txt"


@pytest.fixture
def send(
    sqlite_database: Database, clock: Clock, add_delivery: AddDelivery
) -> Callable[[Destination], Callable[[], DeliveryResult]]:
    """`send(destination)` makes a delivery and gives the function that tries it."""

    def prepared(destination: Destination) -> Callable[[], DeliveryResult]:
        number = add_delivery(sqlite_database, destination, DATA, NAME)
        artifacts = ArtifactFolder.beside(sqlite_database)
        return lambda: delivering.deliver(sqlite_database, clock, artifacts, number)

    return prepared


Send = Callable[[Destination], Callable[[], DeliveryResult]]


def stopped(result: DeliveryResult) -> tuple[str, int, list[str]]:
    return result.state, result.exit_code, [finding.code for finding in result.findings]


def found(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place.iterdir()}


def test_the_same_file_is_there(send: Send, to: To, place: Path) -> None:
    (place / NAME).write_bytes(DATA)
    result = send(to())()
    assert (result.state, result.note, result.exit_code) == ("delivered", "the same file was already there", 0)
    assert found(place) == {NAME: DATA}


def test_another_file_is_there(send: Send, to: To, place: Path) -> None:
    (place / NAME).write_bytes(b"another")
    attempt = send(to())
    assert stopped(attempt()) == ("conflict", 1, ["PSR-7020"])
    assert stopped(attempt()) == ("conflict", 1, ["PSR-7020"])
    assert found(place) == {NAME: b"another"}
    (place / NAME).rename(place / "moved away")
    assert attempt().state == "delivered"
    assert found(place) == {NAME: DATA, "moved away": b"another"}


def test_a_conflict_waits_for_a_person(
    send: Send, to: To, place: Path, sqlite_database: Database, clock: Clock
) -> None:
    (place / NAME).write_bytes(b"another")
    assert send(to())().state == "conflict"
    assert delivering.deliver_pending(sqlite_database, clock, ArtifactFolder.beside(sqlite_database)) == []


def test_another_file_of_the_same_size(send: Send, to: To, place: Path) -> None:
    (place / NAME).write_bytes(DATA[::-1])
    assert stopped(send(to())()) == ("conflict", 1, ["PSR-7020"])
    assert found(place) == {NAME: DATA[::-1]}


def test_replace(send: Send, to: To, place: Path) -> None:
    (place / NAME).write_bytes(b"another")
    assert send(to(replace=True))().state == "delivered"
    assert found(place) == {NAME: DATA}


def test_a_receiver_that_has_not_taken_the_last_one(send: Send, to: To, place: Path) -> None:
    (place / NAME).write_bytes(b"of yesterday")
    attempt = send(to(consumed=True))
    assert stopped(attempt()) == ("failed", 4, ["PSR-7022"])
    assert found(place) == {NAME: b"of yesterday"}
    (place / NAME).unlink()
    assert attempt().state == "delivered"
    assert found(place) == {NAME: DATA}


@pytest.mark.parametrize(("there", "ends"), [(b"another", ("conflict", 1, ["PSR-7020"])), (DATA, ("delivered", 0, []))])
def test_the_name_is_taken_at_the_last_moment(
    send: Send, to: To, place: Path, monkeypatch: pytest.MonkeyPatch, there: bytes,
    ends: tuple[str, int, list[str]],
) -> None:  # fmt: skip
    connect = delivering.connect

    def sneaking(destination: Destination) -> Remote:
        remote = connect(destination)
        rename = remote.rename

        def renamed_too_late(name: str, final: str) -> None:
            (place / final).write_bytes(there)
            rename(name, final)

        monkeypatch.setattr(remote, "rename", renamed_too_late)
        return remote

    monkeypatch.setattr(delivering, "connect", sneaking)
    attempt = send(to())
    assert stopped(attempt()) == ends
    assert (place / NAME).read_bytes() == there
    monkeypatch.setattr(delivering, "connect", connect)
    (place / NAME).unlink()
    assert attempt().state == "delivered"
    assert found(place) == ({NAME: DATA} if there != DATA else {}), "the same file counted as delivered, for good"


def renamed_but_not_recorded(database: Database, destination: Destination, add: AddDelivery) -> int:
    """A delivery whose process died between the rename and the record of it."""
    number = add(database, destination, DATA, NAME)
    with database.transaction() as connection:
        deliveries.set_state(connection, number, "pending", "uploaded_verified", "", "2026-03-02T09:00:00.000000+00:00")
    return number


@pytest.mark.parametrize(
    ("settings", "ends"),
    [
        ({}, ("uploaded_verified", 5, ["PSR-7031"])),
        ({"consumed": True}, ("delivered", 0, [])),
        ({"replace": True}, ("delivered", 0, [])),
    ],
    ids=["a person must look", "consumed", "replace"],
)
def test_another_file_took_the_name_after_ours_was_collected(
    to: To, place: Path, sqlite_database: Database, clock: Clock, add_delivery: AddDelivery,
    settings: dict[str, bool], ends: tuple[str, int, list[str]],
) -> None:  # fmt: skip
    number = renamed_but_not_recorded(sqlite_database, to(**settings), add_delivery)
    (place / NAME).write_bytes(b"of today")
    artifacts = ArtifactFolder.beside(sqlite_database)
    assert stopped(delivering.deliver(sqlite_database, clock, artifacts, number)) == ends
    assert found(place) == {NAME: b"of today"}
    (place / NAME).unlink()
    assert delivering.deliver(sqlite_database, clock, artifacts, number).state == "delivered"
    assert found(place) == {}, "it was sent once already"


def test_nothing_counts_as_the_same_where_it_may_not_be_read(
    send: Send, on_server: Callable[..., SftpDestination], place: Path
) -> None:
    (place / NAME).write_bytes(DATA)
    assert stopped(send(on_server(verify="size"))()) == ("conflict", 1, ["PSR-7020"])
