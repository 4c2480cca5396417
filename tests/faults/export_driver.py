"""Runs `passerelle export create` in processes of their own and stops one at any moment, for good or for a while.

Moments are before and after each commit and each renaming of an artifact. They are watched from outside: nothing in the
product knows of it. Reads jobs as JSON lines and answers each with how the process ended, or that it stands still.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import passerelle.cli.export
import passerelle.cli.failure  # noqa: F401
from passerelle.cli import run
from passerelle.plugins import discover
from passerelle.store.database import Connection, Database


class Moments:
    """Counts moments; at the last it sends the process a signal."""

    def __init__(self, last: int, name: str) -> None:
        self.last = last
        self.signal = signal.Signals[name]
        self.passed = 0

    def __call__(self) -> None:
        self.passed += 1
        if self.passed == self.last:
            os.kill(os.getpid(), self.signal)


def watch(moment: Moments) -> None:
    """Puts a moment before and after each commit and each renaming in this process."""
    transaction, replace = Database.transaction, Path.replace

    @contextmanager
    def watched(database: Database) -> Iterator[Connection]:
        with transaction(database) as connection:
            yield connection
            moment()
        moment()

    def renamed(path: Path, target: Path) -> Path:
        moment()
        done = replace(path, target)
        moment()
        return done

    Database.transaction = watched  # type: ignore[method-assign,assignment]
    Path.replace = renamed  # type: ignore[method-assign,assignment]


def create(job: dict[str, Any]) -> None:
    """One `passerelle export create`, in this process."""
    os.environ["PASSERELLE_DATABASE_URL"] = job["url"]
    os.environ["PASSERELLE_ARTIFACTS"] = job["artifacts"]
    said = os.open(job["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    watch(Moments(job["moment"], job["signal"]))
    code = run(["export", "create", "fr"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Forks once per job, so that what was imported is imported once."""
    discover()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                create(json.loads(line))
            finally:
                os._exit(99)
        status = os.waitpid(child, os.WUNTRACED)[1]
        if os.WIFSTOPPED(status):
            sys.stdout.write("still\n")
            sys.stdout.flush()
            sys.stdin.readline()  # the word to go on
            os.kill(child, signal.SIGCONT)
            status = os.waitpid(child, 0)[1]
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
