"""What a submission does to what is there: the idempotency rules of whole reports, approval and control after them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, NamedTuple

from passerelle.reports.intake import CheckedReport, ReportKind
from passerelle.reports.lifecycle import Standing, reopened

Decision = Literal["new", "replace", "unchanged", "conflict", "lower"]


class Stated(NamedTuple):
    """What a source says of a report beside its content; ``steps`` is how many the entity's approval has."""

    submitted_at: str | None
    approved_at: str | None = None
    controlled_at: str | None = None
    steps: int = 1


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


def after_change(before: Standing, stated: Stated) -> Standing:
    """New content: what was approved or controlled is so no longer, unless the new content says that it is.

    A report that the ledger holds is posted again once it has back what it had: approval, and control if it was
    controlled. One that was refused or cancelled is open again.
    """
    return after_approval(reopened(before), stated)


def after_revision(before: Standing, same_content: bool, stated: Stated) -> Standing:
    """A higher revision of the source, which opens again what was refused or cancelled, be its content the same."""
    return (after_approval if same_content and not before.ended else after_change)(before, stated)


def after_approval(before: Standing, stated: Stated) -> Standing:
    """The same content, submitted, approved or controlled: facts of their own, which a fact already there outlives."""
    after = before
    if before.ended:
        return before
    if stated.submitted_at or stated.approved_at:
        after = replace(after, submitted_at=before.submitted_at or stated.submitted_at or stated.approved_at)
    if stated.approved_at and before.approval != "approved":
        after = replace(after, approval="approved", approved_at=stated.approved_at, approval_steps=max(stated.steps, 1))
    if stated.controlled_at and before.controlled_at is None and not after.draft:
        after = replace(after, controlled_at=stated.controlled_at, awaits_control=False)
    became_ready = after.approval == "approved" and not after.awaits_control
    was_ready = before.approval == "approved" and not before.awaits_control
    return replace(after, post_due=before.post_due or (became_ready and not was_ready))
