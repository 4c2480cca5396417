"""The policy at work: employees whose expenses changed are judged again, each in their turn, in one transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from passerelle.errors import Finding
from passerelle.masterdata.company import Leave
from passerelle.periods import parse_instant
from passerelle.reports.outcome import Judged
from passerelle.rules.declared import Declared, Judgement, State
from passerelle.rules.judging import Policy
from passerelle.services import Progress
from passerelle.services.desk import Desk
from passerelle.services.judgement_findings import findings_of
from passerelle.store import judging as stored
from passerelle.store.database import Connection, Database
from passerelle.store.judging import JudgedRow, Written
from passerelle.store.masterdata import Directory

_EMPLOYEES_PER_BLOCK = 50  # their own declarations wait meanwhile
_JUDGEMENTS_PER_BLOCK = 1000
_KEPT = 10_000  # findings held in memory
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Ruling(NamedTuple):
    """A judgement that says something new of an expense; ``before`` is the expense as it was, judged or not."""

    entity: str
    before: JudgedRow
    judgement: Judgement

    @property
    def findings(self) -> list[Finding]:
        """What is to be told of it."""
        if not (self.newly_blocked or self.capped or self.alerted):
            return []
        return findings_of(self.entity, self.before, self.judgement, self.capped, self.alerted)

    @property
    def first(self) -> bool:
        """Whether it was never judged since it was declared."""
        return self.before.verdicts is None

    @property
    def newly_blocked(self) -> bool:
        """Whether the policy blocks it, and did not before."""
        return self.judgement.blocked and (self.first or not self.before.blocked)

    @property
    def refused(self) -> bool:
        """Whether that refuses it: it is own money."""
        return self.newly_blocked and bool(self.before.own_money)

    @property
    def capped(self) -> bool:
        """Whether a cap takes from it now, and took less of it before."""
        one, before = self.judgement, self.before
        lower = one.gross > 0 and one.covered < one.gross and (self.first or one.covered < before.covered)
        return lower and not one.blocked and any(verdict.outcome == "cap" for verdict in one.verdicts)

    @property
    def alerted(self) -> bool:
        """Whether it is judged for the first time, with an alert."""
        return self.first and any(verdict.outcome == "alert" for verdict in self.judgement.verdicts)


class Newest(NamedTuple):
    """An expense, no refund, that was declared just now."""

    id: int
    type: str
    day: str


@dataclass
class _Count:
    """What rulings add up to."""

    desk: Desk
    counts: Counter[str] = field(default_factory=Counter)
    declared: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, ruling: Ruling) -> None:
        _, before, judgement = ruling
        self.counts["expenses" if ruling.first else "changed"] += 1
        self.counts["blocked"] += ruling.newly_blocked
        self.counts["refused"] += ruling.refused
        self.counts["capped"] += ruling.capped
        self.counts["alerts"] += ruling.alerted
        if ruling.first:
            self.declared[before.currency] += judgement.gross
            self.covered[before.currency] += judgement.covered
        found = ruling.findings
        self.counts["findings_total"] += len(found)
        self.findings.extend(found[: _KEPT - len(self.findings)])

    def total(self) -> Judged:
        amounts = tuple((code, self.declared[code], self.covered[code]) for code in sorted(self.declared))
        return Judged(**self.counts, amounts=amounts, findings=tuple(self.findings))


def judge_due(database: Database, progress: Progress | None = None) -> Judged:
    """Judges every employee whose expenses changed since the policy judged them. Safe to repeat and to be killed.

    It has no clock: a judgement depends on what was declared when, never on when it is made.
    """
    with database.reading() as connection:
        waiting = stored.waiting(connection)
    desk = Desk()
    count = _Count(desk)
    done, total = 0, sum(waiting.values())
    for entity_id in waiting:
        after = 0
        while True:
            with database.transaction() as connection:
                directory = desk.open(connection)
                if directory.entity_code(entity_id) not in directory.company.entities:
                    break  # it left the configuration: nothing of it is posted until it is back
                taken = stored.take(connection, entity_id, after, _EMPLOYEES_PER_BLOCK)
                for ruling in _judged(connection, desk, entity_id, taken):
                    count.add(ruling)
            if not taken:
                break
            after = taken[-1]
            done += len(taken)
            if progress is not None:
                progress("employees judged", done, max(done, total))
    return count.total()


def judge_now(connection: Connection, desk: Desk, entity_id: int, employee_ids: Iterable[int]) -> list[Ruling]:
    """Judges employees inside a transaction that has queued them; whatever is new of their expenses.

    The desk must have been opened in this transaction, before the employees were queued.
    """
    employees = sorted(set(employee_ids))
    stored.settle(connection, entity_id, employees)
    return list(_judged(connection, desk, entity_id, employees))


def judge_within(connection: Connection, desk: Desk, employees: Iterable[tuple[int, int]]) -> Judged:
    """``judge_now`` for many (entity, employee), in constant memory."""
    desk.open(connection)
    count = _Count(desk)
    for entity_id, found in groupby(sorted(set(employees)), itemgetter(0)):
        ids = [employee_id for _, employee_id in found]
        for start in range(0, len(ids), _EMPLOYEES_PER_BLOCK):
            block = ids[start : start + _EMPLOYEES_PER_BLOCK]
            stored.settle(connection, entity_id, block)
            for ruling in _judged(connection, desk, entity_id, block):
                count.add(ruling)
    return count.total()


def judge_newest(connection: Connection, desk: Desk, entity_id: int, employee_id: int, newest: Newest) -> Ruling | None:
    """Judges one expense that stands last in its employee's order while none of the others waits: they keep their
    verdicts, and it finds them as if they were fixed. ``None`` where that does not hold.

    Like ``judge_now``, inside a transaction that has queued the employee.
    """
    entity = desk.directory.entity_code(entity_id)
    policy, leave = desk.policy_of(entity, employee_id)
    first, last = policy.window(newest.type, date.fromisoformat(newest.day))
    days = first.isoformat(), last.isoformat()
    rows = stored.expenses_of(connection, entity_id, employee_id, *days, with_open=False)
    (own,) = (row for row in rows if row.id == newest.id)
    states: dict[int, State] = {}
    for row in rows:
        state = _state(row)
        if state == "open" and row is not own:
            if row.verdicts is None or (row.declared_at, row.line_key) > (own.declared_at, own.line_key):
                return None
            state = "blocked" if row.blocked else "fixed"
        states[row.id] = state
    found = declared_of(rows, desk.directory, desk.zone(entity), states)
    (judgement,) = policy.judge(found, leave)
    stored.settle(connection, entity_id, [employee_id])
    stored.save(connection, entity_id, [_written(judgement)])
    return Ruling(entity, own, judgement)


def _judged(connection: Connection, desk: Desk, entity_id: int, employees: Sequence[int]) -> Iterator[Ruling]:
    """Judges and writes; yields what is new."""
    entity = desk.directory.entity_code(entity_id)
    zone = desk.zone(entity)
    changes: list[Written] = []
    for employee_id, days in sorted(stored.open_days(connection, entity_id, employees).items()):
        policy, leave = desk.policy_of(entity, employee_id)
        windows = [
            policy.window(desk.directory.expense_type_code(type_id), date.fromisoformat(day))
            for type_id, *ends in days
            for day in ends
        ]
        first, last = min(first for first, _ in windows), max(last for _, last in windows)
        rows = stored.expenses_of(connection, entity_id, employee_id, first.isoformat(), last.isoformat())
        by_id = {row.id: row for row in rows}
        for judgement in _judgements(policy, leave, rows, desk.directory, zone):
            row = by_id[judgement.id]
            written = _written(judgement)
            if written != _as_it_was(row):
                changes.append(written)
                yield Ruling(entity, row, judgement)
            if len(changes) == _JUDGEMENTS_PER_BLOCK:
                stored.save(connection, entity_id, changes)
                changes.clear()
    stored.save(connection, entity_id, changes)


def _judgements(
    policy: Policy, leave: tuple[Leave, ...], rows: Sequence[JudgedRow], directory: Directory, zone: ZoneInfo
) -> Iterator[Judgement]:
    """Of every open expense. What arrived approved is judged in its place, and that fixes it: the others are judged
    beside it as it stands from then on, so that judging them again changes nothing."""
    open_ones = {row.id: bool(row.approved) for row in rows if _state(row) == "open"}
    if len(set(open_ones.values())) == 2:
        judged = policy.judge(declared_of(rows, directory, zone), leave)
        arrived = {one.id: one for one in judged if open_ones[one.id]}
        yield from arrived.values()
        rows = [_fixed(row, arrived[row.id]) if row.id in arrived else row for row in rows]
    yield from policy.judge(declared_of(rows, directory, zone), leave)


def _fixed(row: JudgedRow, one: Judgement) -> JudgedRow:
    return row._replace(gross=one.gross, entity_gross=one.entity_gross, covered=one.covered,
                        entity_covered=one.entity_covered, blocked=one.blocked, verdicts="[]")  # fmt: skip


def _written(one: Judgement) -> Written:
    verdicts = _as_json(one.verdicts)
    return Written(one.gross, one.entity_gross, one.covered, one.entity_covered, one.blocked, verdicts, one.id)


def _as_it_was(row: JudgedRow) -> tuple[object, ...]:
    return (row.gross, row.entity_gross, row.covered, row.entity_covered, bool(row.blocked), row.verdicts, row.id)


@lru_cache(maxsize=4096)
def _local_day(instant: str, zone: ZoneInfo) -> str:
    return parse_instant(instant).astimezone(zone).date().isoformat()


def declared_of(
    rows: Sequence[JudgedRow], directory: Directory, zone: ZoneInfo, states: Mapping[int, State] | None = None
) -> Iterator[Declared]:
    """Rows of one employee as the policy sees them, each refund with the expense that it names among them.

    ``states`` are others than their own.
    """
    ids = {(row.source, row.line_key): row.id for row in rows}
    type_code = directory.expense_type_code
    for row in rows:
        yield Declared(
            id=row.id,
            place=(row.declared_at, row.line_key),
            state=_state(row) if states is None else states[row.id],
            type=type_code(row.type_id),
            day=row.day,
            declared_day=_local_day(row.declared_at, zone),
            country=row.country,
            currency=row.currency,
            gross=row.gross,
            entity_gross=row.entity_gross,
            own_money=bool(row.own_money),
            quantity=row.quantity,
            guests=row.guests,
            has_comment=bool(row.comment.strip()),
            has_receipt=bool(row.has_receipt),
            cancels=ids.get((row.source, row.cancels)) if row.cancels else None,
            mileage=row.mileage,
            computed=bool(row.computed),
            control_cover=row.control_cover,
            covered=row.covered,
            entity_covered=row.entity_covered,
            rate=row.rate,
            comment=row.comment,
        )


def _state(row: JudgedRow) -> State:
    if row.gone:
        return "gone"
    if row.blocked and row.verdicts is not None and (row.fixed or row.own_money):
        return "blocked"
    return "fixed" if row.fixed else "open"
