"""Posting what is due: approved reports enter the ledger in blocks, each block in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from passerelle.errors import Finding
from passerelle.ledger.determination import Determination
from passerelle.ledger.posting import post
from passerelle.masterdata.company import Entity
from passerelle.periods import Clock, instant_text, parse_instant
from passerelle.services import Progress
from passerelle.store import ledger as stored
from passerelle.store import masterdata
from passerelle.store.database import Connection, Database

_REPORTS_PER_BLOCK = 1000


@dataclass(frozen=True, slots=True)
class PostingOutcome:
    """How many reports entered the ledger with how many lines, and every finding that kept others out."""

    posted: int
    lines: int
    refused: int
    findings: tuple[Finding, ...]


def post_due(database: Database, clock: Clock, progress: Progress | None = None) -> PostingOutcome:
    """Posts every approved report that the ledger does not hold yet, in all entities.

    Safe to run at any time and to be killed: a block is posted whole or not at all, and reports are locked meanwhile.
    """
    with database.reading() as connection:
        due = stored.entities_with_due_reports(connection)
        directory = masterdata.load(connection) if due else None
    posted = lines = refused = 0
    findings: list[Finding] = []
    for entity_id, waiting in due.items():
        assert directory is not None
        if directory.entity_code(entity_id) not in directory.company.entities:
            refused += waiting
            findings.append(_entity_gone(directory.entity_code(entity_id), waiting))
            continue
        accounts = Determination(directory.company, directory.entity_code(entity_id), *directory.former())
        after = 0
        while True:
            with database.transaction() as connection:
                block = stored.due_reports(connection, entity_id, after, _REPORTS_PER_BLOCK)
                if not block:
                    break
                outcome = _post_block(connection, entity_id, block, accounts, directory, instant_text(clock()))
            after = block[-1][0]
            posted, lines = posted + outcome.posted, lines + outcome.lines
            refused += outcome.refused
            findings.extend(outcome.findings)
            if progress is not None:
                progress("posted reports", posted, None)
    return PostingOutcome(posted, lines, refused, tuple(findings))


def _entity_gone(code: str, waiting: int) -> Finding:
    return Finding(
        "PSR-4008",
        f"Entity {code} is no longer configured; {waiting} of its reports wait to be posted.",
        object=f"entity {code}",
        field=f"entities.{code}",
        expected="the entity in company.toml for as long as reports of it wait",
        remedy="put the entity back into company.toml, then: passerelle config apply company.toml",
        who="admin",
    )


def _post_block(
    connection: Connection,
    entity_id: int,
    block: list[tuple[Any, ...]],
    accounts: Determination,
    directory: masterdata.Directory,
    now: str,
) -> PostingOutcome:
    known = {row[5] for row in block if row[5] is not None}
    fresh = iter(stored.next_ids(connection, "entry", len(block) - len(known)))
    headers = {row[0]: _header(row, fresh, accounts.entity, directory) for row in block}
    expenses = stored.expenses_between(connection, entity_id, block[0][0], block[-1][0])
    result = post(_rows(headers, expenses, directory), accounts)
    stored.save_posted(connection, entity_id, result, known, now)
    findings = tuple(finding for found in result.refused.values() for finding in found)
    return PostingOutcome(len(result.entries), len(result.lines), len(result.refused), findings)


@lru_cache(maxsize=1024)
def _local_day(instant: str, time_zone: str) -> str:
    return parse_instant(instant).astimezone(ZoneInfo(time_zone)).date().isoformat()


def _header(
    row: tuple[Any, ...], fresh: Iterator[int], entity: Entity, directory: masterdata.Directory
) -> tuple[Any, ...]:
    report_id, number, kind, employee_id, approved_at, entry_id, _, last_revision = row
    day = _local_day(approved_at, entity.time_zone)
    entry = entry_id if entry_id is not None else next(fresh)
    employee = directory.employee_code(employee_id)
    return (report_id, number, kind, employee, employee_id, entry, (last_revision or 0) + 1, day)


def _rows(
    headers: dict[int, tuple[Any, ...]], expenses: Iterator[tuple[Any, ...]], directory: masterdata.Directory
) -> Iterator[tuple[Any, ...]]:
    """``ExpenseRow`` tuples in report order; reports without expenses get a row of their own."""
    waiting = iter(headers.items())
    report_id, header = next(waiting)
    filled = False
    type_codes: dict[int, str] = {}
    for expense in expenses:
        if expense[0] not in headers:
            continue
        while report_id != expense[0]:
            if not filled:
                yield (*header, None, "", "", "", "", 0, 0, "", "", "", "[]", "[]")
            report_id, header = next(waiting)
            filled = False
        filled = True
        type_id = expense[2]
        code = type_codes.get(type_id) or type_codes.setdefault(type_id, directory.expense_type_code(type_id))
        yield (*header, expense[1], code, *expense[3:])
    while True:
        if not filled:
            yield (*header, None, "", "", "", "", 0, 0, "", "", "", "[]", "[]")
        following = next(waiting, None)
        if following is None:
            return
        report_id, header = following
        filled = False
