"""The status a person reads: derived from approval and control, never stored."""

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
