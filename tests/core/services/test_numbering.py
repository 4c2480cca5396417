"""Numbers: one series per journal and fiscal year, given by posting day, kept through voids, never with a hole."""

from __future__ import annotations

from typing import Any

import pytest

from passerelle.errors import Refused
from passerelle.services import export_facts

from .an_export import House, train

PIECES = (
    "SELECT d.report_number, d.rank, d.fiscal_year, d.piece_number FROM export_document d JOIN export x"
    " ON x.id = d.export_id WHERE x.sequence = ? ORDER BY 1, 2"
)


def test_each_journal_and_fiscal_year_has_its_series_in_the_order_of_posting_days(house: House) -> None:
    house.change("entities", "FR", fiscal_year_start="02-01")
    for id, day in (("R1", "2026-02-10"), ("R2", "2026-01-20"), ("R3", "2026-01-10"), ("R4", "2026-02-05")):
        house.send(id, train(100, date=day), train(200, date=day, payer="company_card"))
    house.create()
    first, second = sorted({row[2] for row in house.rows(PIECES, 1)})
    given = {(report, year): piece for report, _, year, piece in house.rows(PIECES, 1)}
    for series in ("ND", "CP"):
        assert given[f"{series}000003", first] == given[f"{series}000004", second] == 1
        assert given[f"{series}000002", first] == given[f"{series}000001", second] == 2
    assert len(export_facts.register(house.database)) == 8


def test_a_piece_keeps_its_number_through_void_and_change(house: House) -> None:
    house.send("R1", train(100))
    house.send("R2", train(200))
    house.create()
    house.send("R2", train(250), revision=2)
    house.create()
    house.void(2)
    house.send("R2", train(300), revision=3)
    house.send("R3", train(400))
    house.create()
    assert house.rows(PIECES, 2) == [("ND000002", 1, "2026", 3)]
    assert house.rows(PIECES, 3) == [("ND000002", 1, "2026", 3), ("ND000003", 0, "2026", 4)]
    assert [piece.number for piece in export_facts.register(house.database)] == [1, 2, 3, 4]


@pytest.mark.parametrize("order", [(3, 2, 1), (1, 3, 2), (3, 1, 2)])
def test_a_base_is_voided_after_its_deltas_in_any_legal_order(house: House, order: tuple[int, ...]) -> None:
    house.send("R1", train(100))
    house.send("S1", train(700), employee="E2")
    house.create(journals=("NDF",))
    house.send("R1", train(150), revision=2)
    house.create()
    house.send("R1", train(175), revision=3)
    house.create()
    done: set[int] = set()
    for number in order:
        blocked = any(later not in done for later in range(number + 1, 4))
        if blocked:
            with pytest.raises(Refused, match="PSR-6021"):
                house.void(number)
            continue
        house.void(number)
        done.add(number)
        house.sound()
    for number in (3, 2, 1):
        if number not in done:
            house.void(number)
    made: Any = house.create()
    assert made.export.sequence == 4
    assert house.rows(PIECES, 4) == [("ND000001", 0, "2026", 1), ("ND000002", 0, "2026", 2)]
    assert [(piece.number, piece.state) for piece in export_facts.register(house.database)] == [
        (1, "used"), (2, "used"), (3, "voided"), (4, "voided"),
    ]  # fmt: skip
    house.sound()
