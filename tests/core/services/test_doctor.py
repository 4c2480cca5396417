"""The checks of an installation that depend on what is configured: destinations, their secrets, their answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from passerelle.services import doctor
from passerelle.services.doctor import Check, examine
from passerelle.store.database import NEWEST_REVISION, Database
from passerelle.store.sql import execute, insert

ENTITY = {
    "name": "Atelier Lumière",
    "country": "FR",
    "currency": "EUR",
    "time_zone": "Europe/Paris",
    "chart": "pcg",
}
SFTP = {
    "kind": "sftp",
    "host": "127.0.0.1",
    "port": 1,
    "user": "books",
    "host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
    "password": "env:BOOKS_PASSWORD",
}


def configure(database: Database, **destinations: dict[str, object]) -> None:
    """Writes a company with one entity and these destinations."""
    objects = [
        ("entity", "FR", ENTITY),
        ("chart", "pcg", {"name": ""}),
        *(("destination", *d) for d in destinations.items()),
    ]
    rows = [
        (kind, "", code, json.dumps(body), True, "2026-03-02T09:00:00.000000+00:00") for kind, code, body in objects
    ]
    with database.transaction() as connection:
        insert(connection, "master_object", ("kind", "scope", "code", "body", "active", "changed_at"), rows)


def check(database: Database, name: str, *, connecting: bool = False) -> Check:
    """The check of this name."""
    url = database.url.render_as_string(hide_password=False)
    return next(check for check in examine(url, connecting=connecting) if check.name == name)


def test_a_missing_secret_is_found_without_connecting(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOOKS_PASSWORD", raising=False)
    configure(database, bank=SFTP)
    found = check(database, "destination bank")
    assert found.state == "failed"
    assert [(finding.code, finding.value) for finding in found.findings] == [("PSR-7003", "env:BOOKS_PASSWORD")]


def test_secrets_are_read_and_never_shown(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKS_PASSWORD", "correct horse")
    configure(sqlite_database, bank=SFTP)
    found = check(sqlite_database, "destination bank")
    assert found.state == "ok"
    assert "correct horse" not in repr(found)


def test_connecting_finds_who_does_not_answer(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKS_PASSWORD", "correct horse")
    configure(sqlite_database, bank=SFTP)
    found = check(sqlite_database, "destination bank", connecting=True)
    assert found.state == "failed"
    assert [finding.code for finding in found.findings] == ["PSR-7010"]
    assert "correct horse" not in repr(found)


def test_connecting_to_a_folder_needs_the_folder(sqlite_database: Database, tmp_path: Path) -> None:
    configure(
        sqlite_database,
        here={"kind": "folder", "path": str(tmp_path)},
        gone={"kind": "folder", "path": str(tmp_path / "gone")},
    )
    assert check(sqlite_database, "destination here", connecting=True).state == "ok"
    assert check(sqlite_database, "destination gone", connecting=True).findings[0].code == "PSR-7013"


def test_what_is_configured_is_counted(sqlite_database: Database) -> None:
    configure(sqlite_database)
    assert check(sqlite_database, "company").detail == "1 entity, 0 employees"


@pytest.mark.parametrize(("revision", "code"), [("0000", "PSR-9012"), ("0009", "PSR-9004")])
def test_tables_of_another_version_are_named_and_left_as_they_are(
    database: Database, monkeypatch: pytest.MonkeyPatch, revision: str, code: str
) -> None:
    monkeypatch.setattr(doctor, "REVISIONS", ("0000", NEWEST_REVISION))
    with database.transaction() as connection:
        execute(connection, "UPDATE alembic_version SET version_num = ?", (revision,))
    checks = examine(database.url.render_as_string(hide_password=False))
    assert [check.name for check in checks] == ["passerelle", "connectors", "database", "artifacts"]
    assert checks[2].state == "failed"
    assert [(finding.code, finding.value) for finding in checks[2].findings] == [(code, revision)]
    assert database.revision() == revision


def test_looking_makes_no_tables(new_postgres_url: Callable[[], str], tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    server = new_postgres_url()
    with closing(Database(server)) as database, database.transaction() as connection:
        execute(connection, "DROP SCHEMA public CASCADE")
        execute(connection, "CREATE SCHEMA public")
    for url in (f"sqlite:///{tmp_path / 'empty.db'}", server):
        (found,) = [check for check in examine(url) if check.name == "database"]
        assert (found.state, found.detail.endswith("passerelle init")) == ("skipped", True)
    assert (tmp_path / "empty.db").stat().st_size == 0
    with closing(Database(server)) as database:
        assert database.revision() is None


@pytest.mark.parametrize(
    ("waiting", "state", "codes"),
    [
        ([], None, []),
        ([("FR", 1), ("FR", 2)], "ok", [("PSR-9015", "warning")]),
        ([("FR", 1), ("JP", 2), ("JP", 3)], "failed", [("PSR-9014", "error"), ("PSR-9015", "warning")]),
    ],
    ids=["nobody", "a killed command", "an entity that is gone"],
)
def test_who_waits_for_the_policy_is_told(
    database: Database, waiting: list[tuple[str, int]], state: str | None, codes: list[tuple[str, str]]
) -> None:
    configure(database)
    with database.transaction() as connection:
        row = ("entity", "", "JP", json.dumps(ENTITY), False, "2026-03-02T09:00:00.000000+00:00")
        insert(connection, "master_object", ("kind", "scope", "code", "body", "active", "changed_at"), [row])
        objects = execute(connection, "SELECT code, id FROM master_object WHERE kind = 'entity'")
        ids = {code: id for code, id in objects}
        rows = [(ids[entity], employee) for entity, employee in waiting]
        insert(connection, "judging_due", ("entity_id", "employee_id"), rows)
    checks = examine(database.url.render_as_string(hide_password=False))
    found = next((one for one in checks if one.name == "policy"), None)
    assert (found.state if found else None) == state
    assert [(one.code, one.severity) for one in (found.findings if found else ())] == codes
