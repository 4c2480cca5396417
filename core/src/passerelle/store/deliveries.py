"""Deliveries and their attempts: one artifact to one destination, its state changed only from the state expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from passerelle.errors import Finding, Refused
from passerelle.store import sql
from passerelle.store.database import Connection

UNFINISHED = ("pending", "sending", "uploaded_verified", "failed", "conflict")


class DeliveryRow(NamedTuple):
    """One delivery with what it carries and the export it belongs to."""

    id: int
    artifact_id: int
    destination: str
    file_name: str
    state: str
    changed_at: str
    note: str
    export_id: int
    entity_id: int
    sequence: int | None
    export_state: str
    sha256: str
    size: int


class AttemptRow(NamedTuple):
    """One try. Without ``ended_at`` its process ended in the middle."""

    id: int
    started_at: str
    ended_at: str | None
    outcome: str
    code: str
    message: str


_SELECT = (
    "SELECT d.id, d.artifact_id, d.destination, d.file_name, d.state, d.changed_at, d.note, x.id, x.entity_id,"
    " x.sequence, x.state, a.sha256, a.size"
    " FROM delivery d JOIN artifact a ON a.id = d.artifact_id JOIN export x ON x.id = a.export_id"
)


def add(connection: Connection, artifact_id: int, destination: str, file_name: str, now: str) -> int:
    """The delivery of an artifact to a destination, made as ``pending`` unless there is one already."""
    (number,) = sql.take_ids(connection, "delivery", 1)
    sql.execute(
        connection,
        "INSERT INTO delivery (id, artifact_id, destination, file_name, state, changed_at, note)"
        " VALUES (?, ?, ?, ?, 'pending', ?, '') ON CONFLICT (artifact_id, destination) DO NOTHING",
        (number, artifact_id, destination, file_name, now),
    )
    query = "SELECT id FROM delivery WHERE artifact_id = ? AND destination = ?"
    return int(sql.execute(connection, query, (artifact_id, destination)).scalar_one())


def load(connection: Connection, delivery_id: int) -> DeliveryRow | None:
    """One delivery, or ``None``."""
    row = sql.execute(connection, f"{_SELECT} WHERE d.id = ?", (delivery_id,)).fetchone()
    return None if row is None else DeliveryRow._make(row)


def select(
    connection: Connection,
    *,
    entity_id: int | None = None,
    export_id: int | None = None,
    sequence: int | None = None,
    destination: str | None = None,
    states: Sequence[str] = (),
    export_state: str | None = None,
    definition: str | None = None,
) -> list[DeliveryRow]:
    """The deliveries that all given conditions hold for, oldest first."""
    conditions: list[str] = []
    values: list[Any] = []
    for column, value in (
        ("x.entity_id", entity_id),
        ("x.id", export_id),
        ("x.sequence", sequence),
        ("d.destination", destination),
        ("x.state", export_state),
        ("x.definition", definition),
    ):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    if states:
        conditions.append(f"d.state IN ({', '.join('?' * len(states))})")
        values.extend(states)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = sql.execute(connection, f"{_SELECT}{where} ORDER BY d.id", tuple(values)).fetchall()
    return [DeliveryRow._make(row) for row in rows]


def set_state(connection: Connection, delivery_id: int, expected: str, state: str, note: str, now: str) -> bool:
    """Changes the state if it is still the one ``expected`` and the export is still proven; tells whether it was so."""
    changed = sql.execute(
        connection,
        "UPDATE delivery SET state = ?, note = ?, changed_at = ? WHERE id = ? AND state = ? AND EXISTS (SELECT 1 FROM"
        " artifact a JOIN export x ON x.id = a.export_id WHERE a.id = delivery.artifact_id AND x.state = 'proven')",
        (state, note, now, delivery_id, expected),
    )
    return bool(changed.rowcount == 1)


def begin_attempt(connection: Connection, delivery_id: int, now: str) -> int:
    """Notes that a try begins, before anything is done outside."""
    (number,) = sql.take_ids(connection, "delivery_attempt", 1)
    columns = ("id", "delivery_id", "started_at", "outcome", "code", "message")
    sql.insert(connection, "delivery_attempt", columns, [(number, delivery_id, now, "", "", "")])
    return int(number)


def end_attempt(connection: Connection, attempt_id: int, now: str, outcome: str, code: str, message: str) -> None:
    """Notes how a try ended."""
    sql.execute(
        connection,
        "UPDATE delivery_attempt SET ended_at = ?, outcome = ?, code = ?, message = ? WHERE id = ?",
        (now, outcome, code, message, attempt_id),
    )


def attempts(connection: Connection, delivery_id: int) -> list[AttemptRow]:
    """Every try of a delivery, oldest first."""
    rows = sql.execute(
        connection,
        "SELECT id, started_at, ended_at, outcome, code, message FROM delivery_attempt"
        " WHERE delivery_id = ? ORDER BY id",
        (delivery_id,),
    ).fetchall()
    return [AttemptRow._make(row) for row in rows]


def cancel_for_export(connection: Connection, export_id: int, now: str) -> int:
    """Cancels what of an export has certainly not arrived; tells how many deliveries that were.

    Refuses (PSR-7040) while one of them may have its final name already: a look at its destination must say first.
    """
    # Held first: one that is just changing is waited for and then seen as it is; none changes after we looked.
    held = "SELECT id FROM delivery WHERE artifact_id IN (SELECT id FROM artifact WHERE export_id = ?) ORDER BY id"
    sql.execute(connection, held + ("" if connection.dialect.name == "sqlite" else " FOR UPDATE"), (export_id,))
    doubtful = select(connection, export_id=export_id, states=("uploaded_verified",))
    if doubtful:
        raise Refused(
            Finding(
                "PSR-7040",
                "A delivery of this export was interrupted at its last step: the file may have arrived.",
                object=f"delivery {row.id}: {row.file_name} to {row.destination}",
                field="state",
                value=row.state,
                expected="delivered, or certainly not",
                remedy=f"passerelle deliveries retry {row.id}, then run the command again",
                who="accountant",
            )
            for row in doubtful
        )
    changed = sql.execute(
        connection,
        "UPDATE delivery SET state = 'cancelled', note = 'the export was voided', changed_at = ?"
        " WHERE state IN ('pending', 'sending', 'failed', 'conflict')"
        " AND artifact_id IN (SELECT id FROM artifact WHERE export_id = ?)",
        (now, export_id),
    )
    return int(changed.rowcount)
