"""The ledger's rows: reports that wait for posting, entries with their revisions and lines, balances."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection

from passerelle.errors import Finding
from passerelle.ledger.line import LINE_COLUMNS
from passerelle.ledger.posting import PostedBlock
from passerelle.store import sql

_DUE = """
SELECT r.id, r.number, r.kind, r.employee_id, r.approved_at, e.id, coalesce(r.posted_revision, 0),
       (SELECT max(v.revision) FROM entry_revision v WHERE v.entry_id = e.id)
FROM report r LEFT JOIN entry e ON e.entity_id = r.entity_id AND e.origin = 'report' AND e.origin_id = r.id
WHERE r.id IN ({places})
ORDER BY r.id
"""
_EXPENSES = """
SELECT x.report_id, x.id, x.type_id, x.day, x.country, x.currency, x.gross, x.entity_gross, x.rate, x.payer,
       x.card_transaction, x.vat, x.split
FROM report r JOIN expense x ON x.report_id = r.id
WHERE r.entity_id = ? AND r.post_due AND r.id >= ? AND r.id <= ? AND NOT x.withdrawn
ORDER BY r.id, x.id
"""


def entities_with_due_reports(connection: Connection) -> dict[int, int]:
    """Entities that have approved content which the ledger does not hold yet, each with how many reports."""
    query = "SELECT entity_id, count(*) FROM report WHERE post_due GROUP BY entity_id ORDER BY entity_id"
    return {int(row[0]): int(row[1]) for row in sql.execute(connection, query)}


def due_reports(connection: Connection, entity_id: int, after: int, limit: int) -> list[tuple[Any, ...]]:
    """The next reports to post: (id, number, kind, employee_id, approved_at, entry id or None, posted, last revision).

    They are locked until the transaction ends, so that two runs never post one report twice.
    """
    query = "SELECT id FROM report WHERE entity_id = ? AND post_due AND id > ? ORDER BY id LIMIT ?"
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
    ids = [row[0] for row in sql.execute(connection, query + lock, (entity_id, after, limit))]
    if not ids:
        return []
    # a statement of its own, so that it sees what the last holder of the locks left
    due = _DUE.format(places=", ".join("?" * len(ids)))
    return [tuple(row) for row in sql.execute(connection, due, tuple(ids))]


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
