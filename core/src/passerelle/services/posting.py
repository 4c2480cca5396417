"""Posting what is due: approved reports enter the ledger in blocks, each block in one transaction.

What is posted was judged: the policy's queue is emptied first, and an employee who stands in it again waits.
"""

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
from passerelle.services.judging import judge_due
from passerelle.store import ledger as stored
from passerelle.store import masterdata
from passerelle.store.database import Connection, Database

_REPORTS_PER_BLOCK = 1000


@dataclass(frozen=True, slots=True)
class PostingOutcome:
    """How many reports entered the ledger with how many lines, those posted to nothing included.

    ``findings`` holds what kept others out, and what the judges found.
    """

    posted: int
    lines: int
    refused: int
    findings: tuple[Finding, ...]


def post_due(database: Database, clock: Clock, progress: Progress | None = None) -> PostingOutcome:
    """Judges what is to be judged, then posts every approved report that the ledger does not hold yet, in all entities.

    A refused or cancelled report is posted to nothing. Safe to run at any time and to be killed: a block is posted
    whole or not at all, and reports are locked meanwhile.
    """
    findings = list(judge_due(database, progress).findings)
    with database.reading() as connection:
        due = stored.entities_with_due_reports(connection)
        directory = masterdata.load(connection) if due else None
    posted = lines = refused = 0
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
            after = block[-1].id
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
    block: list[stored.DueReport],
    accounts: Determination,
    directory: masterdata.Directory,
    now: str,
) -> PostingOutcome:
    zone = accounts.entity.time_zone
    ended = [(one.id, one.entry_id, one.revision or 0, _local_day(one.instant, zone)) for one in block if one.ended]
    emptied = stored.save_ended(connection, ended, now) if ended else 0
    approved = [one for one in block if not one.ended]
    if not approved:
        return PostingOutcome(emptied, 0, 0, ())
    known = {one.entry_id for one in approved if one.entry_id is not None}
    fresh = iter(stored.next_ids(connection, "entry", len(approved) - len(known)))
    headers = {one.id: _header(one, fresh, accounts.entity, directory) for one in approved}
    expenses = stored.expenses_between(connection, entity_id, approved[0].id, approved[-1].id)
    result = post(_rows(headers, expenses, directory), accounts)
    stored.save_posted(connection, entity_id, result, known, now)
    findings = tuple(finding for found in result.refused.values() for finding in found)
    return PostingOutcome(len(result.entries) + emptied, len(result.lines), len(result.refused), findings)


@lru_cache(maxsize=1024)
def _local_day(instant: str, time_zone: str) -> str:
    return parse_instant(instant).astimezone(ZoneInfo(time_zone)).date().isoformat()


def _header(
    one: stored.DueReport, fresh: Iterator[int], entity: Entity, directory: masterdata.Directory
) -> tuple[Any, ...]:
    day = _local_day(one.instant, entity.time_zone)
    entry = one.entry_id if one.entry_id is not None else next(fresh)
    employee = directory.employee_code(one.employee_id)
    return (one.id, one.number, one.kind, employee, one.employee_id, entry, (one.revision or 0) + 1, day)


_NO_EXPENSE = (None, "", "", "", "", 0, 0, "", "", "", "[]", "[]", False, 0, 0)


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
                yield (*header, *_NO_EXPENSE)
            report_id, header = next(waiting)
            filled = False
        filled = True
        type_id = expense[2]
        code = type_codes.get(type_id) or type_codes.setdefault(type_id, directory.expense_type_code(type_id))
        yield (*header, expense[1], code, *expense[3:])
    while True:
        if not filled:
            yield (*header, *_NO_EXPENSE)
        following = next(waiting, None)
        if following is None:
            return
        report_id, header = following
        filled = False
