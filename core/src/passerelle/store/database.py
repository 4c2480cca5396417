"""The database: opened by URL, migrated by Alembic, entered through transactions.

SQLite (WAL, ``BEGIN IMMEDIATE``) by default; PostgreSQL (READ COMMITTED with explicit row locks) by URL.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection as Connection
from sqlalchemy import Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from passerelle.errors import ConfigurationFault, Finding

REVISIONS = ("0001", "0002")  # of store/migrations, oldest first; a test compares them with Alembic's own
NEWEST_REVISION = REVISIONS[-1]
_MIGRATING = 7_203_641_187_520_113  # PostgreSQL's advisory lock of who migrates


class Database:
    """An open database. ``url`` never appears in messages, since it may hold a password."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        if url.startswith(("postgresql://", "postgres://")):
            url = "postgresql+psycopg://" + url.split("://", 1)[1]
        self.engine: Engine = create_engine(url)
        self.url = make_url(url)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _configure_sqlite)
            event.listen(self.engine, "begin", _begin_immediate)

    @property
    def folder(self) -> Path:
        """Where the SQLite file lies; the working folder for PostgreSQL."""
        return Path(self.url.database or ".").resolve().parent if self.is_sqlite else Path.cwd()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A write transaction: committed at the end, rolled back on any exception."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view that writes nothing."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection = connection.execution_options(passerelle_reading=True)
            else:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            try:
                if self.is_sqlite:
                    connection.exec_driver_sql("PRAGMA query_only = ON")
                yield connection
            finally:
                connection.rollback()
                if self.is_sqlite:
                    connection.exec_driver_sql("PRAGMA query_only = OFF")
                    connection.rollback()

    def migrate(self) -> None:
        """Brings the tables to the newest revision; does nothing when they are.

        Refuses a database that a newer program made (PSR-9004). Of several that start at once one does it.
        """
        with self.reading() as connection:
            if _needs_nothing(connection):
                return
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.transaction() as connection:
            if not self.is_sqlite:  # beside SQLite the transaction itself keeps others out
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
            if _needs_nothing(connection):
                return
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def revision(self) -> str | None:
        """The revision that the tables have; ``None`` before the first."""
        with self.reading() as connection:
            return _revision(connection)

    def try_writing(self) -> None:
        """An update that changes nothing; raises what the driver says when it is not allowed."""
        with self.transaction() as connection:
            connection.exec_driver_sql("UPDATE counter SET last = last WHERE entity_id = 0")

    def close(self) -> None:
        """Gives all connections back."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Opens and migrates, as every command does. A fault of configuration when that cannot be: PSR-9001, PSR-9004."""
    file = sqlite_file(url)
    if file is not None:
        with _told(url), suppress(FileExistsError):  # made for this user alone; SQLite's other files take after it
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    database = connect_database(url)
    try:
        with _told(url):
            database.migrate()
    except BaseException:
        database.close()
        raise
    return database


def connect_database(url: str) -> Database:
    """Opens without a change, whatever the tables are; a database that cannot be reached is PSR-9001."""
    with _told(url, ImportError):  # a driver that is not installed
        database = Database(url)
        database.revision()
    return database


def newer(revision: str) -> Finding:
    """The tables have a revision that this program does not know."""
    return Finding(
        "PSR-9004",
        "The database was made by a newer Passerelle.",
        object="the database of PASSERELLE_DATABASE_URL",
        field="revision",
        value=revision,
        expected=f"{NEWEST_REVISION} or an earlier one",
        remedy="install the newer Passerelle again, or restore the backup made before it",
        who="admin",
    )


def sqlite_file(url: str) -> Path | None:
    """The file that a URL names; ``None`` for a server, for memory, for SQLite's own URIs and for what is no URL."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return None
    path = parsed.database
    return Path(path) if parsed.get_backend_name() == "sqlite" and path and ":" not in path else None


@contextmanager
def _told(url: str, *more: type[Exception]) -> Iterator[None]:
    caught: tuple[type[Exception], ...] = (SQLAlchemyError, ValueError, OSError, *more)
    try:
        yield
    except caught as fault:
        raise ConfigurationFault(
            Finding(
                "PSR-9001",
                "The database cannot be opened.",
                object=_place(url),
                value=type(fault).__name__,
                expected="a reachable SQLite file or PostgreSQL server",
                remedy="check PASSERELLE_DATABASE_URL, that the server runs, and that you may write there",
                who="admin",
            )
        ) from fault


def _place(url: str) -> str:
    """Host, port and database alone: a password may stand anywhere else in a URL.

    One with an @ of its own that was not written as %40 makes part of itself look like a host.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return "PASSERELLE_DATABASE_URL"
    port = "" if parsed.port is None else f":{parsed.port}"
    place = f"{parsed.host or ''}{port}/{parsed.database or ''}"
    return "PASSERELLE_DATABASE_URL" if "@" in place else f"{parsed.get_backend_name()}://{place}"


def _needs_nothing(connection: Connection) -> bool:
    revision = _revision(connection)
    if revision is not None and revision not in REVISIONS:
        raise ConfigurationFault(newer(revision))
    return revision == NEWEST_REVISION


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("lower", 1, _lower, deterministic=True)  # its own knows no É


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def _begin_immediate(connection: Connection) -> None:
    reading = connection.get_execution_options().get("passerelle_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
