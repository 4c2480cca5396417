"""The configuration in the database: one row per object, loaded whole as a ``Directory``, changed by a difference."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from passerelle.masterdata.company import Company, Employee, ExpenseType
from passerelle.masterdata.difference import Body, Key, ObjectChange, assemble
from passerelle.store.sql import execute, insert, stream


@dataclass(frozen=True)
class Directory:
    """The company with the key numbers of its objects.

    ``company`` holds active objects only; ``ids`` those that were deactivated too, since reports and lines may point
    to them. ``codes`` is the way back from a number.
    """

    company: Company
    ids: Mapping[tuple[str, str, str], int]
    codes: Mapping[int, Key]
    inactive: Mapping[int, Body]

    def entity_id(self, code: str) -> int:
        """The number of an entity; ``KeyError`` when there never was one."""
        return self.ids["entity", "", code]

    def employee_id(self, code: str) -> int:
        """The number of an employee; ``KeyError`` when there never was one."""
        return self.ids["employee", "", code]

    def expense_type_id(self, code: str) -> int:
        """The number of an expense type; ``KeyError`` when there never was one."""
        return self.ids["expense_type", "", code]

    def entity_code(self, number: int) -> str:
        """The code of an entity, deactivated ones included."""
        return self._code("entity", number)

    def employee_code(self, number: int) -> str:
        """The code of an employee, deactivated ones included."""
        return self._code("employee", number)

    def expense_type_code(self, number: int) -> str:
        """The code of an expense type, deactivated ones included."""
        return self._code("expense_type", number)

    def employee(self, number: int) -> Employee:
        """An employee by number; a deactivated one as it last was."""
        code = self.employee_code(number)
        if number in self.inactive:
            return Employee.model_validate(self.inactive[number], context={"trusted": True})
        return self.company.employees[code]

    def expense_type(self, number: int) -> ExpenseType:
        """An expense type by number; a deactivated one as it last was."""
        code = self.expense_type_code(number)
        if number in self.inactive:
            return ExpenseType.model_validate(self.inactive[number], context={"trusted": True})
        return self.company.expense_types[code]

    def former(self) -> tuple[dict[str, Employee], dict[str, ExpenseType]]:
        """Deactivated employees and expense types by code, as they last were."""
        keys = [(number, self.codes[number]) for number in self.inactive]
        return (
            {key.code: self.employee(number) for number, key in keys if key.kind == "employee"},
            {key.code: self.expense_type(number) for number, key in keys if key.kind == "expense_type"},
        )

    def dormant(self) -> dict[Key, Body]:
        """The deactivated objects as they last were."""
        return {self.codes[number]: body for number, body in self.inactive.items()}

    def _code(self, kind: str, number: int) -> str:
        key = self.codes[number]
        if key.kind != kind:
            raise KeyError(number)
        return key.code


def load(connection: Connection) -> Directory:
    """The whole configuration as it is now; an empty company when nothing was applied yet."""
    ids: dict[tuple[str, str, str], int] = {}
    codes: dict[int, Key] = {}
    inactive: dict[int, Body] = {}
    active: list[tuple[Key, Body]] = []
    rows = stream(connection, "SELECT id, kind, scope, code, body, active FROM master_object ORDER BY id")
    for number, kind, scope, code, body, is_active in rows:
        key = Key(kind, scope, code)
        ids[key] = number
        codes[number] = key
        if is_active:
            active.append((key, json.loads(body)))
        else:
            inactive[number] = json.loads(body)
    return Directory(assemble(active), ids, codes, inactive)


def lock(connection: Connection) -> None:
    """Holds off other changes of the configuration until the transaction ends (SQLite's transaction does already)."""
    if connection.dialect.name != "sqlite":
        execute(connection, "LOCK TABLE master_object IN SHARE ROW EXCLUSIVE MODE")


def edition(connection: Connection) -> int:
    """The number of the configuration: another one after every change of it."""
    found = execute(connection, "SELECT last FROM counter WHERE entity_id = 0 AND name = 'configuration'").scalar()
    return int(found or 0)


def hold(connection: Connection) -> int:
    """``edition``, which stays so until the transaction ends; to be asked for before any lock on an employee."""
    if connection.dialect.name != "sqlite":
        execute(connection, "LOCK TABLE master_object IN SHARE MODE")
    return edition(connection)


def apply(connection: Connection, changes: Iterable[ObjectChange], now_text: str) -> None:
    """Writes the changes: new objects are added, known ones changed, deactivated, or made active again."""
    changes = list(changes)
    if not changes:
        return
    execute(
        connection,
        "INSERT INTO counter (entity_id, name, last) VALUES (0, 'configuration', 1) "
        "ON CONFLICT (entity_id, name) DO UPDATE SET last = counter.last + 1",
    )
    known = {
        (kind, scope, code) for kind, scope, code in stream(connection, "SELECT kind, scope, code FROM master_object")
    }
    added: list[tuple[Any, ...]] = []
    for change in changes:
        if change.after is None:
            sql = "UPDATE master_object SET active = ?, changed_at = ? WHERE kind = ? AND scope = ? AND code = ?"
            execute(connection, sql, (False, now_text, *change.key))
            continue
        body = json.dumps(change.after, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if tuple(change.key) not in known:
            added.append((*change.key, body, True, now_text))
            continue
        sql = "UPDATE master_object SET body = ?, active = ?, changed_at = ? WHERE kind = ? AND scope = ? AND code = ?"
        execute(connection, sql, (body, True, now_text, *change.key))
    insert(connection, "master_object", ("kind", "scope", "code", "body", "active", "changed_at"), added)
