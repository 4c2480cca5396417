"""Why a document is not in an export, in each state it can be in; on both databases."""

from __future__ import annotations

import pytest

from passerelle.errors import Refused
from passerelle.services.export_why import Why, why
from passerelle.services.posting import post_due

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


def test_what_the_policy_and_people_have_yet_to_decide(house: House) -> None:
    house.change("entities", "FR", approval_steps=["manager", "finance"])
    house.send("R1", train(100), train(200), train(300), approved_at=None, controlled_at=None)
    house.write("UPDATE report SET submitted_at = NULL")
    assert said(house).sentences == ("It is a draft and not submitted yet.",)
    assert said(house).next == "passerelle reports submit ND000001"
    house.write("UPDATE report SET submitted_at = declared_at, approval = 'partially_approved', approval_steps = 1")
    assert said(house).sentences == ("It is not approved yet: 1 of 2 steps are.",)
    house.write("UPDATE report SET approval = 'approved', approved_at = declared_at, post_due = ?", True)
    house.write("UPDATE expense SET controlled_at = declared_at WHERE gross = 100")
    house.write("UPDATE expense SET covered = 0, entity_covered = 0, blocked = ? WHERE gross = 300", True)
    assert said(house).sentences == (
        "The policy refuses 1 of its 3 expenses, of which the ledger holds nothing.",
        "It is approved, but 1 of its 2 expenses await an accountant's control.",
    )
    house.write("UPDATE report SET awaits_control = ?", True)
    assert said(house).sentences[1].endswith("What had left or was posted before it changed stays until then.")
    house.write("UPDATE report SET awaits_control = ?, controlled_at = approved_at", False)
    house.write("INSERT INTO judging_due SELECT entity_id, employee_id FROM report")
    judged = "Its employee's expenses are to be judged before it is posted; the next export does both."
    assert said(house).sentences[1:] == (judged,)
    house.write("DELETE FROM judging_due")
    assert said(house).sentences[1:] == ("It waits to be posted; the next export posts it.",)
    house.create()
    assert said(house).sentences[-1] == "Everything it says now has left."


def test_what_was_refused_or_cancelled(house: House) -> None:
    end = "UPDATE report SET approval = ?, ended_at = declared_at, post_due = ? WHERE number = ?"
    house.send("R1", train(100), approved_at=None, controlled_at=None)
    house.write(end, "cancelled", False, "ND000001")
    gone = "It was cancelled, so nothing of it stays in the ledger."
    assert said(house).sentences == (gone, "It was never posted, so there is nothing to export.")
    house.send("R2", train(100))
    house.create()
    house.write(end, "refused", True, "ND000002")
    assert said(house, "R2").sentences[1:] == (
        "It was refused, so nothing of it stays in the ledger.",
        "It waits to be posted; the next export posts it.",
    )
    post_due(house.database, house.clock)
    assert said(house, "R2").sentences[2:] == ("It is a candidate: the next fr takes the correction of what has left.",)
    house.create()
    assert said(house, "R2").sentences[-1] == "Everything it says now has left."
    house.sound()


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
