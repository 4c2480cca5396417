"""The one renderer of plans."""

from __future__ import annotations

from passerelle.cli.plan import plan_text
from passerelle.plan import Change, FieldChange, Plan, counts_of

CHANGES = (
    Change("add", "account", "625100", "Voyages"),
    Change(
        "change",
        "entity",
        "FR",
        fields=(FieldChange("closed_until", "", "2026-02-28"),),
        consequences=("3 approved reports now fall in a closed period",),
    ),
    Change("deactivate", "employee", "E7"),
)
PLAN = Plan(CHANGES, counts_of(CHANGES), "Would add 1, change 1 and deactivate 1.", "abc123def456")


def test_a_plan_shows_changes_consequences_a_total_and_how_to_do_exactly_it() -> None:
    text = plan_text(PLAN, again="passerelle config apply company.toml")
    assert '  + account 625100  "Voyages"' in text
    assert "  ~ entity FR\n      closed_until  (none) -> 2026-02-28\n      -> 3 approved reports now fall" in text
    assert "  - employee E7" in text
    assert text.endswith(
        "Would add 1, change 1 and deactivate 1. Nothing was written.\n"
        "  Do exactly this:  passerelle config apply company.toml --expect abc123def456"
    )


def test_a_plan_that_was_done_says_so() -> None:
    text = plan_text(PLAN, again="passerelle config apply company.toml", written=True)
    assert text.endswith("  Did add 1, change 1 and deactivate 1.")
    assert "Nothing was written" not in text


def test_a_long_plan_is_cut_unless_all_is_asked_for() -> None:
    many = tuple(Change("add", "account", str(number)) for number in range(1041))
    plan = Plan(many, counts_of(many), "Would add 1,041.", "abc")
    assert "… and 1,001 more (--all shows them)" in plan_text(plan)
    assert "account 1040" in plan_text(plan, show_all=True)


def test_no_change_is_said() -> None:
    assert "No changes." in plan_text(Plan((), counts_of(()), "Would change nothing.", "abc"))


def test_what_is_counted_and_not_listed_is_a_change_too() -> None:
    text = plan_text(Plan((), counts_of(()) | {"add": 6437}, "Would export 6,437 documents.", "abc"))
    assert text == "  Would export 6,437 documents. Nothing was written."
