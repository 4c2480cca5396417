"""``passerelle rules``: the expense policy listed, tried out, explained and simulated."""

from __future__ import annotations

import shlex
from importlib.resources import files
from pathlib import Path

import click

from passerelle.cli.answer import Answer, table
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.plan import counted
from passerelle.services import rule_trials
from passerelle.services.rule_trials import ExpenseTried, Tried
from passerelle.services.verdicts_shown import VerdictShown


@click.group("rules")
def command() -> None:
    """List, try out, explain and simulate the expense policy.

    \b
    passerelle rules list --employee E001              what holds for one person, and why
    passerelle rules check --example > policy.toml     a policy with expenses to try it on
    passerelle rules check policy.toml                 what becomes of each expense
    passerelle rules explain ND000001/X17              every verdict of a stored expense
    passerelle rules simulate policy.toml --since 2026-01-01
    """


_FILE = click.Path(path_type=Path, dir_okay=False)
WORDS = {"block": "blocked", "cap": "capped", "alert": "alert", "ok": "ok"}


@answering(
    command,
    "check",
    answer=Tried | dict[str, str],
    help="Judge the expenses of FILE by the policy of FILE. No database is read or written.\n\n"
    "FILE is TOML: [profiles], [expense_types], [employees] and [[expenses]]; a whole company.toml with [[expenses]] "
    "appended will do. --example prints one to start from. The exit code is 0 whatever the verdicts; it is 3 when "
    "something in FILE is wrong, and then every fault is shown in its place.\n\n"
    "Example:  passerelle rules check --example > policy.toml && passerelle rules check policy.toml",
)
@click.argument("file", type=_FILE, required=False)
@click.option("--all", "all_", is_flag=True, help="Every verdict of every expense, not only the deciding one.")
@click.option("--example", is_flag=True, help="Print a commented file to start from.")
def check(session: Session, file: Path | None, all_: bool, example: bool) -> Answer:
    """A policy on trial."""
    if example == (file is not None):
        raise click.UsageError("Give FILE, or --example for one to start from.")
    if file is None:
        text = files("passerelle.cli").joinpath("starter", "policy.toml").read_text(encoding="utf-8")
        return Answer({"example": text}, text=text.rstrip("\n"), next="passerelle rules check policy.toml")
    del session
    tried = rule_trials.check(file)
    following = f"passerelle rules check {shlex.quote(str(file))}" + ("" if all_ else " --all")
    if all_:
        following = f"passerelle rules simulate {shlex.quote(str(file))} --since 2026-01-01"
    return Answer(tried, text=_tried_text(tried, all_), findings=tried.findings, next=following)


def _tried_text(tried: Tried, all_: bool) -> str:
    if not tried.expenses:
        return "The file holds no expense: add [[expenses]], as `passerelle rules check --example` shows."
    if all_:
        lines = [line for one in tried.expenses for line in _whole(one)]
    else:
        headings = ["expense", "employee", "date", "type", "amount", "", "verdict", "covered", "why"]
        rows = [
            [one.id, one.employee, one.date, one.type, one.amount, one.currency, _verdict(one), one.covered, _why(one)]
            for one in tried.expenses
        ]
        lines = [table(headings, rows, right=frozenset({4, 7}))]
    if tried.without_policy:
        lines.append("The file has no profile: everything is allowed and covered whole.")
    numbers = f"{tried.blocked:,} blocked, {tried.capped:,} capped, {tried.alerts:,} with an alert, {tried.ok:,} ok"
    return "\n".join([*lines, "", f"{counted(len(tried.expenses), 'expense')}: {numbers}."])


def _verdict(one: ExpenseTried) -> str:
    return WORDS[one.outcome] + (" (fixed)" if one.approved else "")


def _why(one: ExpenseTried) -> str:
    """What decides; of what is fine, only where an amount comes from."""
    tells = one.outcome != "ok" or (one.verdicts and one.verdicts[0].kind in ("refund", "mileage", "flat_rate"))
    return one.sentence if tells else ""


def _whole(one: ExpenseTried) -> list[str]:
    head = f"{one.id}  {one.date}  {one.employee} ({one.profile})  {one.type}  {one.amount} {one.currency}"
    lines = [f"{head}: {_verdict(one)}, covered {one.covered} {one.currency}"]
    lines += verdict_lines(one.verdicts, one.decided_by) or ["    No rule of the policy concerns it."]
    return lines


def verdict_lines(verdicts: tuple[VerdictShown, ...], decided_by: str) -> list[str]:
    """Each verdict as a sentence with the place of its rule; the deciding one is marked."""
    marked = [("=> " if one.rule == decided_by and decided_by else "   ", one) for one in verdicts]
    return [f" {mark}{one.sentence}" + (f"  [{one.rule}]" if one.rule else "") for mark, one in marked]
