"""Every command with `--json` has a JSON Schema, and `schema` prints it."""

from __future__ import annotations

from typing import Any

import click

from passerelle import cli as room

Cli = Any


def test_a_schema_describes_the_answer(cli: Cli) -> None:
    assert set(cli("schema", "errors").json["$defs"]["ErrorPage"]["properties"]) == {"code", "title", "page"}


def test_a_schema_describes_the_failure_too(cli: Cli) -> None:
    for words in (["rules", "check"], ["rules", "explain"], ["reports", "show"], ["reports", "submit"]):
        failed = cli(*words, "nowhere", "--json").json
        schema = cli("schema", *words).json
        assert {"$ref": "#/$defs/Failure"} in schema["anyOf"]
        described = schema["$defs"]["Failure"]
        assert set(failed) == set(described["required"]) == {"findings", "exit_code"}
        assert all(set(one) == set(schema["$defs"]["Finding"]["properties"]) for one in failed["findings"])


def test_without_a_known_command_the_commands_are_listed(cli: Cli) -> None:
    for words in ([], ["nonsense"]):
        outcome = cli("schema", *words)
        assert outcome.code == 2
        assert outcome.out == ""
        assert "doctor" in outcome.err
        assert "errors" in outcome.err


def test_every_command_with_json_has_a_schema(cli: Cli) -> None:
    context = click.Context(room.root)
    for name in room.COMMANDS:
        command = room.root.get_command(context, name)
        below = command.commands if isinstance(command, click.Group) else {"": command}
        for second, leaf in below.items():
            assert leaf is not None
            if any(option.name == "as_json" for option in leaf.params):
                outcome = cli("schema", name, *([second] if second else []))
                assert outcome.code == 0, (name, second, outcome.err)
                assert isinstance(outcome.json, dict)
