"""Locks that die with their process: two runs never do one outside act at the same time."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from passerelle.store.database import Database


@contextmanager
def exclusive(database: Database, name: str) -> Iterator[bool]:
    """Yields whether the named lock was free; holds it meanwhile. A killed process lets go of it at once."""
    if database.is_sqlite:
        path = database.folder / f".passerelle-{hashlib.sha256(name.encode()).hexdigest()[:16]}.lock"
        with _locked(path) as handle:
            if handle is None:
                yield False
                return
            try:
                yield True
            finally:
                path.unlink(
                    missing_ok=True
                )  # while it is still held: who opened it meanwhile sees that it has no name any more
        return
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with database.engine.connect() as connection:
        taken = connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (key,)).scalar_one()
        connection.commit()
        try:
            yield bool(taken)
        finally:
            if taken:
                connection.exec_driver_sql("SELECT pg_advisory_unlock(%s)", (key,))
                connection.commit()


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
