"""The alert on expenses that may be declared twice; it is looked for once the policy has judged them."""

from __future__ import annotations

from collections.abc import Iterator

from passerelle import money
from passerelle.errors import Finding
from passerelle.store import duplicates as stored
from passerelle.store.database import Connection
from passerelle.store.duplicates import Twin
from passerelle.store.masterdata import Directory


def possible_duplicates(
    connection: Connection, directory: Directory, entity_id: int, source: str, first: int, last: int
) -> Iterator[Finding]:
    """One for each expense of a source, of the keys ``first`` to ``last``, that equals an earlier one."""
    entity = directory.entity_code(entity_id)
    for twin in stored.possible(connection, entity_id, source, first, last):
        yield _possible(twin, directory.employee_code(twin.employee_id), entity)


def _possible(twin: Twin, employee: str, entity: str) -> Finding:
    return Finding(
        "PSR-1204",
        "Another expense has the same employee, date, amount and currency.",
        object=f"report {twin.number}, expense {twin.line_key}",
        value=f"{employee}, {twin.day}, {money.display(twin.gross, twin.currency)}",
        expected="expenses that are declared once",
        remedy=f"compare the two before you approve:  passerelle reports show {twin.number} --entity {entity}",
        who="accountant",
        severity="warning",
    )
