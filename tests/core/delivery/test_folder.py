"""What is particular to folders: renames where the file system knows no rename without replacing, lost shares."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from passerelle.delivery.folder import FolderRemote
from passerelle.delivery.remote import NameTaken
from passerelle.errors import OutsideRefused


@pytest.fixture
def old_file_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """One where `renameat2` says that it does not know the flag, as on NFS."""

    class Library:
        @staticmethod
        def renameat2(*_: object) -> int:
            ctypes.set_errno(errno.EINVAL)
            return -1

    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Library)


@pytest.mark.usefixtures("old_file_system")
def test_link_and_unlink_replace_nothing_either(tmp_path: Path) -> None:
    remote = FolderRemote(tmp_path)
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "final").write_bytes(b"old")
    with pytest.raises(NameTaken):
        remote.rename("new", "final")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"new": b"new", "final": b"old"}
    remote.rename("new", "free")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"free": b"new", "final": b"old"}


@pytest.mark.usefixtures("old_file_system")
def test_killed_between_link_and_unlink_it_is_not_given_twice(tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"new")
    os.link(tmp_path / "new", tmp_path / "final")
    (tmp_path / "final").rename(tmp_path / "collected")
    FolderRemote(tmp_path).rename("new", "final")
    assert [path.name for path in tmp_path.iterdir()] == ["collected"]


def test_a_share_that_goes_away(tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    remote = FolderRemote(share)
    shutil.rmtree(share)
    with pytest.raises(OutsideRefused, match="PSR-7013"):
        remote.append("a", 0, [b"data"])
    with pytest.raises(OutsideRefused, match="PSR-7013"):
        list(remote.read("a"))


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "PSR-7012"), (errno.EDQUOT, "PSR-7012"), (errno.EACCES, "PSR-7014"), (errno.EIO, "PSR-7010")],
)
def test_what_the_system_says_becomes_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def failing(_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OutsideRefused, match=code):
        FolderRemote(tmp_path).append("a", 0, [b"data"])
