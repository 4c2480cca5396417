"""Locks die with their process: a second taker is told so, a killed one leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

from passerelle.store.database import Database
from passerelle.store.locks import exclusive

HOLDER = """
import sys
from passerelle.store.database import Database
from passerelle.store.locks import exclusive
with exclusive(Database(sys.argv[1]), "delivery 7") as free:
    print(free, flush=True)
    sys.stdin.read()
"""


def test_one_holder_at_a_time_and_free_afterwards(database: Database, database_url: str) -> None:
    with closing(Database(database_url)) as other:
        with exclusive(database, "delivery 7") as free:
            assert free
            with exclusive(other, "delivery 7") as also_free, exclusive(other, "delivery 8") as another:
                assert not also_free
                assert another
        with exclusive(other, "delivery 7") as free:
            assert free


def test_an_exception_lets_go(database: Database, database_url: str) -> None:
    try:
        with exclusive(database, "delivery 7"):
            raise LookupError
    except LookupError:
        pass
    with closing(Database(database_url)) as other, exclusive(other, "delivery 7") as free:
        assert free


def test_a_killed_process_lets_go(database: Database, database_url: str) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        with exclusive(database, "delivery 7") as free:
            assert not free
        holder.kill()
        holder.wait()
    with exclusive(database, "delivery 7") as free:
        assert free, "PostgreSQL notices a vanished client a moment later, and that is waited for"


def test_databases_of_one_folder_have_locks_of_their_own(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "passerelle.db")
    with (
        closing(Database(f"sqlite:///{tmp_path / 'another.db'}")) as another,
        closing(Database(f"sqlite:///{tmp_path / 'link.db'}")) as same,
        exclusive(sqlite_database, "delivery 7") as free,
        exclusive(another, "delivery 7") as free_in_another,
        exclusive(same, "delivery 7") as free_in_the_same,
    ):
        assert (free, free_in_another, free_in_the_same) == (True, True, False)


def test_no_file_is_left_behind(sqlite_database: Database) -> None:
    before = set(sqlite_database.folder.iterdir())
    with exclusive(sqlite_database, "delivery 7"):
        assert set(sqlite_database.folder.iterdir()) != before
    assert set(sqlite_database.folder.iterdir()) == before


def test_many_takers_at_once_are_one_at_a_time(sqlite_database: Database) -> None:
    inside: list[None] = []
    crowded: list[int] = []

    def take() -> None:
        for _ in range(200):
            with exclusive(sqlite_database, "delivery 7") as free:
                if free:
                    inside.append(None)
                    crowded.append(len(inside))
                    inside.pop()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(crowded) == {1}
