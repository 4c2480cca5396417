"""The ledger's rows: reports that wait for posting, entries with their revisions and lines, balances."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from passerelle.errors import Finding
from passerelle.ledger.line import LINE_COLUMNS
from passerelle.ledger.posting import PostedBlock
from passerelle.store import sql

# what the ledger does not hold yet of reports whose employee's expenses are judged
_WAITING = """
r.post_due AND NOT EXISTS (
    SELECT 1 FROM judging_due j WHERE j.entity_id = r.entity_id AND j.employee_id = r.employee_id
)
"""
_DUE = """
SELECT r.id, r.number, r.kind, r.employee_id, r.approval IN ('refused', 'cancelled'),
       CASE WHEN r.approval IN ('refused', 'cancelled') THEN r.ended_at ELSE r.approved_at END, e.id,
       (SELECT max(v.revision) FROM entry_revision v WHERE v.entry_id = e.id)
FROM report r LEFT JOIN entry e ON e.entity_id = r.entity_id AND e.origin = 'report' AND e.origin_id = r.id
WHERE r.id IN ({places}) AND {waiting}
ORDER BY r.id
"""
_EXPENSES = """
SELECT x.report_id, x.id, x.type_id, x.day, x.country, x.currency, x.gross, x.entity_gross, x.rate, x.payer,
       x.card_transaction, x.vat, x.split, x.blocked, x.covered, x.entity_covered
FROM report r JOIN expense x ON x.report_id = r.id
WHERE r.entity_id = ? AND r.post_due AND r.id >= ? AND r.id <= ? AND NOT x.withdrawn
ORDER BY r.id, x.id
"""


class DueReport(NamedTuple):
    """A report to post; an ``ended`` one (refused, cancelled) to nothing. ``instant`` is the operation's."""

    id: int
    number: str
    kind: str
    employee_id: int
    ended: bool
    instant: str
    entry_id: int | None
    revision: int | None  # the last of the entry


def entities_with_due_reports(connection: Connection) -> dict[int, int]:
    """Entities with content that the ledger does not hold yet and may hold, each with how many reports."""
    query = f"SELECT r.entity_id, count(*) FROM report r WHERE {_WAITING} GROUP BY r.entity_id ORDER BY r.entity_id"
    return {int(row[0]): int(row[1]) for row in sql.execute(connection, query)}


def due_reports(connection: Connection, entity_id: int, after: int, limit: int) -> list[DueReport]:
    """The next reports to post; none of an employee whose expenses wait to be judged.

    They are locked until the transaction ends, so that two runs never post one report twice.
    """
    query = f"SELECT r.id FROM report r WHERE r.entity_id = ? AND r.id > ? AND {_WAITING} ORDER BY r.id LIMIT ?"
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE OF r"
    while ids := [row[0] for row in sql.execute(connection, query + lock, (entity_id, after, limit))]:
        # a statement of its own, so that it sees what the last holder of the locks left
        due = _DUE.format(places=", ".join("?" * len(ids)), waiting=_WAITING)
        if found := [DueReport(*row) for row in sql.execute(connection, due, tuple(ids))]:
            return found
        after = ids[-1]
    return []


def expenses_between(connection: Connection, entity_id: int, first: int, last: int) -> Iterator[tuple[Any, ...]]:
    """The expenses of reports ``first`` to ``last``, ordered by report."""
    return sql.stream(connection, _EXPENSES, (entity_id, first, last))


def save_posted(
    connection: Connection, entity_id: int, block: PostedBlock, known_entries: set[int], recorded_at: str
) -> None:
    """Writes entries, revisions and lines of a block, and marks its reports."""
    new = ((e, entity_id, j, kind, "report", r) for e, j, kind, r in block.entries if e not in known_entries)
    sql.insert(connection, "entry", ("id", "entity_id", "journal", "entry_type", "origin", "origin_id"), new)
    sql.insert(
        connection,
        "entry_revision",
        ("entry_id", "revision", "day", "latest_day", "line_count", "recorded_at"),
        ((*revision, recorded_at) for revision in block.revisions),
    )
    sql.insert(connection, "line", LINE_COLUMNS, block.lines)
    revisions = {entry_id: revision for entry_id, revision, *_ in block.revisions}
    sql.execute_many(
        connection,
        "UPDATE report SET post_due = ?, posted_revision = ?, findings = '[]' WHERE id = ?",
        ((False, revisions[entry_id], report_id) for entry_id, _, _, report_id in block.entries),
    )
    sql.execute_many(
        connection,
        "UPDATE report SET findings = ? WHERE id = ?",
        ((json.dumps([_finding(f) for f in found]), report_id) for report_id, found in block.refused.items()),
    )


def save_ended(connection: Connection, ended: Sequence[tuple[int, int | None, int, str]], recorded_at: str) -> int:
    """Posts refused and cancelled reports to nothing, each (report, entry or none, its last revision, day).

    Where the ledger holds lines of one, its entry gets an empty revision; returns how many did.
    """
    emptied = []
    for report_id, entry_id, revision, day in ended:
        if entry_id is not None and _has_lines(connection, entry_id, revision):
            emptied.append((report_id, entry_id, revision + 1, day))
    columns = ("entry_id", "revision", "day", "latest_day", "line_count", "recorded_at")
    rows = ((entry_id, revision, day, day, 0, recorded_at) for _, entry_id, revision, day in emptied)
    sql.insert(connection, "entry_revision", columns, rows)
    statement = "UPDATE report SET posted_revision = ? WHERE id = ?"
    sql.execute_many(connection, statement, ((revision, report_id) for report_id, _, revision, _ in emptied))
    statement = "UPDATE report SET post_due = ?, findings = '[]' WHERE id = ?"
    sql.execute_many(connection, statement, ((False, report_id) for report_id, *_ in ended))
    return len(emptied)


def _has_lines(connection: Connection, entry_id: int, revision: int) -> bool:
    query = "SELECT line_count FROM entry_revision WHERE entry_id = ? AND revision = ?"
    return bool(sql.execute(connection, query, (entry_id, revision)).scalar_one())


def _finding(finding: Finding) -> dict[str, str]:
    names = ("code", "message", "object", "field", "value", "expected", "remedy", "who", "severity")
    return {name: getattr(finding, name) for name in names if getattr(finding, name)}


def stored_findings(text: str) -> list[Finding]:
    """What ``save_posted`` wrote on a report."""
    return [Finding(**one) for one in json.loads(text)]


class JournalLine(NamedTuple):
    """One line of the journal with what a person reads beside it."""

    entry_id: int
    journal: str
    day: str
    report_number: str
    title: str
    report_employee_id: int
    kind: str
    account: str
    amount: int
    tax_code: str
    expense_day: str | None
    comment: str | None
    currency: str
    original: int | None
    rate: str
    sections: str
    revision: int


def entries(connection: Connection, entity_id: int, account: str | None = None) -> Iterator[JournalLine]:
    """Lines of the current revision of every entry, or of those that touch ``account``, by operation day and entry."""
    where = ""
    parameters: tuple[int | str, ...] = (entity_id,)
    if account is not None:
        where = (
            "AND EXISTS (SELECT 1 FROM line o WHERE o.entry_id = e.id AND o.revision = v.revision AND o.account = ?)"
        )
        parameters = (entity_id, account)
    rows = sql.stream(
        connection,
        f"""
        SELECT e.id, e.journal, v.day, r.number, r.title, r.employee_id, l.kind, l.account, l.amount, l.tax_code,
               x.day, x.comment, l.currency, l.original, l.rate, l.sections, v.revision
        FROM entry e
        JOIN report r ON r.id = e.origin_id AND e.origin = 'report'
        JOIN entry_revision v ON v.entry_id = e.id
             AND v.revision = (SELECT max(w.revision) FROM entry_revision w WHERE w.entry_id = e.id)
        JOIN line l ON l.entry_id = e.id AND l.revision = v.revision
        LEFT JOIN expense x ON x.id = l.expense_id
        WHERE e.entity_id = ? {where}
        ORDER BY v.day COLLATE BINARY, e.id, l.id
        """,
        parameters,
    )
    return map(JournalLine._make, rows)


def balances(connection: Connection, entity_id: int) -> list[tuple[str, int, int, int]]:
    """(account, debits, credits as a positive number, lines) of every account over current revisions."""
    rows = sql.execute(
        connection,
        """
        SELECT l.account, sum(CASE WHEN l.amount > 0 THEN l.amount ELSE 0 END),
               sum(CASE WHEN l.amount < 0 THEN -l.amount ELSE 0 END), count(*)
        FROM line l JOIN entry e ON e.id = l.entry_id
        WHERE e.entity_id = ?
          AND l.revision = (SELECT max(v.revision) FROM entry_revision v WHERE v.entry_id = l.entry_id)
        GROUP BY l.account ORDER BY l.account COLLATE BINARY
        """,
        (entity_id,),
    )
    return [(str(row[0]), int(row[1]), int(row[2]), int(row[3])) for row in rows]


def unbalanced(connection: Connection, entity_id: int) -> list[tuple[int, int, int]]:
    """(entry, revision, sum) of every entry revision whose lines do not add up to zero: must be empty (law 1)."""
    rows = sql.execute(
        connection,
        """
        SELECT l.entry_id, l.revision, sum(l.amount) FROM line l JOIN entry e ON e.id = l.entry_id
        WHERE e.entity_id = ? GROUP BY l.entry_id, l.revision HAVING sum(l.amount) <> 0
        """,
        (entity_id,),
    )
    return [(int(row[0]), int(row[1]), int(row[2])) for row in rows]


def miscounted(connection: Connection, entity_id: int) -> list[tuple[int, int, int, int]]:
    """(entry, revision, lines said, lines found) of revisions that lost or gained lines: must be empty."""
    rows = sql.execute(
        connection,
        """
        SELECT v.entry_id, v.revision, v.line_count, count(l.id)
        FROM entry_revision v JOIN entry e ON e.id = v.entry_id
        LEFT JOIN line l ON l.entry_id = v.entry_id AND l.revision = v.revision
        WHERE e.entity_id = ? GROUP BY v.entry_id, v.revision, v.line_count HAVING v.line_count <> count(l.id)
        """,
        (entity_id,),
    )
    return [(int(row[0]), int(row[1]), int(row[2]), int(row[3])) for row in rows]


def next_ids(connection: Connection, table: str, count: int) -> Iterable[int]:
    """Fresh keys of ``table``."""
    return sql.take_ids(connection, table, count)


def drifted(connection: Connection, entity_id: int, export_id: int | None = None) -> list[tuple[int, int, str]]:
    """(entry, revision, account) where live exports do not add up to the last revision that left: law 2 says none.

    With ``export_id`` only that export's entries are looked at.
    """
    of_export, parameters = "", (entity_id, entity_id)
    if export_id is not None:
        of_export = f"AND e.id IN (SELECT o.entry_id FROM export_document o WHERE o.export_id = {int(export_id)})"
    rows = sql.execute(
        connection,
        f"""
        SELECT entry_id, max(revision), account FROM (
            SELECT d.entry_id, d.revision, l.account, l.tax_code, l.amount
            FROM export_document d JOIN export_line l ON l.document_id = d.id AND l.export_id = d.export_id
            JOIN entry e ON e.id = d.entry_id
            WHERE e.entity_id = ? AND d.state IN ('live', 'unknown') {of_export}
            UNION ALL
            SELECT l.entry_id, l.revision, l.account, l.tax_code, -l.amount
            FROM line l JOIN entry e ON e.id = l.entry_id
            JOIN (SELECT entry_id, max(revision) AS revision FROM export_document
                  WHERE state IN ('live', 'unknown') GROUP BY entry_id) x
              ON x.entry_id = l.entry_id AND x.revision = l.revision
            WHERE e.entity_id = ? {of_export}
        ) s GROUP BY entry_id, account, tax_code HAVING sum(amount) <> 0
        """,
        parameters,
    )
    return [(int(row[0]), int(row[1]), str(row[2])) for row in rows]
