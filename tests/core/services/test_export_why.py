"""Why a document is not in an export, in each state it can be in; on both databases."""

from __future__ import annotations

import pytest

from passerelle.errors import Refused
from passerelle.services.export_why import Why, why

from .an_export import House, train


def said(house: House, document: str = "ND000001") -> Why:
    (one,) = why(house.database, house.clock, document)
    return one


def test_every_state_of_a_report(house: House) -> None:
    house.send("R1", train(100), approved_at=None, controlled_at=None)
    assert (said(house).sentences, said(house).next) == (
        ("It is not approved yet.",), "passerelle reports approve ND000001"
    )  # fmt: skip
    house.send("R1", train(100), revision=2, controlled_at=None)
    assert said(house).next == "passerelle reports control ND000001"
    house.change("employees", "E1", account=None)
    house.send("R1", train(150), revision=3)
    assert said(house).sentences == ("It could not be posted: 1 finding.",)
    assert [finding.code for finding in said(house).findings] == ["PSR-4002"]
    house.change("employees", "E1", account="421001")
    house.send("R1", train(100), revision=4)
    assert said(house).sentences == ("It is a candidate: the next fr takes it.",)
    assert said(house).next == "passerelle export preview fr"
    house.change("employees", "E1", auxiliary=None)
    assert said(house).sentences == ("fr leaves it out: 1 finding.",)
    assert [finding.code for finding in said(house).findings] == ["PSR-6002"]
    house.change("employees", "E1", auxiliary="LEF")
    house.change("exports", "fr", journals=["FSO"])
    assert said(house).sentences == ("It may leave, but no export definition of FR takes journal NDF.",)
    house.change("exports", "fr", journals=None)
    house.create()
    whole = "Export 1 (fr) holds it whole at revision 2, piece 1: live."
    assert said(house).sentences == (whole, "Everything it says now has left.")
    assert said(house, "R1").next == "passerelle export show 1"
    house.send("R1", train(100), revision=5, title="the same")
    unchanged = "Its last revision changes nothing of what has left, so there is nothing to send."
    assert said(house).sentences == (whole, unchanged)
    house.send("R1", train(200), revision=6)
    assert said(house).sentences[1:] == ("It is a candidate: the next fr takes the correction of what has left.",)
    house.create()
    correction = "Export 2 (fr) holds it as correction 1 at revision 4, piece 2: live."
    assert said(house).sentences == (whole, correction, "Everything it says now has left.")
    house.void(2)
    assert said(house).sentences[1].endswith("voided.")
    assert "correction" in said(house).sentences[2]


def test_what_posts_nothing_and_what_is_not_there(house: House) -> None:
    house.send("R1", train(0))
    assert said(house).sentences == ("It posts no line, so there is nothing to export.",)
    with pytest.raises(Refused, match="PSR-6034"):
        why(house.database, house.clock, "ND000009")


def test_reports_of_one_number_in_two_entities(house: House) -> None:
    house.send("R1", train(100), approved_at=None, controlled_at=None)
    house.send("G1", train(100, split=[]), entity="GB", employee="G1")
    both = why(house.database, house.clock, "ND000001")
    assert [(one.entity, one.next) for one in both] == [
        ("FR", "passerelle reports approve ND000001 --entity FR"),
        ("GB", "passerelle export preview gb"),
    ]
