"""What is told of a report that was replaced, left or came back; on both databases."""

from __future__ import annotations

from passerelle.services.report_history import history

from .an_export import House, train


def told(house: House) -> list[tuple[str, str, int, str]]:
    """(what, who, revision, detail) of everything that happened to the first report."""
    found = history(house.database, "ND000001").happenings
    return [(one.what, one.by, one.revision, one.detail) for one in found]


def test_replacements_postings_and_exports_are_told(house: House) -> None:
    house.send("R", train(1000))
    house.create()
    house.void(1, not_imported=True)
    house.send("R", train(1200), revision=2)
    assert sorted(told(house)) == sorted(
        [
            ("declared", "tool", 1, ""),
            ("submitted", "tool", 1, "stated by its source"),
            ("approved", "tool", 1, "stated by its source"),
            ("controlled", "tool", 1, "stated by its source"),
            ("posted", "", 0, "revision 1 of the entry: 2 lines"),
            ("exported", "", 0, "export 1 (fr), revision 1 of the entry, piece 1; voided now"),
            ("export voided", "", 0, "export 1"),
            ("replaced", "tool", 2, ""),
            ("submitted", "tool", 2, "stated by its source"),
            ("approved", "tool", 2, "stated by its source"),
            ("controlled", "tool", 2, "stated by its source"),
            ("posted", "", 0, "revision 2 of the entry: 2 lines"),
        ]
    )
    voided = [one for one in history(house.database, "ND000001").happenings if one.what == "export voided"]
    assert [one.reason for one in voided] == ["wrong month"]


def test_the_same_content_approved_later_is_told_once(house: House) -> None:
    house.send("R", train(1000), approved_at=None, controlled_at=None)
    for _ in range(2):
        house.send("R", train(1000), controlled_at=None)
    assert [what for what, *_ in told(house)].count("approved") == 1
    assert "replaced" not in [what for what, *_ in told(house)]
