"""Carries deliveries in processes of their own and kills one (SIGKILL) before, amid or after any step, by its number.

Reads jobs as JSON lines and answers each with whether the process was killed. The steps are watched from outside: the
connection and the record of the product are wrapped here, nothing in the product knows of it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from passerelle.delivery.remote import Remote
from passerelle.periods import system_clock
from passerelle.services import delivering
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database

ACTS = ("append", "rename", "replace", "remove")


class Steps:
    """Counts the moments between steps and kills the process at one of them."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.passed = 0

    def moment(self) -> None:
        """A moment at which a process may die."""
        self.passed += 1
        if self.passed == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """``act`` with a moment before and one after it."""

        def watched(*arguments: Any) -> Any:
            self.moment()
            answer = act(*arguments)
            self.moment()
            return answer

        return watched


class WatchedRemote:
    """A remote whose acts are steps; after the final name is given it may wait until the receiver took the file."""

    def __init__(self, remote: Remote, steps: Steps, collected: Path | None) -> None:
        self._remote = remote
        self._steps = steps
        self._collected = collected

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._remote, name)
        return self._steps.around(act if name != "append" else self._append) if name in ACTS else act

    def _append(self, name: str, offset: int, blocks: Iterable[bytes]) -> None:
        self._remote.append(name, offset, self._with_moments(blocks))

    def _with_moments(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            yield block
            self._steps.moment()

    def rename(self, name: str, final: str) -> None:
        self._given("rename", name, final)

    def replace(self, name: str, final: str) -> None:
        self._given("replace", name, final)

    def _given(self, act: str, name: str, final: str) -> None:
        self._steps.moment()
        getattr(self._remote, act)(name, final)
        deadline = time.monotonic() + 5
        while self._collected is not None and (self._collected / final).exists():
            if time.monotonic() > deadline:
                os._exit(9)
        self._steps.moment()


def carry(job: dict[str, Any]) -> None:
    """One delivery, in this process."""
    steps = Steps(job["kill_at"])
    collected = Path(job["collected"]) if job["collected"] else None
    connect, record = delivering.connect, delivering._Try.record
    delivering.connect = lambda destination: WatchedRemote(connect(destination), steps, collected)  # type: ignore
    delivering._Try.record = lambda *arguments: steps.around(record)(*arguments)  # type: ignore[method-assign]
    database = Database(job["url"])
    result = delivering.deliver(database, system_clock, ArtifactFolder.beside(database), job["delivery"])
    os._exit(0 if result.state == "delivered" else 8)


def main() -> None:
    """Forks once per job, so that what was imported is imported once."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                carry(json.loads(line))
            finally:
                os._exit(7)
        status = os.waitpid(child, 0)[1]
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
