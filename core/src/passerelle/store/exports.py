"""Exports: drafts that stage what may leave, the freeze that numbers it, artifacts, voids, and reading it all back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from passerelle.exports.frozen import FrozenDocument, FrozenLine
from passerelle.store import sql
from passerelle.store.database import Connection

_DOCUMENT_COLUMNS = (
    "id", "export_id", "entry_id", "revision", "base_revision", "rank", "journal", "entry_type", "entry_day",
    "posting_day", "fiscal_year", "report_number", "report_title", "employee", "employee_name", "piece_number", "state",
)  # fmt: skip
_LINE_COLUMNS = ("export_id", "document_id", "rank", *FrozenLine._fields)


class ExportRow(NamedTuple):
    """One export as stored."""

    id: int
    entity_id: int
    definition: str
    kind: str
    sequence: int | None
    state: str
    created_at: str
    frozen_at: str | None
    voided_at: str | None
    void_reason: str
    snapshot: str
    documents: int
    lines: int
    debit: int


class ArtifactRow(NamedTuple):
    """One artifact as stored."""

    id: int
    export_id: int
    position: int
    format: str
    connection: str
    file_name: str
    sha256: str
    size: int
    proof: str
    created_at: str


def new_draft(connection: Connection, entity_id: int, definition: str, kind: str, snapshot: str, now: str) -> int:
    """An export that stages documents; it has no number and nobody sees it until it is frozen."""
    (export_id,) = sql.take_ids(connection, "export", 1)
    columns = ("id", "entity_id", "definition", "kind", "state", "created_at", "snapshot", "void_reason")
    row = (export_id, entity_id, definition, kind, "draft", now, snapshot, "")
    sql.insert(connection, "export", (*columns, "documents", "lines", "debit"), [(*row, 0, 0, 0)])
    return int(export_id)


def drop_drafts(connection: Connection, entity_id: int, kind: str) -> None:
    """Forgets drafts that an interrupted run left; the caller holds the entity's export lock."""
    rows = sql.execute(
        connection, "SELECT id FROM export WHERE entity_id = ? AND kind = ? AND state = 'draft'", (entity_id, kind)
    )
    for (export_id,) in rows.fetchall():
        drop_draft(connection, export_id)


def drop_draft(connection: Connection, export_id: int) -> None:
    """Forgets one draft with its documents and lines."""
    for table, column in (("export_line", "export_id"), ("export_document", "export_id"), ("export", "id")):
        sql.execute(connection, f"DELETE FROM {table} WHERE {column} = ?", (export_id,))


def stage(connection: Connection, export_id: int, documents: list[FrozenDocument]) -> None:
    """Adds documents with their lines to a draft."""
    ids = sql.take_ids(connection, "export_document", len(documents))
    rows = [(number, export_id, *document[:13], 0, "draft") for number, document in zip(ids, documents, strict=True)]
    sql.insert(connection, "export_document", _DOCUMENT_COLUMNS, rows)
    sql.insert(
        connection,
        "export_line",
        _LINE_COLUMNS,
        (
            (export_id, number, rank, *line)
            for number, document in zip(ids, documents, strict=True)
            for rank, line in enumerate(document.lines, 1)
        ),
    )


def outdated_documents(connection: Connection, export_id: int) -> list[str]:
    """Reports of a draft that changed, left otherwise, or lost approval or control since they were staged."""
    rows = sql.execute(
        connection,
        """
        SELECT d.report_number FROM export_document d
        JOIN entry e ON e.id = d.entry_id
        JOIN report r ON r.id = e.origin_id AND e.origin = 'report'
        WHERE d.export_id = ? AND (
            r.post_due OR r.posted_revision <> d.revision
            OR (r.approval = 'approved' AND r.controlled_at IS NULL)
            OR r.approval NOT IN ('approved', 'refused', 'cancelled')
            OR d.base_revision <> coalesce((
                SELECT max(o.revision) FROM export_document o
                WHERE o.entry_id = d.entry_id AND o.state IN ('live', 'unknown')), 0)
        ) ORDER BY d.report_number COLLATE BINARY
        """,
        (export_id,),
    )
    return [row[0] for row in rows]


def flip(connection: Connection, export_id: int, sequence: int, now: str) -> None:
    """Makes the draft, whose documents have their pieces, a frozen export."""
    sql.execute(
        connection,
        "UPDATE export_document SET state = 'live', piece_number ="
        " (SELECT p.number FROM piece p WHERE p.entry_id = export_document.entry_id AND p.rank = export_document.rank"
        " AND p.journal = export_document.journal AND p.fiscal_year = export_document.fiscal_year) WHERE export_id = ?",
        (export_id,),
    )
    sql.execute(
        connection,
        "UPDATE export SET state = 'frozen', sequence = ?, frozen_at = ?,"
        " documents = (SELECT count(*) FROM export_document d WHERE d.export_id = export.id),"
        " lines = (SELECT count(*) FROM export_line l WHERE l.export_id = export.id),"
        " debit = (SELECT coalesce(sum(l.amount), 0) FROM export_line l"
        "          WHERE l.export_id = export.id AND l.amount > 0)"
        " WHERE id = ?",
        (sequence, now, export_id),
    )


def exports(
    connection: Connection,
    *,
    entity_id: int | None = None,
    kind: str | None = None,
    sequence: int | None = None,
    state: str | None = None,
) -> list[ExportRow]:
    """The exports (never drafts) that all given conditions hold for, oldest first."""
    given = {"entity_id": entity_id, "kind": kind, "sequence": sequence, "state": state}
    asked = {name: value for name, value in given.items() if value is not None}
    where = "".join(f" AND {name} = ?" for name in asked)
    query = f"SELECT {', '.join(ExportRow._fields)} FROM export WHERE state <> 'draft'{where} ORDER BY id"
    return [ExportRow._make(row) for row in sql.execute(connection, query, tuple(asked.values()))]


def export(connection: Connection, export_id: int) -> ExportRow:
    """One export by its key."""
    query = f"SELECT {', '.join(ExportRow._fields)} FROM export WHERE id = ?"
    return ExportRow._make(sql.execute(connection, query, (export_id,)).one())


_NUMERIC = ("piece", "rank")
_ORDER = {"report": "report_number", "title": "report_title", "piece": "piece_number"} | {
    name: name
    for name in (
        "journal",
        "posting_day",
        "entry_day",
        "fiscal_year",
        "entry_type",
        "employee",
        "employee_name",
        "rank",
    )
}


_DOCUMENTS_AT_ONCE = 500


def documents(
    connection: Connection, export_id: int, order: Sequence[str] = ("journal", "posting_day", "piece")
) -> Iterator[FrozenDocument]:
    """The documents of an export with their lines in constant memory, sorted by document variables of formats.

    Lines are fetched for some hundred documents at a time, which spares each row its document's columns.
    """
    heads = ", ".join(f"d.{name}" for name in (*_DOCUMENT_COLUMNS[2:15], "piece_number"))
    sorting = ", ".join(f"d.{_ORDER[name]}{'' if name in _NUMERIC else ' COLLATE BINARY'}" for name in order)
    rows = sql.stream(
        connection,
        f"SELECT d.id, {heads} FROM export_document d WHERE d.export_id = ? ORDER BY {sorting}, d.entry_id",
        (export_id,),
    )
    while block := list(islice(rows, _DOCUMENTS_AT_ONCE)):
        lines = _lines_of(connection, export_id, [row[0] for row in block])
        for row in block:
            yield FrozenDocument._make((*row[1:14], lines[row[0]], row[14]))


def _lines_of(connection: Connection, export_id: int, ids: list[int]) -> dict[int, list[FrozenLine]]:
    columns = ", ".join(FrozenLine._fields)
    chosen = f"FROM export_line WHERE export_id = ? AND document_id IN ({', '.join('?' * len(ids))})"
    counted = f"SELECT document_id, count(*) {chosen} GROUP BY document_id ORDER BY document_id"
    sizes = sql.execute(connection, counted, (export_id, *ids)).fetchall()
    rows = sql.execute(connection, f"SELECT {columns} {chosen} ORDER BY document_id, rank", (export_id, *ids)).cursor
    return {document_id: list(map(FrozenLine._make, islice(rows, size))) for document_id, size in sizes}


def save_artifacts(connection: Connection, rows: list[tuple[Any, ...]]) -> list[int]:
    """Stores artifacts, tuples of ``ArtifactRow`` without the id; returns their ids."""
    ids = list(sql.take_ids(connection, "artifact", len(rows)))
    sql.insert(
        connection, "artifact", ArtifactRow._fields, ((number, *row) for number, row in zip(ids, rows, strict=True))
    )
    return ids


def set_state(connection: Connection, export_id: int, state: str) -> None:
    """The state of an export."""
    sql.execute(connection, "UPDATE export SET state = ? WHERE id = ?", (state, export_id))


def artifacts(connection: Connection, export_id: int) -> list[ArtifactRow]:
    """The artifacts of an export in the order of its definition."""
    columns = ", ".join(ArtifactRow._fields)
    query = f"SELECT {columns} FROM artifact WHERE export_id = ? ORDER BY position"
    return [ArtifactRow._make(row) for row in sql.execute(connection, query, (export_id,))]


def artifact_by_hash(connection: Connection, sha256: str) -> ArtifactRow | None:
    """The newest artifact with these bytes."""
    columns = ", ".join(ArtifactRow._fields)
    query = f"SELECT {columns} FROM artifact WHERE sha256 = ? ORDER BY id DESC LIMIT 1"
    row = sql.execute(connection, query, (sha256,)).fetchone()
    return None if row is None else ArtifactRow._make(row)


def record_download(connection: Connection, artifact_id: int, taken_to: str, now: str) -> None:
    """Notes that bytes were taken by hand: they count as left."""
    (number,) = sql.take_ids(connection, "download", 1)
    sql.insert(
        connection,
        "download",
        ("id", "artifact_id", "downloaded_at", "taken_to"),
        [(number, artifact_id, now, taken_to)],
    )


def left_us(connection: Connection, export_id: int) -> list[str]:
    """Where artifacts of this export went, for a person who wants to void it."""
    delivered = sql.execute(
        connection,
        "SELECT a.file_name, d.destination, d.state FROM delivery d JOIN artifact a ON a.id = d.artifact_id"
        " WHERE a.export_id = ? AND d.state = 'delivered' ORDER BY d.id",
        (export_id,),
    )
    taken = sql.execute(
        connection,
        "SELECT a.file_name, w.taken_to FROM download w JOIN artifact a ON a.id = w.artifact_id"
        " WHERE a.export_id = ? ORDER BY w.id",
        (export_id,),
    )
    return [f"{name} to {place} ({state})" for name, place, state in delivered] + [
        f"{name} taken by hand to {place}" for name, place in taken
    ]


def later_live(connection: Connection, export_id: int) -> list[tuple[int, str]]:
    """(sequence, report) of later live exports that hold a later revision of this export's documents."""
    rows = sql.execute(
        connection,
        "SELECT x.sequence, o.report_number FROM export_document d"
        " JOIN export_document o ON o.entry_id = d.entry_id AND o.state IN ('live', 'unknown')"
        "      AND o.revision > d.revision"
        " JOIN export x ON x.id = o.export_id WHERE d.export_id = ?"
        " GROUP BY x.sequence, o.report_number ORDER BY x.sequence, o.report_number COLLATE BINARY",
        (export_id,),
    )
    return [(row[0], row[1]) for row in rows]


def void(connection: Connection, export_id: int, reason: str, now: str) -> None:
    """Marks an export and its documents voided; their piece numbers wait to be used again."""
    sql.execute(
        connection,
        "UPDATE piece SET state = 'voided', reason = ? WHERE state = 'used' AND EXISTS ("
        " SELECT 1 FROM export_document d WHERE d.export_id = ? AND d.entry_id = piece.entry_id"
        " AND d.rank = piece.rank)",
        (reason, export_id),
    )
    sql.execute(connection, "UPDATE export_document SET state = 'voided' WHERE export_id = ?", (export_id,))
    sql.execute(
        connection,
        "UPDATE export SET state = 'voided', voided_at = ?, void_reason = ? WHERE id = ?",
        (now, reason, export_id),
    )
