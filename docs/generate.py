"""Writes the generated pages of this folder: ``make docs``. With ``--check`` it only tells which are out of date."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import mappings_guide
import policy_guide

from passerelle.connector import Ability, Connector, Support
from passerelle.formats import reference
from passerelle.formats.load import load_format
from passerelle.plugins import discover

HERE = Path(__file__).resolve().parent
MARKS = {Support.FULL: "yes", Support.UNSUPPORTED: "unsupported by the ERP", Support.NOT_BUILT: "not built"}


def abilities() -> str:
    """What each installed connector can do, and which formats it ships."""
    connectors = [connector for _, connector in sorted(discover().connectors.items())]
    rows = [
        "# What each connector can do",
        "",
        "*Not built* is our gap; *unsupported by the ERP* is its own. An ability reads *yes* once the conformance",
        "suite has read it back from a file of the connector. `make docs` makes this page.",
        "",
        "| ability | " + " | ".join(connector.title for connector in connectors) + " |",
        "|---" * (len(connectors) + 1) + "|",
    ]
    for ability in Ability:
        cells = [MARKS[connector.abilities.get(ability, Support.NOT_BUILT)] for connector in connectors]
        rows.append(f"| {ability.value.replace('_', ' ')} | " + " | ".join(cells) + " |")
    rows += ["| formats | " + " | ".join(map(_formats, connectors)) + " |", "", "## What each format loses", ""]
    rows += [row for connector in connectors for row in _losses(connector)]
    return "\n".join(rows)


def _losses(connector: Connector) -> Iterator[str]:
    for name, text in sorted(connector.formats.items()):
        file = load_format(text).file
        said = [f"- {sentence}" for sentence in file.loses] or ["- It declares no loss."]
        yield from (f"### `{name}`: {file.title}", "", *said, "")


def _formats(connector: Connector) -> str:
    return ", ".join(f"`{name}`" for name in sorted(connector.formats)) or "none"


PAGES: dict[str, Callable[[], str]] = {
    "abilities.md": abilities,
    "formats.md": reference.page,
    "mappings.md": mappings_guide.page,
    "policy.md": policy_guide.page,
}


def main() -> int:
    """Writes every page that differs; the exit code of ``--check`` says whether there were any."""
    stale = [name for name, page in PAGES.items() if not _is(HERE / name, page())]
    for name in stale:
        if "--check" in sys.argv:
            print(f"docs/{name} is out of date: make docs")
        else:
            (HERE / name).write_text(PAGES[name](), encoding="utf-8")
            print(f"wrote docs/{name}")
    return 1 if stale and "--check" in sys.argv else 0


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
