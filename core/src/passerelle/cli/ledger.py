"""``passerelle ledger``: entries, balance, proofs, and the ledger as text for independent checkers."""

from __future__ import annotations

import click

from passerelle import money
from passerelle.cli.answer import Answer, table
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.ledger.journal_text import PrintedEntry
from passerelle.services import ledger


@click.group("ledger")
def command() -> None:
    """See the double-entry ledger and let others check it.

    For instance:  passerelle ledger balance --entity FR
    """


_entity = click.option("--entity", help="Only this legal entity.")


@answering(command, "entries", answer=list[ledger.Entry])
@_entity
@click.option("--account", help="Only entries that touch this account.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many entries.")
def entries(session: Session, entity: str | None, account: str | None, limit: int) -> Answer:
    """Show journal entries at their current revision, by date."""
    found: list[PrintedEntry] = []
    for entry in ledger.entries(session.database, entity, account):
        if len(found) == limit:
            session.say(f"Only the first {limit} entries are shown; --limit shows more.")
            break
        found.append(entry)
    text = "\n\n".join(map(_entry_text, found)) or "No entries."
    return Answer([ledger.entry_answer(entry) for entry in found], text, next="passerelle ledger balance")


def _entry_text(entry: PrintedEntry) -> str:
    heading = f"{entry.day}  {entry.journal}  {entry.report}  {entry.title}  ({entry.entity}, {entry.employee})"
    rows = [
        [
            line.account,
            line.kind,
            money.text(line.amount, entry.currency) if line.amount > 0 else "",
            money.text(-line.amount, entry.currency) if line.amount < 0 else "",
            line.comment[:40],
        ]
        for line in entry.lines
    ]
    if entry.revision > 1:
        heading += f"  revision {entry.revision}"
    return heading + "\n" + table(["account", "kind", "debit", "credit", "comment"], rows, right=frozenset({2, 3}))


@answering(command, "balance", answer=list[ledger.EntityBalance])
@_entity
def balance(session: Session, entity: str | None) -> Answer:
    """Show debits and credits by account."""
    found = ledger.balances(session.database, entity)
    blocks = []
    for one in found:
        rows = [[row.account, row.name[:32], row.debit, row.credit, row.balance] for row in one.accounts]
        rows.append(["total", "", one.debit, one.credit, "0" if one.debit == one.credit else "NOT BALANCED"])
        headings = ["account", "name", "debit", "credit", "balance"]
        blocks.append(f"{one.entity} in {one.currency}\n" + table(headings, rows, right=frozenset({2, 3, 4})))
    return Answer(found, "\n\n".join(blocks) or "No entity is configured.", next="passerelle ledger verify")


@answering(command, "verify", answer=ledger.Verification)
def verify(session: Session) -> Answer:
    """Check in the stored rows that every entry balances and that what has left equals the ledger."""
    result = ledger.verify(session.database)
    sound = "Sound: every entry balances, no line is lost, and what has left equals the ledger."
    text = sound if not result.findings else f"{len(result.findings)} deviations."
    return Answer(result, text, exit_code=1 if result.findings else 0, findings=result.findings)


@command.command("print")
@_entity
@click.option("--as", "form", type=click.Choice(["hledger", "beancount"]), default="hledger", show_default=True)
def print_(entity: str | None, form: str) -> None:
    """Print the ledger as text for an independent checker.

    For instance:  passerelle ledger print --as hledger | hledger -f - check
    """
    session = Session(as_json=False)
    try:
        for piece in ledger.printed(session.database, entity, form):
            click.echo(piece, nl=False)
    finally:
        session.close()
