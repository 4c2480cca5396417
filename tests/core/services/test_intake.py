"""Files at fault, all or nothing, and the laws of intake, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passerelle.errors import ConfigurationFault, Refused, UsageFault
from passerelle.periods import Clock
from passerelle.store.database import Database
from passerelle.store.locks import exclusive

from .an_intake import EXPENSES, Intake, fill


@pytest.fixture
def intake(database: Database, clock: Clock, tmp_path: Path) -> Intake:
    return fill(database, clock, tmp_path)


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
    for read in (path, mapping):
        with pytest.raises(UsageFault, match="PSR-1213"):
            intake.file(path, mapping, read)
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


def test_refused_lines_are_written_beside_every_other_file(
    sqlite_database: Database, clock: Clock, tmp_path: Path
) -> None:
    """The input may have any name, also the one under which programs keep unfinished files."""
    intake = fill(sqlite_database, clock, tmp_path)
    source, rejects, victim = tmp_path / "data.csv.part", tmp_path / "data.csv", tmp_path / "victim"
    content = b"id,who,day,amount,payer\n1,E1,2026-01-03,10.00,own\n2,E9,2026-01-03,10.00,own\n"
    source.write_bytes(content)
    victim.write_text("kept")
    rejects.symlink_to(victim)
    with pytest.raises(UsageFault, match="PSR-1217"):
        intake.file(source, intake.mapping(), rejects)
    rejects.unlink()
    assert intake.file(source, intake.mapping(), rejects).lines.refused == 1
    assert source.read_bytes() == content
    assert victim.read_text() == "kept"
    assert b"PSR-1101" in rejects.read_bytes()
    assert rejects.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".data*"))


def test_mended_rejects_may_be_refused_into_nothing_but_another_file(intake: Intake, tmp_path: Path) -> None:
    mapping, rejects = intake.mapping(), tmp_path / "refused.csv"
    intake.csv([("1", "E9", "2026-01-03", "10.00", "own")], mapping, rejects)
    before = rejects.read_bytes()
    with pytest.raises(UsageFault, match="PSR-1213"):
        intake.file(rejects, mapping, rejects)
    assert rejects.read_bytes() == before


@pytest.mark.parametrize("content", ["[entities.FR]\n", "id,who\n1,2\n", 'a,"b\n', '{"id": 1}\n'])
@pytest.mark.parametrize("lines", [True, False])
def test_a_file_that_is_no_rejects_file_is_never_overwritten(
    sqlite_database: Database, clock: Clock, tmp_path: Path, content: str, lines: bool
) -> None:
    intake = fill(sqlite_database, clock, tmp_path)
    other = tmp_path / "company.toml"
    other.write_text(content)
    good = [("1", "E1", "2026-01-03", "10.00", "own")]
    with pytest.raises(UsageFault, match="PSR-1217"):
        intake.csv(good, intake.mapping(), other) if lines else intake.report(other)
    assert other.read_text() == content
    assert intake.rows(EXPENSES) == []


def test_a_device_is_no_rejects_file(sqlite_database: Database, clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match="PSR-1217"):
        fill(sqlite_database, clock, tmp_path).report(Path("/dev/null"))


@pytest.mark.parametrize("header", [True, False])
def test_a_former_rejects_file_is_kept_beside_the_new_one(
    sqlite_database: Database, clock: Clock, tmp_path: Path, header: bool
) -> None:
    intake = fill(sqlite_database, clock, tmp_path)
    mapping, rejects, path = intake.mapping(), tmp_path / "refused.csv", tmp_path / "a.csv"
    if not header:
        names = '["id", "who", "day", "amount", "payer"]'
        mapping.write_text(mapping.read_text().replace("[report]", f"header = {names}\n[report]", 1))
    kept = []
    for who, former in [("E7", None), ("E8", "refused.csv.1"), ("E9", "refused.csv.2"), ("E1", "refused.csv.3")]:
        first = "id,who,day,amount,payer\n" if header else ""
        path.write_text(f"{first}1,{who},2026-01-03,10.00,own\n")
        outcome = intake.file(path, mapping, rejects)
        assert outcome.former_rejects == (str(tmp_path / former) if former else "")
        kept.append(rejects.read_text())
    assert [(tmp_path / f"refused.csv.{n}").read_text() for n in (1, 2, 3)] == kept[:3]
    assert intake.file(path, mapping, rejects).former_rejects == ""  # it held no line


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
