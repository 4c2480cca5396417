"""The database: migrated as the tables say, transactions that hold, readers that write nothing, one SQL for both."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from subprocess import PIPE

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from passerelle.errors import ConfigurationFault
from passerelle.store import database as room
from passerelle.store import tables
from passerelle.store.database import NEWEST_REVISION, REVISIONS, Database, open_database, sqlite_file
from passerelle.store.sql import execute

COUNT = "SELECT count(*) FROM counter"
STARTING = """
import sys
import alembic.command
from passerelle.store.database import open_database
print("ready", flush=True)
sys.stdin.readline()
open_database(sys.argv[1]).close()
"""
ADD = "INSERT INTO counter (entity_id, name, last) VALUES (?, ?, ?)"


def test_the_revisions_are_those_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(room.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [NEWEST_REVISION]
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS


def test_migrations_make_exactly_the_tables(database: Database) -> None:
    assert tables  # imported for its metadata
    with database.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.transaction() as connection:
        execute(connection, ADD, (1, "export", 7))
    database.migrate()
    with database.reading() as connection:
        assert execute(connection, "SELECT last FROM counter").scalar_one() == 7


def test_an_empty_database_is_migrated_when_opened(tmp_path: Path) -> None:
    with closing(open_database(f"sqlite:///{tmp_path / 'new.db'}")) as database, database.reading() as connection:
        assert execute(connection, "SELECT version_num FROM alembic_version").scalar_one() == NEWEST_REVISION
        assert execute(connection, "SELECT count(*) FROM line").scalar_one() == 0


def test_a_transaction_is_committed_at_its_end(database: Database) -> None:
    with database.transaction() as connection:
        execute(connection, ADD, (1, "export", 1))
    with database.reading() as connection:
        assert execute(connection, COUNT).scalar_one() == 1


def test_an_exception_rolls_a_transaction_back(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as connection:
            execute(connection, ADD, (1, "export", 1))
            assert execute(connection, COUNT).scalar_one() == 1
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with database.reading() as connection:
        assert execute(connection, COUNT).scalar_one() == 0


def test_reading_cannot_write_and_writing_works_afterwards(database: Database) -> None:
    with database.reading() as connection, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        execute(connection, ADD, (1, "export", 1))
    with database.transaction() as connection:
        execute(connection, ADD, (1, "export", 2))
    with database.reading() as connection:
        assert execute(connection, "SELECT last FROM counter").scalar_one() == 2


def test_a_reader_sees_one_state_while_another_writes(database: Database) -> None:
    with database.reading() as reader:
        assert execute(reader, COUNT).scalar_one() == 0
        with database.transaction() as writer:
            execute(writer, ADD, (1, "export", 1))
        assert execute(reader, COUNT).scalar_one() == 0
    with database.reading() as reader:
        assert execute(reader, COUNT).scalar_one() == 1


def test_a_line_of_amount_zero_is_refused_by_the_database(database: Database) -> None:
    row = "INSERT INTO line (entry_id, revision, kind, account, amount, tax_code, vat_rate, currency, rate, sections)"
    with pytest.raises(DBAPIError, match="line_has_an_amount"), database.transaction() as connection:
        execute(connection, f"{row} VALUES (1, 1, 'expense', '625100', 0, '', '', '', '', '')")


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("sqlite:////nowhere/at/all.db", "sqlite:////nowhere/at/all.db"),
        ("postgresql://ana:hunter2@127.0.0.1:1/books", "postgresql://127.0.0.1:1/books"),
        ("postgresql://127.0.0.1:1/books?user=ana&password=hunter2", "postgresql://127.0.0.1:1/books"),
        ("postgresql://ana:at@hunter2@127.0.0.1:1/books", "PASSERELLE_DATABASE_URL"),
        ("postgresql://ana:hunter2@127.0.0.1:port/books", "PASSERELLE_DATABASE_URL"),
        ("oracle", "PASSERELLE_DATABASE_URL"),
        ("://hunter2", "PASSERELLE_DATABASE_URL"),
        ("mysql+none://x:hunter2@h/y", "mysql://h/y"),
        ("postgresql+nothing://x:hunter2@h/y", "postgresql://h/y"),
        ("postgresql+pg8000://x:hunter2@h/y", "postgresql://h/y"),
        ("postgresql://127.0.0.1:1/books?hunter2=1", "postgresql://127.0.0.1:1/books"),
    ],
)
def test_a_database_out_of_reach_is_a_configuration_fault_without_its_password(url: str, named: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        open_database(url)
    (finding,) = caught.value.findings
    assert (finding.code, finding.object) == ("PSR-9001", named)
    assert "hunter2" not in str(caught.value) + repr(finding)


def test_a_new_file_is_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    with closing(open_database(f"sqlite:///{path}")) as database, database.transaction() as connection:
        execute(connection, ADD, (1, "export", 1))
        modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("new.db", "new.db-wal", "new.db-shm"), 0o600)
    path.chmod(0o640)
    open_database(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640, "what the administrator chose stays"


def test_a_database_newer_than_the_program_is_left_as_it_is(database: Database, database_url: str) -> None:
    with database.transaction() as connection:
        execute(connection, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationFault) as caught:
        open_database(database_url)
    assert [(finding.code, finding.value) for finding in caught.value.findings] == [("PSR-9004", "9999")]
    assert database.revision() == "9999"


def test_two_first_starts_at_once(new_postgres_url: Callable[[], str], tmp_path: Path) -> None:
    server = new_postgres_url()
    with closing(Database(server)) as database, database.transaction() as connection:
        execute(connection, "DROP SCHEMA public CASCADE")
        execute(connection, "CREATE SCHEMA public")
    for url in (f"sqlite:///{tmp_path / 'new.db'}", server):
        words = [sys.executable, "-c", STARTING, url]
        starting = [subprocess.Popen(words, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) for _ in range(2)]
        for process in starting:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in starting:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [process.communicate() for process in starting]
        assert [process.returncode for process in starting] == [0, 0], told
        with closing(Database(url)) as database:
            assert database.revision() == NEWEST_REVISION


def test_writing_is_tried_without_a_change(database: Database) -> None:
    with database.transaction() as connection:
        execute(connection, ADD, (0, "export", 7))
    database.try_writing()
    with database.reading() as connection:
        assert execute(connection, "SELECT last FROM counter").scalar_one() == 7


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///books.db", "books.db"),
        ("sqlite:////var/books.db?timeout=5", "/var/books.db"),
        ("sqlite:///:memory:", None),
        ("sqlite://", None),
        ("sqlite:///file:books.db?mode=ro&uri=true", None),
        ("postgresql://host/books", None),
        ("books", None),
    ],
)
def test_the_file_that_a_url_names(url: str, file: str | None) -> None:
    assert sqlite_file(url) == (file and Path(file))


def test_the_folder_is_where_the_file_lies(
    sqlite_database: Database, tmp_path: Path, new_postgres_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sqlite_database.folder == tmp_path
    monkeypatch.chdir(tmp_path)
    with closing(Database(new_postgres_url())) as server:
        assert server.folder == tmp_path
