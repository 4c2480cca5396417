"""What a submission does to what is there: the idempotency rules of whole reports, approval and control after them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from passerelle.reports.intake import CheckedReport, ReportKind

Decision = Literal["new", "replace", "unchanged", "conflict", "lower"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a stored report stands. ``awaits_control``: the ledger keeps its last revision until it is controlled."""

    approval: str = "created"
    approved_at: str | None = None
    controlled_at: str | None = None
    awaits_control: bool = False
    post_due: bool = False
    posted: bool = False


def decide(stored: Mapping[ReportKind, tuple[int, str]], given: CheckedReport) -> Decision:
    """``stored`` holds (revision, content hash) of each half; both halves of a submission share the revision."""
    if not stored:
        return "new"
    known = max(revision for revision, _ in stored.values())
    if given.revision != known:
        return "replace" if given.revision > known else "lower"
    kinds = stored.keys() | given.halves.keys()
    same = all(given.content_hash(kind) == stored.get(kind, (0, ""))[1] for kind in kinds)
    return "unchanged" if same else "conflict"


def after_change(before: Standing, approved_at: str | None, controlled_at: str | None) -> Standing:
    """New content: what was approved or controlled is so no longer, unless the new content says that it is.

    A report that the ledger holds is posted again once it has back what it had: approval, and control if it was
    controlled.
    """
    had_control = before.controlled_at is not None or before.awaits_control
    awaits_control = before.posted and had_control and controlled_at is None
    return Standing(
        approval="approved" if approved_at else "created",
        approved_at=approved_at,
        controlled_at=controlled_at,
        awaits_control=awaits_control,
        post_due=approved_at is not None and not awaits_control,
        posted=before.posted,
    )


def after_approval(before: Standing, approved_at: str | None, controlled_at: str | None) -> Standing:
    """The same content, approved or controlled: facts of their own, which a fact already there outlives."""
    after = before
    if approved_at and before.approval == "created":
        after = replace(after, approval="approved", approved_at=approved_at)
    if controlled_at and before.controlled_at is None and before.approval in ("created", "approved"):
        after = replace(after, controlled_at=controlled_at, awaits_control=False)
    if after == before:
        return before
    became_ready = after.approval == "approved" and not after.awaits_control
    was_ready = before.approval == "approved" and not before.awaits_control
    return replace(after, post_due=before.post_due or (became_ready and not was_ready))
