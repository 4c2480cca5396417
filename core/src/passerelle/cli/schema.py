"""``passerelle schema COMMAND``: the JSON Schema of what a command prints with ``--json``: an answer, or a failure."""

from __future__ import annotations

import importlib
from typing import Any, Union

import click
from pydantic import TypeAdapter

from passerelle.cli import COMMANDS
from passerelle.cli.command import ANSWERS
from passerelle.cli.failure import Failure


@click.command("schema")
@click.argument("words", nargs=-1)
def command(words: tuple[str, ...]) -> None:
    """Print the JSON Schema of the --json answer of a command, for instance: passerelle schema export preview."""
    import json

    if words and words[0] in COMMANDS:
        importlib.import_module(f"passerelle.cli.{COMMANDS[words[0]][0]}")
    name = " ".join(words)
    if name not in ANSWERS:
        for module, _ in COMMANDS.values():
            importlib.import_module(f"passerelle.cli.{module}")
        raise click.UsageError(f"Name a command with --json: {', '.join(sorted(ANSWERS))}")
    one_of: Any = Union  # of types that are values here
    click.echo(json.dumps(TypeAdapter(one_of[ANSWERS[name], Failure]).json_schema(), indent=2))
