"""Locks that die with their process: two runs never do one outside act at the same time."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from passerelle.store.database import Database


@contextmanager
def exclusive(database: Database, name: str) -> Iterator[bool]:
    """Yields whether the named lock was free; holds it meanwhile. A killed process lets go of it at once."""
    if database.is_sqlite:
        path = database.folder / f".passerelle-{hashlib.sha256(name.encode()).hexdigest()[:16]}.lock"
        with path.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
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
