"""Exports for eyes and for programs: preview, creation, one export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from passerelle import money
from passerelle.cli.answer import table
from passerelle.cli.command import plain
from passerelle.cli.plan import plan_text
from passerelle.plan import counted
from passerelle.services.delivering import DeliveryResult
from passerelle.services.export_facts import ExportFacts
from passerelle.services.export_sample import Sample
from passerelle.services.exporting import Creation, Preview

_ACCOUNTS = 12


def preview_json(preview: Preview) -> dict[str, Any]:
    """The fields of ``PreviewAnswer``."""
    currency = preview.currency
    return {
        "definition": preview.definition,
        "entity": preview.entity,
        "currency": currency,
        "plan": preview.plan,
        "trial_balance": [
            {
                "account": account,
                "name": preview.names.get(account, ""),
                "debit": money.text(debit, currency),
                "credit": money.text(credit, currency),
                "lines": lines,
            }
            for account, (debit, credit, lines) in sorted(preview.balance.accounts.items())
        ],
        "left_out": [{"document": report, "findings": plain(found)} for report, found in preview.left_out.items()],
        "files": [plain(sample) for sample in preview.samples],
        "unchanged": preview.unchanged,
        "to_approve": preview.to_approve,
        "to_control": preview.to_control,
    }


def preview_text(preview: Preview, again: str, show_all: bool = False) -> str:
    """The whole preview: balance, plan, first lines of every file, what a format cannot say."""
    blocks = []
    if preview.balance.documents:
        blocks.append(f"Trial balance of what would leave, in {preview.currency}\n\n" + _balance(preview, show_all))
        blocks.extend(map(sample_text, preview.samples))
    if preview.to_approve or preview.to_control:
        control = counted(preview.to_control, "approved report")
        approve = counted(preview.to_approve, "submitted report")
        blocks.append(f"  Not ready to leave: {control} to control, {approve} to approve.")
    if preview.unchanged:
        blocks.append(f"  {preview.unchanged} changed documents differ in nothing that left: nothing to send for them.")
    can_go = again if preview.balance.documents else ""
    blocks.append(plan_text(preview.plan, again=can_go, show_all=show_all))
    return "\n\n".join(blocks)


def _balance(preview: Preview, show_all: bool) -> str:
    def amount(value: int) -> str:
        return money.text(value, preview.currency) if value else ""

    accounts = sorted(preview.balance.accounts.items())
    shown = accounts if show_all or len(accounts) <= _ACCOUNTS else accounts[:_ACCOUNTS]
    rows = [[a, preview.names.get(a, "")[:32], amount(d), amount(c), f"{n:,}"] for a, (d, c, n) in shown]
    if len(shown) < len(accounts):
        rows.append([f"… {len(accounts) - len(shown)} more (--all)", "", "", "", ""])
    balance = preview.balance
    rows.append(["total", "", amount(balance.debit), amount(balance.credit), f"{balance.lines:,}"])
    return table(["account", "name", "debit", "credit", "lines"], rows, right=frozenset({2, 3, 4}))


def sample_text(sample: Sample) -> str:
    """The first lines of one file under its name; columns are counted where they matter."""
    lines = [f"{sample.file_name}  ({sample.format} by {sample.connection}), its first lines:"]
    if sample.ruler:
        width = max(map(len, sample.lines), default=0)
        lines.append("".join(str(i // 10 % 100).rjust(10) for i in range(10, width + 10, 10))[: max(width, 10)])
        lines.append(("1234567890" * (width // 10 + 1))[:width])
    lines.extend(line if line else "·" for line in sample.lines)
    lines.extend(f"  this format loses: {sentence}" for sentence in sample.loses)
    return "\n".join(lines)


def creation_text(made: Creation, facts: ExportFacts | None, results: Sequence[DeliveryResult]) -> str:
    """What a run did, in plain words."""
    lines = [f"Finished export {number}, which an interrupted run had frozen." for number in made.finished]
    if facts is None:
        lines.append("Nothing to export: no number was taken and nothing was sent.")
    else:
        lines.append(export_text(facts))
    lines.extend(
        f"  {r.file_name} -> {r.destination}: {r.state}, {r.where}" + (f" ({r.note})" if r.note else "")
        for r in results
    )
    if made.preview.left_out:
        names = ", ".join(list(made.preview.left_out)[:5])
        lines.append(
            f"Left out, with the reasons below: {names}" + (" …" if len(made.preview.left_out) > 5 else "") + "."
        )
    return "\n".join(lines)


def export_text(facts: ExportFacts) -> str:
    """One export with its files and what their read-back proved."""
    lines = [
        f"Export {facts.number} of {facts.entity} ({facts.definition}): {facts.state}, frozen {facts.frozen_at}",
        f"  {counted(facts.documents, 'document')}, {counted(facts.lines, 'line')}, {facts.debit} {facts.currency}",
    ]
    if facts.void_reason:
        lines.append(f"  voided: {facts.void_reason}")
    for artifact in facts.artifacts:
        proof = artifact.proof
        debit, credit = (money.text(int(str(proof[side])), facts.currency) for side in ("debit", "credit"))
        lines.append(
            f"  file {artifact.position}: {artifact.file_name}  {artifact.size:,} bytes  sha256 {artifact.sha256[:16]}…"
        )
        lines.append(
            f"    read back: {proof['documents']} documents, {proof['lines']} lines,"
            f" debit {debit} = credit {credit} = ledger"
        )
        lines.extend(f"    {where}" for where in artifact.where)
    return "\n".join(lines)


def facts_json(facts: ExportFacts) -> dict[str, Any]:
    """One export as JSON shows it."""
    shown: dict[str, Any] = plain(facts)
    return shown
