"""Expenses as a person writes them, and the entries that an accountant makes of them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import NamedTuple

from passerelle import money
from passerelle.ledger.line import LINE_COLUMNS
from passerelle.ledger.posting import ExpenseRow, PostedBlock


class Spent(NamedTuple):
    """An expense as a person writes it; ``vat`` is "rate net tax", several separated by commas."""

    type: str
    gross: str
    vat: str = ""
    country: str = "FR"
    currency: str = "EUR"
    rate: str = "1"
    payer: str = "employee"
    card: str = ""
    split: str = "[]"
    day: str = "2026-01-15"
    covered: str = ""  # the gross, where nothing is said
    blocked: bool = False


def rows_of(*spent: Spent, report: int = 1, kind: str = "own", employee: str = "dupont") -> list[ExpenseRow]:
    """One report as rows; its expenses are numbered from 1."""
    rows = []
    for number, one in enumerate(spent, 1):
        gross = money.minor(Decimal(one.gross), one.currency)
        covered = money.minor(Decimal(one.covered or one.gross), one.currency)
        bases = [part.split() for part in one.vat.split(",") if part]
        vat = [[r, *(money.minor(Decimal(amount), one.currency) for amount in amounts)] for r, *amounts in bases]
        rows.append(
            ExpenseRow(
                report, f"N{report:06d}", kind, employee, 7, 10 * report, 1, "2026-01-31", number, one.type, one.day,
                one.country, one.currency, gross, money.convert(gross, one.currency, Decimal(one.rate), "EUR"),
                one.rate, one.payer, one.card, json.dumps(vat), one.split, one.blocked, covered,
                money.convert(covered, one.currency, Decimal(one.rate), "EUR"),
            )
        )  # fmt: skip
    return rows


def as_text(block: PostedBlock) -> str:
    """The lines as an accountant writes them: side, account, kind, amount, [tax code on base], (original), {split}."""
    said = []
    for row in block.lines:
        line = dict(zip(LINE_COLUMNS, row, strict=True))
        amount = line["amount"]
        text = f"{'Dr' if amount > 0 else 'Cr'} {line['account']} {line['kind']} {money.text(abs(amount), 'EUR')}"
        if line["vat_rate"]:
            text += f" [{line['tax_code']} {line['vat_rate']} % on {money.text(line['base'], 'EUR')}]"
        if line["currency"]:
            text += f" ({money.display(line['original'], line['currency'])} at {line['rate']})"
        for names, part in json.loads(line["sections"] or "[]"):
            text += f" {{{'/'.join(names.values())} {money.text(part, 'EUR')}}}"
        said.append(text)
    return "\n".join(said)


TWO_PROJECTS = '[["60",{"project":"P1"}],["40",{"project":"P2"}]]'
THREE_CLIENTS = '[["33.33",{"client":"A"}],["33.33",{"client":"B"}],["33.34",{"client":"C"}]]'
CARD = {"payer": "company_card"}

# what happened, kind of report, expenses, the entry
TABLE: list[tuple[str, str, list[Spent], str]] = [
    (
        "own money without VAT",
        "own",
        [Spent("TAXI", "35.00")],
        "Dr 625100 expense 35.00 / Cr 421DUP employee 35.00",
    ),
    (
        "own money, one VAT rate",
        "own",
        [Spent("MEAL", "120.00", "20 100.00 20.00")],
        "Dr 625700 expense 100.00 [D20 20 % on 100.00] / Dr 445660 vat 20.00 [D20 20 % on 100.00]"
        " / Cr 421DUP employee 120.00",
    ),
    (
        "one bill with two VAT rates",
        "own",
        [Spent("MEAL", "46.00", "10 20.00 2.00,20 20.00 4.00")],
        "Dr 625700 expense 20.00 [D10 10 % on 20.00] / Dr 445660 vat 2.00 [D10 10 % on 20.00]"
        " / Dr 625700 expense 20.00 [D20 20 % on 20.00] / Dr 445660 vat 4.00 [D20 20 % on 20.00]"
        " / Cr 421DUP employee 46.00",
    ),
    (
        "an untaxed part needs no rule",
        "own",
        [Spent("MEAL", "25.00", "0 3.00 0.00,10 20.00 2.00")],
        "Dr 625700 expense 3.00 [ 0 % on 3.00] / Dr 625700 expense 20.00 [D10 10 % on 20.00]"
        " / Dr 445660 vat 2.00 [D10 10 % on 20.00] / Cr 421DUP employee 25.00",
    ),
    (
        "a bill with a discount at another rate",
        "own",
        [Spent("MEAL", "109.00", "20 100.00 20.00,10 -10.00 -1.00")],
        "Dr 625700 expense 100.00 [D20 20 % on 100.00] / Dr 445660 vat 20.00 [D20 20 % on 100.00]"
        " / Cr 625700 expense 10.00 [D10 10 % on -10.00] / Cr 445660 vat 1.00 [D10 10 % on -10.00]"
        " / Cr 421DUP employee 109.00",
    ),
    (
        "four fifths of the VAT are recovered",
        "own",
        [Spent("FUEL", "60.00", "20 50.00 10.00")],
        "Dr 606100 expense 52.00 [F20 20 % on 50.00] / Dr 445660 vat 8.00 [F20 20 % on 50.00]"
        " / Cr 421DUP employee 60.00",
    ),
    (
        "a half cent of recoverable VAT rounds away from zero",
        "own",
        [Spent("FUEL", "0.33", "20 0.27 0.06")],
        "Dr 606100 expense 0.28 [F20 20 % on 0.27] / Dr 445660 vat 0.05 [F20 20 % on 0.27] / Cr 421DUP employee 0.33",
    ),
    (
        "VAT that is not recovered joins the expense and keeps its code",
        "own",
        [Spent("HOTEL", "110.00", "10 100.00 10.00")],
        "Dr 625100 expense 110.00 [N10 10 % on 100.00] / Cr 421DUP employee 110.00",
    ),
    (
        "several expenses, one employee line",
        "own",
        [Spent("TAXI", "35.00"), Spent("TAXI", "15.00")],
        "Dr 625100 expense 35.00 / Dr 625100 expense 15.00 / Cr 421DUP employee 50.00",
    ),
    (
        "a refund flips the sides",
        "own",
        [Spent("FUEL", "-60.00", "20 -50.00 -10.00")],
        "Cr 606100 expense 52.00 [F20 20 % on -50.00] / Cr 445660 vat 8.00 [F20 20 % on -50.00]"
        " / Dr 421DUP employee 60.00",
    ),
    (
        "a zero expense posts no line",
        "own",
        [Spent("TAXI", "0.00"), Spent("TAXI", "15.00")],
        "Dr 625100 expense 15.00 / Cr 421DUP employee 15.00",
    ),
    (
        "a report of zero expenses posts nothing",
        "own",
        [Spent("TAXI", "0.00")],
        "",
    ),
    (
        "a report that adds up to zero owes nobody",
        "own",
        [Spent("TAXI", "15.00"), Spent("HOTEL", "-15.00")],
        "Dr 625100 expense 15.00 / Cr 625100 expense 15.00",
    ),
    (
        "foreign currency, abroad: the gross is the expense, the original a memo",
        "own",
        [Spent("MEAL", "100.00", "8.1 92.51 7.49", country="CH", currency="CHF", rate="1.0689")],
        "Dr 625700 expense 106.89 (100.00 CHF at 1.0689) / Cr 421DUP employee 106.89",
    ),
    (
        "foreign currency at home: the converted gross is split, so that no cent is lost",
        "own",
        [Spent("MEAL", "100.00", "20 83.33 16.67", currency="USD", rate="0.9215")],
        "Dr 625700 expense 76.79 [D20 20 % on 76.79] (83.33 USD at 0.9215)"
        " / Dr 445660 vat 15.36 [D20 20 % on 76.79] (16.67 USD at 0.9215) / Cr 421DUP employee 92.15",
    ),
    (
        "a foreign bill with a discount: each part keeps its side",
        "own",
        [Spent("MEAL", "109.00", "20 100.00 20.00,10 -10.00 -1.00", currency="USD", rate="0.5")],
        "Dr 625700 expense 50.00 [D20 20 % on 50.00] (100.00 USD at 0.5)"
        " / Dr 445660 vat 10.00 [D20 20 % on 50.00] (20.00 USD at 0.5)"
        " / Cr 625700 expense 5.00 [D10 10 % on -5.00] (-10.00 USD at 0.5)"
        " / Cr 445660 vat 0.50 [D10 10 % on -5.00] (-1.00 USD at 0.5) / Cr 421DUP employee 54.50",
    ),
    (
        "a currency without decimals",
        "own",
        [Spent("TAXI", "5000", country="JP", currency="JPY", rate="0.00612")],
        "Dr 625100 expense 30.60 (5,000 JPY at 0.00612) / Cr 421DUP employee 30.60",
    ),
    (
        "abroad in our own currency: no VAT is recovered",
        "own",
        [Spent("MEAL", "119.00", "19 100.00 19.00", country="DE")],
        "Dr 625700 expense 119.00 / Cr 421DUP employee 119.00",
    ),
    (
        "a split is carried by lines of analytical accounts",
        "own",
        [Spent("TAXI", "35.01", split=TWO_PROJECTS)],
        "Dr 625100 expense 35.01 {P1 21.01} {P2 14.00} / Cr 421DUP employee 35.01",
    ),
    (
        "a split of a refund has the same shares, on the other side",
        "own",
        [Spent("TAXI", "-100.00", split=THREE_CLIENTS)],
        "Cr 625100 expense 100.00 {A -33.33} {B -33.33} {C -33.34} / Dr 421DUP employee 100.00",
    ),
    (
        "no other account carries the split",
        "own",
        [Spent("MEAL", "120.00", "20 100.00 20.00", split=TWO_PROJECTS)],
        "Dr 625700 expense 100.00 [D20 20 % on 100.00] / Dr 445660 vat 20.00 [D20 20 % on 100.00]"
        " / Cr 421DUP employee 120.00",
    ),
    (
        "a section whose share is less than a cent gets none",
        "own",
        [Spent("TAXI", "0.01", split=TWO_PROJECTS)],
        "Dr 625100 expense 0.01 {P1 0.01} / Cr 421DUP employee 0.01",
    ),
    (
        "paid by company card, not linked",
        "company",
        [Spent("MEAL", "120.00", "20 100.00 20.00", **CARD)],
        "Dr 625700 expense 100.00 [D20 20 % on 100.00] / Dr 445660 vat 20.00 [D20 20 % on 100.00]"
        " / Cr 513000 company 120.00",
    ),
    (
        "paid by company card, linked to its transaction",
        "company",
        [Spent("TAXI", "35.00", card="TX-9", **CARD)],
        "Dr 625100 expense 35.00 / Cr 467000 company 35.00",
    ),
    (
        "paid by the company from its bank",
        "company",
        [Spent("TAXI", "35.00", payer="company")],
        "Dr 625100 expense 35.00 / Cr 512000 company 35.00",
    ),
    (
        "company-paid expenses have a counterpart each",
        "company",
        [Spent("TAXI", "35.00", **CARD), Spent("TAXI", "10.00", card="TX-9", **CARD), Spent("TAXI", "0.00", **CARD)],
        "Dr 625100 expense 35.00 / Cr 513000 company 35.00 / Dr 625100 expense 10.00 / Cr 467000 company 10.00",
    ),
    (
        "company-paid abroad: the counterpart keeps the original too",
        "company",
        [Spent("TAXI", "-50.00", country="US", currency="USD", rate="0.92", **CARD)],
        "Cr 625100 expense 46.00 (-50.00 USD at 0.92) / Dr 513000 company 46.00 (50.00 USD at 0.92)",
    ),
    # --- what the policy or the accountant does not cover ---
    (
        "own money above a cap: only what is covered is owed",
        "own",
        [Spent("TAXI", "35.00", covered="20.00")],
        "Dr 625100 expense 20.00 / Cr 421DUP employee 20.00",
    ),
    (
        "own money, capped: net and VAT are reduced together",
        "own",
        [Spent("MEAL", "120.00", "20 100.00 20.00", covered="90.00")],
        "Dr 625700 expense 75.00 [D20 20 % on 75.00] / Dr 445660 vat 15.00 [D20 20 % on 75.00]"
        " / Cr 421DUP employee 90.00",
    ),
    (
        "a capped bill of two rates loses no cent: 46.00 cut to 25.00, the largest remainders get the missing cents",
        "own",
        [Spent("MEAL", "46.00", "10 20.00 2.00,20 20.00 4.00", covered="25.00")],
        "Dr 625700 expense 10.87 [D10 10 % on 10.87] / Dr 445660 vat 1.09 [D10 10 % on 10.87]"
        " / Dr 625700 expense 10.87 [D20 20 % on 10.87] / Dr 445660 vat 2.17 [D20 20 % on 10.87]"
        " / Cr 421DUP employee 25.00",
    ),
    (
        "capped, and four fifths of the reduced VAT are recovered",
        "own",
        [Spent("FUEL", "60.00", "20 50.00 10.00", covered="30.00")],
        "Dr 606100 expense 26.00 [F20 20 % on 25.00] / Dr 445660 vat 4.00 [F20 20 % on 25.00]"
        " / Cr 421DUP employee 30.00",
    ),
    (
        "capped abroad: the memo in the original currency is what is covered of it",
        "own",
        [Spent("MEAL", "100.00", "8.1 92.51 7.49", country="CH", currency="CHF", rate="1.0689", covered="50.00")],
        "Dr 625700 expense 53.45 (50.00 CHF at 1.0689) / Cr 421DUP employee 53.45",
    ),
    (
        "capped, foreign currency at home: bases and memo are reduced alike",
        "own",
        [Spent("MEAL", "120.00", "20 100.00 20.00", currency="USD", rate="0.5", covered="60.00")],
        "Dr 625700 expense 25.00 [D20 20 % on 25.00] (50.00 USD at 0.5)"
        " / Dr 445660 vat 5.00 [D20 20 % on 25.00] (10.00 USD at 0.5) / Cr 421DUP employee 30.00",
    ),
    (
        "a capped bill with a discount: each part keeps its side",
        "own",
        [Spent("MEAL", "109.00", "20 100.00 20.00,10 -10.00 -1.00", covered="54.50")],
        "Dr 625700 expense 50.00 [D20 20 % on 50.00] / Dr 445660 vat 10.00 [D20 20 % on 50.00]"
        " / Cr 625700 expense 5.00 [D10 10 % on -5.00] / Cr 445660 vat 0.50 [D10 10 % on -5.00]"
        " / Cr 421DUP employee 54.50",
    ),
    (
        "the split is of what is covered",
        "own",
        [Spent("TAXI", "35.01", split=TWO_PROJECTS, covered="20.00")],
        "Dr 625100 expense 20.00 {P1 12.00} {P2 8.00} / Cr 421DUP employee 20.00",
    ),
    (
        "a refund of which a part was covered takes back that part",
        "own",
        [Spent("MEAL", "-120.00", "20 -100.00 -20.00", covered="-90.00"), Spent("TAXI", "-8.00", covered="0.00")],
        "Cr 625700 expense 75.00 [D20 20 % on -75.00] / Cr 445660 vat 15.00 [D20 20 % on -75.00]"
        " / Dr 421DUP employee 90.00",
    ),
    (
        "a blocked own-money expense posts nothing, its report goes on without it",
        "own",
        [Spent("TAXI", "35.00", covered="0.00", blocked=True), Spent("TAXI", "15.00")],
        "Dr 625100 expense 15.00 / Cr 421DUP employee 15.00",
    ),
    (
        "a report whose expenses are all blocked posts nothing, whatever is missing for them",
        "own",
        [Spent("BOAT", "35.00", covered="0.00", blocked=True)],
        "",
    ),
    (
        "company-paid above a cap: the bank takes the whole, the rest is an advance to the employee",
        "company",
        [Spent("MEAL", "120.00", "20 100.00 20.00", covered="90.00", **CARD)],
        "Dr 625700 expense 75.00 [D20 20 % on 75.00] / Dr 445660 vat 15.00 [D20 20 % on 75.00]"
        " / Dr 425000 advance.account 30.00 / Cr 513000 company 120.00",
    ),
    (
        "a blocked company-paid expense is an advance, whole, and needs no expense account",
        "company",
        [Spent("BOAT", "35.00", covered="0.00", blocked=True, card="TX-9", **CARD)],
        "Dr 425000 advance.account 35.00 / Cr 467000 company 35.00",
    ),
    (
        "company-paid abroad, half covered: each line has its memo",
        "company",
        [Spent("TAXI", "50.00", country="US", currency="USD", rate="0.92", covered="25.00", split=TWO_PROJECTS,
               payer="company")],
        "Dr 625100 expense 23.00 (25.00 USD at 0.92) {P1 13.80} {P2 9.20}"
        " / Dr 425000 advance.account 23.00 (25.00 USD at 0.92) / Cr 512000 company 46.00 (-50.00 USD at 0.92)",
    ),
    (
        "a company-paid refund of which a part was covered takes the advance back first to last cent",
        "company",
        [Spent("TAXI", "-50.00", covered="-20.00", **CARD)],
        "Cr 625100 expense 20.00 / Cr 425000 advance.account 30.00 / Dr 513000 company 50.00",
    ),
]  # fmt: skip
