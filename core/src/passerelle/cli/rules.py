"""``passerelle rules``: the expense policy listed, tried out, explained and simulated."""

from __future__ import annotations

import shlex
import tomllib
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import click

from passerelle.cli.answer import Answer, table
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.plan import counted
from passerelle.services import rule_explaining, rule_list, rule_simulation, rule_trials
from passerelle.services.rule_explaining import Explained
from passerelle.services.rule_list import PolicyListed, ProfileListed, RuleListed
from passerelle.services.rule_simulation import Change, EntityChange, Simulated
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
        following = "put its profiles into company.toml, then: passerelle config apply company.toml --dry-run"
    return Answer(tried, text=_tried_text(tried, all_), findings=tried.findings, next=following)


def _tried_text(tried: Tried, all_: bool) -> str:
    if not tried.expenses:
        return "The file holds no expense: add [[expenses]], as `passerelle rules check --example` shows."
    if all_:
        lines = [line for one in tried.expenses for line in _whole(one)]
    else:
        headings = ["expense", "employee", "date", "type", "amount", "", "verdict", "covered"]
        rows = [
            [one.id, one.employee, one.date, one.type, one.amount, one.currency, _verdict(one), one.covered]
            for one in tried.expenses
        ]
        lines = [table(headings, rows, right=frozenset({4, 7})), ""]
        lines += [f"{one.id}: {why}" for one in tried.expenses if (why := _why(one))]
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


@answering(
    command,
    "list",
    answer=PolicyListed,
    help="Show the policy as it is applied: by profile, or for one employee after inheritance, and why.\n\n"
    "A type is ticked by the profile, inherited from the generic one, or not ticked: then it cannot be declared. Each "
    "rule is a sentence with its place in company.toml.\n\n"
    "Example:  passerelle rules list --employee E001 --type MEAL",
)
@click.option("--profile", help="Only this profile.")
@click.option("--employee", help="What holds for this employee.")
@click.option("--type", "type_code", help="Only what concerns this expense type.")
def list_(session: Session, profile: str | None, employee: str | None, type_code: str | None) -> Answer:
    """The policy."""
    if profile is not None and employee is not None:
        raise click.UsageError("Give --profile or --employee, not both.")
    found = rule_list.list_rules(session.database, profile, employee, type_code)
    lines = []
    if found.employee is not None:
        one = found.employee
        lines += [f"{one.employee}, {one.name}, of {one.entity}: {one.why}.", ""]
        if one.leave:
            lines += [f"On leave {', '.join(one.leave)}.", ""]
    elif not found.profiles:
        lines.append("The company has no profile: everything is allowed and covered whole.")
    lines += ["\n\n".join(_profile_text(one) for one in found.profiles)]
    following = "passerelle rules check --example > policy.toml"
    return Answer(found, text="\n".join(lines).rstrip("\n"), next=following)


def _profile_text(one: ProfileListed) -> str:
    head = f"{one.profile}" + (f": {one.name}" if one.name else "") + f" ({counted(one.employees, 'employee')})"
    head += "; weekends are worked" if one.weekends_worked else ""
    rows = []
    for each in one.types:
        said = [(rule.sentence, rule.path) for rule in each.controls]
        said = said or [("It cannot be declared." if each.standing == "not ticked" else "", "")]
        rows += [
            [each.type if not number else "", each.standing if not number else "", sentence, path]
            for number, (sentence, path) in enumerate(said)
        ]
    rows += [["", "inherited" if rule.inherited else "rule", _rule_text(rule), rule.path] for rule in one.rules]
    return f"{head}\n{table(['type', 'standing', 'what holds', 'place'], rows)}"


def _rule_text(rule: RuleListed) -> str:
    if rule.offered_by is None:
        return rule.sentence
    return f"{rule.sentence} ({rule.offered_by or 'no installed plugin offers it'})"


@answering(
    command,
    "explain",
    answer=Explained,
    help="Explain what the policy says of EXPENSE: the number of its report, a slash and its id, or its id alone.\n\n"
    "Every verdict is a sentence: the rule, its period, the expenses counted before, the threshold, the room left. "
    "The one that decides is marked; then what control lowered, and what is covered and owed.\n\n"
    "Example:  passerelle rules explain ND000001/X17",
)
@click.argument("expense")
@click.option("--entity", help="Only this legal entity.")
def explain(session: Session, expense: str, entity: str | None) -> Answer:
    """The verdicts of one expense."""
    one = rule_explaining.explain(session.database, expense, entity)
    payer = "own money" if one.payer == "employee" else "paid by the company"
    lines = [
        f"{one.report}/{one.expense}  {one.date}  {one.type}  {one.amount} {one.currency}"
        + (f" ({one.entity_amount} {one.entity_currency})" if one.currency != one.entity_currency else ""),
        f"  {one.entity}, {one.employee} {one.employee_name}, profile {one.profile}; {payer}",
        f"  {WORDS[one.outcome] if one.judged else 'not judged'}; {one.standing}",
        "",
        *(verdict_lines(one.verdicts, one.decided_by) or ["    No rule of the policy concerns it."] * one.judged),
        "",
        one.summary,
    ]
    return Answer(one, text="\n".join(lines), next=f"passerelle reports show {one.report} --entity {one.entity}")


@answering(
    command,
    "simulate",
    answer=Simulated,
    help="Show what the policy of FILE would have covered of everything declared since a day. Nothing is written.\n\n"
    "FILE holds [profiles] and [mileage_scales], or is a whole company.toml. Every expense of a report that is not "
    "refused or cancelled is judged again, from scratch and in the order of declaration, those that the present policy "
    "refused as well; what accountants lowered stays lowered. The result is compared with what is covered now.\n\n"
    "Example:  passerelle rules simulate policy.toml --since 2026-01-01 --entity FR",
)
@click.argument("file", type=_FILE)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day of the expenses compared.")
@click.option("--entity", help="Only this legal entity.")
@click.option("--employee", help="Only this employee.")
@click.option(
    "--limit", type=click.IntRange(0), default=20, show_default=True, help="At most so many persons, by entity."
)
def simulate(
    session: Session, file: Path, since: datetime, entity: str | None, employee: str | None, limit: int
) -> Answer:
    """Another policy on history."""
    found = rule_simulation.simulate(
        session.database,
        file,
        since.date(),
        entity=entity,
        employee=employee,
        limit=limit,
        progress=session.progress,
    )
    there = [_entity_text(one) for one in found.entities if one.expenses]
    lines = there or [f"Nothing was declared since {found.since}."]
    return Answer(
        found,
        text="\n\n".join([*lines, "Nothing was written."]),
        findings=found.findings,
        next=_to_apply(file),
    )


def _to_apply(file: Path) -> str:
    """A whole company is applied as it is; a policy alone joins the company that is there."""
    written = tomllib.loads(file.read_text(encoding="utf-8"))
    whole = "entities" in written and "charts" in written
    return f"passerelle config apply {shlex.quote(str(file))} --dry-run" if whole else "passerelle config export"


_CHANGES = ["newly blocked", "newly capped", "newly covered", "covered now", "would be", "difference", ""]


def _entity_text(one: EntityChange) -> str:
    was, would = one.was, one.would_be
    lines = [
        f"{one.entity}: {counted(one.expenses, 'expense')} of {counted(one.employees, 'employee')}; "
        f"something would change for {one.employees_changed:,}.",
        table(
            ["", "blocked", "capped", "covered whole", "covered", ""],
            [
                ["now", f"{was.blocked:,}", f"{was.capped:,}", f"{was.whole:,}", one.before, one.currency],
                ["would be", f"{would.blocked:,}", f"{would.capped:,}", f"{would.whole:,}", one.after, one.currency],
            ],
            right=frozenset({1, 2, 3, 4}),
        ),
        f"alerts: {one.alerts:,}; difference: {one.difference} {one.currency}",
    ]
    if one.not_judged:
        lines.append(f"{counted(one.not_judged, 'expense')} not judged yet: the comparison may shift.")
    right = frozenset(range(1, 7))
    if one.rules:
        rows = [[rule.rule, *_change(rule)] for rule in one.rules]
        lines += ["", table(["rule that decides", *_CHANGES], rows, right=right)]
    if one.persons:
        rows = [[f"{person.employee} {person.name}", *_change(person)] for person in one.persons]
        lines += ["", table(["employee", *_CHANGES], rows, right=right)]
        if len(one.persons) < one.employees_changed:
            lines.append(f"Only the {len(one.persons):,} most concerned are shown; --limit shows more.")
    return "\n".join(lines)


def _change(one: Change) -> list[str]:
    numbers = [f"{number:,}" for number in (one.newly_blocked, one.newly_capped, one.newly_covered)]
    return [*numbers, one.before, one.after, one.difference, one.currency]
