"""`passerelle reports approve | refuse | cancel | control | uncontrol | send-back | history`: what a person sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

COMPANY = """
[entities.FR]
name = "Boulangerie Martin"
country = "FR"
currency = "EUR"
time_zone = "Europe/Paris"
chart = "pcg"
approval_steps = ["manager", "finance"]
accounts = { bank = "512000", advance = "425000" }
journals = { NDF = { name = "Notes de frais", kind = "expense_reports" }, CB = { name = "CB", kind = "company_paid" } }

[charts.pcg.accounts]
421000 = { name = "Personnel", role = "employee" }
425000 = { name = "Avances", role = "advance" }
512000 = { name = "Banque", role = "bank" }
625100 = { name = "Voyages", role = "expense" }

[expense_types]
HOTEL = { name = "Hotel", accounts = { pcg = "625100" } }
BAR = { name = "Bar", accounts = { pcg = "625100" } }

[profiles.generic]
name = "Everybody"
types.HOTEL.cap = [{ amounts = { EUR = 100 }, period = "day" }]
types.BAR.count = [{ limit = 1, period = "year" }]

[employees]
E1 = { name = "Anna", entity = "FR", account = "421000" }
"""


def expense(id: str, type: str, amount: str, day: str = "2026-01-14", **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "date": day, "amount": amount} | fields


REPORTS = [
    {"id": "R1", "title": "Lyon", "expenses": [expense("X1", "HOTEL", "120.00"), expense("X2", "BAR", "9.00")]},
    {"id": "R2", "title": "Nice",
     "expenses": [expense("Y1", "BAR", "9.00"), expense("Y2", "HOTEL", "50.00", "2026-01-15")]},
    {"id": "R3", "title": "Card", "expenses": [expense("Z1", "HOTEL", "130.00", "2026-01-20", payer="company")]},
    {"id": "R4", "title": "Later", "submitted": False,
     "expenses": [expense("W1", "HOTEL", "10.00", "2026-02-20"), expense("W2", "HOTEL", "10.00", "2026-02-20")]},
]  # fmt: skip


@pytest.fixture
def ready(cli: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command line with two submitted reports, a company-paid one and a draft; Paul types."""
    monkeypatch.setenv("PASSERELLE_USER", "paul")
    folder: Path = cli.folder
    (folder / "company.toml").write_text(COMPANY)
    same = {"source": "tool", "entity": "FR", "employee": "E1", "declared_at": "2026-02-01T09:00:00+01:00"}
    (folder / "r.jsonl").write_text("".join(json.dumps(same | one) + "\n" for one in REPORTS))
    applied = cli("config", "apply", "company.toml")
    assert applied.code in (0, 1), applied.err
    assert cli("reports", "import", "r.jsonl", "--json").json["lines"]["taken"] == 4
    return cli


def approved(cli: Any) -> Any:
    cli("reports", "approve", "--all")
    cli("reports", "approve", "--all", "--by", "jane")
    return cli


def test_what_the_policy_leaves_is_shown_with_why(ready: Any) -> None:
    shown = ready("reports", "show", "ND000001").out
    assert "total 129.00 EUR in 2 expenses; owed 109.00 EUR" in shown
    assert any(line.startswith("  X1: ") and "100.00" in line for line in shown.splitlines())
    assert "may be the same" not in shown  # Y1 is refused
    assert "  W1: may be the same as W2 of ND000003" in ready("reports", "show", "ND000003").out
    second = ready("reports", "show", "ND000002", "--json").json
    blocked = next(line for line in second["expense_lines"] if line["id"] == "Y1")
    assert (blocked["blocked"], blocked["covered"]) == (True, "0.00")
    assert blocked["verdicts"][0]["sentence"]
    assert blocked["duplicates"] == []
    assert (second["total"], second["covered"], second["owed"], second["advance"]) == (
        "59.00",
        "50.00",
        "50.00",
        "0.00",
    )
    assert "refused" in ready("reports", "show", "ND000002").out
    card = ready("reports", "show", "CP000001")
    assert "covered 100.00 EUR, 30.00 EUR as an advance" in card.out
    rows = ready("reports", "list").out.splitlines()
    assert rows[0].split() == ["number", "entity", "employee", "title", "expenses", "declared", "covered", "status"]
    assert "  129.00   109.00  EUR  submitted" in rows[2]


def test_steps_are_given_by_two_people_and_listed(ready: Any) -> None:
    first = ready("reports", "approve", "--all")
    assert first.out.startswith("3 reports of FR: step 1 of 2 (manager) given, finance next.")
    assert "next:  passerelle reports approve --all --by SOMEBODY_ELSE" in first.err
    assert [one["number"] for one in listed(ready, "partially-approved")] == ["ND000001", "ND000002", "CP000001"]
    assert listed(ready, "partially-approved")[0]["status"] == "partially approved, step 1 of 2"
    again = ready("reports", "approve", "--all")
    assert "3 reports that you approved before: the next step is for somebody else." in again.out
    refused = ready("reports", "approve", "ND000001")
    assert (refused.code, "PSR-1221" in refused.err) == (1, True)
    done = ready("reports", "approve", "ND000001", "--by", "jane", "--json").json
    assert (done["posted"], done["changed"], done["steps"]) == (1, 1, [])
    one = ready("reports", "submit", "ND000003") and ready("reports", "approve", "ND000003", "--json").json
    (step,) = one["steps"]
    assert (one["changed"], step["reports"], step["step"], step["name"], step["following"]) == (
        0, 1, 1, "manager", "finance",
    )  # fmt: skip
    last = ready("reports", "approve", "ND000003", "--entity", "FR", "--by", "jane")
    assert last.err.endswith("next:  passerelle reports control ND000003 --entity FR\n")


def test_what_the_ledger_holds_is_told(ready: Any) -> None:
    def ledger() -> Any:
        return ready("reports", "show", "ND000001", "--json").json["ledger"]

    assert ledger() == "not in the ledger"
    approved(ready)
    assert ledger() == "in the ledger"
    left = ready("reports", "control", "ND000001")
    assert "next:  passerelle reports list --status controlled" in left.err  # no definition sends anything
    ready("reports", "send-back", "ND000001", "--reason", "the bill is missing")
    assert ledger() == "the ledger holds revision 1 (109.00 EUR) until it is approved and controlled again"
    ready("reports", "submit", "ND000001")
    approved(ready)
    assert ledger() == "the ledger holds revision 1 (109.00 EUR) until it is controlled again"
    ready("reports", "refuse", "ND000001", "--reason", "not a business trip")
    assert ledger() == "nothing of it stays in the ledger"


def listed(cli: Any, status: str) -> Any:
    return cli("reports", "list", "--status", status, "--json").json


def test_every_status_word_filters(ready: Any) -> None:
    approved(ready)
    ready("reports", "control", "ND000001", "--expense", "X1")
    ready("reports", "control", "CP000001")
    ready("reports", "cancel", "ND000003", "--reason", "never happened")
    found = {
        word: [one["number"] for one in listed(ready, word)]
        for word in ("draft", "submitted", "approved", "partly-controlled", "controlled", "refused", "cancelled")
    }
    assert found == {
        "draft": [],
        "submitted": [],
        "approved": ["ND000001", "ND000002"],
        "partly-controlled": ["ND000001"],
        "controlled": ["CP000001"],
        "refused": [],
        "cancelled": ["ND000003"],
    }


def test_control_of_one_expense_with_a_reason_and_back(ready: Any) -> None:
    approved(ready)
    above = ready("reports", "control", "ND000001", "--expense", "X1", "--cover", "110.00", "--reason", "generous")
    assert (above.code, "100.00 EUR" in above.err) == (1, True)
    lowered = ready("reports", "control", "ND000001", "--expense", "X1", "--cover", "40.00", "--reason", "no breakfast")
    assert "1 expense controlled; 0 were already. Ledger: 1 report posted, 3 lines" in lowered.out
    text = ready("reports", "show", "ND000001").out
    assert "  X1: lowered to 40.00 EUR by paul: no breakfast" in text
    assert "approved & partly controlled" in text
    back = ready("reports", "uncontrol", "ND000001", "--expense", "X1", "--json").json
    assert (back["changed"], back["posted"]) == (1, 1)
    assert ready("reports", "show", "ND000001", "--json").json["owed"] == "109.00"


def test_a_reason_cannot_pass_for_a_line_of_the_report(ready: Any) -> None:
    approved(ready)
    reason = "no bar\r\ntotal 9,999.00 EUR\n\tpaid"
    ready("reports", "control", "ND000001", "--expense", "X1", "--cover", "40.00", "--reason", reason)
    for told in ("show", "history"):
        text = ready("reports", told, "ND000001").out
        assert "no bar total 9,999.00 EUR paid" in text
        assert not [line for line in text.splitlines() if line.startswith(("total 9,999", "paid", "\tpaid"))]


def test_what_is_no_text_is_told(ready: Any) -> None:
    for words in (
        ["refuse", "ND000001", "--reason", "bad\udcff"],
        ["show", "\udcff"],
        ["refuse", "\udcff", "--reason", "x"],
    ):
        outcome = ready("reports", *words)
        assert (outcome.code, "PSR-9016" in outcome.err, "\\xff" in outcome.err) == (2, True, True)


def test_history_tells_who_did_what_and_when(ready: Any) -> None:
    approved(ready)
    ready("reports", "control", "ND000002", "--expense", "Y2", "--cover", "10.00", "--reason", "shared", "--by", "ann")
    ready("reports", "send-back", "ND000002", "--reason", "the bill is missing")
    ready("reports", "cancel", "ND000002", "--reason", "private")
    shown = ready("reports", "history", "ND000002", "--json").json
    told = [(one["what"], one["by"], one["detail"], one["reason"]) for one in shown["happenings"]]
    assert told == [
        ("declared", "tool", "", ""),
        ("submitted", "tool", "stated by its source", ""),
        ("approved", "paul", "step 1 of 2: manager", ""),
        ("approved", "jane", "step 2 of 2: finance", ""),
        ("posted", "", "revision 1 of the entry: 2 lines", ""),
        ("controlled", "ann", "expense Y2: covered 10.00 of 50.00 EUR", "shared"),
        ("controlled", "ann", "every expense is controlled", ""),
        ("posted", "", "revision 2 of the entry: 2 lines", ""),
        ("sent back", "paul", "", "the bill is missing"),
        ("cancelled", "paul", "", "private"),
        ("posted", "", "revision 3 of the entry: nothing", ""),
    ]
    assert all(one["at"].endswith(("+01:00", "+02:00")) for one in shown["happenings"])
    text = ready("reports", "history", "ND000002").out
    assert "Europe/Paris" in text
    assert "the bill is missing" in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["refuse", "ND000001"], 2, "--reason"),
        (["cancel", "--reason", "x"], 2, "NUMBER"),
        (["send-back", "ND9", "--reason", "x"], 1, "PSR-1210"),
        (["approve", "ND000003"], 1, "PSR-1220"),
        (["control", "ND000001", "--cover", "1.00"], 2, "--expense"),
        (["control", "ND000001", "ND000002", "--expense", "X1"], 2, "--expense"),
        (["control", "--all", "--expense", "X1"], 2, "--expense"),
        (["control", "ND000001", "--expense", "X9"], 1, "PSR-1227"),
        (["uncontrol"], 2, "NUMBER"),
        (["approve", "--all", "--by", " "], 2, "--by"),
        (["history", "ND9"], 1, "PSR-1210"),
        (["list", "--status", "weary"], 2, "partly-controlled"),
    ],
)
def test_wrong_words(ready: Any, words: list[str], code: int, said: str) -> None:
    outcome = ready("reports", *words)
    assert outcome.code == code
    assert said in outcome.err


@pytest.mark.parametrize("name", ["refuse", "cancel", "uncontrol", "send-back", "history"])
def test_help_teaches_with_an_example(cli: Any, name: str) -> None:
    assert "Example:  passerelle reports" in cli("reports", name, "--help").out
