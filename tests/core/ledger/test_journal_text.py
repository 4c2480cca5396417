"""The ledger as text: independent checkers accept whatever people write into titles, comments and account codes."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

import pytest
from beancount import loader
from beancount.core import realization
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from passerelle import money
from passerelle.ledger.journal_text import PrintedEntry, PrintedLine, beancount, hledger
from passerelle.masterdata.company import Company

ROLES = ["expense", "vat", "employee", "employee_card", "advance", "imprest", "bank", "cash", "card",
         "reconciliation", "payroll_clearing", "rounding", "exchange"]  # fmt: skip
CHART = {f"{number}00": {"name": role, "role": role} for number, role in enumerate(ROLES, 10)}
CHART |= {code: {"name": code, "role": "expense"} for code in ("40.1", "40-1", "40_1", "a.b", "A-b", "x--", "9._")}
ENTITIES = {"FR": "EUR", "f-r": "EUR", "JP_1": "JPY", "TN": "TND"}
COMPANY = Company.model_validate(
    {
        "entities": {
            code: {"name": code, "country": "FR", "currency": currency, "time_zone": "Europe/Paris", "chart": "c"}
            for code, currency in ENTITIES.items()
        },
        "charts": {"c": {"accounts": CHART}},
    }
)
NASTY = [
    "", " ", ";", '"', "\\", "'\"; rm", "a\nb\r\nc", "\t", "date: yesterday", "date:2026-99-99", "[2026-13-45]",
    "[=1/1]", "type: a, date2:x", "* ! (x) | y", "= -100 EUR @ 2 EUR", "{}", "#tag ^link", "é ü 漢字 🚆",
    "\x0c\x0b\x85\u2028\x00",
    "  ; x", "account Expenses:FR", "comment", "end comment", "%", "date", "1970-01-01 close Expenses:FR:1000",
]  # fmt: skip
WORDS = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
# the codes of a chart, and those of employees, which no chart need hold
ACCOUNTS = st.sampled_from(sorted(CHART)) | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)


@st.composite
def printed_entries(draw: st.DrawFn) -> PrintedEntry:
    """A balanced entry with whatever people write."""
    entity = draw(st.sampled_from(sorted(ENTITIES)))
    amounts = draw(st.lists(st.integers(-(10**12), 10**12).filter(bool), min_size=1, max_size=4))
    if sum(amounts):
        amounts.append(-sum(amounts))
    else:
        amounts += [7, -7]
    lines = []
    for amount in amounts:
        foreign = draw(st.booleans())
        lines.append(
            PrintedLine(
                "expense", draw(ACCOUNTS), amount, draw(WORDS), draw(st.sampled_from(["", "2026-01-15"])), "",
                "USD" if foreign else "", 150 if foreign else None, "1.5" if foreign else "", "",
            )
        )  # fmt: skip
    day = draw(st.dates(date(1990, 1, 1), date(2099, 12, 31)).map(str))
    return PrintedEntry(entity, ENTITIES[entity], "NDF", day, "N000001", draw(WORDS), "dupont", 1, tuple(lines))


def batch() -> list[PrintedEntry]:
    """A few hundred entries in one list, so that the checkers start once."""
    found: list[PrintedEntry] = []

    @settings(max_examples=300, phases=[Phase.generate], database=None, derandomize=True)
    @given(printed_entries())
    def collect(entry: PrintedEntry) -> None:
        found.append(entry)

    collect()
    return found


EVERY_WORD = [
    PrintedEntry("FR", "EUR", "NDF", "2026-01-31", "N1", word, "dupont", 1, (
        PrintedLine("expense", "1000", 100, word, "2026-01-15", "", "", None, "", ""),
        PrintedLine("employee", "421DUP", -100, word, "", "", "", None, "", ""),
    ))
    for word in NASTY
]  # fmt: skip


@pytest.fixture(scope="module", params=["generated", "every nasty word"])
def entries(request: pytest.FixtureRequest) -> list[PrintedEntry]:
    return batch() if request.param == "generated" else EVERY_WORD


def totals(entries: list[PrintedEntry]) -> dict[tuple[str, str], Decimal]:
    """What each account holds, in the entity's currency."""
    sums: dict[tuple[str, str], Decimal] = {}
    for entry in entries:
        for line in entry.lines:
            key = (entry.entity, line.account)
            sums[key] = sums.get(key, Decimal(0)) + money.decimal(line.amount, entry.currency)
    return sums


def check_with_hledger(text: str, missing: Callable[[str], NoReturn], *arguments: str) -> str:
    program = shutil.which("hledger")
    if program is None:
        missing("hledger")
    outcome = subprocess.run(
        [program, "-f", "-", *arguments], input=text, capture_output=True, text=True, check=False,
        env={"LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def test_hledger_accepts_it(entries: list[PrintedEntry], server_missing: Callable[[str], NoReturn]) -> None:
    check_with_hledger("".join(hledger(entries, COMPANY)), server_missing, "check")


def test_hledger_finds_every_account_with_its_balance(
    entries: list[PrintedEntry], server_missing: Callable[[str], NoReturn]
) -> None:
    text = "".join(hledger(entries, COMPANY))
    report = check_with_hledger(text, server_missing, "balance", "--flat", "-E", "-N", "-O", "csv")
    found = sorted(Decimal(amount) for amount in re.findall(r'"(-?[\d.]+)(?: [A-Z]{3})?"$', report, re.MULTILINE))
    assert found == sorted(totals(entries).values())


def test_beancount_accepts_it_and_finds_every_account_with_its_balance(entries: list[PrintedEntry]) -> None:
    read, errors, _ = loader.load_string("".join(beancount(entries, COMPANY)))
    assert not errors
    assert sum(type(entry).__name__ == "Transaction" for entry in read) == len(entries)
    found: list[Any] = [
        sum((position.units.number for position in account.balance), Decimal(0))
        for account in realization.iter_children(realization.realize(read), leaf_only=True)
    ]
    assert sorted(found) == sorted(totals(entries).values())


def test_a_checker_refuses_an_entry_that_does_not_balance(server_missing: Callable[[str], NoReturn]) -> None:
    """Else the tests above would show nothing."""
    crooked = EVERY_WORD[0]._replace(lines=EVERY_WORD[0].lines[:1])
    _, errors, _ = loader.load_string("".join(beancount([crooked], COMPANY)))
    assert errors
    with pytest.raises(AssertionError, match="could not balance"):
        check_with_hledger("".join(hledger([crooked], COMPANY)), server_missing, "check")


def test_a_person_can_read_it() -> None:
    line = PrintedLine(
        "expense", "1000", 9215, "Train, 2nd class; return", "2026-01-15", "", "USD", 10000, "0.9215", ""
    )
    back = PrintedLine("employee", "421DUP", -9215, "", "", "", "", None, "", "")
    entry = PrintedEntry("FR", "EUR", "NDF", "2026-01-31", "N000042", 'Lyon "fair"', "dupont", 1, (line, back))
    assert "".join(itertools.islice(hledger([entry], COMPANY), 1, None)) == (
        '\n2026-01-31 * (N000042) Lyon "fair"  ; journal:NDF\n'
        "    Expenses:FR:1000  92.15 EUR  ; expense, 2026-01-15, 100.00 USD at 0.9215, Train  2nd class  return\n"
        "    Liabilities:FR:421DUP  -92.15 EUR  ; employee\n"
    )
    assert "".join(itertools.islice(beancount([entry], COMPANY), 1, None)) == (
        "\n1970-01-01 open Expenses:FR:1000\n\n1970-01-01 open Liabilities:FR:421DUP\n"
        '\n2026-01-31 * "N000042" "Lyon \'fair\'"\n'
        "  Expenses:FR:1000  92.15 EUR\n  Liabilities:FR:421DUP  -92.15 EUR\n"
    )


def test_accounts_that_would_share_a_name_stay_apart() -> None:
    lines = [PrintedLine("expense", code, amount, "", "", "", "", None, "", "") for code, amount in
             (("40.1", 1), ("40-1", 2), ("40_1", 3), ("40.1", -6))]  # fmt: skip
    entry = PrintedEntry("FR", "EUR", "NDF", "2026-01-31", "N1", "T", "dupont", 1, tuple(lines))
    text = "".join(beancount([entry, entry], COMPANY))
    names = re.findall(r"^  (\S+)", text, re.MULTILINE)
    assert names == ["Expenses:FR:40-1", "Expenses:FR:40-1-2", "Expenses:FR:40-1-3", "Expenses:FR:40-1"] * 2
