"""Who did what to reports and when: rows that are added and never changed, one by one or for a whole set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from passerelle.reports.lifecycle import Standing
from passerelle.store.sql import execute, insert

_IN = 1000  # parameters in one list


class Event(NamedTuple):
    """One act on a report, at one of its revisions. ``detail``: the step, the expense, what it is covered with."""

    report_id: int
    at: str
    actor: str
    act: str
    revision: int
    detail: str = ""
    reason: str = ""


def record(connection: Connection, events: Iterable[Event]) -> None:
    """Adds events, in their order."""
    insert(connection, "report_event", Event._fields, events)


def record_where(
    connection: Connection, event: Event, detail: tuple[str, Sequence[Any]], where: str, parameters: Sequence[Any]
) -> int:
    """The same event for every report ``r`` of a condition; returns how many. ``detail`` is an SQL expression."""
    changed: int = execute(
        connection,
        "INSERT INTO report_event (report_id, at, actor, act, revision, detail, reason) "
        f"SELECT r.id, ?, ?, ?, r.revision, {detail[0]}, ? FROM report r WHERE {where} ORDER BY r.id",
        (event.at, event.actor, event.act, *detail[1], event.reason, *parameters),
    ).rowcount
    return changed


def stated(report_id: int, actor: str, revision: int, at: str, act: str, after: Standing) -> list[Event]:
    """A source declared or replaced a report at ``at``, and said when it was submitted, approved or controlled."""
    return [Event(report_id, at, actor, act, revision), *facts(report_id, actor, revision, Standing(), after)]


def facts(report_id: int, actor: str, revision: int, before: Standing, after: Standing) -> list[Event]:
    """The facts that a source states of a report that it sent before."""
    found = (
        ("submit", before.submitted_at, after.submitted_at),
        ("approve", before.approved_at, after.approved_at),
        ("control", before.controlled_at, after.controlled_at),
    )
    return [
        Event(report_id, now, actor, act, revision, "stated by its source")
        for act, earlier, now in found
        if now is not None and now != earlier
    ]


def approvers(connection: Connection, given: Sequence[tuple[int, int]]) -> dict[int, tuple[str, ...]]:
    """Who gave the steps of reports of which some are given: (report, how many) -> actors."""
    found: dict[int, list[str]] = {}
    for start in range(0, len(given), _IN):
        ids = [id for id, _ in given[start : start + _IN]]
        rows = execute(
            connection,
            "SELECT report_id, actor FROM report_event WHERE act = 'approve' "
            f"AND report_id IN ({', '.join('?' * len(ids))}) ORDER BY report_id, id",
            tuple(ids),
        )
        for report_id, actor in rows:
            found.setdefault(report_id, []).append(actor)
    return {id: tuple(found.get(id, ())[-steps:]) for id, steps in given}


def of_report(connection: Connection, report_id: int) -> list[Event]:
    """What was done to a report, oldest first."""
    rows = execute(
        connection,
        f"SELECT {', '.join(Event._fields)} FROM report_event WHERE report_id = ? ORDER BY id",
        (report_id,),
    )
    return [Event._make(row) for row in rows]


def postings(connection: Connection, report_id: int) -> list[tuple[str, int, int]]:
    """(instant, revision, lines) of each time the ledger took a report."""
    rows = execute(
        connection,
        "SELECT v.recorded_at, v.revision, v.line_count FROM entry e JOIN entry_revision v ON v.entry_id = e.id "
        "WHERE e.origin = 'report' AND e.origin_id = ? ORDER BY v.revision",
        (report_id,),
    )
    return [(str(row[0]), int(row[1]), int(row[2])) for row in rows]


class Sending(NamedTuple):
    """A document of an export that holds a report. ``held``: what is live of it, or may be."""

    report_id: int
    sequence: int
    definition: str
    revision: int
    state: str
    piece_number: int
    frozen_at: str
    voided_at: str | None
    void_reason: str

    @property
    def held(self) -> bool:
        """Whether it counts as exported."""
        return self.state in ("live", "unknown")


def sendings(connection: Connection, report_ids: Sequence[int]) -> dict[int, list[Sending]]:
    """The frozen exports of reports, oldest first."""
    found: dict[int, list[Sending]] = {}
    for start in range(0, len(report_ids), _IN):
        part = report_ids[start : start + _IN]
        rows = execute(
            connection,
            "SELECT e.origin_id, coalesce(x.sequence, 0), x.definition, d.revision, d.state, d.piece_number, "
            "coalesce(x.frozen_at, x.created_at), x.voided_at, x.void_reason "
            "FROM entry e JOIN export_document d ON d.entry_id = e.id JOIN export x ON x.id = d.export_id "
            f"WHERE e.origin = 'report' AND d.state <> 'draft' AND e.origin_id IN ({', '.join('?' * len(part))}) "
            "ORDER BY x.id",
            tuple(part),
        )
        for row in rows:
            found.setdefault(row[0], []).append(Sending._make(row))
    return found
