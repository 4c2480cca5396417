"""What is granted of an expense: what is left of the tightest of its caps, and no more than an accountant covers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from passerelle import money
from passerelle.rules.counted import Counted
from passerelle.rules.declared import Declared, Verdict, new_verdict
from passerelle.rules.plan import Amount
from passerelle.rules.room import Room
from passerelle.rules.shares import Shares, raised, scaled

_shown = lru_cache(maxsize=4096)(money.display)


def grant(
    caps: Sequence[Amount],
    expense: Declared,
    beyond: Shares,
    counted: Counted,
    bounds: tuple[int, int],
    verdicts: list[Verdict],
) -> tuple[int, int]:
    """The effective cover, in the expense's currency and in the entity's, with a verdict for each cap.

    ``bounds`` is the most that is covered whatever the caps say, in both currencies. A cap in the expense's own
    currency bounds the one, a cap in the entity's currency the other; the tighter of the two decides, converted at the
    expense's own ratio.
    """
    gross, entity_gross = expense.gross, expense.entity_gross
    own_bound, entity_bound = bounds
    rooms_of = counted.rooms
    rooms: list[tuple[Room, int, int]] = []
    for _, _, key, threshold, own, _ in caps:
        room = rooms_of.get(key) or counted.room(key)
        total = room.beyond + beyond
        limit = raised(threshold, total) if total else threshold
        left = limit - room.used
        if left < 0:
            left = 0
        if own:
            if left < own_bound:
                own_bound = left
        elif left < entity_bound:
            entity_bound = left
        rooms.append((room, limit, left))
    if own_bound == gross and entity_bound == entity_gross:
        covered, entity_covered = gross, entity_gross
    elif own_bound * entity_gross <= entity_bound * gross:
        covered, entity_covered = own_bound, scaled(own_bound, entity_gross, gross)
    else:
        covered, entity_covered = scaled(entity_bound, gross, entity_gross), entity_bound
    for (path, period, _, threshold, own, unit), (room, limit, left) in zip(caps, rooms, strict=True):
        stated = gross if own else entity_gross
        rest = left - (covered if own else entity_covered)
        outcome, note = "ok", ""
        if left < stated:
            outcome, note = "cap", f"{_shown(stated - left, unit)} of {_shown(stated, unit)} is not covered"
        each = None if limit == threshold else threshold
        verdicts.append(
            new_verdict((path, "cap", outcome, period, room.number, room.used, limit, rest, unit, note, each))
        )
    return covered, entity_covered


def watch(
    alerts: Sequence[Amount], expense: Declared, beyond: Shares, counted: Counted, verdicts: list[Verdict]
) -> None:
    """A verdict for each alert threshold, which looks at what is declared, covered or not."""
    rooms_of = counted.rooms
    for path, period, key, threshold, own, unit in alerts:
        room = rooms_of.get(key) or counted.room(key)
        total = room.beyond + beyond
        limit = raised(threshold, total) if total else threshold
        declared = room.used + (expense.gross if own else expense.entity_gross)
        outcome, note, left = "ok", "", limit - declared
        if left < 0:
            outcome, note = "alert", f"{_shown(declared, unit)} declared, {_shown(-left, unit)} above"
            left = 0
        each = None if limit == threshold else threshold
        verdicts.append(
            new_verdict((path, "alert", outcome, period, room.number, room.used, limit, left, unit, note, each))
        )
