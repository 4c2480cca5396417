"""What would change, as one value: shown by one renderer, done exactly by ``--expect``.

``config apply``, ``export preview`` and, later, the sync all answer with a ``Plan``. ``expect`` is a hash over content
(never counters or clocks): when what is there changed since the plan was shown, the hash differs and nothing is done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Operation = Literal["add", "change", "deactivate", "left_out"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field's value before and after, as a person would write it."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One object that would change, with the accounting consequences of it."""

    operation: Operation
    object: str  # kind, in words: "employee", "document"
    id: str
    title: str = ""
    fields: tuple[FieldChange, ...] = ()
    consequences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """``summary`` is a sentence in the conditional without its end; the renderer adds "Nothing was written."."""

    changes: tuple[Change, ...]
    counts: dict[str, int]
    summary: str
    expect: str
    plan_version: int = 1


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun, as a person writes it: "1 document", "1,204 documents"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def content_hash(content: Any) -> str:
    """The first 12 hex digits of SHA-256 over canonical JSON: the value of ``--expect``."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def counts_of(changes: Sequence[Change]) -> dict[str, int]:
    """How many changes there are of each operation."""
    counts = dict.fromkeys(("add", "change", "deactivate", "left_out"), 0)
    for change in changes:
        counts[change.operation] += 1
    return counts
