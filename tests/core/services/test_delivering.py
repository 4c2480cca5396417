"""Deliveries carried by the service: the record, the independence of destinations, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from passerelle.errors import Finding, Refused
from passerelle.masterdata.company import FolderDestination, SftpDestination
from passerelle.periods import Clock
from passerelle.services import delivering
from passerelle.services.delivering import DeliveryResult
from passerelle.store import deliveries, sql
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database
from passerelle.store.locks import exclusive
from passerelle.testing.ssh_server import SshServer

AddDelivery = Callable[..., int]
DATA = b"#FLG 001\n" * 5000


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "arrived"
    folder.mkdir()
    return folder


def deliver(database: Database, clock: Clock, number: int) -> DeliveryResult:
    return delivering.deliver(database, clock, ArtifactFolder.beside(database), number)


def test_a_file_arrives_in_a_folder_and_the_record_says_so(
    database: Database, clock: Clock, place: Path, add_delivery: AddDelivery
) -> None:
    number = add_delivery(database, FolderDestination(kind="folder", path=str(place)), DATA, "a.txt")
    result = deliver(database, clock, number)
    assert (result.state, result.exit_code, result.where) == ("delivered", 0, str(place / "a.txt"))
    assert {path.name: path.read_bytes() for path in place.iterdir()} == {"a.txt": DATA}
    with database.reading() as connection:
        (attempt,) = deliveries.attempts(connection, number)
        row = deliveries.load(connection, number)
    assert row is not None
    assert row.state == attempt.outcome == "delivered"
    assert attempt.ended_at is not None
    (place / "a.txt").unlink()
    assert deliver(database, clock, number).state == "delivered"
    assert not list(place.iterdir()), "what was delivered is never sent again"


def test_a_file_arrives_on_a_real_server(
    database: Database, clock: Clock, place: Path, sshd: SshServer, add_delivery: AddDelivery
) -> None:
    number = add_delivery(database, on_server(sshd, place, done_marker=True), DATA, "a.txt")
    result = deliver(database, clock, number)
    assert (result.state, result.exit_code) == ("delivered", 0), result.findings
    assert result.where == f"sftp://{sshd.user}@127.0.0.1:{sshd.port}{place}/a.txt"
    assert {path.name: path.read_bytes() for path in place.iterdir()} == {"a.txt": DATA, "a.txt.done": b""}


def on_server(server: SshServer, place: Path, **more: object) -> SftpDestination:
    described = {
        "kind": "sftp", "host": server.host, "port": server.port, "user": server.user, "host_key": server.host_key,
        "path": str(place), "private_key": f"file:{server.private_key_path}",
    }  # fmt: skip
    return SftpDestination.model_validate({**described, **more})


def test_one_failing_destination_holds_no_other(
    database: Database, clock: Clock, place: Path, tmp_path: Path, add_delivery: AddDelivery
) -> None:
    away = FolderDestination(kind="folder", path=str(tmp_path / "not-mounted"))
    here = FolderDestination(kind="folder", path=str(place))
    add_delivery(database, away, DATA, "a.txt", destination_code="away")
    add_delivery(database, here, DATA, "b.txt", destination_code="here")
    told: list[tuple[str, int, int | None]] = []
    artifacts = ArtifactFolder.beside(database)
    results = delivering.deliver_pending(database, clock, artifacts, progress=lambda *seen: told.append(seen))
    assert [result.state for result in results] == ["failed", "delivered"]
    assert [finding.code for finding in results[0].findings] == ["PSR-7013"]
    assert (results[0].exit_code, delivering.exit_code(results)) == (4, 1)
    assert told[-1] == ("files delivered", 2, 2)
    (tmp_path / "not-mounted").mkdir()
    (again,) = delivering.deliver_pending(database, clock, artifacts)
    assert again.state == "delivered"
    assert delivering.deliver_pending(database, clock, artifacts) == []


def test_pending_deliveries_of_one_export_alone(
    database: Database, clock: Clock, place: Path, add_delivery: AddDelivery
) -> None:
    here = FolderDestination(kind="folder", path=str(place))
    add_delivery(database, here, DATA, "a.txt")
    second = add_delivery(database, here, DATA + b"2", "b.txt")
    with database.reading() as connection:
        row = deliveries.load(connection, second)
    assert row is not None
    results = delivering.deliver_pending(database, clock, ArtifactFolder.beside(database), row.export_id)
    assert [result.file_name for result in results] == ["b.txt"]


def code_of(result: DeliveryResult) -> str:
    (finding,) = result.findings
    assert isinstance(finding, Finding)
    return finding.code


def test_what_is_not_proven_does_not_leave(
    database: Database, clock: Clock, place: Path, add_delivery: AddDelivery
) -> None:
    here = FolderDestination(kind="folder", path=str(place))
    number = add_delivery(database, here, DATA, "a.txt", export_state="frozen")
    assert delivering.deliver_pending(database, clock, ArtifactFolder.beside(database)) == []
    result = deliver(database, clock, number)
    assert (code_of(result), result.exit_code, result.state) == ("PSR-7044", 1, "pending")
    assert not list(place.iterdir())


def test_one_process_at_a_time_sends_a_file(
    database: Database, clock: Clock, place: Path, add_delivery: AddDelivery
) -> None:
    number = add_delivery(database, FolderDestination(kind="folder", path=str(place)), DATA, "a.txt")
    with exclusive(database, f"delivery:{number}") as free:
        assert free
        result = deliver(database, clock, number)
    assert (code_of(result), result.exit_code, result.state) == ("PSR-7043", 1, "pending")
    assert deliver(database, clock, number).state == "delivered"


def test_changed_bytes_never_leave(database: Database, clock: Clock, place: Path, add_delivery: AddDelivery) -> None:
    number = add_delivery(database, FolderDestination(kind="folder", path=str(place)), DATA, "a.txt")
    with database.reading() as connection:
        row = deliveries.load(connection, number)
    assert row is not None
    ArtifactFolder.beside(database).path(row.sha256).write_bytes(b"tampered with")
    result = deliver(database, clock, number)
    assert (code_of(result), result.exit_code, result.state) == ("PSR-9002", 70, "failed")
    assert not list(place.iterdir())


def test_a_destination_that_is_gone_from_the_configuration_is_named(
    database: Database, clock: Clock, place: Path, add_delivery: AddDelivery
) -> None:
    number = add_delivery(database, FolderDestination(kind="folder", path=str(place)), DATA, "a.txt")
    with database.transaction() as connection:
        sql.execute(connection, "UPDATE delivery SET destination = 'elsewhere' WHERE id = ?", (number,))
    result = deliver(database, clock, number)
    assert (code_of(result), result.exit_code, result.state) == ("PSR-7045", 3, "failed")


def test_a_delivery_that_there_is_not(database: Database, clock: Clock) -> None:
    with pytest.raises(Refused, match="PSR-7042"):
        deliver(database, clock, 99)


@pytest.mark.parametrize("state", ["pending", "sending", "failed", "conflict"])
def test_a_void_cancels_what_has_not_arrived(
    database: Database, clock: Clock, place: Path, add_delivery: AddDelivery, state: str
) -> None:
    number = add_delivery(database, FolderDestination(kind="folder", path=str(place)), DATA, "a.txt")
    with database.transaction() as connection:
        assert deliveries.set_state(connection, number, "pending", state, "", "2026-03-02T09:00:00.000000+00:00")
        row = deliveries.load(connection, number)
        assert row is not None
        assert deliveries.cancel_for_export(connection, row.export_id, "2026-03-02T09:00:00.000000+00:00") == 1
    result = deliver(database, clock, number)
    assert (result.state, result.exit_code) == ("cancelled", 0)
    assert not list(place.iterdir())


def test_a_void_waits_while_a_file_may_have_arrived(database: Database, place: Path, add_delivery: AddDelivery) -> None:
    number = add_delivery(database, FolderDestination(kind="folder", path=str(place)), DATA, "a.txt")
    with database.transaction() as connection:
        deliveries.set_state(connection, number, "pending", "uploaded_verified", "", "2026-03-02T09:00:00.000000+00:00")
        row = deliveries.load(connection, number)
        assert row is not None
        with pytest.raises(Refused, match="PSR-7040"):
            deliveries.cancel_for_export(connection, row.export_id, "2026-03-02T09:00:00.000000+00:00")


def test_a_delivery_cancelled_while_it_is_sent_goes_no_further(
    database: Database, clock: Clock, place: Path, add_delivery: AddDelivery
) -> None:
    number = add_delivery(database, FolderDestination(kind="folder", path=str(place)), DATA, "a.txt")
    with database.reading() as connection:
        row = deliveries.load(connection, number)
    assert row is not None
    calls: list[None] = []

    def voiding_clock() -> object:
        calls.append(None)
        if len(calls) == 3:  # the try began, `sending` is recorded, now `uploaded_verified` would be
            with database.transaction() as connection:
                deliveries.cancel_for_export(connection, row.export_id, "2026-03-02T09:00:00.000000+00:00")
        return clock()

    result = deliver(database, voiding_clock, number)  # type: ignore[arg-type]
    assert (code_of(result), result.state) == ("PSR-7041", "cancelled")
    assert not (place / "a.txt").exists()


def test_adding_a_delivery_twice_is_one(database: Database, place: Path, add_delivery: AddDelivery) -> None:
    number = add_delivery(database, FolderDestination(kind="folder", path=str(place)), DATA, "a.txt")
    with database.transaction() as connection:
        row = deliveries.load(connection, number)
        assert row is not None
        again = deliveries.add(connection, row.artifact_id, "there", "a.txt", "2026-03-02T09:00:00.000000+00:00")
        assert again == number
        assert len(deliveries.select(connection)) == 1


@pytest.mark.parametrize("moment", ["connecting", "renaming"])
def test_a_defect_in_one_delivery_holds_no_other(
    database: Database, clock: Clock, place: Path, add_delivery: AddDelivery, monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:  # fmt: skip
    here = FolderDestination(kind="folder", path=str(place))
    first = add_delivery(database, here, DATA, "a.txt")
    add_delivery(database, here, DATA, "b.txt")
    connect = delivering.connect

    def unforeseen(*_: object) -> None:
        raise KeyError("a secret")

    def once(destination: FolderDestination) -> object:
        monkeypatch.setattr(delivering, "connect", connect)
        if moment == "connecting":
            unforeseen()
        remote = connect(destination)
        monkeypatch.setattr(remote, "rename", unforeseen)
        return remote

    monkeypatch.setattr(delivering, "connect", once)
    results = delivering.deliver_pending(database, clock, ArtifactFolder.beside(database))
    state = "pending" if moment == "connecting" else "uploaded_verified"
    assert [(one.state, one.exit_code) for one in results] == [(state, 70), ("delivered", 0)]
    assert delivering.exit_code(results) == 70
    assert code_of(results[0]) == "PSR-7046"
    assert "a secret" not in repr(results[0])
    with database.reading() as connection:
        (attempt,) = deliveries.attempts(connection, first)
    assert attempt.ended_at is not None
    assert attempt.outcome == ("failed" if moment == "connecting" else "uploaded_verified")
    assert attempt.code == "PSR-7046"
    assert deliver(database, clock, first).state == "delivered"


def test_a_record_that_cannot_be_written_holds_no_other(
    database: Database, clock: Clock, place: Path, add_delivery: AddDelivery
) -> None:
    here = FolderDestination(kind="folder", path=str(place))
    first = add_delivery(database, here, DATA, "a.txt")
    add_delivery(database, here, DATA, "b.txt")
    with database.transaction() as connection:  # any write of the first one's record fails from here on
        sql.execute(connection, "ALTER TABLE delivery_attempt ADD COLUMN harm INTEGER CHECK (delivery_id <> 1)")
    assert first == 1
    results = delivering.deliver_pending(database, clock, ArtifactFolder.beside(database))
    assert [(one.state, one.exit_code) for one in results] == [("pending", 70), ("delivered", 0)]
    assert (
        results[0].findings[0].value.startswith("IntegrityError at") or "CheckViolation" in results[0].findings[0].value
    )


def result(code: int) -> DeliveryResult:
    return DeliveryResult(1, 1, "there", "a.txt", "there/a.txt", "failed", "", code)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([], 0), ([0, 0], 0), ([4], 4), ([4, 4], 4), ([3, 4], 4), ([0, 4], 1), ([1, 4], 1), ([0, 5, 4], 5), ([0, 70], 70)],
)
def test_the_exit_code_of_several(codes: list[int], expected: int) -> None:
    assert delivering.exit_code([result(code) for code in codes]) == expected
