"""The one renderer of plans: legend in words, changes with their consequences, a total in the conditional."""

from __future__ import annotations

from passerelle.plan import Change, Plan

_MARKS = {"add": "+", "change": "~", "deactivate": "-", "left_out": "!"}
_SHOWN = 40


def plan_text(plan: Plan, *, again: str = "", written: bool = False, show_all: bool = False) -> str:
    """``plan`` for eyes. ``again`` is the command to which ``--expect`` is added; ``written`` says it was done."""
    changes = plan.changes if show_all else plan.changes[:_SHOWN]
    lines = []
    if changes:
        legend = "  + add   ~ change   - deactivate   ! left out, needs a decision"
        lines = [legend, "", *(line for change in changes for line in _change(change))]
    if len(changes) < len(plan.changes):
        lines.append(f"  … and {len(plan.changes) - len(changes):,} more (--all shows them)")
    if not any(plan.counts.values()):  # documents that would leave are counted, not listed
        lines.append("  No changes.")
    if lines:
        lines.append("")
    if written:
        lines.append(f"  {plan.summary.replace('Would', 'Did', 1)}")
        return "\n".join(lines)
    lines.append(f"  {plan.summary} Nothing was written.")
    if again:
        lines.append(f"  Do exactly this:  {again} --expect {plan.expect}")
    return "\n".join(lines)


def _change(change: Change) -> list[str]:
    title = f'  "{change.title}"' if change.title else ""
    lines = [f"  {_MARKS[change.operation]} {change.object} {change.id}{title}"]
    width = max((len(field.field) for field in change.fields), default=0)
    lines.extend(
        f"      {f.field.ljust(width)}  {f.before or '(none)'} -> {f.after or '(none)'}" for f in change.fields
    )
    lines.extend(f"      -> {consequence}" for consequence in change.consequences)
    return lines
