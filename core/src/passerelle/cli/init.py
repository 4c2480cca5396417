"""``passerelle init``: a first company.toml to fill in, and what stands beside it. Nothing is ever overwritten."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import click

from passerelle.cli.answer import Answer
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.errors import ConfigurationFault, Finding
from passerelle.services import configuration

# path in the folder -> file of ``cli/starter``; the schema is written from the code
_FILES = {
    "company.toml": "company.toml",
    "mappings/expenses.toml": "expenses.toml",
    ".env.example": "env.example",
    ".passerelle/company.schema.json": "",
}


@dataclass(frozen=True)
class Started:
    """The paths that were written, and those that were there and stay as they are."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def init(session: Session, folder: Path) -> Answer:
    """Writes what is missing."""
    written: list[str] = []
    kept: list[str] = []
    for name, starter in _FILES.items():
        path = folder / name
        if starter:
            text = files("passerelle.cli").joinpath("starter", starter).read_text(encoding="utf-8")
        else:
            text = json.dumps(configuration.schema(), ensure_ascii=False, indent=2) + "\n"
        (written if _write(path, text) else kept).append(str(path))
    outbox = folder / "outbox"  # where the first destination delivers to
    if not outbox.exists():
        outbox.mkdir(parents=True)
        written.append(str(outbox))
    else:
        kept.append(str(outbox))
    lines = [f"  + {path}" for path in written] + [f"    {path}  (was there, left as it is)" for path in kept]
    return Answer(
        Started(tuple(written), tuple(kept)),
        text="\n".join(lines),
        next=f"passerelle config check {shlex.quote(str(folder / 'company.toml'))}",
    )


def _write(path: Path, text: str) -> bool:
    """Writes a new file; ``False`` when there is one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        if path.is_file():
            return False
        raise _unwritable(path, "a folder or another thing of that name is there") from None
    except OSError as fault:
        raise _unwritable(path, fault.strerror or type(fault).__name__) from None
    return True


def _unwritable(path: Path, problem: str) -> ConfigurationFault:
    return ConfigurationFault(
        Finding(
            code="PSR-2043",
            message=f"{path} cannot be written: {problem}.",
            object=str(path),
            expected="a folder in which you may write",
            remedy="name another folder: passerelle init FOLDER",
            who="admin",
        )
    )


command = answering(
    click.Group("init"),
    "init",
    answer=Started,
    help="Write a first company.toml into FOLDER (default: here), with a mapping file, .env.example and the "
    "schema for editors. Files that are there stay as they are.\n\nExample:  passerelle init",
)(click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())(init))
