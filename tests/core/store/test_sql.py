"""One SQL for both databases: placeholders, ranges of ids, bulk rows in and out."""

from __future__ import annotations

from passerelle.store.database import Database
from passerelle.store.sql import execute, execute_many, insert, stream, take_ids

COLUMNS = ("id", "artifact_id", "downloaded_at", "taken_to")


def test_question_marks_are_parameters_and_percent_signs_are_text(database: Database) -> None:
    with database.reading() as connection:
        row = execute(connection, "SELECT ? || '%s', 'a' LIKE '%a%'", ("50",)).one()
    assert (row[0], bool(row[1])) == ("50%s", True)


def test_ids_ascend_and_are_taken_once(database: Database) -> None:
    taken: list[int] = []
    for count in (3, 1, 4):
        with database.transaction() as connection:
            ids = list(take_ids(connection, "download", count))
            insert(connection, "download", COLUMNS, ((i, 1, "2026-03-02", "here") for i in ids))
        assert len(ids) == count
        taken += ids
    assert taken == sorted(set(taken))
    with database.transaction() as connection:
        assert list(take_ids(connection, "download", 0)) == []


def test_rows_come_out_as_they_went_in(database: Database) -> None:
    rows = [(n, n * 7, "2026-03-02T09:00:00+00:00", f"é\t\\ \"{n}\" 'x'\nend") for n in range(1, 5001)]
    with database.transaction() as connection:
        insert(connection, "download", COLUMNS, iter(rows))
    with database.reading() as connection:
        select = "SELECT id, artifact_id, downloaded_at, taken_to FROM download WHERE id > ? ORDER BY id"
        assert list(stream(connection, select, (0,), block=100)) == rows
        assert list(stream(connection, select, (4998,))) == rows[-2:]


def test_two_streams_run_side_by_side(database: Database) -> None:
    with database.transaction() as connection:
        insert(connection, "download", COLUMNS, [(n, n, "day", "here") for n in range(1, 301)])
    with database.reading() as connection:
        select = "SELECT id FROM download ORDER BY id"
        pairs = list(zip(stream(connection, select, block=10), stream(connection, select, block=10), strict=True))
    assert len(pairs) == 300
    assert all(one == other for one, other in pairs)


def test_none_and_booleans_survive(database: Database) -> None:
    columns = ("kind", "scope", "code", "body", "active", "changed_at")
    with database.transaction() as connection:
        insert(connection, "master_object", columns, [("axis", "", "CC", "{}", False, "2026-03-02")])
        execute(connection, "UPDATE master_object SET active = ? WHERE code = ?", (True, "CC"))
    with database.reading() as connection:
        assert bool(execute(connection, "SELECT active FROM master_object WHERE active = ?", (True,)).scalar_one())


def test_one_statement_for_many_rows(database: Database) -> None:
    with database.transaction() as connection:
        insert(connection, "download", COLUMNS, [(n, n, "day", "here") for n in (1, 2, 3)])
        execute_many(connection, "UPDATE download SET taken_to = ? WHERE id = ?", [("100 %", 1), ("there", 3)])
    with database.reading() as connection:
        rows = execute(connection, "SELECT taken_to FROM download ORDER BY id").scalars().all()
    assert rows == ["100 %", "here", "there"]
