"""How many reports and expenses stand on objects of the configuration that are about to change."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from passerelle.masterdata.consequences import POLICY_KINDS, Usage
from passerelle.masterdata.difference import Key, ObjectChange
from passerelle.store.reports import REFUSED
from passerelle.store.sql import execute, stream

# reports r that may still be posted or exported at their present content
_OPEN = """r.approval IN ('created', 'partially_approved', 'approved') AND NOT EXISTS (
    SELECT 1 FROM entry e JOIN export_document d ON d.entry_id = e.id
    WHERE e.entity_id = r.entity_id AND e.origin = 'report' AND e.origin_id = r.id AND NOT r.post_due
      AND d.revision = r.posted_revision AND d.state IN ('live', 'unknown'))"""


def usage(connection: Connection, ids: Mapping[tuple[str, str, str], int], changes: Iterable[ObjectChange]) -> Usage:
    """The numbers for these changes; each query runs only when something it counts is touched."""
    changes = list(changes)
    touched = [change for change in changes if change.before is not None or change.dormant is not None]
    entities = [change for change in touched if change.key.kind == "entity"]
    kinds = {change.key.kind for change in touched}
    removed = {change.key for change in touched if change.after is None}
    return Usage(
        reports={change.key.code: _reports(connection, ids[change.key]) for change in entities},
        closing={
            change.key.code: _closing(
                connection, ids[change.key], change.before["closed_until"] or "", change.after["closed_until"] or ""
            )
            for change in entities
            if change.before and change.after
        },
        open_reports={
            **(_open_reports(connection, ids, "entity") if any(key.kind == "entity" for key in removed) else {}),
            **(_open_reports(connection, ids, "employee") if "employee" in kinds else {}),
        },
        open_expenses={
            **(_open_expenses(connection, ids) if "expense_type" in kinds else {}),
            **(_open_sections(connection) if any(key.kind == "section" for key in removed) else {}),
        },
        awaiting=(
            _awaiting(connection, ids)
            if "employee" in kinds or any(change.key.kind in POLICY_KINDS for change in changes)
            else {}
        ),
    )


def _reports(connection: Connection, entity_id: int) -> int:
    return int(execute(connection, "SELECT count(*) FROM report WHERE entity_id = ?", (entity_id,)).scalar_one())


def _closing(connection: Connection, entity_id: int, old: str, new: str) -> int:
    """Approved, open reports whose latest expense lies after ``old`` and not after ``new``."""
    if new <= old:
        return 0
    sql = f"""SELECT count(*) FROM (
        SELECT r.id FROM report r JOIN expense x ON x.report_id = r.id AND NOT x.withdrawn
        WHERE r.entity_id = ? AND r.approval = 'approved' AND NOT {REFUSED} AND {_OPEN}
        GROUP BY r.id HAVING max(x.day) > ? AND max(x.day) <= ?) AS closing"""
    return int(execute(connection, sql, (entity_id, old, new)).scalar_one())


def _open_reports(connection: Connection, ids: Mapping[tuple[str, str, str], int], kind: str) -> dict[Key, int]:
    column = {"entity": "entity_id", "employee": "employee_id"}[kind]
    rows = stream(connection, f"SELECT r.{column}, count(*) FROM report r WHERE {_OPEN} GROUP BY r.{column}")
    return _by_key(dict(rows), ids, kind)


def _awaiting(connection: Connection, ids: Mapping[tuple[str, str, str], int]) -> dict[Key, int]:
    """Submitted reports of each employee whose approval is not complete: what a changed policy judges again."""
    rows = stream(
        connection,
        """SELECT employee_id, count(*) FROM report
        WHERE approval IN ('created', 'partially_approved') AND submitted_at IS NOT NULL GROUP BY employee_id""",
    )
    return _by_key(dict(rows), ids, "employee")


def _open_expenses(connection: Connection, ids: Mapping[tuple[str, str, str], int]) -> dict[Key, int]:
    sql = f"""SELECT x.type_id, count(*) FROM expense x JOIN report r ON r.id = x.report_id
        WHERE NOT x.withdrawn AND {_OPEN} GROUP BY x.type_id"""
    return _by_key(dict(stream(connection, sql)), ids, "expense_type")


def _open_sections(connection: Connection) -> dict[Key, int]:
    sql = f"""SELECT x.split, count(*) FROM expense x JOIN report r ON r.id = x.report_id
        WHERE NOT x.withdrawn AND x.split <> '[]' AND {_OPEN} GROUP BY x.split"""
    counts: Counter[Key] = Counter()
    for split, number in stream(connection, sql):
        for key in {Key("section", axis, code) for _, sections in json.loads(split) for axis, code in sections.items()}:
            counts[key] += number
    return counts


def _by_key(numbers: Mapping[int, int], ids: Mapping[tuple[str, str, str], int], kind: str) -> dict[Key, int]:
    codes = {number: Key(*key) for key, number in ids.items() if key[0] == kind}
    return {codes[number]: count for number, count in numbers.items() if number in codes}
