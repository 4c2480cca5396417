"""Reports in, on both databases: idempotent, refused line by line, handed back, all or nothing where asked."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passerelle.errors import ConfigurationFault, Refused, UsageFault
from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import compare
from passerelle.periods import Clock
from passerelle.reports.outcome import ImportOutcome
from passerelle.services import reports
from passerelle.services.intake import ImportRequest, import_reports
from passerelle.store import masterdata
from passerelle.store.database import Database
from passerelle.store.locks import exclusive
from passerelle.store.sql import execute

COMPANY: dict[str, Any] = {
    "entities": {
        "FR": {
            "name": "Boulangerie Martin",
            "country": "FR",
            "currency": "EUR",
            "time_zone": "Europe/Paris",
            "chart": "pcg",
            "accounts": {"bank": "512000", "card": "467000"},
            "journals": {
                "NDF": {"name": "Notes de frais", "kind": "expense_reports"},
                "CB": {"name": "Carte", "kind": "company_paid"},
            },
        }
    },
    "charts": {
        "pcg": {
            "accounts": {
                "421000": {"name": "Personnel", "role": "employee"},
                "467000": {"name": "Cartes", "role": "card"},
                "512000": {"name": "Banque", "role": "bank"},
                "625100": {"name": "Voyages", "role": "expense"},
            }
        }
    },
    "axes": {"CENTRE": {"name": "Centre", "sections": {"A": {"name": "A"}, "B": {"name": "B"}}}},
    "expense_types": {"TAXI": {"name": "Taxi", "accounts": {"pcg": "625100"}}},
    "employees": {code: {"name": code, "entity": "FR", "account": "421000"} for code in ("E1", "E2")},
}
MAPPING = """
name = "{name}"
entity = "FR"
[report]
period = "month"
approved = {approved}
controlled = {approved}
[columns]
id = {{ {id} }}
employee = {{ column = "who" }}
type = {{ constant = "TAXI" }}
date = {{ column = "day" }}
amount = {{ column = "amount" }}
payer = {{ column = "payer", map = {{ own = "employee", card = "company_card" }} }}
"""
HEADER = ("id", "who", "day", "amount", "payer")
names = count(1)


@dataclass
class Intake:
    """A database with a company, and the folder of files to import."""

    database: Database
    clock: Clock
    folder: Path

    def mapping(self, approved: bool = True, id: str = 'column = "id"') -> Path:
        """A mapping file under a source name of its own."""
        name = f"taxis-{next(names)}"
        path = self.folder / f"{name}.toml"
        path.write_text(MAPPING.format(name=name, approved=str(approved).lower(), id=id))
        return path

    def csv(
        self, lines: Sequence[Sequence[str]], mapping: Path, rejects: Path | None = None, **how: bool
    ) -> ImportOutcome:
        """Imports lines of ``HEADER``."""
        path = self.folder / f"lines-{next(names)}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([HEADER, *lines])
        return self.file(path, mapping, rejects, **how)

    def file(self, path: Path, mapping: Path | None = None, rejects: Path | None = None, **how: bool) -> ImportOutcome:
        return import_reports(self.database, self.clock, ImportRequest(path, mapping, rejects, **how))

    def report(self, rejects: Path | None = None, *more: dict[str, Any], **fields: Any) -> ImportOutcome:
        """Imports one report (and ``more``) as JSON Lines."""
        path = self.folder / f"reports-{next(names)}.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in (a_report(**fields), *more)))
        return self.file(path, None, rejects)

    def rows(self, what: str, source: str = "") -> list[tuple[Any, ...]]:
        with self.database.reading() as connection:
            where = f" WHERE source = '{source}'" if source else ""
            return [tuple(row) for row in execute(connection, f"SELECT {what}{where} ORDER BY 1, 2")]

    def codes(self, outcome: ImportOutcome) -> list[str]:
        return [finding.code for finding in outcome.findings]


def an_expense(id: str = "X1", amount: str = "12.00", **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": "TAXI", "date": "2026-01-14", "amount": amount, **fields}


def a_report(**fields: Any) -> dict[str, Any]:
    base = {"source": "tool", "id": "R1", "entity": "FR", "employee": "E1", "title": "Lyon"}
    return base | {"declared_at": "2026-02-01T09:00:00+01:00", "expenses": [an_expense()]} | fields


@pytest.fixture
def intake(database: Database, clock: Clock, tmp_path: Path) -> Intake:
    return fill(database, clock, tmp_path)


def fill(database: Database, clock: Clock, folder: Path) -> Intake:
    changes, _ = compare(Company(entities={}, charts={}), Company.model_validate(COMPANY))
    with database.transaction() as connection:
        masterdata.apply(connection, changes, "2026-01-01T00:00:00.000000+00:00")
    return Intake(database, clock, folder)


def cells_of(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text().splitlines()))


EXPENSES = "line_key, gross, withdrawn, payer FROM expense"
REPORTS = "number, kind, source_id, approval, controlled_at IS NOT NULL, revision FROM report"


# --- additive: CSV through a mapping ---------------------------------------------------------------------------------


def test_lines_are_grouped_by_employee_month_and_payer(intake: Intake) -> None:
    mapping = intake.mapping()
    lines = [
        ("1", "E1", "2026-01-03", "10.00", "own"),
        ("2", "E1", "2026-01-30", "5.50", "own"),
        ("3", "E1", "2026-01-30", "7.00", "card"),
        ("4", "E1", "2026-02-01", "1.00", "own"),
        ("5", "E2", "2026-01-01", "-2.00", "own"),
    ]
    outcome = intake.csv(lines, mapping)
    assert (outcome.lines.taken, outcome.reports_new, outcome.approved, outcome.posted) == (5, 4, 4, 4)
    assert [(one.currency, one.amount) for one in outcome.amounts_taken] == [("EUR", "21.50")]
    assert [row[:4] for row in intake.rows(REPORTS)] == [
        ("CP000001", "company", "E1/2026-01", "approved"),
        ("ND000001", "own", "E1/2026-01", "approved"),
        ("ND000002", "own", "E1/2026-02", "approved"),
        ("ND000003", "own", "E2/2026-01", "approved"),
    ]


def test_a_new_line_joins_the_open_report_and_else_the_next_of_its_group(intake: Intake) -> None:
    mapping = intake.mapping(approved=False)
    intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    intake.csv([("2", "E1", "2026-01-04", "11.00", "own")], mapping)
    assert [row[2] for row in intake.rows(REPORTS)] == ["E1/2026-01"]
    decided = reports.approve(intake.database, intake.clock, None)
    assert (decided.changed, decided.posted) == (1, 1)
    intake.csv([("3", "E1", "2026-01-05", "12.00", "own"), ("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    assert [(row[2], row[3]) for row in intake.rows(REPORTS)] == [
        ("E1/2026-01", "approved"),
        ("E1/2026-01#2", "created"),
    ]


def test_a_line_that_joins_a_controlled_report_takes_its_control_back(intake: Intake) -> None:
    mapping = intake.mapping(approved=False)
    intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    reports.control(intake.database, intake.clock, ["ND000001"])
    intake.csv([("2", "E1", "2026-01-04", "11.00", "own")], mapping)
    assert not intake.rows(REPORTS)[0][4]


def test_a_known_line_with_other_content_changes_nothing_and_warns(intake: Intake) -> None:
    mapping = intake.mapping()
    intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    outcome = intake.csv([("1", "E1", "2026-01-03", "99.00", "own")], mapping)
    assert (outcome.lines.unchanged, intake.codes(outcome)) == (1, ["PSR-1203"])
    assert intake.rows(EXPENSES)[0][1] == 1000


def test_a_known_line_that_can_no_longer_be_read_is_still_known(intake: Intake, tmp_path: Path) -> None:
    mapping = intake.mapping()
    intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    outcome = intake.csv([("1", "E1", "0000-00-00", "10.00", "own")], mapping)
    assert (outcome.lines.unchanged, outcome.lines.refused) == (1, 0)


BAD = [
    (("9", "E9", "2026-01-03", "10.00", "own"), "PSR-1101", "who"),
    (("9", "E1", "2026-02-30", "10.00", "own"), "PSR-1023", "day"),
    (("9", "E1", "", "10.00", "own"), "PSR-1022", "day"),
    (("9", "E1", "2026-01-03", "10,00", "own"), "PSR-1024", "amount"),
    (("9", "E1", "2026-01-03", "10.001", "own"), "PSR-1107", "amount"),
    (("9", "E1", "2026-01-03", "", "own"), "PSR-1002", "amount"),
    (("9", "E1", "2026-01-03", "1.00", "cash"), "PSR-1021", "payer"),
    (("", "E1", "2026-01-03", "1.00", "own"), "PSR-1002", "id"),
    (("9", "E1", "2026-01-03", "1.00"), "PSR-1006", ""),
    (("9", "E1", "2026-01-03", "99999999999999999.00", "own"), "PSR-1115", "amount"),
]


@pytest.mark.parametrize(("line", "code", "column"), BAD)
def test_a_bad_line_is_named_and_handed_back(
    sqlite_database: Database, clock: Clock, tmp_path: Path, line: tuple[str, ...], code: str, column: str
) -> None:
    intake = fill(sqlite_database, clock, tmp_path)
    rejects = tmp_path / "refused.csv"
    outcome = intake.csv([("1", "E1", "2026-01-03", "10.00", "own"), line], intake.mapping(), rejects)
    [finding] = outcome.findings
    assert (finding.code, finding.field, finding.place.line if finding.place else 0) == (code, column, 3)
    assert finding.remedy
    assert (outcome.lines.read, outcome.lines.taken, outcome.lines.refused) == (2, 1, 1)
    header, refused = cells_of(rejects)
    assert tuple(header) == (*HEADER, "passerelle_code", "passerelle_reason", "passerelle_id")
    assert tuple(refused[: len(line)]) == line
    assert code in refused


def test_twins_with_derived_ids_stay_apart_through_mending(intake: Intake, tmp_path: Path) -> None:
    """A refused twin keeps the id it had, else mending would make it the accepted one."""
    mapping = intake.mapping(id='hash = ["who", "day", "amount"], occurrence = true')
    rejects, again = tmp_path / "refused.csv", tmp_path / "again.csv"
    lines = [("", "E1", "2026-01-03", "10.00", payer) for payer in ("own", "own", "cash")]
    first = intake.csv(lines, mapping, rejects)
    assert (first.lines.taken, first.lines.refused, first.duplicates) == (2, 1, 1)
    again.write_text(rejects.read_text().replace("cash", "card", 1))
    second = intake.file(again, mapping)
    assert (second.lines.taken, second.lines.refused) == (1, 0)
    assert len({row[0] for row in intake.rows(EXPENSES)}) == 3
    assert intake.csv(lines, mapping).lines.unchanged == 3


def test_rejects_sent_again_unmended_come_back_the_same(intake: Intake, tmp_path: Path) -> None:
    mapping, first, second = intake.mapping(), tmp_path / "first.csv", tmp_path / "second.csv"
    intake.csv([line for line, _, _ in BAD], mapping, first)
    assert intake.file(first, mapping, second).lines.refused == len(BAD)
    assert cells_of(second) == cells_of(first)


def test_strict_takes_all_or_nothing(intake: Intake) -> None:
    mapping = intake.mapping()
    lines = [("1", "E1", "2026-01-03", "10.00", "own"), ("2", "E9", "2026-01-03", "10.00", "own")]
    outcome = intake.csv(lines, mapping, strict=True)
    assert (outcome.written, outcome.posted) == (False, 0)
    assert intake.rows(EXPENSES) == []
    assert intake.csv(lines[:1], mapping, strict=True).posted == 1


def test_a_dry_run_counts_like_a_run_and_writes_nothing(intake: Intake) -> None:
    mapping = intake.mapping()
    lines = [("1", "E1", "2026-01-03", "10.00", "own"), ("2", "E9", "2026-01-03", "10.00", "own")]
    dry = intake.csv(lines, mapping, dry_run=True)
    assert not dry.written
    assert intake.rows(REPORTS) == []
    assert dry.lines == intake.csv(lines, mapping).lines


def test_a_killed_import_is_finished_by_running_it_again(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after a block was committed: the report is there, not yet approved."""
    mapping = intake.mapping()
    lines = [(str(n), "E1", "2026-01-03", f"{n}.00", "own") for n in range(1, 6)]
    with monkeypatch.context() as patch:
        patch.setattr("passerelle.services.intake_lines._BLOCK", 2)
        blocks = count(1)

        def stop(words: str, done: int, total: int | None) -> None:
            if next(blocks) == 2:
                raise KeyboardInterrupt

        path = intake.folder / "killed.csv"
        path.write_text("\n".join(",".join(line) for line in [HEADER, *lines]))
        request = ImportRequest(path, mapping, intake.folder / "refused.csv")
        with pytest.raises(KeyboardInterrupt):
            import_reports(intake.database, intake.clock, request, stop)
    assert not list(intake.folder.glob("refused.csv*"))
    assert [row[3] for row in intake.rows(REPORTS)] == ["created"]
    again = import_reports(intake.database, intake.clock, request)
    assert (again.lines.unchanged, again.lines.taken, again.approved, again.posted) == (4, 1, 1, 1)


# --- whole: JSON Lines -----------------------------------------------------------------------------------------------


def test_the_same_revision_changes_nothing_or_is_a_conflict(intake: Intake) -> None:
    assert intake.report().lines.taken == 1
    assert intake.report().lines.unchanged == 1
    assert intake.codes(intake.report(expenses=[an_expense(amount="13.00")])) == ["PSR-1200"]
    assert intake.rows(EXPENSES)[0][1] == 1200


def test_a_higher_revision_replaces_and_withdraws_a_lower_is_refused(intake: Intake, tmp_path: Path) -> None:
    intake.report(expenses=[an_expense("X1"), an_expense("X2", "5.00")])
    outcome = intake.report(revision=3, expenses=[an_expense("X2", "6.00"), an_expense("X3")])
    assert (outcome.withdrawn, outcome.reports_changed, outcome.reports_new) == (1, 1, 0)
    assert [(key, gross, bool(gone)) for key, gross, gone, _ in intake.rows(EXPENSES)] == [
        ("X1", 1200, True),
        ("X2", 600, False),
        ("X3", 1200, False),
    ]
    rejects = tmp_path / "refused.jsonl"
    assert intake.codes(intake.report(rejects, revision=2)) == ["PSR-1201"]
    assert json.loads(rejects.read_text())["revision"] == 2


def test_a_mixed_submission_becomes_two_reports_of_one_revision(intake: Intake) -> None:
    mixed = [an_expense("X1"), an_expense("X2", payer="company_card", card_transaction="T1")]
    intake.report(expenses=mixed)
    assert [row[:3] for row in intake.rows(REPORTS)] == [("CP000001", "company", "R1"), ("ND000001", "own", "R1")]
    intake.report(revision=2, expenses=[an_expense("X1"), an_expense("X2")])
    assert [(row[0], row[5]) for row in intake.rows(REPORTS)] == [("CP000001", 2), ("ND000001", 2)]
    assert intake.rows("line_key, r.number FROM expense x JOIN report r ON r.id = x.report_id") == [
        ("X1", "ND000001"),
        ("X2", "ND000001"),
    ]
    assert intake.report(revision=2, expenses=[an_expense("X1"), an_expense("X2")]).lines.unchanged == 1


def test_one_bad_expense_refuses_its_report_and_no_other(intake: Intake) -> None:
    good = a_report(id="R2", expenses=[an_expense("Y1")])
    outcome = intake.report(None, good, expenses=[an_expense("X1"), an_expense("X2", type="TAXY")])
    assert intake.codes(outcome) == ["PSR-1103"]
    assert "TAXI" in outcome.findings[0].expected
    assert (outcome.lines.taken, outcome.lines.refused, outcome.expenses.refused) == (1, 1, 2)
    assert [row[0] for row in intake.rows(EXPENSES)] == ["Y1"]


def test_an_expense_moves_once_its_old_report_has_let_it_go(intake: Intake) -> None:
    intake.report(expenses=[an_expense("X1"), an_expense("X2")])
    assert intake.codes(intake.report(id="R2", expenses=[an_expense("X2")])) == ["PSR-1202"]
    outcome = intake.report(None, a_report(id="R2", expenses=[an_expense("X2")]), revision=2)
    assert (outcome.lines.taken, outcome.withdrawn) == (2, 0)


def test_changed_content_awaits_the_approval_and_control_it_had(intake: Intake) -> None:
    facts = "approval, controlled_at IS NOT NULL, post_due, posted_revision FROM report"
    intake.report(approved=True, controlled=True)
    assert intake.rows(facts) == [("approved", True, False, 1)]
    intake.report(revision=2, expenses=[an_expense(amount="13.00")])
    assert intake.rows(facts) == [("created", False, False, 1)]
    assert reports.approve(intake.database, intake.clock, ["ND000001"]).posted == 0
    assert reports.control(intake.database, intake.clock, ["ND000001"]).posted == 1
    assert intake.rows(facts) == [("approved", True, False, 2)]


def test_the_same_content_may_arrive_approved_later(intake: Intake) -> None:
    intake.report()
    outcome = intake.report(approved_at="2026-02-03T10:00:00+01:00")
    assert (outcome.lines.unchanged, outcome.approved, outcome.posted) == (1, 1, 1)


def test_possible_duplicates_are_told_and_taken(intake: Intake) -> None:
    outcome = intake.report(expenses=[an_expense("X1"), an_expense("X2"), an_expense("X3", "9.00")])
    assert (outcome.duplicates, intake.codes(outcome), outcome.expenses.taken) == (1, ["PSR-1204"], 3)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "PSR-1001"),
        ("[]", "PSR-1004"),
        (json.dumps(a_report(entity="XX")), "PSR-1100"),
        (json.dumps(a_report(employee="EE1")), "PSR-1101"),
        (json.dumps(a_report(titel="x")), "PSR-1003"),
        (json.dumps(a_report(declared_at="2026-02-01T09:00:00")), "PSR-1004"),
        (json.dumps(a_report(expenses=[an_expense(amount=12)])), "PSR-1004"),  # type: ignore[arg-type]
        (json.dumps(a_report(expenses=[an_expense(), an_expense()])), "PSR-1114"),
        ('{"title": "\udce9"}', "PSR-1005"),
    ],
)
def test_a_bad_report_is_named(sqlite_database: Database, clock: Clock, tmp_path: Path, line: str, code: str) -> None:
    intake = fill(sqlite_database, clock, tmp_path)
    path, rejects = tmp_path / "in.jsonl", tmp_path / "refused.jsonl"
    path.write_bytes(line.encode("utf-8", "surrogateescape") + b"\r\n")
    assert code in intake.codes(intake.file(path, None, rejects))
    assert rejects.read_bytes() == path.read_bytes()


# --- files and mappings at fault -------------------------------------------------------------------------------------


def test_files_at_fault_stop_before_anything_is_read(sqlite_database: Database, clock: Clock, tmp_path: Path) -> None:
    intake = fill(sqlite_database, clock, tmp_path)
    mapping, path = intake.mapping(), tmp_path / "a.csv"
    cases: list[tuple[type[Exception], str, bytes | None]] = [
        (Refused, "PSR-1000", None),
        (Refused, "PSR-1009", b""),
        (Refused, "PSR-1008", b"id;who;day\n"),
    ]
    for kind, code, content in cases:
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(kind, match=code):
            intake.file(path, mapping)
    with pytest.raises(UsageFault, match="PSR-1213"):
        intake.file(path, mapping, path)
    with pytest.raises(ConfigurationFault, match="PSR-1019"):
        intake.file(path, tmp_path / "absent.toml")


def test_a_mapping_at_fault_is_told_whole_with_places(sqlite_database: Database, clock: Clock, tmp_path: Path) -> None:
    intake = fill(sqlite_database, clock, tmp_path)
    mapping = intake.mapping()
    mapping.write_text(mapping.read_text().replace('{ column = "day" }', '{ colum = "day" }').replace("month", "moon"))
    with pytest.raises(ConfigurationFault) as caught:
        intake.csv([], mapping)
    places = {(finding.field, finding.place.line if finding.place else 0) for finding in caught.value.findings}
    assert ("report.period", 5) in places
    assert ("columns.date.colum", 12) in places


def test_a_second_import_at_the_same_time_is_refused(intake: Intake) -> None:
    with exclusive(intake.database, "intake"), pytest.raises(Refused, match="PSR-1205"):
        intake.report()


# --- laws ------------------------------------------------------------------------------------------------------------

GOOD = st.tuples(
    st.sampled_from(["E1", "E2"]),
    st.sampled_from(["2026-01-01", "2026-01-31", "2026-02-01"]),
    st.integers(-10_000, 10_000).map(lambda cents: f"{cents / 100:.2f}"),
    st.sampled_from(["own", "card"]),
)
LINES = st.lists(GOOD, min_size=1, max_size=12).map(lambda lines: [(f"L{n}", *line) for n, line in enumerate(lines)])
SLOW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)


def amount(amounts: Sequence[Any]) -> str:
    return amounts[0].amount if amounts else "0.00"


@given(lines=LINES, data=st.data())
@SLOW
def test_any_order_and_partition_gives_the_same_expenses_and_again_nothing(
    intake: Intake, lines: list[tuple[str, ...]], data: st.DataObject
) -> None:
    whole, parted = intake.mapping(), intake.mapping()
    assert intake.csv(lines, whole).lines.taken == len(lines)
    again = intake.csv(lines, whole)
    assert (again.lines.unchanged, again.reports_new, again.approved) == (len(lines), 0, 0)
    shuffled = data.draw(st.permutations(lines))
    cut = data.draw(st.integers(0, len(lines)))
    for part in (shuffled[:cut], shuffled[cut:]):
        intake.csv(part, parted)
    assert intake.rows(EXPENSES, whole.stem) == intake.rows(EXPENSES, parted.stem)


@given(lines=LINES, spoilt=st.sets(st.integers(0, 11)))
@SLOW
def test_mended_rejects_complete_the_set(intake: Intake, lines: list[tuple[str, ...]], spoilt: set[int]) -> None:
    whole, mended = intake.mapping(), intake.mapping()
    intake.csv(lines, whole)
    bad = [(key, who, day.replace("2026", "9926-"), *rest) if n in spoilt else (key, who, day, *rest)
           for n, (key, who, day, *rest) in enumerate(lines)]  # fmt: skip
    rejects, again = intake.folder / "refused.csv", intake.folder / "again.csv"
    first = intake.csv(bad, mended, rejects)
    assert first.lines.taken + first.lines.refused == len(lines) == first.lines.read
    again.write_text(rejects.read_text().replace(",9926-", ",2026"))
    second = intake.file(again, mended)
    assert second.lines.taken == first.lines.refused
    assert intake.rows(EXPENSES, whole.stem) == intake.rows(EXPENSES, mended.stem)
