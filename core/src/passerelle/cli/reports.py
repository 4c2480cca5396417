"""``passerelle reports``: expense reports in, listed and shown; the other commands of the group are added to it."""

from __future__ import annotations

import shlex
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import click

from passerelle.cli import declaring, report_life, sections
from passerelle.cli.answer import Answer, folded, table
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.errors import Finding, UsageFault
from passerelle.periods import shown
from passerelle.plan import counted
from passerelle.reports.intake import OWN_SOURCE
from passerelle.reports.outcome import Amount, ImportOutcome
from passerelle.reports.status import Status
from passerelle.services import intake, reports
from passerelle.services.reports import ExpenseShown, ReportDetail, ReportSummary


@click.group("reports")
def command() -> None:
    """Import, list, approve, refuse and control expense reports.

    \b
    passerelle reports import reports.jsonl                              whole reports, as `reports schema` says
    passerelle reports import taxis.csv --mapping taxis.toml --rejects refused.csv
    passerelle reports approve --all --entity FR
    passerelle reports list --status submitted
    passerelle reports show ND000001                                     what the policy says of each expense
    passerelle reports control ND000001 --expense X1 --cover 40.00 --reason "no bar bill"
    passerelle reports refuse ND000001 --reason "not a business trip"
    passerelle reports history ND000001
    """


for _part in (declaring, report_life, sections):
    command.commands.update(_part.commands.commands)


_PATH = click.Path(path_type=Path, dir_okay=False)
_entity = click.option("--entity", help="Only this legal entity.")


@answering(
    command,
    "import",
    answer=ImportOutcome,
    help="Take the expense reports of FILE: JSON Lines, or CSV through a mapping file.\n\n"
    "What is right is taken; what is not is named with its line, column, value and remedy, and written to --rejects, "
    "to be mended and imported with the same mapping. Importing a file again changes nothing, so an import that was "
    "killed is simply run again. Reports that arrive approved enter the ledger.\n\n"
    "Example:  passerelle reports import parking.csv --mapping parking.toml --rejects refused.csv",
)
@click.argument("file", type=_PATH)
@click.option("--mapping", type=_PATH, help="How a CSV file is read (TOML). Without it FILE is JSON Lines.")
@click.option(
    "--rejects",
    type=_PATH,
    help="Where the lines that were not taken go, as they came. A rejects file that is there is kept as FILE.1 "
    "(.2, …); any other file there is refused, and of JSON Lines every one that is not empty.",
)
@click.option("--strict", is_flag=True, help="All or nothing: one line that cannot be taken, and nothing is.")
@click.option("--dry-run", is_flag=True, help="Do it all and take it back: what would happen?")
def import_(
    session: Session, file: Path, mapping: Path | None, rejects: Path | None, strict: bool, dry_run: bool
) -> Answer:
    """One file in; then what is due enters the ledger."""
    if mapping is None and file.suffix.lower() in (".csv", ".tsv", ".txt"):
        raise _mapping_needed(file)
    outcome = intake.import_reports(
        session.database,
        session.clock,
        intake.ImportRequest(file, mapping, rejects, strict, dry_run),
        session.progress,
    )
    return Answer(
        outcome,
        text=_import_text(outcome, strict and not dry_run),
        exit_code=1 if any(finding.severity == "error" for finding in outcome.findings) else 0,
        next=_after_import(outcome, file, mapping, strict, dry_run),
        findings=outcome.findings,
    )


_FATES = {"differing": "known, other content, not taken"}


def _import_text(outcome: ImportOutcome, strict: bool) -> str:
    rows = [
        [
            _FATES.get(name, name),
            f"{getattr(outcome.lines, name):,}",
            f"{getattr(outcome.expenses, name):,}",
            _amounts(amounts),
        ]
        for name, amounts in (
            ("taken", outcome.amounts_taken),
            ("unchanged", outcome.amounts_unchanged),
            ("differing", outcome.amounts_differing),
            ("refused", outcome.amounts_refused),
        )
    ]
    rows.append(["read", f"{outcome.lines.read:,}", f"{outcome.expenses.read:,}", ""])
    lines = [table(["", "lines", "expenses", "amount"], rows, right=frozenset({1, 2})), ""]
    if outcome.file_lines != outcome.lines.read:
        lines.append(
            f"The {counted(outcome.lines.read, 'line')} read hold {outcome.file_lines:,} lines of the file: "
            "a cell in quotes may span lines."
        )
    if not outcome.written:
        why = "A line was not taken and --strict was given. " if strict else ""
        lines.append(f"{why}Nothing was written; this is what would have been.")
    lines.append(
        f"reports: {outcome.reports_new:,} new, {outcome.reports_changed:,} changed, {outcome.approved:,} approved; "
        f"expenses withdrawn: {outcome.withdrawn:,}; possible duplicates: {outcome.duplicates:,}"
    )
    if outcome.judged:
        lines.append(
            f"policy:  {counted(outcome.judged, 'expense')} judged; refused or uncovered: {outcome.blocked:,}, "
            f"capped: {outcome.capped:,}, to look at: {outcome.alerts:,}; "
            + "; ".join(f"{one.covered} of {one.declared} {one.currency} covered" for one in outcome.covers)
        )
    if outcome.written:
        lines.append(
            f"ledger:  {counted(outcome.posted, 'report')}, {counted(outcome.ledger_lines, 'line')}; "
            f"held back: {outcome.held_back:,}"
        )
    if outcome.rejects:
        lines.append(f"rejects: {counted(outcome.lines.not_taken, 'line')} in {outcome.rejects}")
    if outcome.former_rejects:
        lines.append(f"         the former ones are in {outcome.former_rejects}")
    if outcome.findings_total > len(outcome.findings):
        lines.append(f"Only the first {len(outcome.findings):,} of {outcome.findings_total:,} findings are listed.")
    return "\n".join(lines)


def _amounts(amounts: tuple[Amount, ...]) -> str:
    return ", ".join(f"{one.amount} {one.currency}" for one in amounts) or "-"


def _after_import(outcome: ImportOutcome, file: Path, mapping: Path | None, strict: bool, dry_run: bool) -> str:
    with_mapping = f" --mapping {shlex.quote(str(mapping))}" if mapping is not None else ""
    again = "passerelle reports import"
    not_taken = outcome.lines.not_taken
    if dry_run and not not_taken:
        return f"{again} {shlex.quote(str(file))}{with_mapping}" + (" --strict" if strict else "")
    if not_taken and outcome.rejects and outcome.written:
        return f"mend {outcome.rejects}, then: {again} {shlex.quote(outcome.rejects)}{with_mapping}"
    if not_taken and not outcome.rejects:
        return f"{again} {shlex.quote(str(file))}{with_mapping} --rejects refused{file.suffix}"
    if not_taken:
        return f"mend {file}, then: {again} {shlex.quote(str(file))}{with_mapping}"
    return "passerelle reports list"


def _mapping_needed(file: Path) -> UsageFault:
    return UsageFault(
        Finding(
            "PSR-1216",
            "A CSV file needs a mapping file that says what its columns mean.",
            object=str(file),
            expected="--mapping FILE.toml (JSON Lines files end in .jsonl and need none)",
            remedy=f"passerelle reports import {shlex.quote(str(file))} --mapping FILE.toml",
            who="integrator",
        )
    )


@answering(
    command,
    "schema",
    answer=dict[str, Any],
    help="Print the JSON Schema of one line of a JSON Lines file (one expense report), or of a mapping file.\n\n"
    "Example:  passerelle reports schema > report.schema.json",
)
@click.option("--mapping", is_flag=True, help="The schema of mapping files instead.")
def schema(session: Session, mapping: bool) -> Answer:
    """The schema of the input."""
    import json

    from passerelle.reports.expense import ReportInput
    from passerelle.reports.mapping import MappingFile

    del session
    found = (MappingFile if mapping else ReportInput).model_json_schema()
    return Answer(found, text=json.dumps(found, indent=2), next="passerelle reports import --help")


_DAY = click.DateTime(["%Y-%m-%d"])


@answering(
    command,
    "list",
    answer=list[ReportSummary],
    help="List expense reports, by entity and in the order they came.\n\n"
    "Example:  passerelle reports list --entity FR --status submitted --from 2026-01-01",
)
@_entity
@click.option("--employee", help="Only of this employee (code).")
@click.option(
    "--status",
    type=click.Choice(get_args(Status)),
    help="approved: not yet wholly controlled; faulty: kept out of the ledger by a finding.",
)
@click.option("--from", "from_", type=_DAY, help="With an expense on or after this day.")
@click.option("--to", type=_DAY, help="With an expense on or before this day.")
@click.option("--text", default="", help="In the number, title or source id.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many reports.")
def list_(
    session: Session, entity: str | None, employee: str | None, status: Any, from_: Any, to: Any, **rest: Any
) -> Answer:
    """The listing."""
    days = tuple(day.date().isoformat() if day is not None else "" for day in (from_, to))
    limit: int = rest["limit"]
    found = reports.list_reports(session.database, entity, employee, status, (days[0], days[1]), rest["text"], limit)
    rows = [
        [
            one.number,
            one.entity,
            one.employee,
            one.title[:40],
            f"{one.expenses:,}",
            one.total,
            one.covered if not one.unjudged else "?",
            one.currency,
            _status(one),
        ]
        for one in found
    ]
    headings = ["number", "entity", "employee", "title", "expenses", "declared", "covered", "", "status"]
    if len(found) == limit:
        session.say(f"Only the first {counted(limit, 'report')} may be shown; --limit shows more.")
    following = (
        f"passerelle reports show {found[0].number} --entity {found[0].entity}"
        if found
        else "passerelle reports import --help"
    )
    return Answer(found, text=table(headings, rows, right=frozenset({4, 5, 6})) or "No reports.", next=following)


def _status(one: ReportSummary) -> str:
    return one.status + (f" ({counted(len(one.findings), 'finding')})" if one.findings else "")


@answering(
    command,
    "show",
    answer=ReportDetail,
    help="Show the report NUMBER: its status, what is owed, what keeps it out of the ledger; of each expense what is "
    "covered and why, who controlled it, and others that may be the same.\n\n"
    "Example:  passerelle reports show ND000001",
)
@click.argument("number")
@_entity
def show(session: Session, number: str, entity: str | None) -> Answer:
    """One report."""
    one = reports.show(session.database, number, entity)
    return Answer(one, text=_report_text(one), findings=one.findings, next=_after_show(one))


def _at(instant: str | None, one: ReportSummary) -> str:
    return shown(datetime.fromisoformat(instant), one.time_zone) if instant is not None else "-"


def _report_text(one: ReportDetail) -> str:
    facts = (("declared", one.declared_at), ("approved", one.approved_at), ("controlled", one.controlled_at))
    lines = [
        f"{one.number}  {one.title}",
        f"  {one.entity}, {one.employee} {one.employee_name}; "
        + ("own money" if one.kind == "own" else "paid by the company"),
        f"  {one.status}; revision {one.revision} of {one.source_id} in {one.source}",
        "  " + ", ".join(f"{word} {_at(instant, one)}" for word, instant in facts)
        + (f", {one.status} {_at(one.ended_at, one)}" if one.ended_at else ""),
        f"  {one.ledger}",
        "",
    ]  # fmt: skip
    rows = [
        [line.id, line.date, line.type, line.amount, line.currency, line.entity_amount, _covered(line),
         line.comment[:40], _note(line)]
        for line in one.expense_lines
    ]  # fmt: skip
    headings = ["expense", "date", "type", "amount", "", one.currency, "covered", "comment", "note"]
    lines.append(table(headings, rows, right=frozenset({3, 5, 6})))
    if why := [
        f"  {line.id}: {said}" for line in one.expense_lines if not line.withdrawn for said in _why(line, one.currency)
    ]:
        lines += ["", *why, ""]
    lines.append(f"total {one.total} {one.currency} in {counted(one.expenses, 'expense')}; {_outcome(one)}")
    return "\n".join(lines)


def _covered(line: ExpenseShown) -> str:
    if line.withdrawn:
        return ""
    return line.entity_covered if line.judged else "?"


def _note(line: ExpenseShown) -> str:
    if line.withdrawn:
        return "withdrawn"
    words = [f"{name} derived" for name in line.derived]
    if line.blocked:
        words.insert(0, "refused" if line.payer == "employee" else "not covered")
    if line.controlled_at is not None:
        words.append("controlled")
    return ", ".join(words)


def _why(line: ExpenseShown, currency: str) -> list[str]:
    """What a person should know of an expense: what takes from it or alerts, and what may be the same."""
    said = [verdict.sentence for verdict in line.verdicts if verdict.outcome != "ok"]
    if line.control_cover is not None:
        by = f" by {line.control_by}" if line.control_by else ""
        said.append(f"lowered to {line.control_cover} {currency}{by}: {folded(line.control_reason)}")
    return said + [f"may be the same as {twin.expense} of {twin.report}" for twin in line.duplicates]


def _outcome(one: ReportDetail) -> str:
    if one.unjudged:
        return f"{counted(one.unjudged, 'expense')} not judged yet"
    if one.kind == "own":
        return f"owed {one.owed} {one.currency}"
    return f"covered {one.covered} {one.currency}, {one.advance} {one.currency} as an advance"


def _after_show(one: ReportDetail) -> str:
    name = f"{one.number} --entity {one.entity}"
    if one.status == "draft":
        live = [line for line in one.expense_lines if not line.withdrawn]
        if all(line.blocked and line.payer == "employee" for line in live):
            first = shlex.quote(f"{one.number}/{live[0].id}") if live and one.source == OWN_SOURCE else ""
            return f"passerelle reports {f'withdraw {first} --entity {one.entity}' if first else f'history {name}'}"
        return f"passerelle reports submit {name}"
    if one.status == "submitted" or one.status.startswith("partially"):
        return f"passerelle reports approve {name}"
    if one.status in ("approved", "approved & partly controlled"):
        return f"passerelle reports control {name}"
    if one.ended_at is not None:
        return f"passerelle reports history {name}"
    return f"passerelle ledger entries --entity {one.entity}"
