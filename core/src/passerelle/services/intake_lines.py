"""CSV lines through a mapping: each joins the additive report of its employee and period."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeAlias

from pydantic import ValidationError

from passerelle import money
from passerelle.errors import Finding, Place
from passerelle.periods import instant_text
from passerelle.reports.columns import LineReader, MappedLine
from passerelle.reports.expense import ExpenseInput
from passerelle.reports.faults import of_model, shown
from passerelle.reports.intake import CheckedExpense, ReportKind, check_expense
from passerelle.reports.known import EntityView
from passerelle.reports.lifecycle import Standing
from passerelle.reports.lines import CsvLines, Line
from passerelle.reports.mapping import MappingFile
from passerelle.reports.outcome import Fate, Tally, readable
from passerelle.reports.refunds import may_be_cancelled, nothing_to_cancel
from passerelle.services.intake_judging import IntakeJudging
from passerelle.services.rejects import Rejects
from passerelle.store import reports as stored
from passerelle.store.database import Connection
from passerelle.store.scratch import Occurrences

Begin = Callable[[], AbstractContextManager[Connection]]
_BLOCK = 2000
_LONGEST_TITLE = 500
_TITLE = re.compile(rf".{{1,{_LONGEST_TITLE}}}")
_BASE = re.compile(r"vat\[(\d+)\]")
_FIELDS = tuple(ExpenseInput.model_fields)
_NAMES = {"day": "date", "type_id": "type", "entity_gross": "entity_amount"}
Outcome: TypeAlias = tuple[Fate, tuple[Finding, ...]]


class CheckedLine(NamedTuple):
    """A line after all checks that need no database."""

    line: Line
    id: str
    group: str
    employee: str
    employee_id: int
    checked: CheckedExpense | None
    findings: tuple[Finding, ...]
    amounts: tuple[tuple[str, int], ...]


@dataclass
class LineImport:
    """One CSV file on its way in."""

    file: str
    mapping: MappingFile
    view: EntityView
    lines: CsvLines
    reader: LineReader
    rejects: Rejects
    tally: Tally
    now: datetime
    judging: IntakeJudging
    occurrences: Occurrences

    def run(self, begin: Begin, progress: Callable[[str, int, int | None], None]) -> None:
        """Takes the lines in blocks, one transaction each; then approves what the mapping says is approved."""
        self.rejects.write(self.lines.header_with_reasons())
        done = 0
        lines = iter(self.lines)
        while block := [self._checked(line) for line in islice(lines, _BLOCK)]:
            with begin() as connection:
                self.judging.begin(connection)
                fates = self._save(connection, block)
            self._tell(block, fates)
            done += len(block)
            progress("lines read", done, None)
        # Also what an import that was killed before this point has left open: the mapping says it is approved.
        report = self.mapping.report
        now = instant_text(self.now)
        with begin() as connection:
            self.judging.begin(connection)
            if report.approved:
                group = self.view.id, self.mapping.name
                employees = stored.employees_of_groups(connection, *group) if self.judging.policy else ()
                self.judging.queue_to_approve(connection, self.view.id, (stored.TAKING_LINES, group), employees)
                control = now if report.controlled else None
                steps = len(self.view.entity.approval_steps)
                self.tally.approved += stored.approve_groups(
                    connection, self.view.id, self.mapping.name, now, control, steps
                )
            elif report.controlled:
                stored.control_groups(connection, self.view.id, self.mapping.name, now)

    def _checked(self, line: Line) -> CheckedLine:
        if line.fault is not None:
            return CheckedLine(line, "", "", "", 0, None, (self._placed(line.fault, line, line.words),), ())
        mapped = self.reader.read(line.cells)
        line_id = self._line_id(line, mapped)
        name = line.words + (f" ({line_id})" if line_id else "")
        findings: list[Finding] = []
        employee_id = self.view.employees.get(mapped.employee, 0)
        if mapped.employee and not employee_id:
            findings.append(self.view.unknown("employee", "employee", mapped.employee, name))
        group = f"{mapped.employee}/{mapped.group}"
        if employee_id and not mapped.findings and not _TITLE.fullmatch(self._title(group, mapped.employee)):
            findings.append(_no_title(self._title(group, mapped.employee), name))
        checked = None
        unread = mapped.findings
        if not unread:
            try:
                expense = ExpenseInput.model_validate({**mapped.expense, "id": line_id})
            except ValidationError as fault:
                findings.extend(of_model(fault, name, _FIELDS))
            else:
                checked, found = check_expense(self.view, mapped.employee, expense, name, ",".join(mapped.derived))
                findings.extend(found)
        findings = [replace(one, field=self._column(one.field, mapped.bases)) for one in findings]
        if unread or any(finding.severity == "error" for finding in findings):
            checked = None
        placed = tuple(self._placed(finding, line, name) for finding in (*unread, *findings))
        amounts = self._amounts(mapped) if checked is None else ((checked.currency, checked.gross),)
        return CheckedLine(line, line_id, group, mapped.employee, employee_id, checked, placed, amounts)

    def _line_id(self, line: Line, mapped: MappedLine) -> str:
        if not self.reader.hashed:
            return mapped.id
        if line.id:
            return line.id
        id_source = self.mapping.columns.id
        counts = getattr(id_source, "occurrence", False)
        return f"{mapped.id}-{self.occurrences.count(mapped.id)}" if counts else mapped.id

    def _amounts(self, mapped: MappedLine) -> tuple[tuple[str, int], ...]:
        """The line's amount, also when something else is wrong with it, so that totals add up."""
        currency = mapped.expense.get("currency", self.view.entity.currency)
        return tuple(readable(currency, mapped.expense.get("amount")))

    def _placed(self, finding: Finding, line: Line, name: str) -> Finding:
        place = Place(self.file, line.number, text=shown(line.raw.rstrip("\r\n")))
        return replace(finding, object=finding.object or name, place=place)

    def _column(self, field: str, bases: Sequence[int]) -> str:
        """The column behind a field. A VAT base is counted among those that the line has; the mapping has more."""
        if found := _BASE.match(field):
            field = f"vat[{bases[int(found[1])]}]{field[found.end() :]}"
        return self.reader.column_of.get(field, field)

    def _save(self, connection: Connection, block: Sequence[CheckedLine]) -> list[Outcome]:
        """Writes what is new; returns what became of each line."""
        ids = {one.id for one in block if one.id and "\0" not in one.id}
        named = {one.checked.cancels for one in block if one.checked is not None and one.checked.cancels}
        known = stored.expenses_by_key(connection, self.view.id, self.mapping.name, sorted(ids | named))
        originals = {one.id: one for one in block} if named else {}
        fresh: dict[str, CheckedLine] = {}
        fates: list[Outcome] = []
        for one in block:
            if one.id in known:
                there = known[one.id]
                fates.append(self._known(one, there.content, there.employee_id))
            elif one.checked is None:
                fates.append(("refused", one.findings))
            elif one.id in fresh:
                twin = fresh[one.id]
                fates.append(self._known(one, twin.checked, twin.employee_id))
            elif one.checked.cancels and not self._cancels(one, one.checked.cancels, known, originals):
                finding = nothing_to_cancel(one.checked, one.line.words)
                finding = replace(finding, field=self._column(finding.field, ()))
                fates.append(("refused", (*one.findings, self._placed(finding, one.line, one.line.words))))
            else:
                fresh[one.id] = one
                fates.append(("taken", one.findings))
        self._add(connection, list(fresh.values()))
        return fates

    @staticmethod
    def _cancels(
        one: CheckedLine, named: str, known: Mapping[str, stored.StoredExpense], block: Mapping[str, CheckedLine]
    ) -> bool:
        """Whether a refund names an expense of its employee, in the database or in its block of the file."""
        if named in known:
            original, employee_id = known[named].content, known[named].employee_id
            return may_be_cancelled(original) and employee_id == one.employee_id
        beside = block.get(named)
        return beside is not None and may_be_cancelled(beside.checked) and beside.employee_id == one.employee_id

    def _known(self, one: CheckedLine, there: CheckedExpense | None, employee_id: int) -> Outcome:
        """A line whose id is known. One that was mended meanwhile is at fault for ever in its source: where its amount
        is the one that is there, it is known."""
        assert there is not None
        if one.checked is None:
            same = one.amounts == (() if there.computed else ((there.currency, there.gross),))
        else:
            same = (
                one.checked._replace(derived="") == there.as_stated._replace(derived="")
                and one.employee_id == employee_id
            )
        if same:
            return "unchanged", ()
        return "differing", (self._placed(_known_differently(one, there), one.line, one.line.words),)

    def _add(self, connection: Connection, fresh: Sequence[CheckedLine]) -> None:
        if not fresh:
            return
        concerned = {one.employee_id for one in fresh if one.checked is not None and self.judging.concerns(one.checked)}
        self.judging.queue(connection, self.view.id, concerned)
        reports = self._reports(connection, fresh)
        now = instant_text(self.now)
        new = [
            stored.NewExpense(
                reports[one.group, one.checked.kind], now, not self.judging.concerns(one.checked), one.checked
            )
            for one in fresh
            if one.checked is not None
        ]
        ids = stored.add_expenses(connection, self.view.id, self.mapping.name, new)
        self.judging.added(self.view.id, self.mapping.name, ids)

    def _reports(self, connection: Connection, fresh: Iterable[CheckedLine]) -> dict[tuple[str, ReportKind], int]:
        """The report of each group that takes lines: the open one, else the next one of its group."""
        firsts = {(one.group, one.checked.kind): one for one in reversed(list(fresh)) if one.checked is not None}
        wanted = dict(reversed(firsts.items()))  # in the order of the file, which numbers follow
        there = stored.groups(connection, self.view.id, self.mapping.name, sorted({group for group, _ in wanted}))
        chosen: dict[tuple[str, ReportKind], int] = {}
        new: list[tuple[tuple[str, ReportKind], stored.NewReport]] = []
        controlled = []
        for key, one in wanted.items():
            count, opened, is_controlled = there.get(key, (0, None, False))
            if opened is None:
                new.append((key, self._new_report(one, key[1], count)))
                continue
            chosen[key] = opened
            if is_controlled:
                controlled.append(opened)
        stored.clear_control(connection, self.view.id, controlled)
        ids = stored.add_reports(connection, self.view.id, [report for _, report in new])
        self.tally.reports_new += len(new)
        return chosen | {key: id for (key, _), id in zip(new, ids, strict=True)}

    def _new_report(self, one: CheckedLine, kind: ReportKind, earlier: int) -> stored.NewReport:
        return stored.NewReport(
            employee_id=one.employee_id,
            source=self.mapping.name,
            source_id=one.group if earlier == 0 else f"{one.group}#{earlier + 1}",
            kind=kind,
            revision=1,
            additive=True,
            group_key=one.group,
            content_hash="",
            title=self._title(one.group, one.employee),
            declared_at=instant_text(self.now),
            standing=Standing(submitted_at=instant_text(self.now)),
        )

    def _title(self, group: str, employee: str) -> str:
        names = {"employee": employee, "entity": self.view.code, "source": self.mapping.name}
        return self.mapping.report.title.format(period=group.partition("/")[2], **names)

    def _tell(self, block: Sequence[CheckedLine], fates: Sequence[Outcome]) -> None:
        """Counts, findings and rejects of a block, once it is in the database."""
        for one, (fate, findings) in zip(block, fates, strict=True):
            self.tally.add(fate, one.amounts, one.line.length)
            self.tally.note(findings)
            if fate in ("refused", "differing"):
                faults = [finding for finding in findings if finding.severity == "error"]
                line_id = one.id if self.reader.hashed else ""
                self.rejects.write(self.lines.with_reasons(one.line, faults[0].code, _reason(faults), line_id))


def _reason(faults: Iterable[Finding]) -> str:
    return "; ".join(
        f"{fault.message.rstrip('.')}"
        + (f": {fault.field} = {fault.value}" if fault.field else "")
        + (f" (expected {fault.expected})" if fault.expected else "")
        for fault in faults
    ).replace("\n", " ")


def _no_title(title: str, object: str) -> Finding:
    return Finding(
        "PSR-1004",
        "A field does not have the form it must have.",
        object=object,
        field="title",
        value=shown(title),
        expected=f"1 to {_LONGEST_TITLE} characters",
        remedy="correct the line, or `report.title` in the mapping file",
        who="integrator",
    )


def _known_differently(one: CheckedLine, there: CheckedExpense) -> Finding:
    given = one.checked
    names = [_NAMES.get(name, name) for name in CheckedExpense._fields if name not in ("gross", "derived")
             and given is not None and getattr(given, name) != getattr(there, name)]  # fmt: skip
    if one.amounts != ((there.currency, there.as_stated.gross),):
        stated = ", ".join(money.display(amount, currency) for currency, amount in one.amounts) or "unreadable"
        names.insert(0, f"amount {stated} instead of {money.display(there.gross, there.currency)}")
    return Finding(
        "PSR-1203",
        "A known line came again with other content. It was not taken; what is there was kept.",
        object=f"expense {one.id}",
        value=", ".join(names) or "employee",
        expected="the same content, since lines grouped by a mapping are added, never changed",
        remedy="correct it by a refund line and a new line, each with an id of its own",
        who="accountant",
    )
