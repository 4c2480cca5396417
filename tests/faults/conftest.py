"""What the fault tests share: a killer of processes, a receiver that collects at once, a wire that can be cut."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from passerelle.masterdata.company import Destination, FolderDestination, SftpDestination
from passerelle.testing.ssh_server import SshServer

DRIVER = Path(__file__).with_name("kill_driver.py")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder where files arrive."""
    folder = tmp_path / "arrived"
    folder.mkdir()
    return folder


@pytest.fixture
def on_server(sshd: SshServer, place: Path) -> Callable[..., SftpDestination]:
    """`on_server(port=…, verify=…)` is the destination `place` on the real server, with those settings changed."""

    def described(**changed: object) -> SftpDestination:
        settings = {
            "kind": "sftp", "host": sshd.host, "port": sshd.port, "user": sshd.user, "host_key": sshd.host_key,
            "path": str(place), "private_key": f"file:{sshd.private_key_path}", "timeout_seconds": 10,
        }  # fmt: skip
        return SftpDestination.model_validate({**settings, **changed})

    return described


@pytest.fixture(params=["folder", "sftp"])
def to(request: pytest.FixtureRequest, place: Path) -> Callable[..., Destination]:
    """`to(replace=True)` is the destination `place`, once as a folder and once on the real server."""
    if request.param == "sftp":
        made: Callable[..., Destination] = request.getfixturevalue("on_server")
        return made
    return lambda **changed: FolderDestination.model_validate({"kind": "folder", "path": str(place), **changed})


# --- killed processes ------------------------------------------------------------------------------------------------

Kill = Callable[..., bool]


@pytest.fixture(scope="session")
def kill() -> Iterator[Kill]:
    """`kill(url, delivery, moment, collected=folder)` carries a delivery in a process that dies at that moment.

    Tells whether it died; `False` means that it was through before.
    """
    words = [sys.executable, str(DRIVER)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdin is not None
        assert driver.stdout is not None
        asked, answers = driver.stdin, driver.stdout

        def run(url: str, delivery: int, moment: int, collected: Path | None = None) -> bool:
            job = {"url": url, "delivery": delivery, "kill_at": moment, "collected": str(collected or "")}
            asked.write(json.dumps(job) + "\n")
            asked.flush()
            code: int = json.loads(answers.readline())
            assert code in (0, -signal.SIGKILL), f"the process ended with {code}"
            return code != 0

        yield run


class Receiver:
    """An ERP that takes each file away the moment it has its final name; `collected` holds what it took."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.collected: list[tuple[str, bytes]] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._collect)

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _collect(self) -> None:
        while True:
            ending = self._end.wait(0.001)
            for path in self.place.iterdir():
                if path.suffix == ".txt":
                    data = path.read_bytes()
                    self.collected.append((path.name, data))
                    path.unlink()
            if ending:
                return


@pytest.fixture
def receiver(place: Path) -> Iterator[Receiver]:
    """The collecting ERP at work."""
    with Receiver(place) as receiver:
        yield receiver


# --- wires that are cut ----------------------------------------------------------------------------------------------


class Wire:
    """A TCP relay to a server. It cuts (with a reset) once so many bytes went up or came down; it counts both."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.up = self.down = 0
        self.cut_up: int | None = None
        self.cut_down: int | None = None
        self.before_answer: Callable[[], None] | None = None
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def count_anew(self) -> None:
        """Whole again, with counters at nothing."""
        self.up = self.down = 0
        self.cut_up = self.cut_down = self.before_answer = None

    def settle(self) -> None:
        """Waits until the server has ended the sessions that were cut."""
        for thread in self._threads[1:]:
            thread.join()

    def close(self) -> None:
        """Takes no more connections and waits for the last to end."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._relay, client, server, True)
            self._start(self._relay, server, client, False)

    def _relay(self, source: socket.socket, target: socket.socket, upwards: bool) -> None:
        """Passes bytes on until an end or a cut; then the client is reset, and the server sees the end of its input."""
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                if not upwards and self.before_answer is not None:
                    self.before_answer()
                    break
                limit = self.cut_up if upwards else self.cut_down
                room = len(data) if limit is None else limit - (self.up if upwards else self.down)
                target.sendall(data[: max(0, room)])
                self._count(min(len(data), max(0, room)), upwards)
                if room < len(data):
                    break
        client, server = (source, target) if upwards else (target, source)
        with contextlib.suppress(OSError):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.shutdown(socket.SHUT_RDWR)
        client.close()
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)
            while not upwards and server.recv(4096):
                pass
        if not upwards:  # by now the server has ended the session
            server.close()

    def _count(self, passed: int, upwards: bool) -> None:
        if upwards:
            self.up += passed
        else:
            self.down += passed


@pytest.fixture
def wire(sshd: SshServer) -> Iterator[Wire]:
    """A relay to the real server; give its `port` to the destination."""
    wire = Wire(sshd.port)
    yield wire
    wire.close()


# --- small disks -----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(place: Path) -> Iterator[Path]:
    """`place` as a disk of its own with one megabyte of room; skips where we may not mount one."""
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk can only be mounted by root; the limit on file sizes stands in for it")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
