"""Folders are synced; a file system that cannot do that is no fault, any other trouble is."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from passerelle.store.durable import sync_folder


def failing(number: int) -> object:
    def fsync(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    return fsync


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_cannot_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(os, "fsync", failing(number))
    sync_folder(tmp_path)


def test_other_trouble_is_told_and_nothing_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        sync_folder(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == opened
