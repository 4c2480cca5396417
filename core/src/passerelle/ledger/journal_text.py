"""The ledger as plain-text accounting: journals that ``hledger check`` and ``bean-check`` accept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from passerelle import money
from passerelle.masterdata.company import Company


class PrintedLine(NamedTuple):
    """One line of an entry; ``amount`` is signed, in minor units of the entity's currency."""

    kind: str
    account: str
    amount: int
    comment: str
    expense_day: str
    tax_code: str
    currency: str
    original: int | None
    rate: str
    sections: str


class PrintedEntry(NamedTuple):
    """One entry at its current revision."""

    entity: str
    currency: str
    journal: str
    day: str
    report: str
    title: str
    employee: str
    revision: int
    lines: tuple[PrintedLine, ...]


_ROOTS = {
    "expense": "Expenses",
    "vat": "Assets",
    "employee": "Liabilities",
    "employee_card": "Liabilities",
    "advance": "Assets",
    "imprest": "Assets",
    "bank": "Assets",
    "cash": "Assets",
    "card": "Liabilities",
    "reconciliation": "Assets",
    "payroll_clearing": "Liabilities",
    "rounding": "Expenses",
    "exchange": "Expenses",
}
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")
_LINE_BREAKS = re.compile(r"[\r\n;|]+")


def _name(company: Company, entry: PrintedEntry, account: str) -> str:
    """``Expenses:FR:625100``: a root by role, the entity, the account."""
    known = company.chart_of(entry.entity).get(account) if entry.entity in company.entities else None
    root = _ROOTS[known.role] if known is not None else "Liabilities"
    entity, code = (_UNSAFE.sub("-", part).strip("-") or "X" for part in (entry.entity, account))
    return f"{root}:{entity[:1].upper()}{entity[1:]}:{code[:1].upper()}{code[1:]}"


def _text(words: str) -> str:
    return _LINE_BREAKS.sub(" ", words).strip()


def hledger(entries: Iterable[PrintedEntry], company: Company) -> Iterator[str]:
    """A journal for hledger: one transaction per entry, the original currency as a comment."""
    yield "; written by passerelle ledger print --as hledger\n"
    for entry in entries:
        yield f"\n{entry.day} * ({entry.report}) {_text(entry.title) or entry.journal}  ; journal:{entry.journal}\n"
        for line in entry.lines:
            amount = money.text(line.amount, entry.currency)
            memo = _memo(line)
            yield f"    {_name(company, entry, line.account)}  {amount} {entry.currency}" + (
                f"  ; {memo}\n" if memo else "\n"
            )


def beancount(entries: Iterable[PrintedEntry], company: Company) -> Iterator[str]:
    """A ledger for beancount; accounts are opened before anything happens."""
    yield "; written by passerelle ledger print --as beancount\n"
    opened: set[str] = set()
    for entry in entries:
        names = [_name(company, entry, line.account) for line in entry.lines]
        for name in dict.fromkeys(names):
            if name not in opened:
                opened.add(name)
                yield f"\n1970-01-01 open {name}\n"
        title = (_text(entry.title) or entry.journal).replace("\\", "/").replace('"', "'")
        yield f'\n{entry.day} * "{entry.report}" "{title}"\n'
        for name, line in zip(names, entry.lines, strict=True):
            yield f"  {name}  {money.text(line.amount, entry.currency)} {entry.currency}\n"


def _memo(line: PrintedLine) -> str:
    parts = [line.kind]
    if line.expense_day:
        parts.append(line.expense_day)
    if line.original is not None:
        parts.append(f"{money.text(line.original, line.currency)} {line.currency} at {line.rate}")
    if line.comment:
        parts.append(_text(line.comment).replace(",", " "))
    return ", ".join(parts)
