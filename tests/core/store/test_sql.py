"""One SQL for both databases: placeholders, ranges of ids, bulk rows in and out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import AutoString, SQLModel

from passerelle.store import exports, sql, tables
from passerelle.store.database import Database
from passerelle.store.sql import execute, execute_many, fetch, insert, stream, take_ids

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


def test_bulk_calls_send_nothing_of_their_own(database: Database) -> None:
    """Each statement is a journey to the server. The transaction begins even where a bulk call is its first."""
    sent: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    with database.transaction() as connection:
        insert(connection, "download", COLUMNS, [(1, 1, "day", "here")])
        execute_many(connection, "UPDATE download SET taken_to = ? WHERE id = ?", [("there", 1)])
        assert fetch(connection, "SELECT taken_to FROM download") == list(
            stream(connection, "SELECT taken_to FROM download")
        )
    assert sent == (["BEGIN IMMEDIATE"] if database.is_sqlite else [])


def test_a_view_is_consistent_from_its_first_rows(database: Database) -> None:
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.execution_options(isolation_level="REPEATABLE READ")
        else:
            connection.execution_options(passerelle_reading=True)
        assert fetch(connection, "SELECT id FROM download") == []
        with database.transaction() as other:
            insert(other, "download", COLUMNS, [(1, 1, "day", "here")])
        assert fetch(connection, "SELECT id FROM download") == list(stream(connection, "SELECT id FROM download")) == []
        connection.rollback()
        assert fetch(connection, "SELECT id FROM download") == [(1,)]


def test_text_is_sorted_by_code_point_on_both(database: Database) -> None:
    words = ["é", "a", "B", "_", "Z", "10", "9", "~", "b"]
    columns = ("id", "artifact_id", "downloaded_at", "taken_to")
    with database.transaction() as connection:
        insert(connection, "download", columns, [(n, n, "day", word) for n, word in enumerate(words, 1)])
    with database.reading() as connection:
        query = "SELECT taken_to FROM download ORDER BY taken_to COLLATE BINARY"
        assert execute(connection, query).scalars().all() == sorted(words)
        assert [row[0] for row in stream(connection, query)] == sorted(words)


def _statements(node: ast.AST) -> Iterator[str]:
    """The texts in a source, with {} where something is put in."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _statements(child)


def _sort_keys(statement: str) -> Iterator[str]:
    for keys in re.findall(r"ORDER BY (.*?)(?:\)|LIMIT|$)", statement, re.DOTALL):
        yield from (" ".join(key.split()) for key in keys.split(","))


def _is_exact(key: str) -> bool:
    """Whether a sort key is a number, or text by code point. Pieces and the series of exports are the numbers."""
    texts = {
        column.name
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, AutoString)
    }
    column, _, rest = key.partition(" ")
    name = column.rpartition(".")[2]
    assert name.isidentifier(), f"sort by a column, not by {key!r}"
    return rest.startswith("COLLATE BINARY") or name not in texts or column == "p.number"


STORE = Path(sql.__file__).parent


@pytest.mark.parametrize("path", sorted(STORE.glob("*.py")), ids=lambda path: path.stem)
def test_every_statement_sorts_text_by_code_point(path: Path) -> None:
    assert tables  # imported for its metadata
    keys = [key for text in _statements(ast.parse(path.read_text())) for key in _sort_keys(text)]
    assert not [key for key in keys if key != "{}" and not _is_exact(key)]
    assert "{}" not in keys or path.stem == "exports"


def test_documents_are_sorted_by_code_point_whatever_they_are_sorted_by(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def watched(_connection: Any, statement: str, *_: Any) -> Iterator[Any]:
        seen.append(statement)
        return iter(())

    monkeypatch.setattr(sql, "stream", watched)
    with sqlite_database.reading() as connection:
        assert list(exports.documents(connection, 1, tuple(exports._ORDER))) == []
    keys = list(_sort_keys(seen[0]))
    assert len(keys) == len(exports._ORDER) + 1
    assert [key for key in keys if not _is_exact(key)] == []


def test_a_key_that_is_not_exact_is_seen() -> None:
    (key, _) = _sort_keys("SELECT 1 FROM piece p ORDER BY p.journal, p.number")
    assert not _is_exact(key)
