"""Locks that die with their process: two runs never do one outside act at the same time."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from passerelle.store.database import Connection, Database

_PATIENCE_SECONDS = 2  # PostgreSQL needs a moment to notice that a client was killed


@contextmanager
def exclusive(database: Database, name: str) -> Iterator[bool]:
    """Yields whether the named lock of this database was free; holds it meanwhile.

    A killed process lets go of it: at once beside SQLite; on PostgreSQL as soon as the server notices, which is waited
    for, so that "busy" takes some two seconds there.
    """
    with (_beside if database.is_sqlite else _on_server)(database, name) as free:
        yield free


@contextmanager
def _beside(database: Database, name: str) -> Iterator[bool]:
    file = Path(database.url.database or "").resolve().name
    key = hashlib.sha256(f"{file}\0{name}".encode()).hexdigest()[:16]
    path = database.folder / f".passerelle-{key}.lock"
    with _locked(path) as handle:
        if handle is None:
            yield False
            return
        try:
            yield True
        finally:
            # while it is still held: who opened it meanwhile sees that it has no name any more
            path.unlink(missing_ok=True)


@contextmanager
def _on_server(database: Database, name: str) -> Iterator[bool]:
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with database.engine.connect() as connection:
        taken = _taken_in_time(connection, key)
        try:
            yield taken
        finally:
            if taken:
                connection.exec_driver_sql("SELECT pg_advisory_unlock(%s)", (key,))
                connection.commit()


def _taken_in_time(connection: Connection, key: int) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        taken = bool(connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (key,)).scalar_one())
        connection.commit()
        if taken or time.monotonic() > deadline:
            return taken
        time.sleep(1 / 20)


@contextmanager
def _locked(path: Path) -> Iterator[TextIO | None]:
    """The file at ``path``, made and held; ``None`` when another process holds it."""
    while True:
        with path.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
                return
            if os.fstat(handle.fileno()).st_nlink:
                yield handle
                return
