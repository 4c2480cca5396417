"""The freeze: one short transaction that numbers a staged draft and makes it an export."""

from __future__ import annotations

from dataclasses import dataclass

from passerelle.errors import Finding, Refused
from passerelle.store import exports as stored
from passerelle.store.database import Connection


@dataclass(slots=True)
class _Numbers:
    """Pieces decided so far; ``last`` is the last number of each (journal, fiscal year)."""

    last: dict[tuple[str, str], int]
    new: list[tuple[int, int, str, str, int]]
    reused: list[int]
    cancelled: list[tuple[str, int]]
    given: list[tuple[int, int]]


def freeze(connection: Connection, export_id: int, entity_id: int, kind: str, now: str) -> int:
    """Numbers the draft and freezes it; returns the export sequence number.

    Refuses (PSR-6010) when a staged document changed or left meanwhile. A piece keeps the number of its (entry, rank)
    through void and re-export in the same journal and fiscal year; a number that cannot come back is cancelled.
    """
    series = f"export:{kind}"
    sequence = stored.lock_counter(connection, entity_id, series) + 1
    outdated = stored.outdated_documents(connection, export_id)
    if outdated:
        raise Refused(
            Finding(
                "PSR-6010",
                f"{len(outdated)} documents changed while the export was prepared.",
                object=f"report {outdated[0]}" + (" and others" if len(outdated) > 1 else ""),
                expected="documents that stand still between preview and freeze",
                remedy="run the command again",
                who="accountant",
            )
        )
    numbers = _number(connection, export_id, entity_id)
    stored.save_pieces(connection, entity_id, numbers.new, numbers.reused, numbers.cancelled)
    for (journal, year), last in numbers.last.items():
        stored.set_counter(connection, entity_id, _piece_series(journal, year), last)
    stored.set_counter(connection, entity_id, series, sequence)
    stored.flip(connection, export_id, sequence, numbers.given, now)
    return sequence


def _piece_series(journal: str, year: str) -> str:
    return f"piece:{journal}:{year}"


def _number(connection: Connection, export_id: int, entity_id: int) -> _Numbers:
    standing = stored.standing_pieces(connection, export_id)
    numbers = _Numbers({}, [], [], [], [])
    for document, entry, rank, journal, year in stored.unnumbered(connection, export_id):
        known = None
        for piece in standing.get((entry, rank), []):
            if piece[1:3] == (journal, year):
                known = piece
            elif piece[4] == "voided":
                numbers.cancelled.append((f"the document moved to {journal} {year}", piece[0]))
        if known is not None:
            numbers.reused.append(known[0])
            numbers.given.append((known[3], document))
            continue
        key = (journal, year)
        if key not in numbers.last:
            numbers.last[key] = stored.lock_counter(connection, entity_id, _piece_series(journal, year))
        numbers.last[key] += 1
        numbers.new.append((entry, rank, journal, year, numbers.last[key]))
        numbers.given.append((numbers.last[key], document))
    return numbers
