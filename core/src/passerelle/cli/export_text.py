"""Exports for eyes and for programs: preview, creation, one export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from passerelle import money
from passerelle.cli.answer import folded, table
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
        "files": [_file_json(sample, currency) for sample in preview.samples],
        "unchanged": preview.unchanged,
        "to_approve": preview.to_approve,
        "to_control": preview.to_control,
    }


def preview_text(preview: Preview, again: str, show_all: bool = False) -> str:
    """The whole preview: balance, plan, first lines of every file, what a format cannot say."""
    blocks = []
    if preview.balance.documents:
        blocks.append(f"Trial balance of what would leave, in {preview.currency}\n\n" + _balance(preview, show_all))
        blocks.extend(_files(preview))
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


_VANISHED = 5


def _file_json(sample: Sample, currency: str) -> dict[str, Any]:
    """One file to be; its sums as strings."""
    shown: dict[str, Any] = plain(sample)
    sums = ("ledger_debit", "debit", "credit", "netted", "cut", "omitted_debit", "omitted_credit")
    shown["tally"] |= {name: money.text(getattr(sample.tally, name), currency) for name in sums}
    return shown


def _files(preview: Preview) -> Iterator[str]:
    """Each file with its first lines and what of the ledger it does not hold; what a format loses is said once."""
    told: set[str] = set()
    for sample in preview.samples:
        lines = [sample_text(sample, " (number not reserved)")]
        tally = sample.tally
        if tally.ledger_debit != tally.debit or tally.debit != tally.credit:
            lines.append(f"  the whole file: {_amounts(asdict(tally), preview.currency)}")
        for report in tally.vanished_reports[:_VANISHED]:
            lines.append(f"  {report}: nothing left of it in {sample.format}")
        if tally.vanished > _VANISHED:
            lines.append(f"  … and of {tally.vanished - _VANISHED:,} more")
        if sample.format not in told:
            lines.extend(f"  this format loses: {sentence}" for sentence in sample.loses)
        told.add(sample.format)
        yield "\n".join(lines)


def sample_text(sample: Sample, number: str = "") -> str:
    """The first lines of one file under its name; columns are counted where they matter."""
    lines = [f"{sample.file_name}{number}  ({sample.format} by {sample.connection}), its first lines:"]
    if sample.ruler:
        width = max(map(len, sample.lines), default=0)
        lines.append("".join(str(i // 10 % 100).rjust(10) for i in range(10, width + 10, 10))[: max(width, 10)])
        lines.append(("1234567890" * (width // 10 + 1))[:width])
    lines.extend(line if line else "·" for line in sample.lines)
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
        lines.append(f"  voided: {folded(facts.void_reason)}")
    for artifact in facts.artifacts:
        proof = artifact.proof
        lines.append(
            f"  file {artifact.position}: {artifact.file_name}  {artifact.size:,} bytes  sha256 {artifact.sha256[:16]}…"
        )
        lines.append(
            f"    read back: {proof['documents']} documents, {proof['lines']} lines, {_amounts(proof, facts.currency)}"
        )
        lines.extend(f"    {where}" for where in artifact.where)
    return "\n".join(lines)


def _amounts(sums: Mapping[str, Any], currency: str) -> str:
    """What a file holds of the ledger, and where the rest is: nothing is called equal that is not."""

    def amount(name: str) -> str:
        return money.text(int(sums[name]), currency)

    equal = sums["debit"] == sums["credit"]
    said = f"debit {amount('debit')} = credit {amount('credit')}"
    if equal and sums["debit"] == sums["ledger_debit"]:
        return f"{said} = ledger"
    if not equal:
        said = f"debit {amount('debit')}, credit {amount('credit')}"
    said += f"; ledger {amount('ledger_debit')}"
    said += "".join(f", {name} {amount(name)}" for name in ("netted", "cut") if sums[name])
    if sums["omitted_debit"] or sums["omitted_credit"]:
        said += f", left out on purpose: debit {amount('omitted_debit')}, credit {amount('omitted_credit')}"
    if sums["vanished"]:
        said += f"; nothing left of {counted(int(sums['vanished']), 'document')}"
    return said


def facts_json(facts: ExportFacts) -> dict[str, Any]:
    """One export as JSON shows it."""
    shown: dict[str, Any] = plain(facts)
    return shown
