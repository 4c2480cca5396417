"""The database: migrated as the tables say, transactions that hold, readers that write nothing, one SQL for both."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

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
from passerelle.store.database import NEWEST_REVISION, Database, open_database
from passerelle.store.sql import execute

COUNT = "SELECT count(*) FROM counter"
ADD = "INSERT INTO counter (entity_id, name, last) VALUES (?, ?, ?)"


def test_the_newest_revision_is_the_head_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(room.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST_REVISION]


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
    "url", ["sqlite:////nowhere/at/all.db", "postgresql://ana:hunter2@127.0.0.1:1/books", "oracle", "mysql+none://x/y"]
)
def test_a_database_out_of_reach_is_a_configuration_fault_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        open_database(url)
    (finding,) = caught.value.findings
    assert finding.code == "PSR-9001"
    assert "hunter2" not in str(caught.value) + repr(finding)


def test_the_folder_is_where_the_file_lies(
    sqlite_database: Database, tmp_path: Path, new_postgres_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sqlite_database.folder == tmp_path
    monkeypatch.chdir(tmp_path)
    with closing(Database(new_postgres_url())) as server:
        assert server.folder == tmp_path
