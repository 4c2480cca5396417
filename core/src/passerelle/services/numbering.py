"""The freeze: one short transaction that numbers a staged draft and makes it an export."""

from __future__ import annotations

from passerelle.errors import Finding, Refused
from passerelle.store import exports as stored
from passerelle.store import pieces
from passerelle.store.database import Connection


def export_series(kind: str) -> str:
    """The name of the number series of exports of one kind."""
    return f"export:{kind}"


def freeze(connection: Connection, export_id: int, entity_id: int, kind: str, now: str) -> int:
    """Numbers the draft and freezes it; returns the export sequence number.

    Refuses (PSR-6010) when a staged document changed or left meanwhile. A piece keeps the number of its (entry, rank)
    through void and re-export in the same journal and fiscal year; where its document moves to another, the number it
    leaves is cancelled. Everything is set-based, so that the transaction is short whatever the export holds.
    """
    series = export_series(kind)
    sequence = pieces.lock_counter(connection, entity_id, series) + 1
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
    pieces.cancel_moved(connection, export_id)
    pieces.take_back(connection, export_id)
    for journal, year in pieces.series_without_number(connection, export_id):
        name = pieces.series(journal, year)
        last = pieces.lock_counter(connection, entity_id, name)
        given = pieces.number(connection, export_id, entity_id, journal, year, last)
        pieces.set_counter(connection, entity_id, name, last + given)
    pieces.set_counter(connection, entity_id, series, sequence)
    stored.flip(connection, export_id, sequence, now)
    return sequence
