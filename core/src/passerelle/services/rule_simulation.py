"""``rules simulate``: what another policy would have covered of what was declared. It reads, one employee at a time."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from passerelle import money
from passerelle.errors import Finding
from passerelle.masterdata.company import Company, Leave
from passerelle.plugins import Plugins, discover
from passerelle.rules.deciding import deciding, outcome_of
from passerelle.rules.declared import Judgement, Outcome, Verdict
from passerelle.rules.judging import Policy
from passerelle.services import Progress
from passerelle.services.configuration import read_text
from passerelle.services.judging import declared_of
from passerelle.services.lookups import employee_number, entities
from passerelle.services.policy_files import read_policy
from passerelle.store import judging as stored
from passerelle.store import masterdata
from passerelle.store.database import Connection, Database
from passerelle.store.judging import JudgedRow
from passerelle.store.masterdata import Directory

_ROUNDS = 3  # of windows that reach back into the windows of what they hold


class Shown(BaseModel):
    """A frozen answer. Amounts are in the entity's currency."""

    model_config = ConfigDict(frozen=True)


class Counts(Shown):
    """How many expenses have which outcome. What was covered whole may have had an alert."""

    blocked: int
    capped: int
    whole: int


class Change(Shown):
    """Counts of expenses whose cover changes, and the money."""

    newly_blocked: int
    newly_capped: int
    newly_covered: int  # more is covered than was
    before: str
    after: str
    difference: str
    currency: str


class RuleChange(Change):
    """What one rule takes (of the new policy) or no longer takes (of the former one)."""

    rule: str


class PersonChange(Change):
    """What changes for one employee."""

    employee: str
    name: str


class EntityChange(Change):
    """One legal entity: outcomes as they were and as they would be, changes by rule, and the persons most concerned."""

    entity: str
    employees: int
    employees_changed: int
    expenses: int
    not_judged: int  # no policy has judged them yet: what is covered of them now is not known
    was: Counts
    would_be: Counts
    alerts: int
    rules: tuple[RuleChange, ...]
    persons: tuple[PersonChange, ...]


class Simulated(Shown):
    """The whole comparison; nothing was written."""

    policy: str
    since: date
    entities: tuple[EntityChange, ...]
    findings: tuple[Finding, ...]


class _One(NamedTuple):
    """An expense as it was and as it would be."""

    row: JudgedRow
    now: Judgement
    was_rule: str
    new_rule: str
    outcome: Outcome


@dataclass
class _Sum:
    """What changes add up to, in minor units of the entity's currency."""

    before: int = 0
    after: int = 0
    newly_blocked: int = 0
    newly_capped: int = 0
    newly_covered: int = 0

    def add(self, one: _One) -> None:
        self.before += _was_covered(one.row)
        self.after += one.now.entity_covered
        self.newly_blocked += _newly_blocked(one)
        self.newly_capped += _newly_capped(one)
        self.newly_covered += _difference(one) > 0

    def shown(self, currency: str) -> dict[str, object]:
        return {
            "newly_blocked": self.newly_blocked,
            "newly_capped": self.newly_capped,
            "newly_covered": self.newly_covered,
            "before": money.text(self.before, currency),
            "after": money.text(self.after, currency),
            "difference": money.text(self.after - self.before, currency),
            "currency": currency,
        }


@dataclass
class _Tally:
    total: _Sum = field(default_factory=_Sum)
    rules: dict[str, _Sum] = field(default_factory=dict)
    persons: list[tuple[int, int, _Sum]] = field(default_factory=list)  # (size, -employee, sum), the least first
    was: dict[str, int] = field(default_factory=lambda: {"blocked": 0, "capped": 0, "whole": 0})
    would_be: dict[str, int] = field(default_factory=lambda: {"blocked": 0, "capped": 0, "whole": 0})
    employees: int = 0
    changed: int = 0
    expenses: int = 0
    not_judged: int = 0
    alerts: int = 0

    def add(self, one: _One) -> None:
        self.expenses += 1
        self.not_judged += one.row.verdicts is None
        self.alerts += any(verdict.outcome == "alert" for verdict in one.now.verdicts)
        self.was[_was(one.row)] += 1
        self.would_be[_is(one.now)] += 1
        self.total.add(one)
        difference = _difference(one)
        if difference or _newly_blocked(one):
            rule = one.was_rule if difference > 0 else one.new_rule
            self.rules.setdefault(rule or "(no rule)", _Sum()).add(one)


def simulate(
    database: Database,
    policy: Path,
    since: date,
    *,
    entity: str | None = None,
    employee: str | None = None,
    limit: int = 20,
    progress: Progress | None = None,
) -> Simulated:
    """Everything declared since ``since`` judged again by the policy of a file: from scratch, in the order of
    declaration, nothing fixed; what accountants decided stays. ``limit`` persons are named, the most concerned first.
    """
    plugins = discover()
    text = read_text(policy)
    with database.reading() as connection:
        directory = masterdata.load(connection)
        company, findings = read_policy(text, str(policy), directory, plugins)
        only = employee_number(directory, employee) if employee is not None else None
        found = []
        for entity_id in entities(directory, entity):
            code = directory.entity_code(entity_id)
            if code not in company.entities:
                continue
            work = _Work(connection, directory, company, plugins, code, since)
            found.append(work.run(only, limit, progress))
    return Simulated(policy=str(policy), since=since, entities=tuple(found), findings=findings)


@dataclass
class _Work:
    """One entity under the new policy."""

    connection: Connection
    directory: Directory
    company: Company
    plugins: Plugins
    code: str
    since: date
    policies: dict[str | None, Policy] = field(default_factory=dict)
    firsts: dict[str | None, str] = field(default_factory=dict)
    types: list[str] = field(default_factory=list)

    def run(self, only: int | None, limit: int, progress: Progress | None) -> EntityChange:
        entity_id = self.directory.entity_id(self.code)
        currency = self.company.entities[self.code].currency
        self.types = [
            self.directory.expense_type_code(one)
            for one in stored.types_since(self.connection, entity_id, self.since.isoformat())
        ]
        concerned = stored.employees_since(self.connection, entity_id, self.since.isoformat())
        tally = _Tally()
        for done, employee_id in enumerate(concerned, start=1):
            if only is not None and employee_id != only:
                continue
            tally.employees += 1
            person = _Sum()
            for one in self._compared(entity_id, employee_id):
                tally.add(one)
                person.add(one)
            if person.after != person.before or person.newly_blocked:
                tally.changed += 1
                heapq.heappush(tally.persons, (abs(person.after - person.before), -employee_id, person))
                if len(tally.persons) > limit:
                    heapq.heappop(tally.persons)
            if progress is not None:
                progress("employees judged", done, len(concerned))
        return self._shown(tally, currency)

    def _compared(self, entity_id: int, employee_id: int) -> Iterator[_One]:
        profile = self._profile(employee_id)
        policy = self.policies.get(profile)
        if policy is None:
            policy = self.policies[profile] = Policy(self.company, self.code, profile, self.plugins.rules)
            self.firsts[profile] = self._first(policy, self.since)
        zone = ZoneInfo(self.company.entities[self.code].time_zone)
        rows = self._rows(entity_id, employee_id, policy, self.firsts[profile])
        by_id = {row.id: row for row in rows}
        declared = (
            one if one.state == "gone" else one._replace(state="open")
            for one in declared_of(rows, self.directory, zone)
        )
        since = self.since.isoformat()
        for judgement in policy.judge(declared, self._leave(employee_id)):
            row = by_id[judgement.id]
            if row.day >= since:
                yield _one(row, judgement)

    def _rows(self, entity_id: int, employee_id: int, policy: Policy, first: str) -> list[JudgedRow]:
        """What bears on the expenses compared: also on what their refunds name, however long ago that was."""
        since = self.since.isoformat()
        while True:
            rows = stored.history(self.connection, entity_id, employee_id, first)
            named = {(row.source, row.cancels) for row in rows if row.cancels and row.day >= since}
            earliest = min((row.day for row in rows if (row.source, row.line_key) in named), default=first)
            if earliest >= first:
                return rows
            first = self._first(policy, date.fromisoformat(earliest))

    def _first(self, policy: Policy, first: date) -> str:
        """The first day that bears on expenses since ``first``: windows reach into windows, some rounds of them."""
        for _ in range(_ROUNDS):
            reached = min((policy.window(code, first)[0] for code in self.types), default=first)
            if reached >= first:
                break
            first = reached
        return first.isoformat()

    def _profile(self, employee_id: int) -> str | None:
        code = self.directory.employee_code(employee_id)
        one = self.company.employees.get(code) or self.directory.employee(employee_id)
        return one.profile if one.profile in self.company.profiles else None

    def _leave(self, employee_id: int) -> tuple[Leave, ...]:
        code = self.directory.employee_code(employee_id)
        return (self.company.employees.get(code) or self.directory.employee(employee_id)).leave

    def _shown(self, tally: _Tally, currency: str) -> EntityChange:
        rules = sorted(tally.rules.items(), key=lambda item: (-abs(item[1].after - item[1].before), item[0]))
        persons = sorted(tally.persons, key=lambda item: item[:2], reverse=True)
        return EntityChange(
            **tally.total.shown(currency),
            entity=self.code,
            employees=tally.employees,
            employees_changed=tally.changed,
            expenses=tally.expenses,
            not_judged=tally.not_judged,
            was=Counts(**tally.was),
            would_be=Counts(**tally.would_be),
            alerts=tally.alerts,
            rules=tuple(RuleChange(rule=rule, **one.shown(currency)) for rule, one in rules),
            persons=tuple(
                PersonChange(
                    employee=self.directory.employee_code(-key),
                    name=self.directory.employee(-key).name,
                    **one.shown(currency),
                )
                for _, key, one in persons
            ),
        )


def _one(row: JudgedRow, now: Judgement) -> _One:
    before = [Verdict(*verdict) for verdict in json.loads(row.verdicts or "[]")]
    was = deciding(before, row.currency, row.gross, row.entity_gross)
    new = deciding(now.verdicts, row.currency, now.gross, now.entity_gross)
    return _One(row, now, was.rule if was else "", new.rule if new else "", outcome_of(now.verdicts))


def _was_covered(row: JudgedRow) -> int:
    return 0 if row.blocked and row.own_money else row.entity_covered


def _difference(one: _One) -> int:
    return one.now.entity_covered - _was_covered(one.row)


def _newly_blocked(one: _One) -> bool:
    return one.now.blocked and not one.row.blocked


def _newly_capped(one: _One) -> bool:
    return _is(one.now) == "capped" and _was(one.row) == "whole"


def _was(row: JudgedRow) -> str:
    if row.blocked:
        return "blocked"
    return "capped" if 0 <= row.covered < row.gross else "whole"


def _is(now: Judgement) -> str:
    if now.blocked:
        return "blocked"
    return "capped" if 0 <= now.covered < now.gross else "whole"
