"""The status a person reads and what is owed: derived from approval, control and cover, never stored."""

from __future__ import annotations

from typing import Literal

Status = Literal[
    "draft", "submitted", "partially-approved", "approved", "partly-controlled", "controlled", "refused", "cancelled",
    "faulty",
]  # fmt: skip
"""The words a listing filters by. ``approved``: not wholly controlled yet; ``faulty``: kept out of the ledger."""


def status(
    approval: str, submitted: bool, steps_given: int, steps: int, controlled: bool, expenses_controlled: int
) -> str:
    """The status of a report of which ``expenses_controlled`` expenses are controlled by themselves."""
    if approval == "created":
        return "submitted" if submitted else "draft"
    if approval == "partially_approved":
        return f"partially approved, step {steps_given} of {steps}"
    if approval == "approved" and controlled:
        return "approved & controlled"
    if approval == "approved" and expenses_controlled:
        return "approved & partly controlled"
    return approval


def is_ended(approval: str) -> bool:
    """Whether a report was refused or cancelled: none of its expenses counts."""
    return approval in ("refused", "cancelled")


def owed(counts: bool, own_money: bool, gross: int, covered: int) -> tuple[int, int]:
    """What is owed to the employee for an expense, and what he owes for it as an advance, in the currency of both.

    ``counts``: it is judged and not withdrawn, and its report has not ended.
    """
    if not counts:
        return 0, 0
    return (covered, 0) if own_money else (0, gross - covered)
