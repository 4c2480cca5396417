"""Number series and the register of pieces: every number given is there for ever, without a hole."""

from __future__ import annotations

from passerelle.store import sql
from passerelle.store.database import Connection

_OF_DRAFT = (
    "SELECT 1 FROM export_document d WHERE d.export_id = ? AND d.entry_id = piece.entry_id AND d.rank = piece.rank"
)
_SAME_SERIES = "d.journal = piece.journal AND d.fiscal_year = piece.fiscal_year"


def series(journal: str, fiscal_year: str) -> str:
    """The name of the number series of a journal and fiscal year."""
    return f"piece:{journal}:{fiscal_year}"


def last_numbers(connection: Connection, entity_id: int) -> dict[str, int]:
    """The last number given in each series of an entity."""
    rows = sql.execute(connection, "SELECT name, last FROM counter WHERE entity_id = ?", (entity_id,))
    return {row[0]: int(row[1]) for row in rows}


def lock_counter(connection: Connection, entity_id: int, name: str) -> int:
    """The last number given in a series, with its row locked until the transaction ends."""
    sql.execute(
        connection,
        "INSERT INTO counter (entity_id, name, last) VALUES (?, ?, 0) ON CONFLICT (entity_id, name) DO NOTHING",
        (entity_id, name),
    )
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
    query = f"SELECT last FROM counter WHERE entity_id = ? AND name = ?{lock}"
    return int(sql.execute(connection, query, (entity_id, name)).scalar_one())


def set_counter(connection: Connection, entity_id: int, name: str, last: int) -> None:
    """Stores the last number given."""
    sql.execute(connection, "UPDATE counter SET last = ? WHERE entity_id = ? AND name = ?", (last, entity_id, name))


def cancel_moved(connection: Connection, export_id: int) -> None:
    """Cancels voided numbers whose document now leaves in another journal or fiscal year."""
    sql.execute(
        connection,
        "UPDATE piece SET state = 'cancelled', reason = 'its document left in another journal or fiscal year'"
        f" WHERE state = 'voided' AND EXISTS ({_OF_DRAFT} AND NOT ({_SAME_SERIES}))",
        (export_id,),
    )


def take_back(connection: Connection, export_id: int) -> None:
    """Gives documents of the draft the number that they had in the same journal and fiscal year."""
    sql.execute(
        connection,
        "UPDATE piece SET state = 'used', reason = ''"
        f" WHERE state <> 'used' AND EXISTS ({_OF_DRAFT} AND {_SAME_SERIES})",
        (export_id,),
    )


_WITHOUT_NUMBER = (
    "FROM export_document d WHERE d.export_id = ? AND NOT EXISTS (SELECT 1 FROM piece p WHERE p.entry_id = d.entry_id"
    " AND p.rank = d.rank AND p.journal = d.journal AND p.fiscal_year = d.fiscal_year)"
)


def series_without_number(connection: Connection, export_id: int) -> list[tuple[str, str]]:
    """(journal, fiscal year) in which documents of the draft need a new number."""
    rows = sql.execute(
        connection,
        f"SELECT d.journal, d.fiscal_year {_WITHOUT_NUMBER} GROUP BY d.journal, d.fiscal_year"
        " ORDER BY d.journal COLLATE BINARY, d.fiscal_year COLLATE BINARY",
        (export_id,),
    )
    return [(row[0], row[1]) for row in rows]


def number(connection: Connection, export_id: int, entity_id: int, journal: str, fiscal_year: str, last: int) -> int:
    """Gives the numbers after ``last`` by posting day and entry; returns how many."""
    done = sql.execute(
        connection,
        "INSERT INTO piece (entity_id, entry_id, rank, journal, fiscal_year, number, state, reason)"
        f" SELECT {int(entity_id)}, d.entry_id, d.rank, d.journal, d.fiscal_year,"
        f" {int(last)} + row_number() OVER (ORDER BY d.posting_day COLLATE BINARY, d.entry_id), 'used', ''"
        f" {_WITHOUT_NUMBER} AND d.journal = ? AND d.fiscal_year = ?",
        (export_id, journal, fiscal_year),
    )
    return int(done.rowcount)


def register(connection: Connection, entity_id: int) -> list[tuple[str, str, int, str, str, str]]:
    """The register: (journal, fiscal year, number, state, reason, report number), without a hole.

    A voided number whose document posts nothing any more is cancelled, for as long as that is so.
    """
    gone = "p.state = 'voided' AND v.line_count = 0"
    rows = sql.execute(
        connection,
        "SELECT p.journal, p.fiscal_year, p.number,"
        f" CASE WHEN {gone} THEN 'cancelled' ELSE p.state END,"
        f" CASE WHEN {gone} THEN 'its document posts nothing any more' ELSE p.reason END, r.number"
        " FROM piece p JOIN entry e ON e.id = p.entry_id JOIN report r ON r.id = e.origin_id"
        " LEFT JOIN entry_revision v ON v.entry_id = e.id AND v.revision = r.posted_revision"
        " WHERE p.entity_id = ? ORDER BY p.journal COLLATE BINARY, p.fiscal_year COLLATE BINARY, p.number",
        (entity_id,),
    )
    return [tuple(row) for row in rows]
