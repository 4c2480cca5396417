"""SQL in one dialect: ``?`` placeholders on both databases, ids given in ranges, plain tuples in bulk.

Text is sorted ``COLLATE BINARY``, by code point on both: a server has an order of its own, and then other bytes.
Rows are written by ``executemany`` (SQLite) or COPY (PostgreSQL) and read through a cursor in constant memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

_CURSORS = itertools.count(1)  # names of cursors, so that streams may run side by side


def execute(connection: Connection, sql: str, parameters: tuple[Any, ...] = ()) -> Any:
    """One statement and its result (rows are tuples); ``?`` marks a parameter."""
    if connection.dialect.name != "sqlite":
        sql = _for_server(sql)
    return connection.exec_driver_sql(sql, parameters)


def fetch(connection: Connection, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All rows of a small SELECT as the driver's own tuples."""
    driver = _driver(connection)
    if connection.dialect.name == "sqlite":
        found: list[tuple[Any, ...]] = driver.execute(sql, parameters).fetchall()
        return found
    with driver.cursor() as cursor:
        rows: list[tuple[Any, ...]] = cursor.execute(_for_server(sql), parameters).fetchall()
    return rows


def take_ids(connection: Connection, table: str, count: int) -> range | list[int]:
    """``count`` fresh primary keys of ``table``, ascending, for rows inserted in this transaction."""
    if connection.dialect.name == "sqlite":  # BEGIN IMMEDIATE: nobody else writes meanwhile
        last = connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table}").scalar_one()
        return range(last + 1, last + 1 + count)
    rows = connection.exec_driver_sql(
        f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, {int(count)})"
    )
    return sorted(row[0] for row in rows)


def insert(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Writes ``rows`` (tuples in the order of ``columns``) without building a statement per row."""
    names = ", ".join(f'"{column}"' for column in columns)
    driver = _driver(connection)
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(columns))
        driver.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def execute_many(connection: Connection, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """One statement for many parameter tuples."""
    driver = _driver(connection)
    if connection.dialect.name == "sqlite":
        driver.executemany(sql, rows)
        return
    with driver.cursor() as cursor:
        cursor.executemany(_for_server(sql), rows)


def stream(connection: Connection, sql: str, parameters: tuple[Any, ...] = (), block: int = 2000) -> Iterator[Any]:
    """The rows of a SELECT as plain tuples, in constant memory. Placeholders are ``?`` on both databases."""
    driver = _driver(connection)
    if connection.dialect.name == "sqlite":
        yield from driver.execute(sql, parameters)
        return
    with driver.cursor(name=f"stream_{next(_CURSORS)}") as cursor:
        cursor.itersize = block
        yield from cursor.execute(_for_server(sql), parameters)


def _driver(connection: Connection) -> Any:
    """The driver's own connection, in a transaction: SQLAlchemy begins one before its statements, not before these."""
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.driver_connection


def _for_server(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s").replace("COLLATE BINARY", 'COLLATE "C"')
