"""One module per use case: load, decide purely, save. The only room that opens a transaction."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Told how far a long job is: what is done, how much of it, and of how much if that is known."""
