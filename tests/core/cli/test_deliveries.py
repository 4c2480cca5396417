"""The words a person types about deliveries, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from passerelle.masterdata.company import FolderDestination
from passerelle.store import deliveries
from passerelle.store.database import Database

AddDelivery = Callable[..., int]
CommandLine = Any


@pytest.fixture
def installed(sqlite_url: str, cli: CommandLine) -> Iterator[Database]:
    """The database that the command line works on."""
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def two(installed: Database, tmp_path: Path, add_delivery: AddDelivery) -> tuple[int, int]:
    """One delivery to a share that is not mounted, one to a folder that is there."""
    (tmp_path / "here").mkdir()
    away = FolderDestination(kind="folder", path=str(tmp_path / "share"))
    here = FolderDestination(kind="folder", path=str(tmp_path / "here"))
    return (
        add_delivery(installed, away, b"one", "one.txt", destination_code="share"),
        add_delivery(installed, here, b"two", "two.txt", destination_code="here"),
    )


def test_list_of_none(cli: CommandLine) -> None:
    outcome = cli("deliveries", "list")
    assert (outcome.code, outcome.out.strip()) == (0, "No deliveries.")
    assert "next:  passerelle export list" in outcome.err


def test_retry_list_and_show(cli: CommandLine, two: tuple[int, int], tmp_path: Path) -> None:
    assert [line["state"] for line in cli("deliveries", "list", "--json").json] == ["pending", "pending"]
    outcome = cli("deliveries", "retry", "--all")
    assert outcome.code == 1, "one arrived, one did not"
    assert f"two.txt is delivered: {tmp_path / 'here' / 'two.txt'}" in outcome.out
    assert "one.txt was not delivered to share" in outcome.out
    assert "PSR-7013" in outcome.err
    assert f"next:  passerelle deliveries show {two[0]}" in outcome.err

    failed = cli("deliveries", "list", "--state", "failed", "--json").json
    assert [line["id"] for line in failed] == [two[0]]
    assert cli("deliveries", "list", "--destination", "here", "--json").json[0]["id"] == two[1]
    assert cli("deliveries", "list", "--entity", "FR", "--json").json[0]["entity"] == "FR"
    assert cli("deliveries", "list", "--entity", "NOBODY", "--json").json == []
    assert cli("deliveries", "list", "--export", failed[0]["export"], "--json").json == failed

    shown = cli("deliveries", "show", two[0])
    assert "PSR-7013" in shown.out
    assert "(not there yet)" in shown.out
    assert f"next:  passerelle deliveries retry {two[0]}" in shown.err
    arrived = cli("deliveries", "show", two[1])
    assert f"next:  passerelle export show {two[1]} --entity FR" in arrived.err, "each entity counts its own exports"

    (tmp_path / "share").mkdir()
    again = cli("deliveries", "retry", two[0], "--json")
    assert (again.code, again.json[0]["state"]) == (0, "delivered")
    assert (tmp_path / "share" / "one.txt").read_bytes() == b"one"
    assert cli("deliveries", "retry", two[0]).code == 0, "what arrived is not sent again"
    assert "nothing to retry" in cli("deliveries", "retry", "--all").out


def test_show_tells_an_interrupted_try_in_the_zone_of_the_entity(
    cli: CommandLine, installed: Database, two: tuple[int, int]
) -> None:
    with installed.transaction() as connection:
        deliveries.begin_attempt(connection, two[1], "2026-07-02T09:00:00.000000+00:00")
    (attempt,) = cli("deliveries", "show", two[1], "--json").json["attempts"]
    assert attempt["started_at"] == "2026-07-02T11:00:00+02:00"
    assert (attempt["ended_at"], attempt["outcome"]) == (None, "interrupted")


def test_a_conflict_is_retried_by_a_person(cli: CommandLine, two: tuple[int, int], tmp_path: Path) -> None:
    taken = tmp_path / "here" / "two.txt"
    taken.write_bytes(b"another")
    outcome = cli("deliveries", "retry", two[1])
    assert outcome.code == 1
    assert "another file has its name" in outcome.out
    assert "PSR-7020" in outcome.err
    taken.unlink()
    assert cli("deliveries", "retry", two[1]).code == 0
    assert taken.read_bytes() == b"two"


def test_outcomes_have_their_exit_codes(
    cli: CommandLine, installed: Database, two: tuple[int, int], tmp_path: Path
) -> None:
    assert cli("deliveries", "retry", two[0]).code == 4
    with installed.transaction() as connection:
        now = "2026-07-02T09:00:00.000000+00:00"
        assert deliveries.set_state(connection, two[0], "failed", "uploaded_verified", "", now)
    unknown = cli("deliveries", "retry", two[0])
    assert unknown.code == 5
    assert "PSR-7033" in unknown.err
    assert cli("deliveries", "show", 99).code == 1
    assert cli("deliveries", "retry", 99).code == 1


@pytest.mark.parametrize("words", [["retry"], ["retry", "--all", "1"], ["list", "--state", "lost"], ["show", "one"]])
def test_words_that_make_no_sense(cli: CommandLine, words: list[str]) -> None:
    assert cli("deliveries", *words).code == 2


@pytest.mark.parametrize("name", ["list", "show", "retry"])
def test_the_answers_have_schemas_and_the_help_an_example(cli: CommandLine, name: str) -> None:
    schema = cli("schema", "deliveries", name)
    assert (schema.code, json.loads(schema.out)["anyOf"][0].get("type", "object")) in ((0, "array"), (0, "object"))
    assert f"passerelle deliveries {name}" in cli("deliveries", name, "--help").out
