"""One report or expense against what is known of the company: amounts in minor units, or every reason against it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Literal, NamedTuple

from passerelle import money
from passerelle.errors import Finding
from passerelle.reports.bounds import GREATEST, amount_out_of_range, numbers_out_of_range, sum_out_of_range
from passerelle.reports.by_type import shares_without_use, without_amount
from passerelle.reports.expense import ExpenseInput, ReportInput
from passerelle.reports.known import EntityView
from passerelle.reports.sections import split_faults
from passerelle.reports.vat import vat_bases

ReportKind = Literal["own", "company"]
OWN_SOURCE = "passerelle"
"""The source of what is declared here, rather than imported."""


class CheckedExpense(NamedTuple):
    """An expense as it is kept, in the order of the store's columns; amounts in minor units."""

    line_key: str
    type_id: int
    day: str
    country: str
    currency: str
    gross: int
    entity_gross: int
    rate: str
    payer: str
    card_transaction: str
    vat: str
    quantity: str
    guests: int
    comment: str
    receipt: str
    cancels: str
    split: str
    derived: str
    mileage: str
    computed: bool

    @property
    def kind(self) -> ReportKind:
        """Which of the two reports of a submission it belongs to."""
        return "own" if self.payer == "employee" else "company"

    @property
    def as_stated(self) -> CheckedExpense:
        """Without an amount that the policy filled in."""
        return self._replace(gross=0, entity_gross=0) if self.computed else self


_FIRST_FIELDS = CheckedExpense._fields.index("derived") + 1


@dataclass(frozen=True)
class CheckedReport:
    """A submission of a source, split by who paid: own money and company-paid never share a report."""

    entity_id: int
    source: str
    source_id: str
    revision: int
    employee_id: int
    title: str
    declared_at: datetime
    approved_at: datetime | None
    controlled_at: datetime | None
    halves: Mapping[ReportKind, tuple[CheckedExpense, ...]] = field(default_factory=dict)
    submitted: bool = True

    def content_hash(self, kind: ReportKind) -> str:
        """A fingerprint of one half: the same content has the same, whatever its approval and the order of keys."""
        expenses = [_fingerprinted(expense) for expense in sorted(self.halves.get(kind, ()))]
        content = [self.employee_id, self.title, self.declared_at.timestamp(), *expenses]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def check_report(
    view: EntityView, given: ReportInput, now: datetime, object: str
) -> tuple[CheckedReport | None, list[Finding]]:
    """A whole report; ``None`` when anything in it is at fault. The findings may hold warnings beside it."""
    findings: list[Finding] = []
    employee_id = view.employees.get(given.employee)
    if employee_id is None:
        findings.append(view.unknown("employee", "employee", given.employee, object))
    findings.extend(_too_early(given, object))
    if given.source == OWN_SOURCE:
        findings.append(own_source("source", object))
    if not given.submitted and (given.approval(now) or given.control(now)):
        findings.append(_decided_draft(object))
    halves: dict[ReportKind, list[CheckedExpense]] = {}
    seen: set[str] = set()
    for position, expense in enumerate(given.expenses, start=1):
        name = f"{object}, expense {position} ({expense.id})"
        if expense.id in seen:
            findings.append(_twice(expense.id, name))
        seen.add(expense.id)
        checked, found = check_expense(view, given.employee, expense, name)
        findings.extend(found)
        if checked is not None:
            halves.setdefault(checked.kind, []).append(checked)
    for half in halves.values():
        amounts = [(view.entity.currency, one.entity_gross) for one in half]
        foreign = [(one.currency, one.gross) for one in half if one.currency != view.entity.currency]
        if too_much := sum_out_of_range(amounts + foreign, object):
            findings.append(too_much)
    if employee_id is None or any(finding.severity == "error" for finding in findings):
        return None, findings
    report = CheckedReport(
        entity_id=view.id,
        source=given.source,
        source_id=given.id,
        revision=given.revision,
        employee_id=employee_id,
        title=given.title,
        declared_at=given.declared_at,
        approved_at=given.approval(now),
        controlled_at=given.control(now),
        halves={kind: tuple(expenses) for kind, expenses in halves.items()},
        submitted=given.submitted,
    )
    return report, findings


def check_expense(
    view: EntityView, employee: str, given: ExpenseInput, object: str, derived: str = ""
) -> tuple[CheckedExpense | None, list[Finding]]:
    """One expense of an employee (code); ``None`` when anything in it is at fault."""
    findings: list[Finding] = []
    type_id = view.types.get(given.type)
    if type_id is None:
        findings.append(view.unknown("expense_type", "type", given.type, object))
    currency = given.currency or view.entity.currency
    gross = 0 if given.amount is None else _minor(given.amount, currency, "amount", object, findings)
    if given.amount is None:
        findings.extend(without_amount(view, given, object))
        given = given.model_copy(update={"entity_amount": None, "vat": ()})
    converted = (0, "") if gross is None else _in_entity_currency(view, given, gross, currency, object, findings)
    vat = vat_bases(given.vat, gross, currency, object, findings) if gross is not None and given.vat else []
    findings.extend(split_faults(view.choices, given, employee if employee in view.employees else None, object))
    split = [[canonical(share.percent), dict(share.sections)] for share in given.split]
    findings.extend(_payment_faults(given, object))
    findings.extend(numbers_out_of_range(given, object))
    findings.extend(shares_without_use(view, given, object))
    if type_id is None or gross is None or any(finding.severity == "error" for finding in findings):
        return None, findings
    checked = CheckedExpense(
        line_key=given.id,
        type_id=type_id,
        day=given.date.isoformat(),
        country=given.country or view.entity.country,
        currency=currency,
        gross=gross,
        entity_gross=converted[0],
        rate=converted[1],
        payer=given.payer,
        card_transaction=given.card_transaction or "",
        vat=json.dumps(vat, separators=(",", ":")) if vat else "[]",
        quantity=canonical(given.quantity) if given.quantity is not None else "",
        guests=given.guests,
        comment=given.comment,
        receipt=given.receipt,
        cancels=given.cancels or "",
        split=json.dumps(split, separators=(",", ":"), ensure_ascii=False, sort_keys=True) if split else "[]",
        derived=derived,
        mileage=given.mileage.model_dump_json() if given.mileage is not None else "",
        computed=given.amount is None,
    )
    return checked, findings


def _fingerprinted(expense: CheckedExpense) -> tuple[object, ...]:
    """Without the fields that came after others had been kept, where they say nothing: old fingerprints stay true."""
    return expense if expense.mileage or expense.computed else expense[:_FIRST_FIELDS]


def canonical(number: Decimal) -> str:
    """A decimal without needless zeros: ``20.00`` as ``20``."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _minor(amount: Decimal, currency: str, name: str, object: str, findings: list[Finding]) -> int | None:
    try:
        minor = money.minor(amount, currency)
    except ValueError:
        findings.append(
            Finding(
                "PSR-1107",
                "The amount has more decimals than its currency.",
                object=object,
                field=name,
                value=f"{amount} {currency}",
                expected=f"at most {money.exponent(currency)} decimals",
                remedy="state the amount as it was paid; nothing is rounded silently",
                who="integrator",
            )
        )
        return None
    if abs(minor) < GREATEST:
        return minor
    findings.append(amount_out_of_range(name, f"{amount} {currency}", currency, object))
    return None


def _in_entity_currency(
    view: EntityView, given: ExpenseInput, gross: int, currency: str, object: str, findings: list[Finding]
) -> tuple[int, str]:
    """The gross in the entity's currency and the rate used. It is converted once, here."""
    own = view.entity.currency
    rate = Decimal(1) if currency == own else given.rate
    if currency == own and given.rate not in (None, Decimal(1)):
        findings.append(_mismatch(object, "rate", str(given.rate), f"1, since {own} is the entity's currency"))
    if rate is not None and rate <= 0:
        findings.append(_mismatch(object, "rate", str(rate), "a rate greater than zero"))
        return 0, ""
    stated = None
    if given.entity_amount is not None:
        stated = _minor(given.entity_amount, own, "entity_amount", object, findings)
        if stated is None:
            return 0, ""
    if rate is None and stated is None:
        findings.append(
            Finding(
                "PSR-1108",
                "An expense in a foreign currency states neither its rate nor its amount in the entity's currency.",
                object=object,
                field="rate",
                expected=f"rate ({own} per {currency}), or entity_amount in {own}",
                remedy="state one of them; a rate is never looked up or guessed",
                who="integrator",
            )
        )
        return 0, ""
    if rate is None:
        assert stated is not None
        if (stated < 0) != (gross < 0) and stated and gross:
            findings.append(_mismatch(object, "entity_amount", money.display(stated, own), "the sign of the amount"))
        return stated, _implied_rate(stated, own, gross, currency)
    computed = money.convert(gross, currency, rate, own)
    if stated is not None and abs(stated - computed) > (0 if currency == own else 1):
        expected = f"{money.display(computed, own)} (amount × rate), at most one minor unit apart"
        findings.append(_mismatch(object, "entity_amount", money.display(stated, own), expected))
    if stated is None and abs(computed) >= GREATEST:
        findings.append(amount_out_of_range("rate", f"{given.amount} {currency} at {rate}", own, object))
    return (computed if stated is None else stated), canonical(rate)


def _implied_rate(entity_gross: int, own: str, gross: int, currency: str) -> str:
    if gross == 0:
        return "0"
    with localcontext(prec=60):  # holds the greatest amount over the least, with every decimal kept
        quotient = money.decimal(entity_gross, own) / money.decimal(gross, currency)
        return canonical(quotient.quantize(Decimal("0.0000000001")))


def _mismatch(object: str, name: str, value: str, expected: str) -> Finding:
    return Finding(
        "PSR-1109",
        "Amount, rate and amount in the entity's currency do not agree.",
        object=object,
        field=name,
        value=value,
        expected=expected,
        remedy="correct the one that is wrong, or leave entity_amount out to have it computed",
        who="integrator",
    )


def _payment_faults(given: ExpenseInput, object: str) -> list[Finding]:
    findings = []
    if given.card_transaction is not None and given.payer != "company_card":
        findings.append(
            Finding(
                "PSR-1112",
                "A card transaction is named on an expense that no company card paid.",
                object=object,
                field="card_transaction",
                value=given.card_transaction,
                expected="payer company_card, or no card transaction",
                remedy="correct the payer or leave the card transaction out",
                who="integrator",
            )
        )
    if given.cancels is not None and (given.amount is None or given.amount >= 0 or given.cancels == given.id):
        findings.append(
            Finding(
                "PSR-1113",
                "Only a refund (a negative amount) cancels another expense.",
                object=object,
                field="cancels",
                value=given.cancels,
                expected="a negative amount and the id of another expense, or no `cancels`",
                remedy="correct the sign of the amount or leave `cancels` out",
                who="integrator",
            )
        )
    return findings


def _too_early(given: ReportInput, object: str) -> Iterator[Finding]:
    """Control may come before approval; neither comes before the declaration."""
    for name in ("approved_at", "controlled_at"):
        instant: datetime | None = getattr(given, name)
        if instant is not None and instant < given.declared_at:
            yield Finding(
                "PSR-1118",
                "A report was approved or controlled before it was declared.",
                object=object,
                field=name,
                value=instant.isoformat(),
                expected=f"an instant at or after declared_at, {given.declared_at.isoformat()}",
                remedy="correct the instant that is wrong and send the line again",
                who="integrator",
            )


def own_source(field: str, object: str) -> Finding:
    """Another system may not speak in the name of what is declared here."""
    return Finding(
        "PSR-1122",
        "The source bears the name of Passerelle's own declarations.",
        object=object,
        field=field,
        value=OWN_SOURCE,
        expected="the name of the system that the lines come from",
        remedy="give the source another name, and keep it",
        who="integrator",
    )


def _decided_draft(object: str) -> Finding:
    return Finding(
        "PSR-1121",
        "A draft says that it is approved or controlled.",
        object=object,
        field="submitted",
        value="false",
        expected="submitted true, or a draft without approval and control",
        remedy="leave approval and control out until the report is submitted",
        who="integrator",
    )


def _twice(id: str, object: str) -> Finding:
    return Finding(
        "PSR-1114",
        "An expense id stands twice in one report.",
        object=object,
        field="id",
        value=id,
        expected="ids that differ",
        remedy="give each expense an id of its own; leave true repetitions out",
        who="integrator",
    )
