"""Reading deliveries for people: which there are, where their files lie, how often each was tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from passerelle.periods import parse_instant
from passerelle.services.delivering import load_delivery, place
from passerelle.store import deliveries, masterdata
from passerelle.store.database import Database
from passerelle.store.deliveries import AttemptRow, DeliveryRow
from passerelle.store.masterdata import Directory


@dataclass(frozen=True, slots=True)
class Listed:
    """A delivery with its entity and the place of its file."""

    row: DeliveryRow
    entity: str
    time_zone: str
    where: str


def listed(
    database: Database, states: Sequence[str], entity: str | None, sequence: int | None, destination: str | None
) -> list[Listed]:
    """The deliveries that all given filters hold for, oldest first. An entity that never was has none."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        entity_id = None if entity is None else directory.ids.get(("entity", "", entity), -1)
        rows = deliveries.select(
            connection, entity_id=entity_id, sequence=sequence, destination=destination, states=states
        )
    return [_listed(row, directory) for row in rows]


def detail(database: Database, delivery_id: int) -> tuple[Listed, list[AttemptRow]]:
    """One delivery with its tries; refuses a number that there is not (PSR-7042)."""
    row = load_delivery(database, delivery_id)
    with database.reading() as connection:
        return _listed(row, masterdata.load(connection)), deliveries.attempts(connection, delivery_id)


def unfinished(database: Database) -> list[int]:
    """The deliveries that have neither arrived nor been cancelled, of proven exports; conflicts too."""
    with database.reading() as connection:
        rows = deliveries.select(connection, states=deliveries.UNFINISHED, export_state="proven")
    return [row.id for row in rows]


def zoned(stored: str, time_zone: str) -> str:
    """A stored instant in an entity's zone, as ISO 8601 with its offset."""
    return parse_instant(stored).astimezone(ZoneInfo(time_zone)).isoformat(timespec="seconds")


def _listed(row: DeliveryRow, directory: Directory) -> Listed:
    code = directory.entity_code(row.entity_id)
    entity = directory.company.entities.get(code)
    where = place(directory.company, row.destination, row.file_name)
    return Listed(row, code, "UTC" if entity is None else entity.time_zone, where)
