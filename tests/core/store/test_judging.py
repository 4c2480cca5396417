"""The queue of the judges: who takes employees out of it, and who holds everybody, wait for each other in one order."""

from __future__ import annotations

from contextlib import closing
from threading import Thread
from typing import Any

import pytest

from passerelle.store import judging
from passerelle.store.database import Database


def test_who_holds_everybody_waits_for_a_judge_who_has_begun(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else, on a server, the one would hold the table and want the row, the other the row and want the table."""
    with database.transaction() as connection:
        judging.queue(connection, 1, [18])
    with closing(Database(database_url)) as beside:

        def hold() -> None:
            with beside.transaction() as connection:
                judging.hold_all(connection)
                judging.queue(connection, 1, [18, 19])

        other = Thread(target=hold)
        settle = judging.settle

        def settle_meanwhile(*arguments: Any) -> None:
            other.start()
            other.join(0.5)
            assert other.is_alive()
            settle(*arguments)

        monkeypatch.setattr(judging, "settle", settle_meanwhile)
        with database.transaction() as connection:
            assert judging.take(connection, 1, 0, 50) == [18]
        other.join(30)
        assert not other.is_alive()
    with database.reading() as connection:
        assert judging.waiting(connection) == {1: 2}
