"""The frame around every command: ``--json``, the session it works in, how its answer is printed."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from passerelle.cli.answer import Answer, printable
from passerelle.errors import Finding, UsageFault
from passerelle.periods import Clock, system_clock

if TYPE_CHECKING:
    from passerelle.store.database import Database

_UNDECODED = re.compile("[\ud800-\udfff]")

# "reports import" -> the type of its --json answer, for `passerelle schema`
ANSWERS: dict[str, Any] = {}


class Session:
    """What a command works in: the database, the clock, the streams."""

    def __init__(self, as_json: bool, clock: Clock = system_clock) -> None:
        self.as_json = as_json
        self.clock = clock
        self._database: Database | None = None

    @property
    def database(self) -> Database:
        """The installation's database, opened and migrated at first use."""
        if self._database is None:
            from passerelle.store.database import open_database, sqlite_file

            file = sqlite_file(self.database_url)
            new = file is not None and not file.exists()
            self._database = open_database(self.database_url)
            if new:
                self.say(f"A new, empty database was made: {file}")
        return self._database

    @property
    def database_url(self) -> str:
        """Where the database is: PASSERELLE_DATABASE_URL, else ``passerelle.db`` in the working folder."""
        return os.environ.get("PASSERELLE_DATABASE_URL") or f"sqlite:///{Path.cwd() / 'passerelle.db'}"

    @property
    def interactive(self) -> bool:
        """Whether a person sits at a terminal and may be asked."""
        return not self.as_json and sys.stdin.isatty() and sys.stderr.isatty()

    def say(self, words: str) -> None:
        """Words for a person, on stderr."""
        click.echo(words, err=True)

    def progress(self, words: str, done: int, total: int | None = None) -> None:
        """How far a long job is; on stderr, at most a line every few seconds."""
        from passerelle.cli.progress import show

        show(words, done, total)

    def close(self) -> None:
        """Gives the database back."""
        if self._database is not None:
            self._database.close()


def command(group: click.Group, name: str, *, answer: Any, **settings: Any) -> Callable[[Callable[..., Answer]], Any]:
    """Makes ``function(session, …) -> Answer`` a command of ``group`` with ``--json``; ``answer`` types its data."""

    def decorate(function: Callable[..., Answer]) -> Any:
        ANSWERS[f"{group.name} {name}" if group.name != name else name] = answer

        @functools.wraps(function)
        def body(*args: Any, as_json: bool, **options: Any) -> int:
            _refuse_undecoded(options)
            session = Session(as_json)
            try:
                given = function(session, *args, **options)
            finally:
                session.close()
            _print(given, as_json)
            return given.exit_code

        with_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")(body)
        return group.command(name, **settings)(with_json)

    return decorate


def _refuse_undecoded(options: dict[str, Any]) -> None:
    """A byte of the command line that is no text is told, before a database or a lookup fails on it."""
    for name, value in options.items():
        for word in value if isinstance(value, tuple) else (value,):
            if isinstance(word, str) and _UNDECODED.search(word):
                from passerelle.reports.faults import shown

                raise UsageFault(
                    Finding(
                        "PSR-9016",
                        "A word of the command line holds bytes that are no text.",
                        field=name,
                        value=shown(word),
                        expected="text in the encoding of this terminal, as a rule UTF-8",
                        remedy="type the word again",
                        who="integrator",
                    )
                )


def _print(answer: Answer, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(plain(answer.data), ensure_ascii=False, indent=2))
    elif answer.text:
        click.echo(printable(answer.text))
    if answer.findings and not as_json:
        from passerelle.cli.failure import findings_text

        click.echo(findings_text(answer.findings), err=True)
    if answer.next and not as_json:
        sys.stdout.flush()
        click.echo(f"next:  {answer.next}", err=True)


def plain(value: Any) -> Any:
    """``value`` as JSON knows it: models and dataclasses as objects, decimals and days as text."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
