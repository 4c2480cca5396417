"""Expense reports for people: listed, shown, approved, controlled; what becomes due is posted."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from passerelle import money
from passerelle.errors import Finding, Refused, UsageFault
from passerelle.masterdata.company import Entity
from passerelle.periods import Clock, instant_text, parse_instant
from passerelle.reports.faults import hinted, one_of
from passerelle.reports.intake import CheckedExpense
from passerelle.services.posting import post_due
from passerelle.store import masterdata
from passerelle.store import report_list as stored
from passerelle.store.database import Connection, Database
from passerelle.store.ledger import stored_findings
from passerelle.store.masterdata import Directory
from passerelle.store.report_list import ListedReport, ReportFilter, Status

_WORDS = {"created": "submitted", "approved": "approved", "refused": "refused", "cancelled": "cancelled"}


class Shown(BaseModel):
    """A frozen answer."""

    model_config = ConfigDict(frozen=True)


class ReportSummary(Shown):
    """A report in a list. Amounts are in the entity's currency; instants in its zone."""

    number: str
    entity: str
    employee: str
    employee_name: str
    title: str
    kind: str
    status: str
    expenses: int
    total: str
    currency: str
    first_day: str | None
    latest_day: str | None
    source: str
    source_id: str
    revision: int
    time_zone: str
    declared_at: str
    approved_at: str | None
    controlled_at: str | None
    posted_revision: int | None
    post_due: bool
    findings: tuple[Finding, ...]


class VatShown(Shown):
    """One VAT base."""

    rate: str
    net: str
    vat: str


class ShareShown(Shown):
    """One part of a split."""

    percent: str
    sections: dict[str, str]


class ExpenseShown(Shown):
    """An expense as it is kept. ``derived`` names what the intake derived rather than read."""

    id: str
    type: str
    date: str
    country: str
    amount: str
    currency: str
    entity_amount: str
    rate: str
    payer: str
    vat: tuple[VatShown, ...]
    split: tuple[ShareShown, ...]
    quantity: str
    guests: int
    card_transaction: str
    comment: str
    receipt: str
    cancels: str
    derived: tuple[str, ...]
    withdrawn: bool


class ReportDetail(ReportSummary):
    """A report with its expenses."""

    expense_lines: tuple[ExpenseShown, ...]


class Decided(Shown):
    """What an approval or a control did."""

    changed: int
    unchanged: int
    posted: int
    ledger_lines: int
    held_back: int
    findings: tuple[Finding, ...]


def list_reports(
    database: Database,
    entity: str | None = None,
    employee: str | None = None,
    status: Status | None = None,
    days: tuple[str, str] = ("", ""),
    text: str = "",
    limit: int = 100,
) -> list[ReportSummary]:
    """Reports that match, by entity and in the order they came. ``days`` bound the expenses' dates, inclusive."""
    found: list[ReportSummary] = []
    with database.reading() as connection:
        directory = masterdata.load(connection)
        employee_id = _employee_id(directory, employee) if employee is not None else None
        wanted = ReportFilter(employee_id, status, *days, text)
        for entity_id in _entities(directory, entity):
            rows = stored.listed(connection, entity_id, wanted, limit - len(found))
            found.extend(ReportSummary(**_summary(row, directory)) for row in rows)
            if len(found) == limit:
                break
    return found


def show(database: Database, number: str, entity: str | None = None) -> ReportDetail:
    """One report with its expenses."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        row, faults = _find(connection, directory, number, entity)
        if row is None:
            raise _refusal(faults)
        currency = _entity(directory, row.entity_id).currency
        lines = tuple(
            _expense(expense, withdrawn, currency, directory)
            for expense, withdrawn in stored.expenses_of(connection, row.entity_id, row.id)
        )
        return ReportDetail(**_summary(row, directory), expense_lines=lines)


def approve(
    database: Database,
    clock: Clock,
    numbers: Sequence[str] | None,
    entity: str | None = None,
) -> Decided:
    """Approves the reports of ``numbers``, or all that are submitted when it is ``None``."""
    return _decide(database, clock, numbers, entity, stored.approve)


def control(
    database: Database,
    clock: Clock,
    numbers: Sequence[str] | None,
    entity: str | None = None,
) -> Decided:
    """Marks reports as controlled by an accountant: those of ``numbers``, or all that are approved."""
    return _decide(database, clock, numbers, entity, stored.control)


def _decide(
    database: Database,
    clock: Clock,
    numbers: Sequence[str] | None,
    entity: str | None,
    act: Callable[[Connection, int, str, Sequence[int] | None], int],
) -> Decided:
    now = instant_text(clock())
    with database.transaction() as connection:
        directory = masterdata.load(connection)
        if numbers is None:
            changed = sum(act(connection, one, now, None) for one in _entities(directory, entity))
            unchanged = 0
        else:
            chosen = _chosen(connection, directory, numbers, entity)
            changed = sum(act(connection, one.entity_id, now, [one.id]) for one in chosen)
            unchanged = len(chosen) - changed
    outcome = post_due(database, clock)
    return Decided(
        changed=changed,
        unchanged=unchanged,
        posted=outcome.posted,
        ledger_lines=outcome.lines,
        held_back=outcome.refused,
        findings=outcome.findings,
    )


def _chosen(
    connection: Connection, directory: Directory, numbers: Sequence[str], entity: str | None
) -> list[ListedReport]:
    """The reports of these numbers; every number at fault is told, and then nothing is changed."""
    chosen: list[ListedReport] = []
    faults: list[Finding] = []
    for number in dict.fromkeys(numbers):
        row, found = _find(connection, directory, number, entity)
        faults.extend(found)
        if row is None:
            continue
        if row.approval in ("refused", "cancelled"):
            faults.append(
                Finding(
                    "PSR-1212",
                    f"The report was {row.approval}: it can be neither approved nor controlled.",
                    object=f"report {number}",
                    expected="a submitted or approved report",
                    remedy="have it declared again in its source, with a higher revision",
                    who="accountant",
                )
            )
        chosen.append(row)
    if faults:
        raise _refusal(faults)
    return chosen


def _find(
    connection: Connection, directory: Directory, number: str, entity: str | None
) -> tuple[ListedReport | None, list[Finding]]:
    wanted = ReportFilter(number=number)
    found = [row for one in _entities(directory, entity) for row in stored.listed(connection, one, wanted, 1)]
    if len(found) == 1:
        return found[0], []
    if not found:
        finding = Finding(
            "PSR-1210",
            "There is no report of this number.",
            object=f"report {number}",
            value=number,
            expected="a number such as ND000001, as `passerelle reports list` shows it",
            remedy="run passerelle reports list --text " + (number or "WORD"),
            who="accountant",
        )
        return None, [finding]
    entities = ", ".join(directory.entity_code(row.entity_id) for row in found)
    finding = Finding(
        "PSR-1211",
        "Several entities have a report of this number.",
        object=f"report {number}",
        value=number,
        expected=f"--entity with one of {entities}",
        remedy="add --entity, since each entity numbers its own reports",
        who="accountant",
    )
    return None, [finding]


def _refusal(faults: Sequence[Finding]) -> Refused | UsageFault:
    return UsageFault(faults) if all(fault.code == "PSR-1211" for fault in faults) else Refused(faults)


def _entities(directory: Directory, code: str | None) -> list[int]:
    known = {key[2]: number for key, number in directory.ids.items() if key[0] == "entity"}
    if code is None:
        return sorted(known.values())
    if code not in known:
        raise UsageFault(_unknown("entity", code, known))
    return [known[code]]


def _entity(directory: Directory, number: int) -> Entity:
    """An entity by number; a deactivated one as it last was."""
    if number in directory.inactive:
        return Entity.model_validate(directory.inactive[number], context={"trusted": True})
    return directory.company.entities[directory.entity_code(number)]


def _employee_id(directory: Directory, code: str) -> int:
    known = {key[2]: number for key, number in directory.ids.items() if key[0] == "employee"}
    if code not in known:
        raise UsageFault(_unknown("employee", code, known))
    return known[code]


def _unknown(kind: str, code: str, known: Collection[str]) -> Finding:
    return Finding(
        "PSR-1215",
        f"There is no {kind} of this code.",
        field=f"--{kind}",
        value=code,
        expected=one_of(known),
        remedy=hinted(code, known, "correct the code"),
        who="accountant",
    )


def _summary(row: ListedReport, directory: Directory) -> dict[str, object]:
    entity = _entity(directory, row.entity_id)
    zone = ZoneInfo(entity.time_zone)

    def local(stored_instant: str | None) -> str | None:
        if stored_instant is None:
            return None
        return parse_instant(stored_instant).astimezone(zone).isoformat(timespec="seconds")

    status = _WORDS[row.approval]
    if row.approval == "approved" and row.controlled_at is not None:
        status = "approved & controlled"
    return {
        "number": row.number,
        "entity": directory.entity_code(row.entity_id),
        "employee": directory.employee_code(row.employee_id),
        "employee_name": directory.employee(row.employee_id).name,
        "title": row.title,
        "kind": row.kind,
        "status": status,
        "expenses": row.expenses,
        "total": money.text(row.total, entity.currency),
        "currency": entity.currency,
        "first_day": row.first_day,
        "latest_day": row.latest_day,
        "source": row.source,
        "source_id": row.source_id,
        "revision": row.revision,
        "time_zone": entity.time_zone,
        "declared_at": local(row.declared_at),
        "approved_at": local(row.approved_at),
        "controlled_at": local(row.controlled_at),
        "posted_revision": row.posted_revision,
        "post_due": row.post_due,
        "findings": tuple(stored_findings(row.findings)),
    }


def _expense(one: CheckedExpense, withdrawn: bool, entity_currency: str, directory: Directory) -> ExpenseShown:
    def amount(minor_units: int) -> str:
        return money.text(minor_units, one.currency)

    kept = one._asdict()
    kept |= {
        "id": kept.pop("line_key"),
        "type": directory.expense_type_code(kept.pop("type_id")),
        "date": kept.pop("day"),
        "amount": amount(kept.pop("gross")),
        "entity_amount": money.text(kept.pop("entity_gross"), entity_currency),
        "vat": [VatShown(rate=rate, net=amount(net), vat=amount(vat)) for rate, net, vat in json.loads(one.vat)],
        "split": [ShareShown(percent=percent, sections=sections) for percent, sections in json.loads(one.split)],
        "derived": tuple(filter(None, one.derived.split(","))),
    }
    return ExpenseShown(**kept, withdrawn=withdrawn)
