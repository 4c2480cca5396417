"""``passerelle ledger``: what a person reads, what a program parses, what a checker accepts."""

from __future__ import annotations

from typing import Any

import pytest
from beancount import loader

from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import compare
from passerelle.store import masterdata, sql
from passerelle.store.database import Database

NOW = "2026-03-02T09:00:00.000000+00:00"
COMPANY = {
    "entities": {
        "FR": {
            "name": "Exemple SAS", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "pcg",
            "journals": {"NDF": {"name": "Frais", "kind": "expense_reports"}},
        }
    },
    "charts": {"pcg": {"accounts": {"625100": {"name": "Voyages", "role": "expense"}}}},
    "employees": {"dupont": {"name": "Anne Dupont", "entity": "FR", "account": "421DUP"}},
}  # fmt: skip


@pytest.fixture
def posted(sqlite_database: Database) -> Database:
    """Two entries of 1,234.50 and 10.00, the second at its second revision."""
    with sqlite_database.transaction() as connection:
        changes, _ = compare(masterdata.load(connection).company, Company.model_validate(COMPANY))
        masterdata.apply(connection, changes, NOW)
        directory = masterdata.load(connection)
        entity, employee = directory.entity_id("FR"), directory.employee_id("dupont")
        for number, revision, amount in ((1, 1, 123450), (2, 2, 1000)):
            report: dict[str, Any] = {
                "id": number, "entity_id": entity, "employee_id": employee, "source": "s", "source_id": f"S{number}",
                "kind": "own", "revision": 1, "additive": False, "group_key": "", "content_hash": "",
                "number": f"N00000{number}", "title": "Salon", "declared_at": NOW, "approval": "approved",
                "awaits_control": False, "post_due": False, "posted_revision": revision, "findings": "[]",
                "submitted_at": NOW, "approval_steps": 1,
            }  # fmt: skip
            sql.insert(connection, "report", tuple(report), [tuple(report.values())])
            columns: tuple[str, ...] = ("id", "entity_id", "journal", "entry_type", "origin", "origin_id")
            sql.insert(connection, "entry", columns, [(number, entity, "NDF", "expense_report", "report", number)])
            columns = ("entry_id", "revision", "day", "latest_day", "line_count", "recorded_at")
            day = "2026-01-15"
            sql.insert(connection, "entry_revision", columns, [(number, revision, day, day, 2, NOW)])
            columns = (
                "entry_id",
                "revision",
                "kind",
                "account",
                "amount",
                "tax_code",
                "vat_rate",
                "currency",
                "rate",
                "sections",
            )
            rows = [("expense", "625100", amount), ("employee", "421DUP", -amount)]
            sql.insert(connection, "line", columns, [(number, revision, *row, "", "", "", "", "") for row in rows])
    return sqlite_database


def test_the_balance_is_read_by_people_and_programs(cli: Any, posted: Database) -> None:
    outcome = cli("ledger", "balance")
    assert outcome.code == 0
    assert [line.split() for line in outcome.out.splitlines() if "421DUP" in line or line.startswith("total")] == [
        ["421DUP", "Anne", "Dupont", "0.00", "1244.50", "-1244.50"],
        ["total", "1244.50", "1244.50", "0"],
    ]
    assert "next:  passerelle ledger verify" in outcome.err
    (balance,) = cli("ledger", "balance", "--entity", "FR", "--json").json
    assert (balance["currency"], balance["debit"], balance["credit"]) == ("EUR", "1244.50", "1244.50")


def test_entries_are_limited_and_say_so(cli: Any, posted: Database) -> None:
    outcome = cli("ledger", "entries", "--limit", "1", "--json")
    assert [entry["report"] for entry in outcome.json] == ["N000001"]
    assert outcome.json[0]["lines"][0]["debit"] == {"amount": "1234.50", "currency": "EUR"}
    assert "Only the first 1 entries are shown" in outcome.err
    everything = cli("ledger", "entries", "--account", "625100")
    assert "revision 2" in everything.out
    assert "Only the first" not in everything.err
    assert cli("ledger", "entries", "--account", "1").out == "No entries.\n"


def test_verify_ends_with_findings_when_a_row_was_tampered_with(cli: Any, posted: Database) -> None:
    assert cli("ledger", "verify").code == 0
    with posted.transaction() as connection:
        sql.execute(connection, "UPDATE line SET amount = amount + 1 WHERE account = '625100' AND entry_id = 1")
    outcome = cli("ledger", "verify")
    assert outcome.code == 1
    assert "PSR-4901" in outcome.err
    assert [finding["code"] for finding in cli("ledger", "verify", "--json").json["findings"]] == ["PSR-4901"]


def test_print_gives_text_for_a_checker_and_nothing_else(cli: Any, posted: Database) -> None:
    outcome = cli("ledger", "print", "--as", "beancount")
    _, errors, _ = loader.load_string(outcome.out)
    assert (outcome.code, outcome.err, errors) == (0, "", [])
    assert "    Expenses:FR:625100  1234.50 EUR  ; expense\n" in cli("ledger", "print").out


@pytest.mark.parametrize("command", [("balance",), ("entries",), ("print",)])
def test_an_unknown_entity_prints_no_data(cli: Any, posted: Database, command: tuple[str, ...]) -> None:
    outcome = cli("ledger", *command, "--entity", "DE")
    assert (outcome.code, outcome.out) == (1, "")
    assert "PSR-4010" in outcome.err
