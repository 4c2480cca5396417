"""Who acts: ``--by``, else PASSERELLE_USER, else the user of the operating system."""

from __future__ import annotations

import getpass
import os
from typing import Any

import click

_LONGEST = 200


def _actor(_context: click.Context, _parameter: click.Parameter, given: str | None) -> str:
    name = given if given is not None else os.environ.get("PASSERELLE_USER") or _user()
    name = " ".join(name.split())
    if not name or not name.isprintable() or len(name) > _LONGEST:
        raise click.BadParameter(f"expected a name of 1 to {_LONGEST} letters, from --by or PASSERELLE_USER")
    return name


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return ""


def by(function: Any) -> Any:
    """Adds the option; the command is given ``by``."""
    words = "Who does it. Default: PASSERELLE_USER, else the user of the operating system."
    return click.option("--by", callback=_actor, metavar="NAME", help=words)(function)
