"""Real expense lines end to end: in through mapping files, booked, exported, proven, on a real server, to the cent."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.readers import Line, sage_flg, sage_pnm

from passerelle.services.mappings import read_mapping

from .conftest import MAPPINGS, Installation
from .sources import SOURCES, TYPES, Expected, Source, Spent

Install = Callable[..., Installation]
FILES = {"sage100-flg": ".txt", "sage100-pnm": ".pnm", "generic-csv": ".csv"}
BEAN_CHECK = Path(sys.executable).with_name("bean-check")


def test_one_file_goes_all_the_way_alike_on_both_databases(
    install: Install, new_postgres_url: Callable[[], str], server_missing: Callable[[str], Any]
) -> None:
    parking = [source for source in SOURCES if source.name == "all_car_parking"]
    hashes = []
    for url in (None, new_postgres_url()):
        made = install(parking, url)
        hashes.append(go_all_the_way(made))
        check_printed_ledger(server_missing)
    assert len(hashes[0]) == 3
    assert hashes[0] == hashes[1]


@pytest.mark.skipif(os.environ.get("PASSERELLE_REAL_DATA") != "all", reason="all of the real data: run `make real`")
def test_all_files_go_all_the_way(install: Install, server_missing: Callable[[str], Any]) -> None:
    made = install(SOURCES)
    lines = {source.name: list(source.lines(made.shared)) for source in SOURCES}
    assert sum(map(len, lines.values())) == 21_559 + 1_000
    for name, count, total in (
        ("p39_travel_allowance", 3_944, "2856347.00"),
        ("p39_domestic_fares", 8_379, "5112304.22"),
        ("reimbursements_sample", 1_000, "365699.06"),
    ):
        assert (len(lines[name]), sum(one.amount for one in lines[name])) == (count, Decimal(total))
    assert sum(not one.amount for found in lines.values() for one in found) == 1_580
    assert sum(one.amount < 0 for found in lines.values() for one in found) == 426
    refused = [(one.refused, one.amount) for found in lines.values() for one in found if one.refused]
    assert refused == [("PSR-1022", Decimal("11.28")), ("PSR-1021", Decimal("115.33"))]
    assert len(go_all_the_way(made)) == 6 + 3  # the mended lines are all Australian
    check_printed_ledger(server_missing)


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_mapping_file_loads(path: Path) -> None:
    assert read_mapping(path).content.report.approved


def go_all_the_way(made: Installation) -> dict[str, str]:
    """Every step of the flow with its checks; file name -> SHA-256 of all that left."""
    lines = {source.name: list(source.lines(made.shared)) for source in made.sources}
    taken = {name: [one for one in found if not one.refused] for name, found in lines.items()}
    for source in made.sources:
        check_import(made, source, lines[source.name])
    check_ledger(made, taken)
    left: dict[str, str] = {}
    for entity in dict.fromkeys(source.entity for source in made.sources):
        left |= check_export(made, entity, [Expected.of(taken[s.name]) for s in made.sources if s.entity == entity])
    check_files(made, left)
    check_nothing_changes(made, taken)
    mended = [source for source in made.sources if source.mend]
    for source in mended:
        check_mending(made, source, [one for one in lines[source.name] if one.refused])
    check_ledger(made, lines)
    for entity in dict.fromkeys(source.entity for source in mended):
        each = [Expected.of([one for one in lines[s.name] if one.refused]) for s in mended if s.entity == entity]
        left |= check_export(made, entity, each)
    check_files(made, left)
    assert made.answer("ledger", "verify")["findings"] == []
    return left


# --- intake ----------------------------------------------------------------------------------------------------------


def bring(made: Installation, source: Source, file: Path, code: int) -> tuple[Any, list[str]]:
    """The answer of an import, and its rejects file after the header."""
    rejects = Path(f"{source.name}.rejects.csv")
    mapping = MAPPINGS / f"{source.name}.toml"
    answer = made.answer("reports", "import", file, "--mapping", mapping, "--rejects", rejects, code=code)
    return answer, rejects.read_text(encoding="utf-8").splitlines()[1:]


def total(amounts: list[dict[str, str]], currency: str) -> Decimal:
    assert {one["currency"] for one in amounts} <= {currency}
    return sum((Decimal(one["amount"]) for one in amounts), Decimal(0))


def check_import(made: Installation, source: Source, lines: list[Spent]) -> None:
    refused = [one for one in lines if one.refused]
    taken = [one for one in lines if not one.refused]
    answer, rejects = bring(made, source, source.path(made.shared), 1 if refused else 0)
    counts = {"read": len(lines), "taken": len(taken), "unchanged": 0, "differing": 0, "refused": len(refused)}
    assert answer["lines"] == answer["expenses"] == counts
    assert total(answer["amounts_taken"], source.currency) == sum(one.amount for one in taken)
    assert total(answer["amounts_refused"], source.currency) == sum(one.amount for one in refused)
    errors = [one for one in answer["findings"] if one["severity"] == "error"]
    assert [(one["place"]["line"], one["code"]) for one in errors] == [(one.line, one.refused) for one in refused]
    assert all(one["message"] and one["field"] and one["expected"] and one["remedy"] for one in errors)
    assert len(rejects) == len(refused)
    for written, one in zip(rejects, refused, strict=True):
        assert written.startswith(f"{one.raw},{one.refused},")
    expected = Expected.of(taken)
    assert answer["reports_new"] == answer["approved"] == answer["posted"] == expected.reports
    assert (answer["ledger_lines"], answer["held_back"], answer["withdrawn"]) == (expected.ledger_lines, 0, 0)


def check_nothing_changes(made: Installation, taken: dict[str, list[Spent]]) -> None:
    before = made.answer("ledger", "balance")
    for source in made.sources:
        refused = 1 if source.mend else 0
        answer, rejects = bring(made, source, source.path(made.shared), refused)
        number = len(taken[source.name])
        counts = {"read": number + refused, "taken": 0, "unchanged": number, "differing": 0, "refused": refused}
        assert answer["lines"] == counts
        assert total(answer["amounts_unchanged"], source.currency) == sum(one.amount for one in taken[source.name])
        assert len(rejects) == refused
        changes = ("reports_new", "reports_changed", "approved", "posted", "ledger_lines", "withdrawn")
        assert not any(answer[name] for name in changes)
    assert made.answer("ledger", "balance") == before
    for entity in {source.entity for source in made.sources}:
        again = made.answer("export", "create", entity)
        assert (again["export"], again["left_out"], again["deliveries"]) == (None, [], [])


def check_mending(made: Installation, source: Source, refused: list[Spent]) -> None:
    """The rejects file, mended by hand, comes in; then the whole source is known."""
    file = Path(f"{source.name}.mended.csv")
    text = Path(f"{source.name}.rejects.csv").read_text(encoding="utf-8")
    for _, wrong, right in source.mend:
        assert text.count(wrong) == 1
        text = text.replace(wrong, right)
    file.write_text(text, encoding="utf-8")
    answer, rejects = bring(made, source, file, 0)
    counts = {"read": len(refused), "taken": len(refused), "unchanged": 0, "differing": 0, "refused": 0}
    assert answer["lines"] == counts
    assert total(answer["amounts_taken"], source.currency) == sum(one.amount for one in refused)
    assert (answer["posted"], rejects) == (len(refused), [])
    answer, rejects = bring(made, source, source.path(made.shared), 0)
    assert (answer["lines"]["read"], answer["lines"]["refused"]) == (answer["lines"]["unchanged"], 0)


# --- ledger ----------------------------------------------------------------------------------------------------------


def ledger_balances(made: Installation) -> dict[str, dict[str, Decimal]]:
    """Entity -> account -> balance, without the accounts that are even."""
    return {
        one["entity"]: {row["account"]: Decimal(row["balance"]) for row in one["accounts"] if Decimal(row["balance"])}
        for one in made.answer("ledger", "balance")
    }


def check_ledger(made: Installation, lines: dict[str, list[Spent]]) -> None:
    """Every account of the ledger is what the sources add up to."""
    expected: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for source in made.sources:
        for name, amount in Expected.of(lines[source.name]).balances.items():
            expected[source.entity][made.account_of.get(name, name)] += amount
    for entity, balances in ledger_balances(made).items():
        assert balances == {account: amount for account, amount in expected[entity].items() if amount}
        assert sum(balances.values()) == 0


def check_printed_ledger(server_missing: Callable[[str], Any]) -> None:
    """The whole ledger as text passes the checkers of others."""
    if shutil.which("hledger") is None:
        server_missing("hledger")
    for form, words in (("hledger", ["hledger", "check", "-f"]), ("beancount", [str(BEAN_CHECK)])):
        printed = subprocess.run(
            [sys.executable, "-m", "passerelle.cli", "ledger", "print", "--as", form], check=True, capture_output=True
        ).stdout
        file = Path(f"ledger.{form}")
        file.write_bytes(printed)
        checked = subprocess.run([*words, str(file)], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr[-3000:] + checked.stdout[-3000:]
        assert printed.count(b" * ") > 100


# --- export ----------------------------------------------------------------------------------------------------------


def check_export(made: Installation, entity: str, each: list[Expected]) -> dict[str, str]:
    """Creates an export of what was just booked; file name -> SHA-256."""
    answer = made.answer("export", "create", entity)
    facts = answer["export"]
    documents, lines = sum(one.documents for one in each), sum(one.ledger_lines for one in each)
    assert (facts["entity"], facts["state"], answer["left_out"]) == (entity, "proven", [])
    assert (facts["documents"], facts["lines"]) == (documents, lines)
    assert {one["format"] for one in facts["artifacts"]} == set(FILES)
    assert {one["state"] for one in answer["deliveries"]} == {"delivered"}
    for artifact in facts["artifacts"]:
        assert (artifact["proof"]["documents"], artifact["proof"]["lines"]) == (documents, lines)
        assert artifact["file_name"].endswith(FILES[artifact["format"]])
    verified = made.answer("export", "verify", facts["number"], "--entity", entity)
    assert (verified["artifacts"], verified["documents"], verified["findings"]) == (3, documents, [])
    return {one["file_name"]: one["sha256"] for one in facts["artifacts"]}


def check_files(made: Installation, left: dict[str, str]) -> None:
    """What lies on the server is what left, and readers of others sum every account of it to the ledger's balance."""
    arrived = {path.name: path.read_bytes() for path in made.arrived.iterdir()}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in arrived.items()} == left
    ledger = ledger_balances(made)
    employees = {auxiliary: made.account_of[code] for code, auxiliary in made.auxiliary_of.items()}
    for entity, (journal, currency) in {"AU": ("EXP", "AUD"), "BR": ("REE", "BRL")}.items():
        for suffix in FILES.values():
            balances: Counter[str] = Counter()
            for name, content in arrived.items():
                if name.startswith(f"{entity}_") and name.endswith(suffix):
                    sum_up(content, suffix, journal, currency, employees, balances)
            minor = {account: int(amount * 100) for account, amount in ledger[entity].items()}
            assert {account: amount for account, amount in balances.items() if amount} == minor


def sum_up(
    content: bytes, suffix: str, journal: str, currency: str, employees: dict[str, str], balances: Counter[str]
) -> None:
    if suffix == ".csv":
        for row in csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), delimiter=";"):
            assert (row["record"], row["journal"], row["currency"]) == ("line", journal, currency)
            debit, credit = (Decimal(row[side] or 0) for side in ("debit", "credit"))
            assert (debit > 0) != (credit > 0)
            balances[row["account"]] += int((debit - credit) * 100)
        return
    pieces = sage_flg.read(content) if suffix == ".txt" else sage_pnm.read(content)
    assert suffix != ".txt" or f"#DEV {currency}\r\n".encode() in content
    known = {account for _, _, account in TYPES.values()}
    for line in (line for piece in pieces for line in piece.lines):
        assert line.journal == journal
        balances[our_account(line, employees, known)] += line.minor if line.side == "D" else -line.minor


def our_account(line: Line, employees: dict[str, str], known: set[str]) -> str:
    """The ledger's account: Sage knows employees by their collective account and their auxiliary code."""
    if line.third_party:
        assert line.account == "421000"
        return employees[line.third_party]
    assert line.account in known
    return line.account
