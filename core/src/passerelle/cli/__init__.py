"""The command line: a lazy tree of commands, so that ``passerelle --help`` imports next to nothing."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from typing import Any

import click

# command -> (module, one line of help); the module is imported when the command runs
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Write a first company.toml to fill in."),
    "config": ("config", "Check, apply and export the company's configuration."),
    "reports": ("reports", "Import, list, approve and control expense reports."),
    "rules": ("rules", "List, try out, explain and simulate the expense policy."),
    "export": ("export", "Preview, create, prove and void exports of accounting entries."),
    "deliveries": ("deliveries", "See and retry what goes to folders and servers."),
    "ledger": ("ledger", "Entries, balance and proofs of the ledger."),
    "formats": ("formats", "List, check and explain file formats."),
    "connectors": ("connectors", "List the installed connectors and their abilities."),
    "errors": ("errors", "Explain an error code, or search the catalogue."),
    "schema": ("schema", "Print the JSON Schema of a command's --json answer."),
    "doctor": ("doctor", "Check the installation."),
    "demo": ("demo", "Run the main job on a made-up company in ./passerelle-demo."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"passerelle.cli.{COMMANDS[name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 findings, 2 usage, 3 configuration, 4 the outside refused (nothing left), "
    "5 outcome unknown (do not retry blindly), 6 differences, 70 a defect of ours, 130/143 interrupted.",
)
@click.version_option(package_name="passerelle")
def root() -> None:
    """Turn expense reports into accounting and carry it to any ERP.

    First steps:  passerelle demo,  or  passerelle init  and then  passerelle config check company.toml
    """


def main(arguments: list[str] | None = None) -> None:
    """The console script. Never ends in a traceback: a defect prints one line and where the trace lies."""
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Runs one command line and returns its exit code."""
    try:
        result = root.main(args=arguments, prog_name="passerelle", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.ClickException as fault:
        if "--json" in (arguments if arguments is not None else sys.argv):
            said = {"findings": [{"code": "usage", "message": fault.format_message()}], "exit_code": 2}
            click.echo(json.dumps(said, ensure_ascii=False))
        else:
            fault.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. What was committed stays; running the command again is safe.", err=True)
        return 130
    except _Terminated:
        click.echo("Terminated. What was committed stays; running the command again is safe.", err=True)
        return 143
    except (BrokenPipeError, SystemExit):  # the reader of stdout has left; click says so by SystemExit
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - keeps the interpreter from complaining at exit
        return 0
    except Exception as fault:
        from passerelle.cli.failure import explain

        return explain(fault, as_json="--json" in (arguments if arguments is not None else sys.argv))


class _Terminated(BaseException):
    """SIGTERM arrived."""


def _terminated(_number: int, _frame: Any) -> None:
    raise _Terminated
