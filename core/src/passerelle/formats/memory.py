"""What values became when they were written or read: a bounded memory, so that codes and days are rendered once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MANY_VALUES = frozenset({"piece", "report", "title", "comment", "amount", "base", "original", "section_amount"})
"""Variables that are rarely the same twice: remembering them would cost more than working them out again."""

_LARGEST = 20_000


class Memory(dict[Any, Any]):
    """``memory[key]`` is ``work_out(key)``, worked out once; emptied when it has grown too large."""

    def __init__(self, work_out: Callable[[Any], Any]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, key: Any) -> Any:
        value = self._work_out(key)
        if len(self) >= _LARGEST:
            self.clear()
        self[key] = value
        return value
