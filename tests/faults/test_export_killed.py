"""`export create` really killed at every commit and renaming, and two of them at once: each document leaves once."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from tests.core.services.an_export import House, meal, train

from passerelle.services import export_facts, ledger
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database

DRIVER = Path(__file__).with_name("export_driver.py")
FEWEST_MOMENTS = 30  # two around each commit and renaming of one run
KILLED = -signal.SIGKILL


class Runner:
    """A process that runs `export create` in children of its own."""

    def __init__(self) -> None:
        words = [sys.executable, str(DRIVER)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, house: House, moment: int = 0, name: str = "SIGKILL") -> None:
        self.said = house.files / f"said-{id(self)}"
        url = house.database.url.render_as_string(hide_password=False).replace("+psycopg", "")
        job = {"url": url, "artifacts": str(house.artifacts.folder), "said": str(self.said)}
        self.tell(json.dumps(job | {"moment": moment, "signal": name}))

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def run(self, house: House, moment: int = 0) -> int:
        """The exit code of one run, killed at ``moment`` unless it was through before."""
        self.begin(house, moment)
        return int(self.answer())


@pytest.fixture(scope="module")
def runners() -> Iterator[tuple[Runner, Runner]]:
    """Two of them."""
    both = (Runner(), Runner())
    yield both
    for runner in both:
        runner.process.communicate()


def prepare(database: Database, clock: Any, folder: Path) -> House:
    """One export has left; since then a report was changed, two came in, one of them cannot be booked yet."""
    (folder / "share").mkdir(parents=True)
    house = House(database, clock, folder)
    house.configure(destinations={"share": {"kind": "folder", "path": str(folder / "share")}})
    house.change("exports", "fr", destinations=["share"], artifacts=house.company["exports"]["fr"]["artifacts"][1:])
    house.send("R1", train(8640), meal(5500))
    assert house.create().export is not None
    house.send("R1", train(8640), meal(6600), revision=2)
    house.send("R2", train(500, payer="company_card"), train(900))
    house.change("employees", "E2", account=None)
    house.send("R3", train(1200), employee="E2")
    house.change("employees", "E2", account="421002")  # due again: the run posts it first
    return house


def everything_left_once(house: House, proven: bool = True) -> None:
    """Each document is in one live export, numbers have no hole, the share holds each file once and whole."""
    preview = house.preview()
    assert (preview.balance.documents, preview.left_out) == (0, {})
    sent = house.rows("SELECT report_number, revision, rank FROM export_document WHERE state = 'live' ORDER BY 1, 2")
    assert sent == [("CP000001", 1, 0), ("ND000001", 1, 0), ("ND000001", 2, 1), ("ND000002", 1, 0), ("ND000003", 1, 0)]
    exports = house.rows("SELECT sequence, state FROM export ORDER BY sequence")
    assert exports == [(number, "proven") for number in range(1, len(exports) + 1)]
    register = export_facts.register(house.database)
    for _, pieces in groupby(register, key=lambda piece: (piece.journal, piece.fiscal_year)):
        assert [(piece.number, piece.state) for piece in pieces] in [[(1, "used")], [(n, "used") for n in (1, 2, 3, 4)]]
    assert ledger.verify(house.database).findings == ()
    for number, _ in exports if proven else ():
        assert export_facts.verify(house.database, house.artifacts, number, "FR").findings == ()
    assert {state for (state,) in house.rows("SELECT state FROM delivery")} == {"delivered"}
    share = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (house.files / "share").iterdir()}
    artifacts = house.rows("SELECT file_name, sha256 FROM artifact ORDER BY id")
    assert share == dict(artifacts)
    assert len(artifacts) == 2 * len(exports)


@pytest.fixture
def copies(sqlite_template: Path, clock: Any, tmp_path: Path) -> Iterator[Callable[[], House]]:
    """Each call gives the prepared house anew, on SQLite."""
    origin = tmp_path / "origin"
    origin.mkdir()
    shutil.copyfile(sqlite_template, origin / "passerelle.db")
    database = Database(f"sqlite:///{origin / 'passerelle.db'}")
    prepare(database, clock, tmp_path)
    database.close()
    shutil.move(tmp_path / "artifacts", origin)
    shutil.move(tmp_path / "share", origin)
    opened: list[House] = []
    numbers = itertools.count(1)

    def fresh() -> House:
        for name in ("share", "artifacts"):
            shutil.rmtree(tmp_path / name, ignore_errors=True)
            shutil.copytree(origin / name, tmp_path / name)
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copyfile(origin / "passerelle.db", path)
        house = House.__new__(House)
        house.database, house.clock, house.files = Database(f"sqlite:///{path}"), clock, tmp_path
        house.artifacts = ArtifactFolder(tmp_path / "artifacts")
        opened.append(house)
        return house

    yield fresh
    for house in opened:
        house.database.close()


def test_killed_at_every_moment(copies: Callable[[], House], runners: tuple[Runner, Runner]) -> None:
    for moment in itertools.count(1):
        house = copies()
        code = runners[0].run(house, moment)
        assert code in (0, KILLED), runners[0].said.read_text()
        assert runners[0].run(house) == 0, runners[0].said.read_text()
        everything_left_once(house, proven=moment % 8 == 0)
        house.database.close()
        if code == 0:
            break
    assert moment > FEWEST_MOMENTS


def test_killed_again_and_again(copies: Callable[[], House], runners: tuple[Runner, Runner]) -> None:
    house = copies()
    codes = [runners[0].run(house, moment) for moment in (4, 7, 9, 6, 11, 5, 3, 8)]
    assert codes.count(KILLED) > 4
    assert runners[0].run(house) == 0
    everything_left_once(house)


@pytest.mark.parametrize("moment", [2, 7, 8, 12, 14])
def test_killed_on_postgresql(
    new_postgres_url: Callable[[], str], clock: Any, tmp_path: Path, runners: tuple[Runner, Runner], moment: int
) -> None:
    database = Database(new_postgres_url())
    house = prepare(database, clock, tmp_path)
    assert runners[0].run(house, moment) == KILLED
    assert runners[0].run(house) == 0, runners[0].said.read_text()
    everything_left_once(house)
    database.close()


@pytest.mark.parametrize("moment", [2, 6, 8, 12])
def test_two_at_once_share_no_document(
    database: Database, clock: Any, tmp_path: Path, runners: tuple[Runner, Runner], moment: int
) -> None:
    """The first stands still after a commit while the second runs from beginning to end."""
    house = prepare(database, clock, tmp_path / "house")
    first, second = runners
    first.begin(house, moment, "SIGSTOP")
    assert first.answer() == "still"
    code = second.run(house)
    assert (code, "PSR-6011" in second.said.read_text()) in [(0, False), (1, True)], second.said.read_text()
    first.tell("go on")
    assert first.answer() == "0", first.said.read_text()
    everything_left_once(house)
    if code == 0:
        assert "Nothing to export" in first.said.read_text() + second.said.read_text()
