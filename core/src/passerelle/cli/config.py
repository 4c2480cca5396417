"""``passerelle config``: check, apply and export the company's configuration."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from passerelle.cli.answer import Answer
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.cli.plan import plan_text
from passerelle.errors import Finding
from passerelle.masterdata.company import Company
from passerelle.masterdata.difference import flatten
from passerelle.plan import Plan, counted
from passerelle.services import configuration
from passerelle.services.configuration import Applied
from passerelle.services.posting import post_due


@click.group("config")
def command() -> None:
    """Check, apply and export the company's configuration.

    \b
    passerelle config check company.toml              every fault, with line and caret
    passerelle config apply company.toml --dry-run    what would change, and what it means
    passerelle config apply company.toml              does it, whole or not at all
    passerelle config export > company.toml           what is configured now
    """


@dataclass(frozen=True)
class Checked:
    """A right configuration: how many objects of each kind, and what is doubtful though it can be applied."""

    file: str
    objects: dict[str, int]
    warnings: tuple[Finding, ...]


_FILE = click.argument("file", type=click.Path(path_type=Path), default=Path("company.toml"))


@answering(
    command,
    "check",
    answer=Checked,
    help="Look for every fault in FILE (company.toml) without touching the database.\n\n"
    "Example:  passerelle config check company.toml",
)
@_FILE
def check(session: Session, file: Path) -> Answer:
    """Every fault of the file at once."""
    company, warnings = configuration.check(configuration.read_text(file), str(file))
    counts = dict(Counter(key.kind.replace("_", " ") for key in flatten(company)))
    said = ", ".join(f"{number:,} {kind}{'' if number == 1 else 's'}" for kind, number in counts.items())
    for odd, right in (("entitys", "entities"), ("axiss", "axes")):
        said = said.replace(odd, right)
    return Answer(
        Checked(str(file), counts, warnings),
        text=f"{file} is right: {said or 'it describes nothing yet'}.",
        next=f"passerelle config apply {shlex.quote(str(file))} --dry-run",
        findings=warnings,
    )


@answering(
    command,
    "apply",
    answer=Applied,
    help="Make the configuration be what FILE (company.toml) says, whole or not at all.\n\n"
    "Applying the same file again changes nothing. What the file no longer names is deactivated, never deleted.\n\n"
    "Example:  passerelle config apply company.toml --dry-run",
)
@_FILE
@click.option("--dry-run", is_flag=True, help="Show what would change and what it means; write nothing.")
@click.option("--expect", default="", metavar="HASH", help="Apply only the plan that was shown with this hash.")
@click.option("--exit-code", is_flag=True, help="With --dry-run: exit code 6 when something would change.")
@click.option("--all", "show_all", is_flag=True, help="Show every change, however many there are.")
def apply(session: Session, file: Path, dry_run: bool, expect: str, exit_code: bool, show_all: bool) -> Answer:
    """Shows the plan, or does it."""
    again = f"passerelle config apply {shlex.quote(str(file))}"
    text = configuration.read_text(file)
    try:
        applied = configuration.apply(session.database, session.clock, text, str(file), dry_run=dry_run, expect=expect)
    except configuration.PlanChanged as fault:
        told = plan_text(fault.plan, again=again, show_all=show_all)
        return Answer(Applied(fault.plan, False), told, 1, f"{again} --dry-run", fault.findings)
    plan = applied.plan
    if not plan.changes:
        told, following = f"  No changes: the configuration is what {file} says.", _after(plan)
    elif dry_run:
        told, following = plan_text(plan, again=again, show_all=show_all), f"{again} --expect {plan.expect}"
        if applied.judged_otherwise:
            told += f"\n  The policy would say something else of {counted(applied.judged_otherwise, 'open expense')}:"
    else:
        told, following = plan_text(_done(plan), written=True, show_all=show_all), _after(plan)
        if applied.judged_otherwise:
            told += f"\n  The policy says something else now of {counted(applied.judged_otherwise, 'open expense')}."
        waited = post_due(session.database, session.clock)
        if waited.posted:
            told += f"\n  Booked {waited.posted:,} approved reports that had waited for this."
    code = 6 if dry_run and exit_code and plan.changes else 0
    found = (*applied.warnings, *applied.verdicts)
    refused = any(finding.severity == "error" for finding in found)
    return Answer(applied, told, 1 if refused else code, following, found)


@answering(
    command,
    "export",
    answer=Company,
    help="Print the configuration as TOML that applies back without a change; secrets are references.\n\n"
    "Example:  passerelle config export > company.toml",
)
def export(session: Session) -> Answer:
    """The configuration as it is now."""
    company = configuration.current(session.database)
    return Answer(company, text=configuration.as_text(company))


@answering(
    command,
    "schema",
    answer=dict[str, Any],
    help="Print the JSON Schema of company.toml, with which editors complete and check it.\n\n"
    "Example:  passerelle config schema > .passerelle/company.schema.json",
)
def schema(session: Session) -> Answer:
    """The JSON Schema of company.toml."""
    import json

    described = configuration.schema()
    return Answer(described, text=json.dumps(described, ensure_ascii=False, indent=2))


def _done(plan: Plan) -> Plan:
    counts = plan.counts
    done = f"Added {counts['add']:,}, changed {counts['change']:,}, deactivated {counts['deactivate']:,}."
    return replace(plan, summary=done)


def _after(plan: Plan) -> str:
    """After a change of the policy: what it says now; else what is there to go on with."""
    of_policy = any(change.object.startswith(("profile", "mileage")) for change in plan.changes)
    return "passerelle rules list" if of_policy else "passerelle reports list"
