"""The ledger as plain-text accounting: journals that ``hledger check`` and ``bean-check`` accept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, count
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
_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029;|]+")
_TAGGING = re.compile(r"[:,\[\]]+")  # hledger reads "date: x" and "[x]" in a comment as the posting's date


class _Names:
    """Account names: a root by role, the entity, the account, as ``Expenses:FR:625100``.

    Of accounts that would share a name (``40.1`` and ``40-1``) the later one gets a number.
    """

    def __init__(self, company: Company) -> None:
        self._company = company
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()

    def name(self, entity: str, account: str) -> str:
        key = (entity, account)
        if key not in self._given:
            wanted = self._wanted(entity, account)
            numbered = (f"{wanted}-{number}" for number in count(2))
            self._given[key] = next(name for name in chain([wanted], numbered) if name not in self._taken)
            self._taken.add(self._given[key])
        return self._given[key]

    def _wanted(self, entity: str, account: str) -> str:
        known = self._company.chart_of(entity).get(account) if entity in self._company.entities else None
        root = _ROOTS[known.role] if known is not None else "Liabilities"
        parts = (_UNSAFE.sub("-", part).strip("-") or "X" for part in (entity, account))
        return ":".join((root, *(part[:1].upper() + part[1:] for part in parts)))


def _text(words: str) -> str:
    return _BREAKING.sub(" ", words).strip()


def hledger(entries: Iterable[PrintedEntry], company: Company) -> Iterator[str]:
    """A journal for hledger: one transaction per entry, the original currency as a comment."""
    yield "; written by passerelle ledger print --as hledger\ndecimal-mark .\n"
    names = _Names(company)
    for entry in entries:
        yield f"\n{entry.day} * ({entry.report}) {_text(entry.title) or entry.journal}  ; journal:{entry.journal}\n"
        for line in entry.lines:
            amount = money.text(line.amount, entry.currency)
            memo = _memo(line)
            yield f"    {names.name(entry.entity, line.account)}  {amount} {entry.currency}" + (
                f"  ; {memo}\n" if memo else "\n"
            )


def beancount(entries: Iterable[PrintedEntry], company: Company) -> Iterator[str]:
    """A ledger for beancount; accounts are opened before anything happens."""
    yield "; written by passerelle ledger print --as beancount\n"
    opened: set[str] = set()
    names = _Names(company)
    for entry in entries:
        accounts = [names.name(entry.entity, line.account) for line in entry.lines]
        for name in dict.fromkeys(accounts):
            if name not in opened:
                opened.add(name)
                yield f"\n1970-01-01 open {name}\n"
        title = (_text(entry.title) or entry.journal).replace("\\", "/").replace('"', "'")
        yield f'\n{entry.day} * "{entry.report}" "{title}"\n'
        for name, line in zip(accounts, entry.lines, strict=True):
            yield f"  {name}  {money.text(line.amount, entry.currency)} {entry.currency}\n"


def _memo(line: PrintedLine) -> str:
    parts = [line.kind]
    if line.expense_day:
        parts.append(line.expense_day)
    if line.original is not None:
        parts.append(f"{money.text(line.original, line.currency)} {line.currency} at {line.rate}")
    if line.comment:
        parts.append(_TAGGING.sub(" ", _text(line.comment)))
    return ", ".join(parts)
