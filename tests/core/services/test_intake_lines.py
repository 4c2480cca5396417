"""CSV lines through a mapping: grouped, joined, known again, handed back."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from passerelle.periods import Clock
from passerelle.services import life
from passerelle.services.intake import ImportRequest, import_reports
from passerelle.store.database import Database

from .an_intake import EXPENSES, HEADER, REPORTS, Intake, cells_of, fill


@pytest.fixture
def intake(database: Database, clock: Clock, tmp_path: Path) -> Intake:
    return fill(database, clock, tmp_path)


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
    decided = life.approve(intake.database, intake.clock, "paul", None)
    assert (decided.changed, decided.posted) == (1, 1)
    intake.csv([("3", "E1", "2026-01-05", "12.00", "own"), ("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    assert [(row[2], row[3]) for row in intake.rows(REPORTS)] == [
        ("E1/2026-01", "approved"),
        ("E1/2026-01#2", "created"),
    ]


def test_a_line_that_joins_a_controlled_report_takes_its_control_back(intake: Intake) -> None:
    mapping = intake.mapping(approved=False)
    intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    life.control(intake.database, intake.clock, "paul", ["ND000001"])
    intake.csv([("2", "E1", "2026-01-04", "11.00", "own")], mapping)
    assert not intake.rows(REPORTS)[0][4]


def test_a_known_line_with_other_content_is_not_taken_and_told_with_its_money(intake: Intake, tmp_path: Path) -> None:
    mapping, rejects = intake.mapping(), tmp_path / "refused.csv"
    twice = [("1", "E1", "2026-01-03", "-12.00", "own"), ("1", "E1", "2026-01-03", "-13.00", "own")]
    first = intake.csv(twice, mapping)
    assert (first.lines.taken, first.lines.differing, intake.codes(first)) == (1, 1, ["PSR-1203"])
    changed, same = ("1", "E1", "2026-01-03", "-99.00", "own"), ("1", "E1", "2026-01-03", "-12.00", "own")
    outcome = intake.csv([changed, same, ("2", "E1", "2026-01-04", "5.00", "own")], mapping, rejects)
    lines = outcome.lines
    assert (lines.read, lines.taken, lines.unchanged, lines.differing, lines.refused) == (3, 1, 1, 1, 0)
    amounts = (outcome.amounts_taken, outcome.amounts_unchanged, outcome.amounts_differing, outcome.amounts_refused)
    assert [[one.amount for one in each] for each in amounts] == [["5.00"], ["-12.00"], ["-99.00"], []]
    [finding] = outcome.findings
    assert (finding.code, finding.severity, finding.place.line if finding.place else 0) == ("PSR-1203", "error", 2)
    assert "-99.00 EUR instead of -12.00 EUR" in finding.value
    [_, (*cells, code, _, _)] = cells_of(rejects)
    assert (tuple(cells), code) == (changed, "PSR-1203")
    assert [row[:2] for row in intake.rows(EXPENSES)] == [("1", -1200), ("2", 500)]


def test_a_known_line_with_other_content_stops_a_strict_import(intake: Intake) -> None:
    mapping = intake.mapping()
    intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    lines = [("1", "E2", "2026-01-03", "10.00", "own"), ("2", "E1", "2026-01-03", "1.00", "own")]
    outcome = intake.csv(lines, mapping, strict=True)
    assert (outcome.written, outcome.lines.differing, outcome.findings[0].value) == (False, 1, "employee")
    assert len(intake.rows(EXPENSES)) == 1


def test_a_known_line_that_can_no_longer_be_read_is_still_known(intake: Intake, tmp_path: Path) -> None:
    mapping = intake.mapping()
    intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    outcome = intake.csv([("1", "E1", "0000-00-00", "10.00", "own")], mapping)
    assert (outcome.lines.unchanged, outcome.lines.refused) == (1, 0)


@pytest.mark.parametrize(("day", "amount"), [("0000-00-00", "11.00"), ("2026-01-03", "1O.00")])
def test_a_known_line_that_can_no_longer_be_read_is_no_excuse_for_other_money(
    intake: Intake, day: str, amount: str
) -> None:
    mapping = intake.mapping()
    intake.csv([("1", "E1", "2026-01-03", "10.00", "own")], mapping)
    outcome = intake.csv([("1", "E1", day, amount, "own")], mapping)
    assert (outcome.lines.differing, intake.codes(outcome)) == (1, ["PSR-1203"])


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


@pytest.mark.parametrize(("encoding", "mark"), [("cp1252", b""), ("utf-8", b""), ("utf-8", b"\xef\xbb\xbf")])
def test_rejects_keep_encoding_and_bytes(
    sqlite_database: Database, clock: Clock, tmp_path: Path, encoding: str, mark: bytes
) -> None:
    intake = fill(sqlite_database, clock, tmp_path)
    mapping, path, rejects = intake.mapping(), tmp_path / "a.csv", tmp_path / "r.csv"
    mapping.write_text(mapping.read_text().replace("[report]", f'encoding = "{encoding}"\n[report]', 1))
    line = '1,"Éva ""x""",2026-01-03, 10.00 ,own'.encode(encoding)
    path.write_bytes(mark + b"id,who,day,amount,payer\r\n" + line + b"\r\n")
    assert intake.file(path, mapping, rejects).lines.refused == 1
    header, refused = rejects.read_bytes().splitlines()
    assert header.startswith(mark + b"id,who")
    assert refused.startswith(line + b",PSR-1101,")


def test_lines_that_a_lone_quote_took_are_counted(intake: Intake, tmp_path: Path) -> None:
    path, rejects, again = tmp_path / "a.csv", tmp_path / "r.csv", tmp_path / "again.csv"
    mapping = intake.mapping()
    rest = "".join(f"{n},E1,2026-01-03,{n}.00,own\n" for n in range(3, 50))
    path.write_text('id,who,day,amount,payer\n1,E1,2026-01-03,1.00,own\n\n2,E1,2026-01-03,2.00,"own\n' + rest)
    outcome = intake.file(path, mapping, rejects)
    assert (outcome.lines.read, outcome.lines.taken, outcome.lines.refused, outcome.file_lines) == (2, 1, 1, 49)
    [finding] = outcome.findings
    assert finding.object.startswith("lines 4 to 51 of the file, read as one")
    again.write_text(rejects.read_text().replace('"own', "own", 1))
    mended = intake.file(again, mapping)
    assert (mended.lines.taken, mended.lines.refused, mended.file_lines) == (48, 0, 48)


def test_a_fault_names_the_column_that_the_value_stands_in(
    sqlite_database: Database, clock: Clock, tmp_path: Path
) -> None:
    """Also where the VAT base before it is empty, and where a column is named like another field."""
    intake = fill(sqlite_database, clock, tmp_path)
    mapping, path = intake.mapping(), tmp_path / "vat.csv"
    base = '{{ rate = {{ constant = "{n}" }}, vat = {{ column = "vat_{n}" }}, gross = {{ column = "{gross}" }} }}'
    bases = base.format(n=10, gross="gross_10") + ", " + base.format(n=20, gross="amount")
    text = mapping.read_text().replace('"who"', '"id"').replace('column = "id"', 'column = "nr"', 1)
    mapping.write_text(text + f"vat = [{bases}]\n")
    path.write_text(
        "nr,id,day,amount,payer,vat_10,gross_10,vat_20\n"
        "1,E1,2026-01-03,-13.00,own,,,-2.001\n2,E1,2026-01-03,-13.00,own,,,-1.00\n3,,2026-01-03,1.00,own,,,\n"
    )
    findings = [one for one in intake.file(path, mapping).findings if one.place]
    told = [("PSR-1116", "vat_20"), ("PSR-1111", "vat_20"), ("PSR-1002", "id")]
    assert [(finding.code, finding.field) for finding in findings] == told


def test_control_characters_are_refused_and_stop_nothing(intake: Intake) -> None:
    lines = [("1\0", "E1", "2026-01-03", "1.00", "own"), ("2", "E1\0", "2026-01-03", "1.00", "own")]
    outcome = intake.csv([*lines, ("3", "E1", "2026-01-03", "1.00", "own")], intake.mapping())
    assert (intake.codes(outcome), outcome.lines.taken) == (["PSR-1004", "PSR-1101"], 1)
