"""The frame of every command: data on stdout, words on stderr, one JSON document under `--json`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import click
import pytest
from pydantic import BaseModel

from passerelle import cli as room
from passerelle.cli.answer import Answer
from passerelle.cli.command import Session, command, plain
from passerelle.errors import Finding

Cli = Any


class Amount(BaseModel):
    """A pydantic answer."""

    value: Decimal
    at: datetime


@dataclass(frozen=True)
class Row:
    """A dataclass answer that holds others."""

    amount: Amount
    days: tuple[date, ...]
    nothing: None = None


ROW = Row(Amount(value=Decimal("1.10"), at=datetime(2026, 3, 2, 9, tzinfo=UTC)), (date(2026, 3, 2),))


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command `doctor` that gives an answer with everything."""
    home = click.Group("doctor")

    @command(home, "doctor", answer=Row)
    def give(session: Session) -> Answer:
        session.say("working")
        finding = Finding("PSR-9001", "One thing.", severity="warning")
        return Answer(ROW, "1 row", exit_code=1, next="passerelle reports list", findings=[finding])

    monkeypatch.setattr(room.LazyGroup, "get_command", lambda self, context, name: give)


@pytest.mark.usefixtures("answering")
def test_for_a_person_data_is_text_and_words_are_beside_it(cli: Cli) -> None:
    outcome = cli("doctor")
    assert outcome.code == 1
    assert outcome.out == "1 row\n"
    assert outcome.err.splitlines()[0] == "working"
    assert "warning PSR-9001: One thing." in outcome.err
    assert outcome.err.splitlines()[-1] == "next:  passerelle reports list"


@pytest.mark.usefixtures("answering")
def test_for_a_program_stdout_is_one_document(cli: Cli) -> None:
    outcome = cli("doctor", "--json")
    assert outcome.code == 1
    assert outcome.json == {
        "amount": {"value": "1.10", "at": "2026-03-02T09:00:00Z"},
        "days": ["2026-03-02"],
        "nothing": None,
    }
    assert "next:" not in outcome.out + outcome.err


def test_plain_values_keep_numbers_and_turn_the_rest_into_text() -> None:
    assert plain({1: [True, 2, "x", Decimal("0.50")], "s": {3}}) == {"1": [True, 2, "x", "0.50"], "s": [3]}


def test_the_session_names_the_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PASSERELLE_DATABASE_URL", raising=False)
    assert Session(False).database_url == f"sqlite:///{tmp_path}/passerelle.db"
    monkeypatch.setenv("PASSERELLE_DATABASE_URL", "postgresql://books@db.example/books")
    assert Session(False).database_url == "postgresql://books@db.example/books"
