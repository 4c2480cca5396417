"""Voiding a run: its documents become candidates again; its numbers stay in the register."""

from __future__ import annotations

from passerelle.errors import Finding, Refused
from passerelle.periods import Clock, instant_text
from passerelle.reports.expense import Text
from passerelle.reports.faults import of_text
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
    if faults := of_text(Text, reason, f"export {number}", "--reason"):
        raise Refused(faults)
    with database.reading() as connection:
        export = by_number(connection, number, entity)
    with exclusive(database, f"export:{export.entity_id}:{export.kind}") as free:
        if not free:
            raise Refused(busy())
        with database.transaction() as connection:
            _void(connection, by_number(connection, number, entity), reason, instant_text(clock()), not_imported)
            return by_number(connection, number, entity)


def _void(connection: Connection, export: stored.ExportRow, reason: str, now: str, not_imported: bool) -> None:
    if export.state == "voided":
        raise Refused(_already(export, named(connection, export)))
    findings = _objections(connection, export)
    # Cancelled before we look where files are: a delivery under way waits for us and then goes no further, so that what
    # is seen below stays true. Raising rolls it back.
    try:
        deliveries.cancel_for_export(connection, export.id, now)
    except Refused as doubt:
        findings += doubt.findings
    if not not_imported:
        findings += _left(stored.left_us(connection, export.id), export)
    if findings:
        raise Refused(findings)
    stored.void(connection, export.id, reason, now)


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
