"""Where the text of a format is found: shipped by a connector, or a file of the company."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from passerelle.errors import ConfigurationFault, Finding


def format_text(name: str, shipped: Mapping[str, str], connector: str) -> str:
    """The text of the format that an export calls ``name``: a path ending in ``.toml``, or one of ``shipped``.

    ``ConfigurationFault`` when there is none (PSR-6042) or its file cannot be read (PSR-2028).
    """
    if name.endswith(".toml"):
        return file_text(Path(name))
    if name in shipped:
        return shipped[name]
    raise ConfigurationFault(
        Finding(
            "PSR-6042",
            f"Connector {connector} offers no format {name}.",
            field="format",
            value=name,
            expected=f"one of {', '.join(shipped) or 'no format: is it installed?'}",
            remedy="passerelle formats list; a format file of your own is named by its path ending in .toml",
            who="integrator",
        )
    )


def file_text(path: Path) -> str:
    """The text of a format file of the company, whose path counts from the working folder."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        problem, remedy = f"file not found: {path.absolute()}", "correct the path, or run passerelle where the file is"
    except UnicodeDecodeError as fault:
        problem, remedy = f"it is not UTF-8: {fault.reason} at byte {fault.start}", "save the file as UTF-8"
    except OSError as fault:
        problem, remedy = f"{fault.strerror}: {path.absolute()}", "let the user who runs passerelle read the file"
    raise ConfigurationFault(
        Finding(
            "PSR-2028",
            f"The format file {path} cannot be read: {problem}.",
            field="format",
            value=str(path),
            expected="a format file in UTF-8, by its path from the working folder",
            remedy=remedy,
            who="integrator",
        )
    )
