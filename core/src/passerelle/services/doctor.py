"""What an installation needs in order to work, looked at one thing after another; nothing is changed.

A check that needs what an earlier one missed is left out, so that each cause is told once.
"""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from passerelle.delivery.secrets import resolve
from passerelle.errors import ConfigurationFault, Finding, PasserelleError
from passerelle.masterdata.company import Company, Destination
from passerelle.plan import counted
from passerelle.plugins import discover
from passerelle.services.delivering import connect
from passerelle.store import judging, masterdata
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import NEWEST_REVISION, REVISIONS, Database, connect_database, newer, sqlite_file


@dataclass(frozen=True)
class Check:
    """One thing looked at, with what is wrong about it."""

    name: str
    state: Literal["ok", "failed", "skipped"]
    detail: str
    findings: tuple[Finding, ...] = ()


def examine(database_url: str, *, connecting: bool = False) -> list[Check]:
    """Every check. ``connecting`` also opens each destination, which is the only thing that leaves this machine."""
    checks = [Check("passerelle", "ok", f"{version('passerelle')} on Python {platform.python_version()}"), _plugins()]
    file = sqlite_file(database_url)
    if file is not None and file.parent.is_dir() and not (file.exists() and file.stat().st_size):
        return [*checks, Check("database", "skipped", f"{file} is made at first use: passerelle init")]
    try:
        database = connect_database(database_url)
    except PasserelleError as fault:
        return [*checks, Check("database", "failed", "cannot be opened", fault.findings)]
    with closing(database):
        return [*checks, *_inside(database, connecting)]


def _inside(database: Database, connecting: bool) -> Iterator[Check]:
    revision = database.revision()
    yield _database(database, revision)
    yield _artifacts(ArtifactFolder.beside(database).folder)
    if revision != NEWEST_REVISION:
        return
    with database.reading() as connection:
        directory = masterdata.load(connection)
        company = directory.company
        waiting = {directory.entity_code(id): number for id, number in judging.waiting(connection).items()}
    if waiting:
        yield _policy(company, waiting)
    if not company.entities:
        yield Check("company", "skipped", "not configured yet: passerelle init")
        return
    yield Check("company", "ok", _counted(company))
    yield from _destinations(company, connecting)


def _plugins() -> Check:
    found = discover()
    names = ", ".join(f"{name} ({found.distributions[name]})" for name in sorted(found.connectors))
    return Check("connectors", "failed" if found.broken else "ok", names or "none installed", tuple(found.broken))


def _database(database: Database, revision: str | None) -> Check:
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    if revision is None:
        return Check("database", "skipped", f"{kind}, empty: its tables are made at first use: passerelle init")
    if revision not in REVISIONS:
        return Check("database", "failed", f"{kind}, revision {revision}", (newer(revision),))
    if revision != NEWEST_REVISION:
        return Check("database", "failed", f"{kind}, revision {revision}", (_older(revision),))
    try:
        database.try_writing()
    except Exception as fault:  # whatever the driver calls it
        return Check("database", "failed", "cannot be written", (_not_writable(fault),))
    return Check("database", "ok", f"{kind}, revision {revision}, writable")


def _artifacts(folder: Path) -> Check:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as fault:
        finding = Finding(
            "PSR-9010",
            "The folder of the artifacts cannot be written.",
            object=str(folder),
            value=os.strerror(fault.errno or 0),
            expected="a folder where passerelle may make files",
            remedy="give the user that runs passerelle that right, or set PASSERELLE_ARTIFACTS to another folder",
            who="admin",
        )
        return Check("artifacts", "failed", "cannot be written", (finding,))
    return Check("artifacts", "ok", f"{folder} is writable" + ("" if existing == folder else " (made at first use)"))


def _policy(company: Company, waiting: dict[str, int]) -> Check:
    """Whom the policy has not judged though something of theirs changed; ``waiting``: how many of each entity."""
    gone = [code for code in waiting if code not in company.entities]
    found = [_entity_gone(code, waiting[code]) for code in gone]
    late = sum(waiting.values()) - sum(waiting[code] for code in gone)
    if late:
        found.append(_still_waiting(late))
    detail = f"{counted(sum(waiting.values()), 'employee')} to be judged"
    return Check("policy", "failed" if gone else "ok", detail, tuple(found))


def _destinations(company: Company, connecting: bool) -> Iterator[Check]:
    for code, destination in sorted(company.destinations.items()):
        name = f"destination {code}"
        try:
            for reference in _secrets_of(destination):
                resolve(reference)
            if connecting:
                connect(destination).close()
        except PasserelleError as fault:
            state = "is not usable" if isinstance(fault, ConfigurationFault) else "does not answer"
            yield Check(name, "failed", f"{destination.kind}: {state}", fault.findings)
            continue
        said = "connected" if connecting else "secrets are readable; --connect tries it"
        yield Check(name, "ok", f"{destination.kind}: {said}")


def _counted(company: Company) -> str:
    entities, employees = len(company.entities), len(company.employees)
    return f"{counted(entities, 'entity', 'entities')}, {counted(employees, 'employee')}"


def _secrets_of(destination: Destination) -> list[str]:
    references = (getattr(destination, field, None) for field in ("password", "private_key"))
    return [reference for reference in references if reference]


def _not_writable(fault: Exception) -> Finding:
    return Finding(
        "PSR-9011",
        "The database can be read but not written.",
        object="the database of PASSERELLE_DATABASE_URL",
        value=type(fault).__name__,
        expected="the right to insert and update",
        remedy="give the user that runs passerelle the right to write: the file and its folder, or the tables",
        who="admin",
    )


def _older(revision: str) -> Finding:
    return Finding(
        "PSR-9012",
        "The database is older than the program.",
        object="the database of PASSERELLE_DATABASE_URL",
        field="revision",
        value=revision,
        expected=NEWEST_REVISION,
        remedy="back it up; the next command, such as passerelle reports list, brings it up to date",
        who="admin",
    )


def _entity_gone(code: str, waiting: int) -> Finding:
    return Finding(
        "PSR-9014",
        f"Entity {code} is no longer configured; the policy cannot judge {counted(waiting, 'employee')} of it.",
        object=f"entity {code}",
        field=f"entities.{code}",
        expected="the entity in company.toml for as long as expenses of it wait to be judged",
        remedy="put the entity back into company.toml, then: passerelle config apply company.toml",
        who="admin",
    )


def _still_waiting(waiting: int) -> Finding:
    return Finding(
        "PSR-9015",
        f"The policy has not judged {counted(waiting, 'employee')} yet: an import is at work, or a command was killed.",
        object="the policy",
        expected="nobody, once no command is at work",
        remedy="passerelle config apply company.toml judges them, even where it changes nothing",
        who="admin",
        severity="warning",
    )
