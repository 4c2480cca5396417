"""What any remote must do, asked of a folder and of a real server alike."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from passerelle.delivery import sftp
from passerelle.delivery.folder import FolderRemote
from passerelle.delivery.remote import BLOCK, NameTaken, Remote
from passerelle.errors import OutsideRefused
from passerelle.masterdata.company import SftpDestination
from passerelle.testing.ssh_server import SshServer


def on(server: SshServer, folder: Path) -> SftpDestination:
    return SftpDestination(
        kind="sftp", host=server.host, port=server.port, user=server.user, host_key=server.host_key,
        path=str(folder), private_key=f"file:{server.private_key_path}",
    )  # fmt: skip


@pytest.fixture(params=["folder", "sftp"])
def connect(request: pytest.FixtureRequest) -> Callable[[Path], Remote]:
    if request.param == "folder":
        return FolderRemote
    server = request.getfixturevalue("sshd")
    return lambda folder: sftp.connect(on(server, folder))


@pytest.fixture
def remote(connect: Callable[[Path], Remote], tmp_path: Path) -> Iterator[Remote]:
    remote = connect(tmp_path)
    yield remote
    remote.close()


def test_what_is_written_is_read(remote: Remote, tmp_path: Path) -> None:
    data = random.Random(1).randbytes(3 * BLOCK + 17)
    remote.append("a", 0, [data[:BLOCK], data[BLOCK:]])
    assert remote.size("a") == len(data)
    assert b"".join(remote.read("a")) == data == (tmp_path / "a").read_bytes()


def test_writing_goes_on_at_an_offset_and_anew_at_nothing(remote: Remote, tmp_path: Path) -> None:
    remote.append("a", 0, [b"hello world"])
    remote.append("a", 5, [b", all"])
    assert (tmp_path / "a").read_bytes() == b"hello, alld"
    remote.append("a", 0, [b"new"])
    assert (tmp_path / "a").read_bytes() == b"new"
    remote.append("a", 0, [])
    assert (tmp_path / "a").read_bytes() == b""


def test_what_is_not_there(remote: Remote) -> None:
    assert remote.size("a") is None
    with pytest.raises(FileNotFoundError):
        list(remote.read("a"))
    remote.remove("a")
    for give in (remote.rename, remote.replace):
        with pytest.raises(OutsideRefused, match="PSR-7016"):
            give("a", "b")


def test_a_rename_replaces_nothing(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "final").write_bytes(b"old")
    with pytest.raises(NameTaken, match="PSR-7020"):
        remote.rename("new", "final")
    assert (tmp_path / "final").read_bytes() == b"old"
    remote.replace("new", "final")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"final": b"new"}


def test_a_rename_to_a_free_name(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"new")
    remote.rename("new", "final")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"final": b"new"}
    remote.remove("final")
    assert not list(tmp_path.iterdir())


def test_a_missing_directory_is_not_made(connect: Callable[[Path], Remote], tmp_path: Path) -> None:
    with pytest.raises(OutsideRefused, match="PSR-7013"):
        connect(tmp_path / "missing")
    assert not list(tmp_path.iterdir())
