"""Wrong keys, refused logins, silent and cut connections, full disks, on a real server; each mended by a retry."""

from __future__ import annotations

import random
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from passerelle.delivery import sftp
from passerelle.masterdata.company import Destination, SftpDestination
from passerelle.periods import Clock
from passerelle.services import delivering
from passerelle.services.delivering import DeliveryResult
from passerelle.store import deliveries
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database
from passerelle.testing.ssh_server import SshServer, ssh_server

from .conftest import Wire

AddDelivery = Callable[..., int]
OnServer = Callable[..., SftpDestination]
DATA = random.Random(7).randbytes(1_500_000)
NAME = "a.txt"


class Case:
    """One delivery of `DATA` that is tried, mended and tried again."""

    def __init__(self, database: Database, clock: Clock, place: Path, add: AddDelivery) -> None:
        self.database, self.clock, self.place, self.add = database, clock, place, add
        self.number = 0

    def sent(self, destination: Destination) -> DeliveryResult:
        """A try with the destination configured so."""
        self.configure(destination)
        return delivering.deliver(self.database, self.clock, ArtifactFolder.beside(self.database), self.number)

    def configure(self, destination: Destination) -> None:
        """The first time adds the delivery; later changes the configuration by way of an unrelated one."""
        if not self.number:
            self.number = self.add(self.database, destination, DATA, NAME)
        else:
            self.add(self.database, destination, b"unrelated", "unrelated.txt")

    def is_right(self, tries: list[str]) -> None:
        """Exactly one right file, and a record that tells every try."""
        assert {path.name: path.read_bytes() for path in self.place.iterdir()} == {NAME: DATA}
        with self.database.reading() as connection:
            row = deliveries.load(connection, self.number)
            attempts = deliveries.attempts(connection, self.number)
        assert row is not None
        assert row.state == "delivered"
        assert [one.code or one.outcome for one in attempts] == tries


@pytest.fixture
def case(sqlite_database: Database, clock: Clock, place: Path, add_delivery: AddDelivery) -> Case:
    return Case(sqlite_database, clock, place, add_delivery)


def stopped(result: DeliveryResult) -> tuple[str, int, list[str]]:
    return result.state, result.exit_code, [finding.code for finding in result.findings]


def new_key(folder: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "other")], check=True)
    return folder / "other"


@pytest.mark.parametrize("key_type", ["ed25519", "rsa"])
def test_wrong_host_key(case: Case, on_server: OnServer, tmp_path: Path, key_type: str) -> None:
    key = tmp_path / "impostor"
    subprocess.run(["ssh-keygen", "-q", "-t", key_type, "-N", "", "-f", str(key)], check=True)
    wrong = on_server(host_key=key.with_suffix(".pub").read_text().strip())
    assert stopped(case.sent(wrong)) == ("failed", 3, ["PSR-7001"])
    assert not list(case.place.iterdir())
    assert case.sent(on_server()).state == "delivered"
    case.is_right(["PSR-7001", "delivered"])


def test_unreadable_host_key(case: Case, on_server: OnServer) -> None:
    assert stopped(case.sent(on_server(host_key="ssh-ed25519 AAAA"))) == ("failed", 3, ["PSR-7005"])
    assert case.sent(on_server()).state == "delivered"
    case.is_right(["PSR-7005", "delivered"])


def test_refused_key(case: Case, on_server: OnServer, tmp_path: Path) -> None:
    assert stopped(case.sent(on_server(private_key=f"file:{new_key(tmp_path)}"))) == ("failed", 3, ["PSR-7002"])
    assert case.sent(on_server()).state == "delivered"
    case.is_right(["PSR-7002", "delivered"])


def test_refused_password_is_told_to_nobody(
    case: Case, on_server: OnServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SHARE_PASSWORD", "correct horse battery staple")
    caplog.set_level("DEBUG")
    refused = case.sent(on_server(private_key=None, password="env:SHARE_PASSWORD", timeout_seconds=60))
    assert stopped(refused) == ("failed", 3, ["PSR-7002"])
    with case.database.reading() as connection:
        written = f"{refused} {deliveries.load(connection, case.number)} {deliveries.attempts(connection, case.number)}"
    assert "horse" not in written + caplog.text
    assert case.sent(on_server()).state == "delivered"
    case.is_right(["PSR-7002", "delivered"])


def test_a_missing_secret(case: Case, on_server: OnServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHARE_PASSWORD", raising=False)
    absent = on_server(private_key=None, password="env:SHARE_PASSWORD")
    assert stopped(case.sent(absent)) == ("failed", 3, ["PSR-7003"])
    assert case.sent(on_server()).state == "delivered"
    case.is_right(["PSR-7003", "delivered"])


def test_nobody_listens(case: Case, on_server: OnServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert stopped(case.sent(on_server(port=port))) == ("failed", 4, ["PSR-7010"])
    assert case.sent(on_server()).state == "delivered"
    case.is_right(["PSR-7010", "delivered"])


def test_the_server_says_nothing(case: Case, on_server: OnServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert stopped(case.sent(on_server(port=port, timeout_seconds=1))) == ("failed", 4, ["PSR-7010"])
    assert case.sent(on_server()).state == "delivered"
    case.is_right(["PSR-7010", "delivered"])


def test_the_directory_is_missing(case: Case, to: Callable[..., Destination], tmp_path: Path) -> None:
    assert stopped(case.sent(to(path=str(tmp_path / "not-mounted")))) == ("failed", 4, ["PSR-7013"])
    assert case.sent(to()).state == "delivered"
    case.is_right(["PSR-7013", "delivered"])


@pytest.mark.parametrize("cut", [0, 30, 1500, 2800])
def test_cut_before_the_upload(case: Case, on_server: OnServer, wire: Wire, cut: int) -> None:
    wire.cut_up = cut
    state, exit_code, (code,) = stopped(case.sent(on_server(port=wire.port)))
    assert (state, exit_code) == ("failed", 4)
    assert code in ("PSR-7010", "PSR-7011")
    wire.count_anew()
    assert case.sent(on_server(port=wire.port)).state == "delivered"
    case.is_right([code, "delivered"])


@pytest.mark.parametrize("cut", [200_000, 800_000, 1_400_000])
def test_cut_in_the_middle_goes_on_where_it_stopped(case: Case, on_server: OnServer, wire: Wire, cut: int) -> None:
    wire.cut_up = cut
    assert stopped(case.sent(on_server(port=wire.port))) == ("failed", 4, ["PSR-7011"])
    wire.settle()
    (part,) = case.place.iterdir()
    assert part.suffix == ".part"
    arrived = part.stat().st_size  # the server drops what it has not yet handled when its client is gone
    assert part.read_bytes() == DATA[:arrived]
    wire.count_anew()
    assert case.sent(on_server(port=wire.port)).state == "delivered"
    assert wire.up < len(DATA) - arrived + 50_000, "what had arrived was sent again"
    case.is_right(["PSR-7011", "delivered"])


def test_only_the_rest_is_sent(case: Case, on_server: OnServer, wire: Wire) -> None:
    wire.cut_up = 800_000
    case.sent(on_server(port=wire.port))
    wire.settle()
    (part,) = case.place.iterdir()
    part.write_bytes(DATA[:1_400_000])
    wire.count_anew()
    assert case.sent(on_server(port=wire.port)).state == "delivered"
    assert 100_000 <= wire.up < 150_000
    case.is_right(["PSR-7011", "delivered"])


@pytest.mark.parametrize("cut", [60_000, 1_000_000])
def test_cut_while_it_is_read_back_sends_nothing_again(case: Case, on_server: OnServer, wire: Wire, cut: int) -> None:
    wire.cut_down = cut
    assert stopped(case.sent(on_server(port=wire.port))) == ("failed", 4, ["PSR-7011"])
    wire.count_anew()
    assert case.sent(on_server(port=wire.port)).state == "delivered"
    assert wire.up < 50_000
    case.is_right(["PSR-7011", "delivered"])


def test_a_beginning_that_is_not_ours_is_written_anew(case: Case, on_server: OnServer, wire: Wire) -> None:
    wire.cut_up = 800_000
    case.sent(on_server(port=wire.port))
    wire.settle()
    (part,) = case.place.iterdir()
    part.write_bytes(b"\0" * part.stat().st_size)
    assert case.sent(on_server()).state == "delivered"
    case.is_right(["PSR-7011", "delivered"])


@pytest.fixture
def losing_the_answer(case: Case, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wire breaks after the server carried out the rename and before we hear of it."""
    rename = sftp.SftpRemote.rename

    def renamed_unheard(remote: sftp.SftpRemote, name: str, final: str) -> None:
        wire.before_answer = lambda: setattr(wire, "before_answer", None)
        rename(remote, name, final)

    monkeypatch.setattr(sftp.SftpRemote, "rename", renamed_unheard)


@pytest.mark.usefixtures("losing_the_answer")
def test_the_answer_to_the_rename_is_lost_and_looked_up(case: Case, on_server: OnServer, wire: Wire) -> None:
    assert case.sent(on_server(port=wire.port)).state == "delivered"
    case.is_right(["delivered"])


@pytest.mark.usefixtures("losing_the_answer")
def test_the_answer_is_lost_and_the_server_away(
    case: Case, on_server: OnServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = delivering.connect
    connected: list[None] = []

    def once(destination: SftpDestination) -> object:
        connected.append(None)
        if len(connected) > 1:
            wire.cut_up = 0
        return connect(destination)

    monkeypatch.setattr(delivering, "connect", once)
    through = on_server(port=wire.port)
    assert stopped(case.sent(through)) == ("uploaded_verified", 5, ["PSR-7030"])
    assert stopped(case.sent(through)) == ("uploaded_verified", 5, ["PSR-7010", "PSR-7033"])
    monkeypatch.setattr(delivering, "connect", connect)
    wire.count_anew()
    assert case.sent(through).state == "delivered"
    case.is_right(["PSR-7030", "PSR-7010", "delivered"])


def test_full_disk(case: Case, to: Callable[..., Destination], small_disk: Path) -> None:
    assert stopped(case.sent(to())) == ("failed", 4, ["PSR-7012"])
    assert not (small_disk / NAME).exists()
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    assert case.sent(to()).state == "delivered"
    case.is_right(["PSR-7012", "delivered"])


def test_a_hole_left_by_a_full_disk_is_found(case: Case, on_server: OnServer, small_disk: Path) -> None:
    """Where it may not be read back only the server's answers tell that a block is missing."""
    blind = on_server(verify="size")
    assert stopped(case.sent(blind)) == ("failed", 4, ["PSR-7012"])
    (part,) = small_disk.iterdir()
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    with part.open("r+b") as handle:
        handle.truncate(len(DATA))
    assert case.sent(blind).state == "delivered"
    case.is_right(["PSR-7012", "delivered"])


@pytest.mark.usefixtures("sshd")  # skips where there is none
def test_a_quota_on_the_server(case: Case, on_server: OnServer, place: Path) -> None:
    limited = ["sh", "-c", 'trap "" XFSZ; ulimit -f 1000; exec "$@"', "sh"]  # blocks of 512 or 1024 bytes
    with ssh_server(place, before=limited) as server:
        assert stopped(case.sent(on_server(**changed_to(server)))) == ("failed", 4, ["PSR-7012"])
    assert not (place / NAME).exists()
    assert case.sent(on_server()).state == "delivered"
    case.is_right(["PSR-7012", "delivered"])


def changed_to(server: SshServer) -> dict[str, object]:
    """What to change of a destination so that it names another server."""
    return {"port": server.port, "host_key": server.host_key, "private_key": f"file:{server.private_key_path}"}


@pytest.mark.usefixtures("sshd")
def test_a_drop_box(case: Case, on_server: OnServer, place: Path) -> None:
    with ssh_server(place, sftp_options="-P read") as server:
        assert stopped(case.sent(on_server(**changed_to(server)))) == ("failed", 4, ["PSR-7015"])
        assert not (place / NAME).exists()
        assert case.sent(on_server(**changed_to(server), verify="size")).state == "delivered"
    case.is_right(["PSR-7015", "delivered"])


@pytest.mark.usefixtures("sshd")
@pytest.mark.parametrize(
    ("denied", "code"), [("rename", "PSR-7014"), ("write", "PSR-7014"), ("open", "PSR-7014"), ("stat", "PSR-7014")]
)
def test_a_server_that_forbids(case: Case, on_server: OnServer, place: Path, denied: str, code: str) -> None:
    with ssh_server(place, sftp_options=f"-P {denied}") as server:
        assert stopped(case.sent(on_server(**changed_to(server))))[1:] == (4, [code])
    assert not (place / NAME).exists()
    assert case.sent(on_server()).state == "delivered"
    case.is_right([code, "delivered"])


@pytest.mark.usefixtures("sshd")
def test_a_server_that_cannot_replace(case: Case, on_server: OnServer, place: Path) -> None:
    (place / NAME).write_bytes(b"another")
    with ssh_server(place, sftp_options="-P posix-rename") as server:
        state, exit_code, (code,) = stopped(case.sent(on_server(**changed_to(server), replace=True)))
    assert (state, exit_code) == ("uploaded_verified", 4)
    assert code in ("PSR-7014", "PSR-7016")
    assert (place / NAME).read_bytes() == b"another"
    assert case.sent(on_server(replace=True)).state == "delivered"
    case.is_right([code, "delivered"])
