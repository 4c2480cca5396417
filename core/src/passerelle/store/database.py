"""The database: opened by URL, migrated by Alembic, entered through transactions.

SQLite (WAL, ``BEGIN IMMEDIATE``) by default; PostgreSQL (READ COMMITTED with explicit row locks) by URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection as Connection
from sqlalchemy import Engine, create_engine, event, inspect, make_url

from passerelle.errors import ConfigurationFault, Finding

NEWEST_REVISION = "0001"  # of store/migrations; a test compares it with Alembic's own head


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
        """Brings the tables to the newest revision; does nothing when they are."""
        if self._revision() == NEWEST_REVISION:
            return
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _revision(self) -> str | None:
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()

    def close(self) -> None:
        """Gives all connections back."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Opens and migrates; a database that cannot be reached is a configuration fault (PSR-9001)."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        database = Database(url)
        database.migrate()
    except (SQLAlchemyError, ValueError) as fault:
        raise ConfigurationFault(
            Finding(
                "PSR-9001",
                "The database cannot be opened.",
                object=make_url(url).render_as_string(hide_password=True)
                if "://" in url
                else "PASSERELLE_DATABASE_URL",
                value=type(fault).__name__,
                expected="a reachable SQLite file or PostgreSQL server",
                remedy="check PASSERELLE_DATABASE_URL, that the server runs, and that you may write there",
                who="admin",
            )
        ) from fault
    return database


def sqlite_file(url: str) -> Path | None:
    """The file that a URL names; ``None`` for a server, for memory and for SQLite's own URIs."""
    path = url.partition(":///")[2]
    return Path(path) if url.startswith("sqlite:///") and path and ":" not in path else None


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us
    for pragma in ("journal_mode=WAL", "busy_timeout=30000", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    reading = connection.get_execution_options().get("passerelle_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
