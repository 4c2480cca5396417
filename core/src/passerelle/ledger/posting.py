"""Posting: approved reports become balanced entries, or findings. One function for one report and for a million.

Rows come in blocks, one per expense, ordered by report; lines leave as plain tuples (``ledger.line.LINE_COLUMNS``).
Per expense and rate: Dr expense (net + non-recoverable VAT), Dr VAT where some is recoverable; against them one
employee line per own-money report, or one counterpart line per company-paid expense (domain, section 4). Only what is
covered becomes expense and VAT: the rest of an own-money expense is owed to nobody, that of a company-paid one is Dr
one-off advance. Amounts are signed: a refund flips the sides by itself, and a zero line is never written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from passerelle import money
from passerelle.errors import Defect, Finding
from passerelle.ledger.determination import Determination, TypePosting, VatPosting
from passerelle.ledger.line import AMOUNT, LINE_COLUMNS, LineRow
from passerelle.reports.bounds import GREATEST


class ExpenseRow(NamedTuple):
    """One expense with what is needed of its report; an empty report has one row whose expense is ``None``."""

    report_id: int
    report_number: str
    kind: str  # own | company
    employee: str
    employee_id: int
    entry_id: int
    revision: int  # of the entry, to be written
    operation_day: str
    expense_id: int | None
    type_code: str
    day: str
    country: str
    currency: str
    gross: int
    entity_gross: int
    rate: str
    payer: str
    card_transaction: str
    vat: str
    split: str
    blocked: bool  # refused by the policy: own money posts nothing, what the company paid is an advance
    covered: int  # of the gross, with its sign, policy and control included …
    entity_covered: int  # … and in the entity's currency


@dataclass(slots=True)
class PostedBlock:
    """What a block of reports became. ``refused`` maps a report's id to all findings that keep it out of the ledger."""

    entries: list[tuple[int, str, str, int]] = field(default_factory=list)  # id, journal, type, report id
    revisions: list[tuple[int, int, str, str, int]] = field(default_factory=list)
    lines: list[LineRow] = field(default_factory=list)
    refused: dict[int, list[Finding]] = field(default_factory=dict)


_REPORT = itemgetter(0)
_AMOUNT, _ORIGINAL = itemgetter(AMOUNT), itemgetter(LINE_COLUMNS.index("original"))
_bases = json.JSONDecoder().decode  # what intake wrote: a list of (rate, net, VAT)
_JOURNALS = {"own": ("expense_reports", "expense_report"), "company": ("company_paid", "company_paid")}


def post(rows: Iterable[tuple[Any, ...]], accounts: Determination) -> PostedBlock:
    """Posts the reports in ``rows`` (``ExpenseRow`` tuples, ordered by report).

    Each entry balances in the entity's currency or is not written; the reasons are in ``refused``.
    """
    block = PostedBlock()
    for report_id, group in groupby(rows, key=_REPORT):
        _post_report(report_id, [ExpenseRow._make(row) for row in group], accounts, block)
    return block


def _post_report(report_id: int, rows: list[ExpenseRow], accounts: Determination, block: PostedBlock) -> None:
    first = rows[0]
    findings: list[Finding] = []
    journal_kind, entry_type = _JOURNALS[first.kind]
    journal = accounts.journal(journal_kind)
    if isinstance(journal, Finding):
        findings.append(journal)
    lines: list[LineRow] = []
    owed = 0
    for row in rows:
        if row.entity_covered:
            owed += row.entity_covered
            _post_covered(row, accounts, lines, findings)
        if row.kind == "company" and row.entity_gross:
            _post_company(row, accounts, lines, findings)
    if first.kind == "own":
        _post_employee(first, owed, accounts, lines, findings)
    if _moved(lines) >= 2 * GREATEST:
        findings.append(_too_large(accounts))
    if findings:
        where = f"report {first.report_number}"
        block.refused[report_id] = [replace(f, object=f"{where}, {f.object}" if f.object else where) for f in findings]
        return
    if sum(map(_AMOUNT, lines)) != 0:
        raise Defect(Finding("PSR-4900", "An entry does not balance.", object=f"report {first.report_number}"))
    own = first.kind == "own"
    days = [row.day for row in rows if row.expense_id is not None and not (own and row.blocked)]
    block.entries.append((first.entry_id, str(journal), entry_type, report_id))
    block.revisions.append(
        (first.entry_id, first.revision, first.operation_day, max(days, default=first.operation_day), len(lines)),
    )
    block.lines.extend(lines)


def _moved(lines: list[LineRow]) -> int:
    """Debits and credits, of which an entry has as much of each; those of the original currencies where greater."""
    amounts: int = sum(map(abs, map(_AMOUNT, lines)))
    originals: int = sum(map(abs, filter(None, map(_ORIGINAL, lines))))
    return max(amounts, originals)


def _post_employee(
    row: ExpenseRow, owed: int, accounts: Determination, lines: list[LineRow], findings: list[Finding]
) -> None:
    if not owed:
        return
    account = accounts.employee_account(row.employee)
    if isinstance(account, Finding):
        findings.append(account)
    else:
        head = (row.entry_id, row.revision, "employee", account, row.employee_id, None)
        lines.append((*head, -owed, "", "", None, "", None, "", ""))


def _post_covered(row: ExpenseRow, accounts: Determination, lines: list[LineRow], findings: list[Finding]) -> None:
    """The expense and VAT lines of what is covered."""
    posting = accounts.type_posting(row.type_code)
    if isinstance(posting, Finding):
        findings.append(replace(posting, object=f"expense of {row.day}, {posting.object}"))
        return
    foreign = row.currency != accounts.entity.currency
    currency, rate_used = (row.currency, row.rate) if foreign else ("", "")
    if row.vat == "[]" or row.country != accounts.entity.country:
        parts: list[_Part] = [("expense", posting.account, row.entity_covered, "", "", None, row.covered)]
    else:
        parts = _taxed_parts(row, posting, accounts, findings)
    entry_id, revision, expense_id, split = row.entry_id, row.revision, row.expense_id, row.split
    for kind, account, amount, code, rate, base, original in parts:
        if amount:
            sections = sections_of(amount, split) if split != "[]" and accounts.is_analytical(account) else ""
            memo = original if foreign else None
            lines.append(
                (entry_id, revision, kind, account, None, expense_id, amount, code, rate, base, currency, memo,
                 rate_used, sections)
            )  # fmt: skip


def _post_company(row: ExpenseRow, accounts: Determination, lines: list[LineRow], findings: list[Finding]) -> None:
    """What the company paid, whole, and what of it is uncovered: an advance to the employee."""
    uncovered = row.entity_gross - row.entity_covered
    wanted = [("company", -row.entity_gross, -row.gross, accounts.counterpart(row.payer, bool(row.card_transaction)))]
    if uncovered:
        wanted.insert(0, ("advance.account", uncovered, row.gross - row.covered, accounts.advance()))
    foreign = row.currency != accounts.entity.currency
    currency, rate_used = (row.currency, row.rate) if foreign else ("", "")
    for kind, amount, original, (account, fault) in wanted:
        if fault is not None:
            findings.append(fault)
            continue
        head = (row.entry_id, row.revision, kind, account, None, row.expense_id, amount, "", "", None)
        lines.append((*head, currency, original if foreign else None, rate_used, ""))


_Part = tuple[str, str, int, str, str, int | None, int]


def _taxed_parts(
    row: ExpenseRow, posting: TypePosting, accounts: Determination, findings: list[Finding]
) -> list[_Part]:
    bases: list[tuple[str, int, int]] = _bases(row.vat)
    original = _shared(row.covered, bases)
    own = original if row.entity_covered == row.covered else _shared(row.entity_covered, bases)
    parts: list[_Part] = []
    for (rate, _, stated_vat), (net, vat), (own_net, own_vat) in zip(bases, original, own, strict=True):
        rule = posting.rule(rate)
        if rule is None and stated_vat:
            findings.append(_no_rule(row, rate, posting, accounts))
            continue
        if rule is not None and rule.recoverable and not rule.account and stated_vat:
            findings.append(_no_vat_account(row, rate, posting))
            continue
        rule = rule or VatPosting("", Decimal(0), "")
        back = money.percentage(own_vat, rule.recoverable)
        if own is original:
            original_back = back
        else:
            original_back = money.percentage(vat, rule.recoverable) if back else 0
        expense = own_net + own_vat - back
        parts.append(("expense", posting.account, expense, rule.code, rate, own_net, net + vat - original_back))
        parts.append(("vat", rule.account, back, rule.code, rate, own_net, original_back))
    return parts


def _shared(covered: int, bases: list[tuple[str, int, int]]) -> list[tuple[int, int]]:
    """Nets and VAT of what is covered, or of its conversion: in proportion to those stated, so that no cent is lost."""
    whole = sum([net + vat for _, net, vat in bases])
    if covered == whole:
        return [(net, vat) for _, net, vat in bases]
    stated = [part for _, net, vat in bases for part in (net, vat)]
    if whole:
        shares = money.apportion(covered, stated)
    else:  # the source states an amount in the entity's currency for an original of zero
        shares = [covered, *[0] * (len(stated) - 1)]
    return list(zip(shares[::2], shares[1::2], strict=True))


def sections_of(amount: int, split: str) -> str:
    """The split of one line, frozen: JSON [[{axis: section}, amount], …] whose amounts add up to the line's."""
    shares = json.loads(split)
    percents = [Decimal(str(percent)) for percent, _ in shares]
    scale = 10 ** max(-int(percent.as_tuple().exponent) for percent in percents)
    amounts = money.split(amount, [int(percent * scale) for percent in percents])
    frozen = [[sections, part] for (_, sections), part in zip(shares, amounts, strict=True) if part]
    return json.dumps(frozen, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _too_large(accounts: Determination) -> Finding:
    return Finding(
        "PSR-4009",
        "The entry is too large for the ledger.",
        expected=f"debits of less than {money.display(GREATEST, accounts.entity.currency)}",
        remedy="refuse the report, and have its amounts corrected in the source",
        who="accountant",
    )


def _no_rule(row: ExpenseRow, rate: str, posting: TypePosting, accounts: Determination) -> Finding:
    known = ", ".join(f"{rate_known} %" for rate_known in sorted(posting.vat)) or "none"
    return Finding(
        "PSR-4006",
        f"Expense type {posting.code} has no VAT rule for {rate} % in {accounts.entity.country}.",
        object=f"expense of {row.day}, type {posting.code}",
        field=f"expense_types.{posting.code}.vat",
        value=f"{rate} %",
        expected=f"a rule for this rate (known: {known})",
        remedy="add the rule to company.toml, then: passerelle config apply company.toml",
        who="accountant",
    )


def _no_vat_account(row: ExpenseRow, rate: str, posting: TypePosting) -> Finding:
    return Finding(
        "PSR-4007",
        f"VAT of {rate} % on type {posting.code} is recoverable but has no account.",
        object=f"expense of {row.day}, type {posting.code}",
        field=f"expense_types.{posting.code}.vat.account",
        expected="the account of recoverable VAT",
        remedy="set it in company.toml, then: passerelle config apply company.toml",
        who="accountant",
    )
