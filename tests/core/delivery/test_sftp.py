"""Logging in to a real server: with keys of every usual kind, with exactly one credential."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from passerelle.delivery import sftp
from passerelle.errors import ConfigurationFault
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
