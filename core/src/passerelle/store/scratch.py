"""What a long job must remember for its own time only: on disk, so that memory stays constant."""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Self


class Occurrences:
    """Counts how often each key was seen; in a private file that vanishes when it is closed or the process ends."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=OFF")
        self._connection.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID")

    def count(self, key: str) -> int:
        """How often ``key`` was seen, this time included."""
        counted: tuple[int] = self._connection.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET times = times + 1 RETURNING times", (key,)
        ).fetchone()
        return counted[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
