"""The life of a report: what each act makes of where it stands, or why it may not and what would allow it.

Approval, control, posting and exports are independent facts. Acts are pure: instants and actors are passed in. An act
whose effect is there already gives the same ``Standing`` back, so that a command may be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from passerelle.errors import Finding
from passerelle.reports import objections

Approval = Literal["created", "partially_approved", "approved", "refused", "cancelled"]
Act = Literal["submit", "approve", "refuse", "cancel", "control", "uncontrol", "send-back"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a stored report stands. ``awaits_control``: the ledger keeps its last revision until it is controlled.

    ``approval_steps`` counts the entity's steps that approved it; ``ended_at`` is when it was refused or cancelled;
    without ``submitted_at`` it is a draft.
    """

    approval: str = "created"
    approved_at: str | None = None
    controlled_at: str | None = None
    awaits_control: bool = False
    post_due: bool = False
    posted: bool = False
    submitted_at: str | None = None
    approval_steps: int = 0
    ended_at: str | None = None

    @property
    def ended(self) -> bool:
        """Refused or cancelled: only a higher revision of its source opens it again."""
        return self.approval in ("refused", "cancelled")

    @property
    def draft(self) -> bool:
        """Declared, not submitted."""
        return self.submitted_at is None and not self.ended


class Case(NamedTuple):
    """What an act must know of a report beside its standing. ``name`` is what commands call it: number and entity.

    ``approvers`` gave the steps that are given; ``sent`` is a live export that holds the report as the ledger has it
    now, ``frozen`` one whose definition sends no corrections; 0: none. ``declared_here``: no source can send it again.
    """

    name: str
    steps: tuple[str, ...] = ("approval",)
    approvers: tuple[str, ...] = ()
    sent: int = 0
    frozen: int = 0
    declared_here: bool = False


def submit(before: Standing, case: Case, now: str) -> Standing | Finding:
    """A draft is handed in for approval."""
    if before.ended:
        return objections.ended(case.name, before.approval, case.declared_here)
    return replace(before, submitted_at=now) if before.draft else before


def approve(before: Standing, case: Case, actor: str, now: str) -> Standing | Finding:
    """One of the entity's steps; the last one approves. What waits for its control is not due to be posted.

    Nobody gives two steps of one report, unless the entity has since dropped the step that was wanted.
    """
    if before.ended:
        return objections.ended(case.name, before.approval, case.declared_here)
    if before.draft:
        return objections.draft(case.name)
    if before.approval == "approved":
        return before
    if before.approval_steps < len(case.steps) and actor in case.approvers:
        return objections.approved_before(case.name, actor, before.approval_steps + 1, case.steps)
    given = before.approval_steps + 1
    if given < len(case.steps):
        return replace(before, approval="partially_approved", approval_steps=given)
    return replace(
        before,
        approval="approved",
        approval_steps=len(case.steps),
        approved_at=now,
        post_due=not before.awaits_control,
    )


def refuse(before: Standing, case: Case, reason: str, now: str) -> Standing | Finding:
    """Refused by who approves or controls; what the ledger holds is posted to nothing."""
    if before.draft:
        return objections.draft(case.name)
    return _end(before, case, "refused", reason, now)


def cancel(before: Standing, case: Case, reason: str, now: str) -> Standing | Finding:
    """Taken back by who declared it, a draft as well; what the ledger holds is posted to nothing."""
    return _end(before, case, "cancelled", reason, now)


def _end(before: Standing, case: Case, approval: Approval, reason: str, now: str) -> Standing | Finding:
    if before.approval == approval:
        return before
    if before.ended:
        return objections.ended(case.name, before.approval, case.declared_here)
    if case.frozen:
        return objections.frozen(case.name, case.frozen)
    if not reason.strip():
        return objections.no_reason(case.name)
    return replace(before, approval=approval, ended_at=now, awaits_control=False, post_due=before.posted)


def control(before: Standing, case: Case, now: str) -> Standing | Finding:
    """The whole report is controlled by an accountant, before or after its approval."""
    if before.ended:
        return objections.ended(case.name, before.approval, case.declared_here)
    if before.draft:
        return objections.draft(case.name)
    return before if before.controlled_at is not None else controlled(before, now)


def controlled(before: Standing, now: str) -> Standing:
    """Control that is whole; what awaited it is due to be posted."""
    due = before.post_due or (before.approval == "approved" and before.awaits_control)
    return replace(before, controlled_at=now, awaits_control=False, post_due=due)


def uncontrol(before: Standing, case: Case, lines_controlled: bool, raised: bool) -> Standing | Finding:
    """Control is taken back, until the report has left.

    ``lines_controlled``: some expense is controlled by itself, or had its cover lowered; ``raised``: covers that were
    lowered are taken back, so that an approved report is posted anew.
    """
    if before.ended:
        return objections.ended(case.name, before.approval, case.declared_here)
    if before.controlled_at is None and not lines_controlled:
        return before
    if case.sent:
        return objections.sent(case.name, case.sent, case.declared_here)
    if raised and case.frozen:
        return objections.frozen(case.name, case.frozen)
    return with_covers(replace(before, controlled_at=None), raised)


def with_covers(before: Standing, changed: bool) -> Standing:
    """A cover changed: an approved report is posted anew and keeps approval and control."""
    due = before.post_due or (changed and before.approval == "approved" and not before.awaits_control)
    return replace(before, post_due=due)


def send_back(before: Standing, case: Case, reason: str) -> Standing | Finding:
    """A draft again: approval and control are cleared. The ledger keeps what it holds until both are back."""
    if before.ended:
        return objections.ended(case.name, before.approval, case.declared_here)
    if before.draft:
        return before
    if case.frozen:
        return objections.frozen(case.name, case.frozen)
    if not reason.strip():
        return objections.no_reason(case.name)
    return reopened(before)


def reopened(before: Standing) -> Standing:
    """A draft that had nothing. What the ledger holds of it awaits control where it was controlled; what was refused
    or cancelled is held no more, and awaits nothing."""
    had_control = before.controlled_at is not None or before.awaits_control
    return Standing(posted=before.posted, awaits_control=before.posted and had_control and not before.ended)
