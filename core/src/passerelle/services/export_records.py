"""Finding an export by the number a person knows it by."""

from __future__ import annotations

from passerelle.errors import Finding, Refused
from passerelle.store import exports as stored
from passerelle.store import masterdata
from passerelle.store.database import Connection


def named(connection: Connection, export: stored.ExportRow) -> str:
    """The words by which a command finds this export: its number, with its entity where several have one of it."""
    if len(stored.exports(connection, sequence=export.sequence)) < 2:
        return str(export.sequence)
    return f"{export.sequence} --entity {masterdata.load(connection).entity_code(export.entity_id)}"


def by_number(connection: Connection, number: int, entity: str | None = None) -> stored.ExportRow:
    """The export with this sequence number; ``entity`` is needed where several entities have one (PSR-6030, 6031)."""
    found = stored.exports(connection, sequence=number)
    directory = masterdata.load(connection)
    if entity is not None:
        found = [export for export in found if directory.entity_code(export.entity_id) == entity]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused(
            Finding(
                "PSR-6030",
                f"There is no export {number}" + (f" of entity {entity}." if entity else "."),
                object=f"export {number}",
                expected="the number of an export",
                remedy="passerelle export list",
                who="accountant",
            )
        )
    entities = ", ".join(directory.entity_code(export.entity_id) for export in found)
    raise Refused(
        Finding(
            "PSR-6031",
            f"Several entities have an export {number}.",
            object=f"export {number}",
            value=entities,
            expected="one of them",
            remedy=f"add --entity, for instance --entity {entities.split(', ')[0]}",
            who="accountant",
        )
    )
