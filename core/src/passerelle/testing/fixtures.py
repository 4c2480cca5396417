"""Fixtures for plugin authors. pytest finds them by itself (entry point ``pytest11``); nothing heavy until one is used.

``story`` is the story that every format carries; ``golden(data, "story.csv")`` compares bytes with a file beside the
test, which a person has read: ``pytest --golden-update`` writes it, and its difference is what a review looks at.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from passerelle.testing.story import Story

pytest.register_assert_rewrite("passerelle.testing.conformance", "passerelle.testing.rule_conformance")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--golden-update``."""
    group = parser.getgroup("passerelle")
    group.addoption("--golden-update", action="store_true", help="write golden files as they come out now")


@pytest.fixture
def story() -> Story:
    """One whole story in EUR, as an export freezes it: ``story.documents``."""
    from passerelle.testing.story import tell

    return tell()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[bytes, str | Path], None]:
    """``golden(data, path)``: the bytes are those of the golden file, its path counted from the test's folder."""

    def compare(data: bytes, path: str | Path) -> None:
        file = request.path.parent / path
        if request.config.getoption("--golden-update"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            return
        if not file.is_file():
            pytest.fail(f"there is no golden file {path}: write it with --golden-update, and read it", pytrace=False)
        kept = file.read_bytes()
        if kept != data:
            lines = difflib.unified_diff(_lines(kept), _lines(data), str(path), "now", lineterm="")
            pytest.fail("\n".join((f"not the golden file {path}:", *lines)), pytrace=False)

    return compare


def _lines(data: bytes) -> list[str]:
    """Lines for eyes: each character of latin-1 stands for its byte, newlines are shown."""
    return [ascii(line)[1:-1] for line in data.decode("latin-1").splitlines(keepends=True)]
