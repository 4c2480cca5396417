"""Logging in to a real server: with keys of every usual kind, with exactly one credential."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from passerelle.delivery import sftp
from passerelle.delivery.remote import ConnectionLost
from passerelle.errors import ConfigurationFault, OutsideRefused
from passerelle.masterdata.company import SftpDestination
from passerelle.testing.ssh_server import SshServer


def described(server: SshServer, folder: Path, **changed: object) -> SftpDestination:
    settings = {
        "kind": "sftp", "host": server.host, "port": server.port, "user": server.user, "host_key": server.host_key,
        "path": str(folder), "private_key": f"file:{server.private_key_path}",
    }  # fmt: skip
    return SftpDestination.model_construct(**{**SftpDestination.model_validate(settings).__dict__, **changed})


@pytest.mark.parametrize("kind", [["ed25519"], ["ecdsa"], ["rsa", "-b", "3072"], ["rsa", "-b", "3072", "-m", "PEM"]])
def test_keys_of_every_usual_kind(sshd: SshServer, tmp_path: Path, kind: list[str]) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", *kind, "-N", "", "-f", str(key)], check=True)
    authorized = sshd.private_key_path.with_name("authorized_keys")
    before = authorized.read_text()
    authorized.write_text(before + key.with_suffix(".pub").read_text())
    try:
        remote = sftp.connect(described(sshd, tmp_path, private_key=f"file:{key}"))
        assert remote.size("key") == key.stat().st_size
        remote.close()
    finally:
        authorized.write_text(before)


def test_a_key_from_the_environment(sshd: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARE_KEY", sshd.private_key_path.read_text())
    sftp.connect(described(sshd, tmp_path, private_key="env:SHARE_KEY")).close()


def test_a_key_with_a_passphrase_or_none_at_all(sshd: SshServer, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "pass", "-f", str(key)], check=True)
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("no key")
    nonsense.chmod(0o600)
    for path in (key, nonsense):
        with pytest.raises(ConfigurationFault, match="PSR-7006"):
            sftp.connect(described(sshd, tmp_path, private_key=f"file:{path}"))


@pytest.mark.parametrize("both", [True, False])
def test_one_credential_exactly(sshd: SshServer, tmp_path: Path, both: bool) -> None:
    wrong = {"password": "env:SHARE"} if both else {"private_key": None}
    with pytest.raises(ConfigurationFault, match="PSR-7007"):
        sftp.connect(described(sshd, tmp_path, **wrong))


def test_how_a_server_is_named(sshd: SshServer, tmp_path: Path) -> None:
    destination = described(sshd, tmp_path)
    assert sftp.address(destination) == f"sftp://{sshd.user}@127.0.0.1:{sshd.port}"
    assert sftp.address(described(sshd, tmp_path, port=22)) == f"sftp://{sshd.user}@127.0.0.1"


class PasswordServer(paramiko.ServerInterface):
    """Lets `compta` in by password, as many hosted servers do; OpenSSH would need a password of this machine."""

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        accepted = (username, password) == ("compta", "s3cret")
        return paramiko.common.AUTH_SUCCESSFUL if accepted else paramiko.common.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.common.OPEN_SUCCEEDED


class OneFile(paramiko.SFTPServerInterface):
    """Says of every name that it is a file of 42 bytes."""

    def stat(self, path: str) -> paramiko.SFTPAttributes:
        attributes = paramiko.SFTPAttributes()
        attributes.st_size = 42
        return attributes


class Banner(paramiko.SubsystemHandler):
    """Greets in words where SFTP should begin, as a server does whose login scripts print something."""

    def start_subsystem(self, name: str, transport: paramiko.Transport, channel: paramiko.Channel) -> None:
        channel.sendall(b"Welcome to the file server of the accounting department\n")


class Latin1(paramiko.SFTPServer):
    """Words its answers in Latin-1, which SFTP does not allow."""

    def _send_status(self, request_number: int, code: int, desc: object = None) -> None:
        super()._send_status(request_number, code, "refusé".encode("latin-1"))  # type: ignore[arg-type]


class NoFile(paramiko.SFTPServerInterface):
    """Knows the directory alone, and refuses what is to be renamed."""

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        return paramiko.sftp.SFTP_NO_SUCH_FILE if path.endswith(".txt") else paramiko.SFTPAttributes()

    def rename(self, oldpath: str, newpath: str) -> int:
        return paramiko.sftp.SFTP_FAILURE


@pytest.fixture
def speaking(request: pytest.FixtureRequest) -> tuple[type, ...]:
    """How `password_server` speaks SFTP; a test may say it otherwise."""
    return getattr(request, "param", (paramiko.SFTPServer, OneFile))


@pytest.fixture
def password_server(speaking: tuple[type, ...]) -> Iterator[SftpDestination]:
    """The destination of a server that takes a password; `env:SHARE` is the reference to it."""
    key = paramiko.ECDSAKey.generate()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        transports: list[paramiko.Transport] = []

        def serve() -> None:
            wire, _ = listener.accept()
            transport = paramiko.Transport(wire)
            transports.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", *speaking)
            transport.start_server(server=PasswordServer())

        thread = threading.Thread(target=serve)
        thread.start()
        yield SftpDestination(
            kind="sftp", host="127.0.0.1", port=listener.getsockname()[1], user="compta", password="env:SHARE",
            host_key=f"{key.get_name()} {key.get_base64()}", timeout_seconds=10,
        )  # fmt: skip
        thread.join()
        for transport in transports:
            transport.close()


def test_a_password_logs_in(password_server: SftpDestination, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARE", "s3cret")
    remote = sftp.connect(password_server)
    assert remote.size("a.txt") == 42
    remote.close()


def test_a_wrong_password_does_not(password_server: SftpDestination, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARE", "guessed")
    with pytest.raises(ConfigurationFault, match="PSR-7002"):
        sftp.connect(password_server)


@pytest.mark.parametrize("speaking", [(Banner,)], indirect=True)
def test_a_server_that_does_not_speak_sftp_is_away(
    password_server: SftpDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARE", "s3cret")
    with pytest.raises(OutsideRefused, match="PSR-7010"):
        sftp.connect(password_server)


@pytest.mark.parametrize("speaking", [(Latin1, NoFile)], indirect=True)
def test_an_answer_that_cannot_be_read_is_no_answer(
    password_server: SftpDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARE", "s3cret")
    remote = sftp.connect(password_server)
    with pytest.raises(ConnectionLost, match="PSR-7011"):
        remote.size("a.txt")
    with pytest.raises(ConnectionLost, match="PSR-7011"):
        remote.rename("a.part", "a.txt")
    remote.close()
