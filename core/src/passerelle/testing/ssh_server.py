"""A real OpenSSH server on 127.0.0.1 for tests and the demo: its own keys, a free port, ended by its process.

Logs in the user who runs it, by a key made for the occasion; serves SFTP only, from the folder given.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_SECONDS = 10.0


class NoSshServer(RuntimeError):
    """No OpenSSH server is installed, or it does not start; the message says which."""


@dataclass(frozen=True, slots=True)
class SshServer:
    """Where a started server listens and how to log in. ``host_key`` is written as ``company.toml`` wants it."""

    folder: Path
    port: int
    user: str
    host_key: str
    private_key_path: Path
    log: Path
    host: str = "127.0.0.1"


def sshd_path() -> str | None:
    """Where OpenSSH's server is, or ``None``: Debian keeps it outside the PATH of most users."""
    return shutil.which("sshd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


@contextmanager
def ssh_server(folder: Path, *, before: Sequence[str] = (), sftp_options: str = "") -> Iterator[SshServer]:
    """Serves ``folder`` until the end of the block.

    ``before`` is a command that starts sshd (limits, namespaces); ``sftp_options`` are those of ``internal-sftp``, such
    as ``-P read`` for a drop box. Raises ``NoSshServer`` when there is none or it does not start.
    """
    program = sshd_path()
    if program is None or shutil.which("ssh-keygen") is None:
        raise NoSshServer("OpenSSH's sshd or ssh-keygen is not installed")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd refuses to run as root without it
    with tempfile.TemporaryDirectory(prefix="passerelle-sshd-", ignore_cleanup_errors=True) as name:
        keys = Path(name)
        server = _prepare(folder, keys, sftp_options)
        words = [*before, program, "-D", "-e", "-f", str(keys / "sshd_config")]
        with server.log.open("wb") as log:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=folder
            )
        try:
            _await(process, server)
            yield server
        finally:
            _end(process)


def _prepare(folder: Path, keys: Path, sftp_options: str) -> SshServer:
    for key in ("host_key", "user_key"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(keys / key)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    shutil.copyfile(keys / "user_key.pub", keys / "authorized_keys")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": keys / "host_key",
        "AuthorizedKeysFile": keys / "authorized_keys",
        "PidFile": "none",
        "UsePAM": "no",
        "StrictModes": "no",
        "PermitRootLogin": "prohibit-password",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "AllowTcpForwarding": "no",
        "X11Forwarding": "no",
        "PermitUserRC": "no",
        "MaxStartups": "100",
        "UseDNS": "no",
        "Subsystem": f"sftp internal-sftp -d {folder.resolve()} {sftp_options}",
        "ForceCommand": f"internal-sftp -d {folder.resolve()} {sftp_options}",
    }
    (keys / "sshd_config").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    return SshServer(
        folder=folder,
        port=port,
        user=pwd.getpwuid(os.geteuid()).pw_name,
        host_key=(keys / "host_key.pub").read_text().strip(),
        private_key_path=keys / "user_key",
        log=keys / "log",
    )


def _await(process: subprocess.Popen[bytes], server: SshServer) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NoSshServer(f"sshd ended at once: {server.log.read_text(errors='replace').strip()}")
        try:
            with socket.create_connection((server.host, server.port), 1) as wire:
                if wire.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.02)
    raise NoSshServer("sshd did not answer in time")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the server and the sessions that it started, all of its own process group."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        return
