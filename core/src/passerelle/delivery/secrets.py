"""Secrets, fetched at the last moment from where a reference points: ``env:NAME`` or ``file:PATH``."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from passerelle.errors import ConfigurationFault, Finding


def resolve(reference: str) -> str:
    """The secret behind a reference, without a newline at its end. No message ever holds it.

    A file that others may read is refused, as ssh does with keys (PSR-7004); a missing secret is PSR-7003.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        secret = os.environ.get(name, "")
        expected = f"an environment variable {name} that holds the secret"
    elif kind == "file":
        secret = _of_file(Path(name), reference)
        expected = f"a readable file {name} that holds the secret"
    else:
        secret, expected, reference = "", "env:NAME or file:PATH", "(not a reference)"
    if not secret:
        raise ConfigurationFault(
            Finding(
                "PSR-7003",
                "A secret of the destination is not there.",
                field="secret",
                value=reference,
                expected=expected,
                remedy="set it where passerelle runs, then: passerelle deliveries retry --all",
                who="admin",
            )
        )
    return secret


def _of_file(path: Path, reference: str) -> str:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise ConfigurationFault(
                Finding(
                    "PSR-7004",
                    "The file of a secret can be read by others.",
                    field="secret",
                    value=f"{reference} (mode {mode:04o})",
                    expected="a file that its owner alone may read (mode 0600 or 0400)",
                    remedy=f"chmod 600 {path}",
                    who="admin",
                )
            )
        return path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError):
        return ""
