"""The starter of real servers: it listens on loopback, knows one key, and leaves nothing behind."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from passerelle.testing import ssh_server
from passerelle.testing.ssh_server import NoSshServer, SshServer


@pytest.mark.usefixtures("sshd")  # skips where there is none
def test_it_ends_with_its_block(tmp_path: Path) -> None:
    with ssh_server.ssh_server(tmp_path) as server:
        with socket.create_connection((server.host, server.port), 5) as wire:
            assert wire.recv(4) == b"SSH-"
        assert server.private_key_path.stat().st_mode & 0o077 == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port), 5)
    assert not server.private_key_path.exists()
    assert not list(tmp_path.iterdir())


def test_it_says_when_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_server, "sshd_path", lambda: None)
    with pytest.raises(NoSshServer, match="not installed"), ssh_server.ssh_server(tmp_path):
        raise AssertionError("a server that is not installed was started")


def test_it_says_why_it_does_not_start(sshd: SshServer, tmp_path: Path) -> None:
    broken = ["sh", "-c", "echo no room >&2; exit 1"]
    with pytest.raises(NoSshServer, match="no room"), ssh_server.ssh_server(tmp_path, before=broken):
        raise AssertionError("a server that ended at once was used")
