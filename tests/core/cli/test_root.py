"""The root of the command line: quick help, exit codes, interruptions, defects, streams."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from passerelle import cli as room
from passerelle.errors import (
    ConfigurationFault,
    Defect,
    Finding,
    OutcomeUnknown,
    OutsideRefused,
    PasserelleError,
    Refused,
    UsageFault,
)

Cli = Callable[..., Any]

# A command that stops where it is told to, in a process of its own.
WAITING = """
import signal, sys
import click
from passerelle import cli

@click.command("wait")
def wait():
    print("waiting", flush=True)
    signal.pause()

cli.root.add_command(wait)
cli.LazyGroup.get_command = lambda self, context, name: wait
cli.main(["wait"])
"""


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Makes the command `doctor` raise what is given."""

    def put(fault: BaseException) -> None:
        @click.command("doctor")
        @click.option("--json", "as_json", is_flag=True)
        def command(as_json: bool) -> None:
            raise fault

        monkeypatch.setattr(room.LazyGroup, "get_command", lambda self, context, name: command)

    return put


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"]])
def test_help_imports_next_to_nothing(arguments: list[str]) -> None:
    """What 0.2 s leaves room for: a fresh interpreter lists what it imported."""
    program = (
        f"import sys; from passerelle.cli import run; code = run({arguments!r}); "
        "print(*sorted({m.partition('.')[0] for m in sys.modules} | {m for m in sys.modules if 'passerelle' in m}), "
        "file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    imported = set(done.stderr.split())
    heavy = {"pydantic", "sqlalchemy", "sqlmodel", "alembic", "paramiko", "psycopg", "rich", "pluggy", "schwifty"}
    assert not heavy & imported
    assert {name for name in imported if name.startswith("passerelle")} == {"passerelle", "passerelle.cli"}


def test_help_teaches_the_first_steps_and_the_exit_codes(cli: Cli) -> None:
    outcome = cli("--help")
    assert outcome.code == 0
    assert "passerelle demo" in outcome.out
    assert "Exit codes" in outcome.out
    assert all(name in outcome.out for name in room.COMMANDS)


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"], ["errors", "--nonsense"], ["errors", "a", "b"]])
def test_a_mistyped_command_is_exit_2_and_leaves_stdout_empty(cli: Cli, arguments: list[str]) -> None:
    outcome = cli(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "Usage:" in outcome.err


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Refused, 1), (UsageFault, 2), (ConfigurationFault, 3), (OutsideRefused, 4), (OutcomeUnknown, 5), (Defect, 70)],
)
def test_each_kind_of_error_has_its_exit_code(
    cli: Cli, failing: Callable[[BaseException], None], kind: type[PasserelleError], code: int
) -> None:
    failing(kind(Finding("PSR-9001", "It is away.", object="the books", remedy="look for it", who="admin")))
    outcome = cli("doctor")
    assert outcome.code == code
    assert outcome.out == ""
    assert outcome.err.startswith("PSR-9001: It is away.\n")
    assert "help:     look for it  (admin)" in outcome.err


def test_an_error_under_json_is_one_document_on_stdout(cli: Cli, failing: Callable[[BaseException], None]) -> None:
    failing(Refused([Finding("PSR-9001", "It is away."), Finding("PSR-9002", "It is not the same.")]))
    outcome = cli("doctor", "--json")
    assert outcome.err == ""
    assert [finding["code"] for finding in json.loads(outcome.out)["findings"]] == ["PSR-9001", "PSR-9002"]
    usage = cli("doctor", "--json", "--nonsense")
    assert (usage.code, usage.err) == (2, "")
    assert "--nonsense" in usage.json["findings"][0]["message"]


def test_a_defect_is_one_line_and_a_trace_in_a_file(
    cli: Cli, failing: Callable[[BaseException], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing(KeyError("account"))
    outcome = cli("doctor")
    assert outcome.code == 70
    assert outcome.out == ""
    assert len(outcome.err.splitlines()) == 1
    assert outcome.err.startswith("PSR-9900: A defect of Passerelle (KeyError).")
    (trace,) = tmp_path.glob("passerelle-trace-*.txt")
    assert str(trace) in outcome.err
    assert "KeyError: 'account'" in trace.read_text()


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), click.Abort()])
def test_an_interruption_is_exit_130_with_the_state_in_one_sentence(
    cli: Cli, failing: Callable[[BaseException], None], fault: BaseException
) -> None:
    failing(fault)
    outcome = cli("doctor")
    assert outcome.code == 130
    assert outcome.err.strip() == "Interrupted. What was committed stays; running the command again is safe."


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "Interrupted."), (signal.SIGTERM, 143, "Terminated.")]
)
def test_a_signal_ends_the_process_in_words(number: signal.Signals, code: int, word: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert err.strip().startswith(word)  # after ^C the terminal stands in the middle of a line
    assert "Traceback" not in err


def test_a_reader_that_leaves_early_is_no_defect() -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "passerelle.cli", "errors"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "PSR-9900" not in done.stderr


def test_every_command_of_the_tree_explains_itself(cli: Cli) -> None:
    """`--help` of every command and sub-command works and shows how to call it."""
    for name in room.COMMANDS:
        assert cli(name, "--help").out.startswith("Usage: passerelle"), name
        command = room.root.get_command(click.Context(room.root), name)
        for below in command.commands if isinstance(command, click.Group) else ():
            outcome = cli(name, below, "--help")
            assert outcome.code == 0
            assert outcome.out.startswith(f"Usage: passerelle {name} {below}")
