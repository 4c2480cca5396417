"""The ledger for people and for independent checkers: entries, balances, laws, and text for hledger and beancount."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from passerelle import money
from passerelle.errors import Finding, Refused
from passerelle.ledger import journal_text
from passerelle.ledger.journal_text import PrintedEntry, PrintedLine
from passerelle.store import ledger as stored
from passerelle.store import masterdata
from passerelle.store.database import Connection, Database
from passerelle.store.masterdata import Directory


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """One account of the balance; amounts as text in the entity's currency."""

    account: str
    name: str
    debit: str
    credit: str
    balance: str
    lines: int


@dataclass(frozen=True, slots=True)
class EntityBalance:
    """The balance of one entity; debit and credit are equal, always."""

    entity: str
    currency: str
    accounts: tuple[AccountBalance, ...]
    debit: str
    credit: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked, with every deviation found: none in a sound ledger."""

    entities: int
    findings: tuple[Finding, ...]


def entity_codes(directory: Directory, only: str | None) -> list[str]:
    """The entity named, or all; an unknown one is refused (PSR-4010)."""
    if only is None:
        return list(directory.company.entities)
    if only not in directory.company.entities:
        raise Refused(
            Finding(
                "PSR-4010",
                f"There is no entity {only}.",
                field="--entity",
                value=only,
                expected=f"one of {', '.join(codes)}"
                if (codes := directory.company.entities)
                else "a configured entity; there is none",
                remedy="passerelle config export shows the configuration",
                who="admin",
            )
        )
    return [only]


def entries(database: Database, entity: str | None, account: str | None = None) -> Iterator[PrintedEntry]:
    """The current revision of every entry, by entity and day; with ``account``, those that touch it."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        for code in entity_codes(directory, entity):
            yield from _entries(connection, directory, code, account)


def _entries(connection: Connection, directory: Directory, code: str, account: str | None) -> Iterator[PrintedEntry]:
    entity = directory.company.entities[code]
    rows = stored.entries(connection, directory.entity_id(code), account)
    for _, group in groupby(rows, key=attrgetter("entry_id")):
        lines = list(group)
        head = lines[0]
        yield PrintedEntry(
            code,
            entity.currency,
            head.journal,
            head.day,
            head.report_number,
            head.title,
            directory.employee_code(head.report_employee_id),
            head.revision,
            tuple(
                PrintedLine(
                    line.kind, line.account, line.amount, line.comment or "", line.expense_day or "", line.tax_code,
                    line.currency, line.original, line.rate, line.sections,
                )
                for line in lines
            ),
        )  # fmt: skip


def printed(database: Database, entity: str | None, form: str) -> Iterator[str]:
    """The ledger as ``hledger`` or ``beancount`` text, in pieces; an unknown entity is refused before the first."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
    entity_codes(directory, entity)
    write = journal_text.hledger if form == "hledger" else journal_text.beancount
    return write(entries(database, entity), directory.company)


def balances(database: Database, entity: str | None) -> list[EntityBalance]:
    """The balance of each entity by account."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        return [_balance(connection, directory, code) for code in entity_codes(directory, entity)]


def _balance(connection: Connection, directory: Directory, code: str) -> EntityBalance:
    currency = directory.company.entities[code].currency
    names = {account: value.name for account, value in directory.company.chart_of(code).items()}
    names |= {e.account: e.name for e in directory.company.employees.values() if e.account and e.entity == code}
    rows = stored.balances(connection, directory.entity_id(code))
    accounts = tuple(
        AccountBalance(
            account,
            names.get(account, ""),
            money.text(debit, currency),
            money.text(credit, currency),
            money.text(debit - credit, currency),
            count,
        )
        for account, debit, credit, count in rows
    )
    total_debit, total_credit = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return EntityBalance(
        code, currency, accounts, money.text(total_debit, currency), money.text(total_credit, currency)
    )


def verify(database: Database) -> Verification:
    """Checks the ledger's laws in the stored rows (domain, section 4): every entry balances, none lost a line, and what
    live exports hold of a document is its revision at its last live export."""
    findings: list[Finding] = []
    with database.reading() as connection:
        directory = masterdata.load(connection)
        entities = [number for number, key in directory.codes.items() if key.kind == "entity"]
        for entity_id in entities:  # deactivated ones too: their books stand
            for entry, revision, total in stored.unbalanced(connection, entity_id):
                findings.append(_broken("PSR-4901", "does not balance", entry, revision, str(total), "0"))
            for entry, revision, said, found in stored.miscounted(connection, entity_id):
                findings.append(_broken("PSR-4902", "lost or gained lines", entry, revision, str(found), str(said)))
            for entry, revision, account in stored.drifted(connection, entity_id):
                law = "what has left equals the ledger at the revision that left"
                findings.append(_broken("PSR-4903", f"left wrongly on account {account}", entry, revision, "", law))
    return Verification(len(entities), tuple(findings))


def _broken(code: str, what: str, entry: int, revision: int, value: str, expected: str) -> Finding:
    return Finding(
        code,
        f"Revision {revision} of entry {entry} {what}.",
        object=f"entry {entry}",
        value=value,
        expected=expected,
        remedy="restore the database from a backup and report this",
        who="admin",
    )


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as programs read it: decimal text with its currency."""

    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class SectionShare:
    """What of a line falls on one combination of sections."""

    sections: dict[str, str]  # axis -> section
    amount: Amount


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One line of an entry: exactly one of ``debit`` and ``credit`` is there."""

    kind: str
    account: str
    debit: Amount | None
    credit: Amount | None
    original: Amount | None
    rate: str
    tax_code: str
    expense_date: str
    comment: str
    shares: tuple[SectionShare, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal entry at its current revision."""

    entity: str
    journal: str
    date: str
    report: str
    title: str
    employee: str
    revision: int
    lines: tuple[EntryLine, ...]


def entry_answer(entry: PrintedEntry) -> Entry:
    """One entry as ``--json`` shows it."""
    lines = tuple(_entry_line(line, entry.currency) for line in entry.lines)
    head = (entry.entity, entry.journal, entry.day, entry.report, entry.title, entry.employee, entry.revision)
    return Entry(*head, lines)


def _entry_line(line: PrintedLine, currency: str) -> EntryLine:
    amount = Amount(money.text(abs(line.amount), currency), currency)
    debit, credit = (amount, None) if line.amount > 0 else (None, amount)
    original = None if line.original is None else Amount(money.text(line.original, line.currency), line.currency)
    shares = tuple(
        SectionShare(names, Amount(money.text(part, currency), currency))
        for names, part in (json.loads(line.sections) if line.sections else [])
    )
    told = (original, line.rate, line.tax_code, line.expense_day, line.comment)
    return EntryLine(line.kind, line.account, debit, credit, *told, shares)
