"""Expense reports for people: listed and shown, with what the policy and an accountant made of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from passerelle import money
from passerelle.errors import Finding
from passerelle.masterdata.company import Entity
from passerelle.periods import parse_instant
from passerelle.reports.status import Status, is_ended, status
from passerelle.rules.declared import Verdict
from passerelle.services.lookups import employee_number, entities, entity_of, not_one, refusal
from passerelle.services.verdicts_shown import VerdictShown, verdict_shown
from passerelle.store import duplicates, masterdata, report_events
from passerelle.store import report_list as stored
from passerelle.store.database import Connection, Database
from passerelle.store.ledger import stored_findings
from passerelle.store.masterdata import Directory
from passerelle.store.report_events import Event
from passerelle.store.report_list import ListedExpense, ListedReport, ReportFilter


class Shown(BaseModel):
    """A frozen answer."""

    model_config = ConfigDict(frozen=True)


class ReportSummary(Shown):
    """A report in a list. Amounts are in the entity's currency; instants in its zone.

    ``total`` is declared, ``covered`` what the policy and control leave of it, nothing of a refused or cancelled
    report. ``unjudged`` expenses are those that the policy has yet to judge.
    """

    number: str
    entity: str
    employee: str
    employee_name: str
    title: str
    kind: str
    status: str
    expenses: int
    total: str
    covered: str
    unjudged: int
    currency: str
    first_day: str | None
    latest_day: str | None
    source: str
    source_id: str
    revision: int
    time_zone: str
    declared_at: str
    submitted_at: str | None
    approval_steps: tuple[str, ...]
    steps_given: int
    approved_at: str | None
    controlled_at: str | None
    ended_at: str | None
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


class TwinShown(Shown):
    """Another expense of the same employee, day, amount and currency."""

    report: str
    expense: str


class ExpenseShown(Shown):
    """An expense as it is kept. ``derived`` names what the intake derived rather than read.

    ``covered`` is what the policy and control leave of the amount; ``blocked``: refused, or accepted with nothing
    covered where the company paid; without ``judged`` the policy has not said yet. ``control_cover`` is what an
    accountant lowered the cover to.
    """

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
    mileage: str
    computed: bool
    declared_at: str
    covered: str
    entity_covered: str
    blocked: bool
    judged: bool
    verdicts: tuple[VerdictShown, ...]
    duplicates: tuple[TwinShown, ...]
    controlled_at: str | None
    control_cover: str | None
    control_reason: str
    control_by: str  # who lowered the cover


class ReportDetail(ReportSummary):
    """A report with its expenses. ``owed``: to the employee; ``advance``: what the company paid and does not cover;
    ``ledger``: what the ledger holds of it, in words."""

    owed: str
    advance: str
    ledger: str
    expense_lines: tuple[ExpenseShown, ...]


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
        employee_id = employee_number(directory, employee) if employee is not None else None
        wanted = ReportFilter(employee_id, status, *days, text)
        for entity_id in entities(directory, entity):
            rows = stored.listed(connection, entity_id, wanted, limit - len(found))
            found.extend(ReportSummary(**_summary(row, directory)) for row in rows)
            if len(found) == limit:
                break
    return found


def show(database: Database, number: str, entity: str | None = None) -> ReportDetail:
    """One report with its expenses."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        row = find(connection, directory, number, entity)
        legal = entity_of(directory, row.entity_id)
        twins = duplicates.of_report(connection, row.entity_id, row.id)
        expenses = list(stored.expenses_of(connection, row.entity_id, row.id))
        owed = [one.owed(row.approval) for one in expenses]
        acts = report_events.of_report(connection, row.id)
        return ReportDetail(
            **_summary(row, directory),
            owed=money.text(sum(to_employee for to_employee, _ in owed), legal.currency),
            advance=money.text(sum(advance for _, advance in owed), legal.currency),
            ledger=_ledger(connection, row, legal.currency),
            expense_lines=tuple(_expense(one, twins.get(one.id, []), acts, legal, directory) for one in expenses),
        )


def _ledger(connection: Connection, row: ListedReport, currency: str) -> str:
    if row.posted_revision is None:
        return "not in the ledger"
    amount, awaits_control = stored.held(connection, row.id)
    if is_ended(row.approval) and not row.post_due:
        return "nothing of it stays in the ledger"
    if row.approval == "approved" and not row.post_due and not awaits_control:
        return "in the ledger"
    again = "posted"
    if row.approval == "approved" and awaits_control:
        again = "controlled"
    elif row.approval != "approved" and not is_ended(row.approval):
        again = "approved and controlled" if awaits_control else "approved"
    held = f"revision {row.posted_revision} ({money.display(amount, currency)})"
    return f"the ledger holds {held} until it is {again} again"


def find(connection: Connection, directory: Directory, number: str, entity: str | None) -> ListedReport:
    """The report of this number; raises why there is none, or that several entities have one."""
    wanted = ReportFilter(number=number)
    found = [row for one in entities(directory, entity) for row in stored.listed(connection, one, wanted, 1)]
    if len(found) != 1:
        raise refusal([not_one(number, [directory.entity_code(row.entity_id) for row in found])])
    return found[0]


def local_time(entity: Entity) -> Callable[[str], str]:
    """What shows a stored instant in the zone of an entity."""
    zone = ZoneInfo(entity.time_zone)
    return lambda instant: parse_instant(instant).astimezone(zone).isoformat(timespec="seconds")


def _summary(row: ListedReport, directory: Directory) -> dict[str, object]:
    entity = entity_of(directory, row.entity_id)
    shown = local_time(entity)

    def local(instant: str | None) -> str | None:
        return None if instant is None else shown(instant)

    return {
        "number": row.number,
        "entity": directory.entity_code(row.entity_id),
        "employee": directory.employee_code(row.employee_id),
        "employee_name": directory.employee(row.employee_id).name,
        "title": row.title,
        "kind": row.kind,
        "status": status(
            row.approval,
            row.submitted_at is not None,
            row.approval_steps,
            len(entity.approval_steps),
            row.controlled_at is not None,
            row.controlled_lines,
        ),
        "expenses": row.expenses,
        "total": money.text(row.total, entity.currency),
        "covered": money.text(row.covered, entity.currency),
        "unjudged": row.unjudged,
        "currency": entity.currency,
        "first_day": row.first_day,
        "latest_day": row.latest_day,
        "source": row.source,
        "source_id": row.source_id,
        "revision": row.revision,
        "time_zone": entity.time_zone,
        "declared_at": local(row.declared_at),
        "submitted_at": local(row.submitted_at),
        "approval_steps": entity.approval_steps,
        "steps_given": row.approval_steps,
        "approved_at": local(row.approved_at),
        "controlled_at": local(row.controlled_at),
        "ended_at": local(row.ended_at),
        "posted_revision": row.posted_revision,
        "post_due": row.post_due,
        "findings": tuple(stored_findings(row.findings)),
    }


def _expense(
    one: ListedExpense, twins: Sequence[tuple[str, str]], acts: Sequence[Event], entity: Entity, directory: Directory
) -> ExpenseShown:
    content = one.content
    shown = local_time(entity)

    def amount(minor_units: int) -> str:
        return money.text(minor_units, content.currency)

    kept = content._asdict()
    kept |= {
        "id": kept.pop("line_key"),
        "type": directory.expense_type_code(kept.pop("type_id")),
        "date": kept.pop("day"),
        "amount": amount(kept.pop("gross")),
        "entity_amount": money.text(kept.pop("entity_gross"), entity.currency),
        "vat": [VatShown(rate=rate, net=amount(net), vat=amount(vat)) for rate, net, vat in json.loads(content.vat)],
        "split": [ShareShown(percent=percent, sections=sections) for percent, sections in json.loads(content.split)],
        "derived": tuple(filter(None, content.derived.split(","))),
    }
    return ExpenseShown(
        **kept,
        withdrawn=one.withdrawn,
        declared_at=shown(one.declared_at),
        covered=amount(one.covered),
        entity_covered=money.text(one.entity_covered, entity.currency),
        blocked=one.blocked,
        judged=one.verdicts is not None,
        verdicts=tuple(verdict_shown(Verdict(*verdict)) for verdict in json.loads(one.verdicts or "[]")),
        duplicates=tuple(TwinShown(report=number, expense=key) for number, key in twins),
        controlled_at=None if one.controlled_at is None else shown(one.controlled_at),
        control_cover=None if one.control_cover is None else money.text(one.control_cover, entity.currency),
        control_reason=one.control_reason,
        control_by="" if one.control_cover is None else _lowered_by(acts, content.line_key),
    )


def _lowered_by(acts: Sequence[Event], key: str) -> str:
    told = f"expense {key}: covered "
    return next((act.actor for act in reversed(acts) if act.act == "control" and act.detail.startswith(told)), "")
