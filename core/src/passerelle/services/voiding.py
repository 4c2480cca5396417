"""Voiding a run: its documents become candidates again; its numbers stay in the register."""

from __future__ import annotations

from passerelle.errors import Finding, Refused
from passerelle.periods import Clock, instant_text
from passerelle.services.export_records import by_number, named
from passerelle.store import deliveries
from passerelle.store import exports as stored
from passerelle.store.database import Connection, Database
from passerelle.store.locks import exclusive


def void(
    database: Database, clock: Clock, entity: str | None, number: int, reason: str, not_imported: bool
) -> stored.ExportRow:
    """Voids export ``number``, whole. Refused while a later live export holds a later revision of one of its documents
    (PSR-6021), and, if it was delivered or downloaded, until a person confirms that it was not imported (PSR-6022)."""
    with database.reading() as connection:
        export = by_number(connection, number, entity)
    with exclusive(database, f"export:{export.entity_id}:{export.kind}") as free, database.transaction() as connection:
        if not free:
            raise Refused(busy())
        export = by_number(connection, number, entity)
        findings = _objections(connection, export)
        if not not_imported:
            findings += _left(stored.left_us(connection, export.id), export)
        if export.state == "voided":
            findings = [_already(export, named(connection, export))]
        if findings:
            raise Refused(findings)
        now = instant_text(clock())
        stored.void(connection, export.id, reason, now)
        deliveries.cancel_for_export(connection, export.id, now)
        return by_number(connection, number, entity)


def busy() -> Finding:
    """Another process works on exports of this entity."""
    return Finding(
        "PSR-6011",
        "Another run is exporting for this entity.",
        expected="one run at a time for each entity and kind",
        remedy="wait until it ends, then run the command again",
        who="admin",
    )


def _already(export: stored.ExportRow, name: str) -> Finding:
    return Finding(
        "PSR-6020",
        f"Export {export.sequence} is voided already.",
        object=f"export {export.sequence}",
        value=export.void_reason,
        remedy=f"passerelle export show {name}",
        who="accountant",
    )


def _objections(connection: Connection, export: stored.ExportRow) -> list[Finding]:
    return [
        Finding(
            "PSR-6021",
            f"Export {sequence} has sent a later state of report {report}.",
            object=f"export {export.sequence}, report {report}",
            expected="no later live export of one of its documents",
            remedy=f"void export {sequence} first",
            who="accountant",
        )
        for sequence, report in stored.later_live(connection, export.id)
    ]


def _left(places: list[str], export: stored.ExportRow) -> list[Finding]:
    if not places:
        return []
    return [
        Finding(
            "PSR-6022",
            f"Export {export.sequence} has left: {'; '.join(places)}.",
            object=f"export {export.sequence}",
            expected="a person's word that the accounting software did not import it",
            remedy="make sure that it was not imported, then add --not-imported",
            who="accountant",
        )
    ]
