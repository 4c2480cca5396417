"""JSON Lines: whole reports by id and revision, each taken entirely or refused entirely."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from passerelle.errors import Finding, Place
from passerelle.periods import instant_text
from passerelle.reports.expense import ExpenseInput, ReportInput
from passerelle.reports.faults import of_model, shown
from passerelle.reports.intake import (
    CheckedExpense,
    CheckedReport,
    ReportKind,
    check_report,
)
from passerelle.reports.known import Directory, EntityView, unknown_entity
from passerelle.reports.lifecycle import Standing
from passerelle.reports.lines import UNDECODED, undecodable
from passerelle.reports.outcome import Tally, readable
from passerelle.reports.refunds import may_be_cancelled, nothing_to_cancel
from passerelle.reports.revision import Stated, after_approval, after_revision, decide
from passerelle.services.intake_judging import IntakeJudging
from passerelle.services.rejects import Rejects
from passerelle.store import reports as stored
from passerelle.store.candidates import live_exports
from passerelle.store.database import Connection
from passerelle.store.report_events import Event, facts, record, stated

Begin = Callable[[], AbstractContextManager[Connection]]
_REPORTS_PER_BLOCK = 500
_EXPENSES_PER_BLOCK = 5000
_FIELDS = (*ReportInput.model_fields, *ExpenseInput.model_fields, "rate", "net", "vat", "gross", "percent", "sections")


class Submission(NamedTuple):
    """A line of the file whose report passed every check that needs no database."""

    number: int
    raw: str
    report: CheckedReport
    employee: str
    warnings: tuple[Finding, ...]

    @property
    def expenses(self) -> list[CheckedExpense]:
        """All expenses, of both halves."""
        return [expense for half in self.report.halves.values() for expense in half]


@dataclass
class _Work:
    """What one block will write, gathered before anything is written."""

    new: list[tuple[tuple[str, ReportKind], stored.NewReport]] = field(default_factory=list)
    changed: list[tuple[int, int, str, tuple[int, str, str]]] = field(default_factory=list)
    standings: list[tuple[int, Standing]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    due: set[int] = field(default_factory=set)  # employees to judge, since reports of theirs changed
    approved: dict[int, int] = field(default_factory=dict)  # halves that are approved as they are, each with whose
    kept: set[int] = field(default_factory=set)  # approved halves that came again as they are
    halves: dict[tuple[str, ReportKind], int] = field(default_factory=dict)
    taken: list[Submission] = field(default_factory=list)


@dataclass
class ReportImport:
    """One JSON Lines file on its way in."""

    file: str
    directory: Directory
    rejects: Rejects
    tally: Tally
    now: datetime
    judging: IntakeJudging
    views: dict[str, EntityView] = field(default_factory=dict)

    def run(self, lines: Iterable[str], begin: Begin, progress: Callable[[str, int, int | None], None]) -> None:
        """Takes the reports in blocks, one transaction each. No block holds two revisions of one report."""
        block: list[Submission] = []
        names: set[tuple[int, str, str]] = set()
        number = size = 0
        for number, raw in enumerate(lines, start=1):
            if not raw.strip(" \t\r\n"):
                continue
            one = self._submission(number, raw)
            if one is None:
                continue
            report = one.report
            own = {(report.entity_id, report.source, report.source_id)}
            # also no refund beside what it names: that is looked up in the database
            keys = {key for expense in one.expenses for key in (expense.line_key, expense.cancels) if key}
            own |= {(report.entity_id, report.source, f"\0{key}") for key in keys}
            if len(block) >= _REPORTS_PER_BLOCK or size >= _EXPENSES_PER_BLOCK or not names.isdisjoint(own):
                self._flush(begin, block)
                progress("reports read", number, None)
                block, names, size = [], set(), 0
            block.append(one)
            names |= own
            size += len(one.expenses)
        self._flush(begin, block)
        progress("reports read", number, None)

    def _submission(self, number: int, raw: str) -> Submission | None:
        name = f"line {number}"
        if not raw.isascii() and UNDECODED.search(raw):
            self._refuse(number, raw, [replace(undecodable(raw, "utf-8"), object=name)])
            return None
        try:
            given = ReportInput.model_validate_json(raw)
        except ValidationError as fault:
            broken = any(detail["type"] == "json_invalid" for detail in fault.errors(include_url=False))
            self._refuse(number, raw, [_not_json(fault, name)] if broken else of_model(fault, name, _FIELDS))
            return None
        name = f"report {given.id} of {given.source}"
        if given.entity not in self.directory.company.entities:
            self._refuse(number, raw, [unknown_entity(self.directory, given.entity, name)])
            return None
        view = self.views.setdefault(given.entity, EntityView(self.directory, given.entity))
        report, findings = check_report(view, given, self.now, name)
        if report is None:
            self._refuse(number, raw, findings)
            return None
        return Submission(number, raw, report, given.employee, tuple(findings))

    def _refuse(self, number: int, raw: str, findings: Iterable[Finding]) -> None:
        self.tally.add("refused", self._amounts(raw))
        self.tally.note(self._placed(finding, number, raw) for finding in findings)
        self.rejects.write(raw)

    def _placed(self, finding: Finding, number: int, raw: str) -> Finding:
        return replace(finding, place=Place(self.file, number, text=shown(raw.rstrip("\r\n"))))

    def _amounts(self, raw: str) -> list[tuple[str, int]]:
        """The amounts of a refused report as far as they can be read, so that totals add up."""
        try:
            given: Any = json.loads(raw)
            entity = self.directory.company.entities.get(given.get("entity"))
            expenses = [(one.get("currency") or (entity.currency if entity else ""), one) for one in given["expenses"]]
            return [amount for currency, one in expenses for amount in readable(currency, one["amount"])]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return []

    def _flush(self, begin: Begin, block: Sequence[Submission]) -> None:
        if not block:
            return
        refused: list[tuple[Submission, Finding]] = []
        taken: list[Submission] = []
        unchanged: list[Submission] = []
        by_source: dict[tuple[int, str], list[Submission]] = {}
        for one in block:
            by_source.setdefault((one.report.entity_id, one.report.source), []).append(one)
        with begin() as connection:
            self.judging.begin(connection, in_order=len(by_source) == 1)
            for (entity_id, source), part in by_source.items():
                work = self._decide(connection, entity_id, source, part, refused, unchanged)
                self._write(connection, entity_id, source, work)
                taken.extend(work.taken)
        for one, finding in refused:
            self._refuse(one.number, one.raw, [finding])
        for one in taken:
            self.tally.add("taken", [(expense.currency, expense.gross) for expense in one.expenses])
            self.tally.note(self._placed(finding, one.number, one.raw) for finding in one.warnings)
        for one in unchanged:
            self.tally.add("unchanged", [(expense.currency, expense.gross) for expense in one.expenses])

    def _decide(
        self,
        connection: Connection,
        entity_id: int,
        source: str,
        part: Sequence[Submission],
        refused: list[tuple[Submission, Finding]],
        unchanged: list[Submission],
    ) -> _Work:
        work = _Work()
        there = stored.halves(connection, entity_id, source, [one.report.source_id for one in part])
        keys = {key for one in part for expense in one.expenses for key in (expense.line_key, expense.cancels) if key}
        expenses = stored.expenses_by_key(connection, entity_id, source, sorted(keys))
        earlier: set[int] = set()
        left = live_exports(connection, [half.id for halves in there.values() for half in halves.values()])
        for one in part:
            halves = there.get(one.report.source_id, {})
            revisions = {kind: (half.revision, half.content_hash) for kind, half in halves.items()}
            decision = decide(revisions, one.report)
            if decision == "unchanged":
                unchanged.append(one)
                self._approve_again(one.report, halves, work)
                continue
            earlier.update(half.id for half in halves.values())
            finding = (
                _out_of_order(one.report, revisions, decision)
                or self._frozen(one.report, [at for half in halves.values() for at in left.get(half.id, [])])
                or _foreign_expense(one, earlier, expenses)
                or _cancels_nothing(one, expenses)
            )
            if finding is not None:
                earlier.difference_update(half.id for half in halves.values())
                refused.append((one, finding))
                continue
            work.taken.append(one)
            self._plan(one.report, halves, work)
        return work

    def _frozen(self, report: CheckedReport, left: list[tuple[int, str]]) -> Finding | None:
        """Why a changed report is refused: an export whose definition sends no corrections holds it."""
        definitions = self.directory.company.exports
        for sequence, name in left:
            if name in definitions and definitions[name].on_change == "refuse":
                return Finding(
                    "PSR-1206",
                    f"The report left in export {sequence}, which sends no corrections.",
                    object=f"report {report.source_id} of {report.source}",
                    field="revision",
                    value=str(report.revision),
                    expected='nothing more: on_change = "refuse" freezes what was exported',
                    remedy="correct it in the accounting software, or by a new report that takes the difference",
                    who="accountant",
                )
        return None

    def _approve_again(self, report: CheckedReport, halves: dict[ReportKind, stored.StoredHalf], work: _Work) -> None:
        for half in halves.values():
            after = after_approval(half.standing, self._stated(report))
            if after != half.standing:
                work.standings.append((half.id, after))
                if after.approval != half.standing.approval:
                    work.approved[half.id] = half.employee_id
                work.events += facts(half.id, report.source, report.revision, half.standing, after)
                self.tally.approved += after.approval != half.standing.approval

    def _plan(self, report: CheckedReport, halves: dict[ReportKind, stored.StoredHalf], work: _Work) -> None:
        """What becomes of each half: new, changed, or only at a higher revision."""
        declared = instant_text(report.declared_at)
        if halves or any(self.judging.concerns(one) for half in report.halves.values() for one in half):
            work.due |= {report.employee_id, *(half.employee_id for half in halves.values())}
        for kind in sorted(halves.keys() | report.halves.keys(), reverse=True):
            content = report.content_hash(kind)
            half = halves.get(kind)
            if half is None:
                standing = after_approval(Standing(), self._stated(report))
                self.tally.approved += standing.approval == "approved"
                new = stored.NewReport(
                    report.employee_id, report.source, report.source_id, kind, report.revision, False, "", content,
                    report.title, declared, standing,
                )  # fmt: skip
                work.new.append(((report.source_id, kind), new))
                continue
            work.halves[report.source_id, kind] = half.id
            header = (report.employee_id, report.title, declared)
            work.changed.append((half.id, report.revision, content, header))
            standing = after_revision(half.standing, content == half.content_hash, self._stated(report))
            work.standings.append((half.id, standing))
            if content == half.content_hash and not half.standing.ended:
                if half.standing.approval == "approved":
                    work.kept.add(half.id)
                work.events += facts(half.id, report.source, report.revision, half.standing, standing)
            else:
                now = instant_text(self.now)
                work.events += stated(half.id, report.source, report.revision, now, "replace", standing)
            self.tally.approved += standing.approval == "approved" != half.standing.approval
            self.tally.reports_changed += content != half.content_hash

    def _stated(self, report: CheckedReport) -> Stated:
        (steps,) = (one.entity.approval_steps for one in self.views.values() if one.id == report.entity_id)
        declared, approved, controlled = (
            instant_text(at) if at else None for at in (report.declared_at, report.approved_at, report.controlled_at)
        )
        return Stated(declared if report.submitted else None, approved, controlled, len(steps))

    def _write(self, connection: Connection, entity_id: int, source: str, work: _Work) -> None:
        if work.approved:
            reports = f"r.id IN ({', '.join(map(str, work.approved))})", ()
            employees = work.due.union(work.approved.values() if self.judging.policy else ())
            self.judging.queue_to_approve(connection, entity_id, reports, employees, work.due)
        else:
            self.judging.queue(connection, entity_id, work.due)
        ids = stored.add_reports(connection, entity_id, [report for _, report in work.new])
        self.tally.reports_new += len(ids)
        halves = work.halves | {key: id for (key, _), id in zip(work.new, ids, strict=True)}
        for id, revision, content_hash, header in work.changed:
            stored.change_report(connection, entity_id, id, revision, content_hash, header)
        stored.set_standing(connection, entity_id, work.standings)
        record(connection, work.events)
        stated = {
            expense.line_key: (halves[one.report.source_id, expense.kind], expense, one)
            for one in work.taken
            for expense in one.expenses
        }
        live = stored.live_expenses(connection, entity_id, list(work.halves.values()))
        gone = [id for id, _, key in live if key not in stated]
        stored.withdraw_expenses(connection, entity_id, gone)
        self.tally.withdrawn += len(gone)
        known = stored.expenses_by_key(connection, entity_id, source, list(stated))
        changes = [
            (known[key].id, half, expense)
            for key, (half, expense, _) in stated.items()
            if key in known and half not in work.kept
        ]
        stored.change_expenses(connection, entity_id, changes)
        new = [
            stored.NewExpense(half, instant_text(one.report.declared_at), not self.judging.concerns(expense), expense)
            for key, (half, expense, one) in stated.items()
            if key not in known
        ]
        self.judging.added(entity_id, source, stored.add_expenses(connection, entity_id, source, new))


def _out_of_order(report: CheckedReport, there: dict[ReportKind, tuple[int, str]], decision: str) -> Finding | None:
    if decision not in ("conflict", "lower"):
        return None
    known = max(revision for revision, _ in there.values())
    conflict = decision == "conflict"
    return Finding(
        "PSR-1200" if conflict else "PSR-1201",
        "The report is known at this revision with other content."
        if conflict
        else "The report is known at a higher revision.",
        object=f"report {report.source_id} of {report.source}",
        field="revision",
        value=str(report.revision),
        expected=f"a revision above {known}"
        + (", since a revision never changes" if conflict else ", or nothing: the newer one was taken"),
        remedy="raise `revision` in the source whenever the content changes, and send the line again",
        who="integrator",
    )


def _foreign_expense(one: Submission, own: set[int], known: dict[str, stored.StoredExpense]) -> Finding | None:
    """``own``: its reports, and those replaced before it in its block: no two of a block state one expense."""
    for expense in one.expenses:
        there = known.get(expense.line_key)
        if there is not None and there.report_id not in own and not there.withdrawn:
            return Finding(
                "PSR-1202",
                "An expense id already belongs to another report.",
                object=f"report {one.report.source_id} of {one.report.source}",
                field="id",
                value=expense.line_key,
                expected="an id that no other report of this source and entity holds",
                remedy="make expense ids unique in the source; to move one, first send its old report without it",
                who="integrator",
            )
    return None


def _cancels_nothing(one: Submission, known: dict[str, stored.StoredExpense]) -> Finding | None:
    """A refund that names no expense of its employee in its own submission or in the database."""
    own = {expense.line_key: expense for expense in one.expenses}
    for expense in one.expenses:
        if not expense.cancels:
            continue
        there = known.get(expense.cancels)
        of_employee = there.content if there is not None and there.employee_id == one.report.employee_id else None
        if not may_be_cancelled(own.get(expense.cancels, of_employee)):
            return nothing_to_cancel(expense, f"report {one.report.source_id} of {one.report.source}")
    return None


def _not_json(fault: ValidationError, name: str) -> Finding:
    return Finding(
        "PSR-1001",
        "The line is not a JSON object.",
        object=name,
        value=str(fault.errors(include_url=False)[0].get("ctx", {}).get("error", "")),
        expected="one JSON object per line, in UTF-8",
        remedy="correct the line in the rejects file and import that file",
        who="integrator",
    )
