"""The demo tells the main job truly, and the README shows lines that it really prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.readers import sage_flg, sage_pnm

ROOT = Path(__file__).resolve().parents[2]
SHOWN = re.compile(r"<!-- shown by the demo -->\n```\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demo that ran, and what it printed."""
    pytest.importorskip("asyncssh", reason="the demo's server needs asyncssh: make setup installs it")
    folder = tmp_path_factory.mktemp("demo") / "demo"
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PASSERELLE_")}
    done = subprocess.run(
        [sys.executable, "-m", "passerelle.cli", "demo", str(folder)],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=kept,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    return folder, done.stdout


def test_the_readme_shows_lines_that_the_demo_prints(told: tuple[Path, str]) -> None:
    shown = SHOWN.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert shown is not None
    lines = [line for line in shown[1].splitlines() if line.strip()]
    assert len(lines) > 20
    printed = {line.rstrip() for line in told[1].splitlines()}
    assert [line for line in lines if line.rstrip() not in printed] == []


def test_every_file_lies_in_the_folder_and_on_the_server(told: tuple[Path, str]) -> None:
    folder, _ = told
    outbox = {path.name: path.read_bytes() for path in (folder / "outbox").iterdir()}
    served = {path.name: path.read_bytes() for path in (folder / "server/files/incoming").iterdir()}
    assert outbox == served
    assert len(outbox) == 5
    assert {Path(name).suffix for name in outbox} == {".txt", ".pnm", ".csv"}


def test_readers_written_from_the_reference_page_find_the_same_sums(told: tuple[Path, str]) -> None:
    folder, _ = told
    sums: dict[str, list[int]] = {}
    for path in sorted((folder / "outbox").glob("FR_*")):
        read = sage_pnm.read if path.suffix == ".pnm" else sage_flg.read
        for piece in read(path.read_bytes()):
            debit = sum(line.minor for line in piece.lines if line.side == "D")
            assert debit == sum(line.minor for line in piece.lines if line.side == "C")
            sums.setdefault(path.suffix, []).append(debit)
    assert sorted(sums[".pnm"]) == sorted(sums[".txt"])
    assert sum(sums[".pnm"]) == 61298 + 4220


def test_the_refused_report_left_alone_in_the_second_run(told: tuple[Path, str]) -> None:
    folder, text = told
    pieces = sage_pnm.read((folder / "outbox" / "FR_000002.pnm").read_bytes())
    assert [{line.reference for line in piece.lines} for piece in pieces] == [{"ND000003"}]
    assert text.count("PSR-4006") > 3
    assert "next:" in text.splitlines()[-2]


def test_a_folder_that_is_no_demo_is_left_alone(tmp_path: Path, cli: Callable[..., object]) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    outcome = cli("demo", str(mine))
    assert outcome.code == 2  # type: ignore[attr-defined]
    assert (mine / "letter.txt").read_text() == "dear"
