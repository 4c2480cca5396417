"""The survey: every document that may leave, as it would be frozen, with every finding that would keep it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from passerelle.errors import Finding
from passerelle.exports.delta import delta
from passerelle.exports.frozen import FrozenDocument, FrozenLine
from passerelle.exports.posting_date import ALL, RunChoices, posting_day
from passerelle.masterdata.company import Entity, ExportDefinition
from passerelle.periods import parse_instant
from passerelle.store import candidates as stored
from passerelle.store.database import Connection
from passerelle.store.ledger import stored_findings
from passerelle.store.masterdata import Directory


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """What a collective ledger knows of an employee; ``collective`` is empty where it has none."""

    collective: str
    auxiliary: str
    fault: Finding | None


class Survey:
    """One pass over the candidates of a definition, or over the one entry ``entry_id``.

    ``unchanged`` counts revisions that change nothing that left.
    """

    def __init__(
        self,
        connection: Connection,
        directory: Directory,
        code: str,
        choices: RunChoices = ALL,
        entry_id: int | None = None,
    ) -> None:
        self.connection = connection
        self.directory = directory
        self.definition: ExportDefinition = directory.company.exports[code]
        self.entity: Entity = directory.company.entities[self.definition.entity]
        self.entity_id = directory.entity_id(self.definition.entity)
        self.choices = choices
        self.journals = choices.journals or self.definition.journals
        self.entry_id = entry_id
        self.unchanged = 0
        self._zone = ZoneInfo(self.entity.time_zone)
        self._parties: dict[int, ThirdParty] = {}
        self._types: dict[int, tuple[str, str]] = {}

    def documents(self) -> Iterator[tuple[FrozenDocument, list[Finding]]]:
        """Each candidate, frozen as it would leave, with its findings; in the order of entries."""
        chosen = (self.connection, self.entity_id, self.journals, self.entry_id)
        heads = stored.candidates(*chosen)
        lines = groupby(stored.candidate_lines(*chosen), key=itemgetter(0))
        waiting = next(lines, None)
        for head in heads:
            rows: list[tuple[Any, ...]] = []
            if waiting is not None and waiting[0] == head.entry_id:
                rows = list(waiting[1])
                waiting = next(lines, None)
            findings: list[Finding] = []
            document = self._freeze(head, rows, findings)
            if document.lines:
                yield document, findings
            else:
                self.unchanged += 1

    def held(self) -> dict[str, list[Finding]]:
        """Approved reports that could not be posted, with the reasons: they can leave in no export."""
        rows = stored.held_reports(self.connection, self.entity_id)
        return {number: stored_findings(findings) for number, findings in rows}

    def _freeze(
        self, head: stored.CandidateRow, rows: list[tuple[Any, ...]], findings: list[Finding]
    ) -> FrozenDocument:
        lines = [self._line(row, findings) for row in rows]
        if head.live_revision:
            lines = delta(lines, stored.exported_lines(self.connection, head.entry_id))
            if lines and self.definition.on_change == "refuse":
                findings.append(_changed_after_export(head))
        day, fault = self._posting_day(head)
        if fault is not None:
            findings.append(fault)
        return FrozenDocument(
            head.entry_id,
            head.revision,
            head.live_revision,
            head.live_documents,
            head.journal,
            head.entry_type,
            head.entry_day,
            day.isoformat(),
            self.entity.fiscal_years.name(day),
            head.report_number,
            head.report_title,
            self.directory.employee_code(head.employee_id),
            self.directory.employee(head.employee_id).name,
            lines,
        )

    def _posting_day(self, head: stored.CandidateRow) -> tuple[date, Finding | None]:
        def local(instant: str | None) -> date:
            return parse_instant(instant or head.declared_at).astimezone(self._zone).date()

        approval, control = local(head.approved_at), local(head.controlled_at)
        latest = date.fromisoformat(head.latest_day)
        if head.live_revision:  # a delta takes the change's date: its approval, unless something happened since
            if head.changed_at is not None:
                changed = local(head.changed_at)
                approval, control = max(approval, changed), max(control, changed)
            latest = approval
        return posting_day(self.definition, self.choices, self.entity, latest, approval, control, head.report_number)

    def _line(self, row: tuple[Any, ...], findings: list[Finding]) -> FrozenLine:
        _, kind, account, employee_id, amount, tax, rate, base, day, type_id, comment, *memo = row
        general, auxiliary = account, ""
        if employee_id is not None:
            party = self._parties.get(employee_id) or self._party(employee_id)
            general, auxiliary = party.collective or account, party.auxiliary
            if party.fault is not None:
                findings.append(party.fault)
        code, name = ("", "") if type_id is None else self._types.get(type_id) or self._type(type_id)
        return FrozenLine(kind, account, general, auxiliary, amount, tax, rate, base, day, code, name, comment, *memo)

    def _type(self, type_id: int) -> tuple[str, str]:
        found = (self.directory.expense_type_code(type_id), self.directory.expense_type(type_id).name)
        self._types[type_id] = found
        return found

    def _party(self, employee_id: int) -> ThirdParty:
        code = self.directory.employee_code(employee_id)
        employee = self.directory.employee(employee_id)
        fault = None
        if employee.collective and not employee.auxiliary:
            fault = Finding(
                "PSR-6002",
                f"Employee {code} has a collective account but no auxiliary code.",
                object=f"employee {code}",
                field=f"employees.{code}.auxiliary",
                expected=f"the employee's code under collective account {employee.collective}",
                remedy="set it in company.toml, then: passerelle config apply company.toml",
                who="accountant",
            )
        party = ThirdParty(employee.collective or "", employee.auxiliary or "", fault)
        self._parties[employee_id] = party
        return party


def _changed_after_export(head: stored.CandidateRow) -> Finding:
    return Finding(
        "PSR-6003",
        "The report changed after it was exported, and this export does not send corrections.",
        object=f"report {head.report_number}",
        field="revision",
        value=str(head.revision),
        expected=f"revision {head.live_revision}, which has left",
        remedy='correct the entry in the accounting software, or set on_change = "delta" in the export definition',
        who="accountant",
    )
