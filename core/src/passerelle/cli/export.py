"""``passerelle export``: preview, create, look into, prove and void exports."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from passerelle.cli.answer import Answer, table
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.cli.export_text import creation_text, export_text, facts_json, preview_json, preview_text
from passerelle.errors import Finding
from passerelle.exports.posting_date import RunChoices
from passerelle.plan import Plan, counted
from passerelle.services import delivering, export_facts, export_why, exporting, voiding
from passerelle.store.artifacts import ArtifactFolder


@click.group("export")
def command() -> None:
    """Send accounting entries out, exactly once.

    For instance:  passerelle export preview fr-accounting,  then  passerelle export create fr-accounting
    """


_CHOICES = (
    click.option("--journal", "journals", multiple=True, help="Only this journal; may be repeated."),
    click.option("--posting-date", type=click.DateTime(["%Y-%m-%d"]), help="Post every document on this day."),
    click.option(
        "--closed-period",
        type=click.Choice(["refuse", "next_open"]),
        help="What becomes of documents in a closed period, instead of what the definition says.",
    ),
)


def _choices(function: Any) -> Any:
    """The options by which a person overrides the definition for one run."""
    for option in reversed(_CHOICES):
        function = option(function)
    return function


def _chosen(options: dict[str, Any]) -> tuple[RunChoices, str]:
    """The choices, and how they are typed again."""
    day = options["posting_date"].date() if options["posting_date"] else None
    choices = RunChoices(tuple(options["journals"]), day, options["closed_period"])
    typed = "".join(f" --journal {journal}" for journal in choices.journals)
    typed += f" --posting-date {day}" if day else ""
    return choices, typed + (f" --closed-period {choices.closed_period}" if choices.closed_period else "")


_whose = click.option("--entity", help="Only of this legal entity.")
_entity = click.option("--entity", help="Whose export, where several entities have one of this number.")


@dataclass(frozen=True)
class PreviewAnswer:
    """What ``export preview --json`` prints; amounts are strings in ``currency``."""

    definition: str
    entity: str
    currency: str
    plan: Plan
    trial_balance: list[dict[str, Any]]
    left_out: list[dict[str, Any]]
    files: list[dict[str, Any]]
    unchanged: int
    to_approve: int
    to_control: int


@dataclass(frozen=True)
class Taken:
    """What ``export artifact`` wrote, and where."""

    file: str
    sha256: str
    size: int


@dataclass(frozen=True)
class CreationAnswer:
    """What ``export create --json`` prints; ``export`` is null when there was nothing to send."""

    export: dict[str, Any] | None
    left_out: list[dict[str, Any]]
    deliveries: list[Any]
    finished: list[int]


@answering(command, "preview", answer=PreviewAnswer)
@click.argument("definition")
@_choices
@click.option("--all", "show_all", is_flag=True, help="Show every document left out and every account.")
@click.option("--exit-code", is_flag=True, help="End with 6 when there is something to export.")
def preview(session: Session, definition: str, show_all: bool, exit_code: bool, **options: Any) -> Answer:
    """Show everything an export would do; write nothing.

    DEFINITION is the name of an export in company.toml. You see the trial balance, every problem of every document
    with who can mend it, and the first lines of each file.
    """
    choices, typed = _chosen(options)
    shown = exporting.preview(session.database, session.clock, definition, choices, session.progress)
    again = f"passerelle export create {definition}{typed}"
    code = 1 if shown.left_out else 6 if exit_code and shown.balance.documents else 0
    return Answer(
        PreviewAnswer(**preview_json(shown)),
        preview_text(shown, again, show_all),
        exit_code=code,
        next=again if shown.balance.documents else _waiting(shown),
        findings=() if session.as_json else shown.findings,
    )


@answering(command, "create", answer=CreationAnswer)
@click.argument("definition")
@_choices
@click.option("--expect", metavar="HASH", help="Refuse unless exactly what a preview showed would leave.")
@click.option("--no-deliver", is_flag=True, help="Create and prove the files, but deliver nothing yet.")
@click.option("--yes", is_flag=True, help="Answer yes where a person would be asked.")
@click.option("--no-input", is_flag=True, help="Never ask; a closed period is then refused.")
def create(
    session: Session,
    definition: str,
    expect: str | None,
    no_deliver: bool,
    yes: bool,
    no_input: bool,
    **options: Any,
) -> Answer:
    """Freeze, number, render, prove and deliver one export.

    A faulty document is left out and named; the others go. Interrupted at any point, run it again: what was frozen is
    finished, and nothing is sent twice.
    """
    choices, _ = _chosen(options)
    artifacts = ArtifactFolder.beside(session.database)
    if not no_input and (yes or session.interactive):
        choices = _asked(session, definition, choices, yes)
    made = exporting.create(session.database, session.clock, artifacts, definition, expect, choices, session.progress)
    results = []
    if not no_deliver:
        results = delivering.deliver_pending(session.database, session.clock, artifacts, definition=definition)
    facts = None
    if made.export is not None:
        facts = export_facts.shown_export(session.database, made.export.sequence or 0, made.preview.entity)
    findings: list[Finding] = [f for result in results for f in result.findings]
    code = delivering.exit_code(results) or (1 if made.preview.left_out else 0)
    following = "passerelle export list" if facts is None else f"passerelle export show {facts.named}"
    if code > 1:
        following = "passerelle deliveries retry --all"
    return Answer(
        CreationAnswer(
            None if facts is None else facts_json(facts),
            preview_json(made.preview)["left_out"],
            list(results),
            made.finished,
        ),
        creation_text(made, facts, results),
        exit_code=code,
        next=following,
        findings=() if session.as_json else [*made.preview.findings, *findings],
    )


def _waiting(shown: exporting.Preview) -> str:
    """What an accountant does next when nothing is ready to leave."""
    if shown.to_control:
        return f"passerelle reports control --all --entity {shown.entity}"
    return f"passerelle reports approve --all --entity {shown.entity}" if shown.to_approve else "passerelle export list"


def _asked(session: Session, definition: str, choices: RunChoices, yes: bool) -> RunChoices:
    """The choices with a person's answer, where the definition asks what to do with closed periods."""
    closed = exporting.in_closed_period(session.database, definition, choices)
    if not closed:
        return choices
    question = f"{counted(closed, 'document')} in a closed period. Post them on the next open day?"
    moved = yes or click.confirm(question, err=True)
    return replace(choices, closed_period="next_open" if moved else "refuse")


@answering(command, "list", answer=list[export_facts.ExportFacts])
@_whose
@click.option("--state", type=click.Choice(["frozen", "proven", "voided"]), help="Only in this state.")
def list_(session: Session, entity: str | None, state: str | None) -> Answer:
    """List exports, oldest first."""
    found = export_facts.listed(session.database, entity, state)
    rows = [
        [
            str(x.number),
            x.entity,
            x.definition,
            x.state,
            x.frozen_at,
            f"{x.documents:,}",
            f"{x.lines:,}",
            x.debit,
            x.currency,
        ]
        for x in found
    ]
    headings = ["export", "entity", "definition", "state", "frozen", "documents", "lines", "debit", ""]
    text = table(headings, rows, right=frozenset({0, 5, 6, 7})) or "No exports yet."
    return Answer(found, text, next=f"passerelle export show {found[-1].named}" if found else "")


@answering(command, "show", answer=export_facts.ExportFacts)
@click.argument("number", type=int)
@_entity
def show(session: Session, number: int, entity: str | None) -> Answer:
    """Show one export: its files, what the read-back proved, where each file went."""
    facts = export_facts.shown_export(session.database, number, entity)
    return Answer(facts, export_text(facts), next=f"passerelle export verify {facts.named}")


@answering(command, "why", answer=list[export_why.Why])
@click.argument("document")
def why(session: Session, document: str) -> Answer:
    """Say why DOCUMENT (a report's number) is not in an export, or where it is."""
    found = export_why.why(session.database, session.clock, document)
    text = "\n".join(f"{one.document} ({one.entity}): " + " ".join(one.sentences) for one in found)
    findings = [finding for one in found for finding in one.findings]
    return Answer(found, text, next=found[0].next, findings=() if session.as_json else findings)


@answering(command, "artifact", answer=Taken)
@click.argument("number", type=int)
@click.option("--file", "position", type=int, default=1, show_default=True, help="Which file of the export.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to; else its own name.")
@_entity
def artifact(session: Session, number: int, position: int, output: Path | None, entity: str | None) -> Answer:
    """Take the stored bytes of a file by hand. That is recorded: the file counts as left."""
    folder = ArtifactFolder.beside(session.database)
    facts = export_facts.shown_export(session.database, number, entity)
    target = output or Path(next((a.file_name for a in facts.artifacts if a.position == position), "no such file"))
    if target.exists():
        raise click.UsageError(f"{target} exists already; choose another name with --output.")
    row, path = export_facts.take_artifact(
        session.database, session.clock, folder, number, entity, position, str(target)
    )
    shutil.copyfile(path, target)
    text = f"{target}  {row.size:,} bytes  sha256 {row.sha256}"
    return Answer(Taken(str(target), row.sha256, row.size), text, next=f"passerelle export show {facts.named}")


@command.command("render")
@click.argument("number", type=int)
@click.option("--file", "position", type=int, default=1, show_default=True, help="Which file of the export.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to; else to stdout.")
@_entity
def render(number: int, position: int, output: Path | None, entity: str | None) -> None:
    """Render a file again from what is frozen: a copy that cannot be delivered.

    With --output the copy's name gets the mark .copy, so that nobody takes it for the file itself.
    """
    session = Session(as_json=False)
    try:
        _, pieces = export_facts.rendered_copy(session.database, number, entity, position)
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        marked = output if output.suffix == ".copy" else output.with_name(output.name + ".copy")
        if marked.exists():
            raise click.UsageError(f"{marked} exists already; choose another name with --output.")
        with marked.open("xb") as handle:
            handle.writelines(pieces)
        session.say(f"{marked}: a copy, not delivered and not recorded")
    finally:
        session.close()


@answering(command, "verify", answer=export_facts.Verified)
@click.argument("number", type=int)
@_entity
def verify(session: Session, number: int, entity: str | None) -> Answer:
    """Render again, compare with the stored bytes, read them back, and compare with the ledger."""
    result = export_facts.verify(session.database, ArtifactFolder.beside(session.database), number, entity)
    checked = f"{counted(result.artifacts, 'file')}, {counted(result.documents, 'document')}"
    agree = "the bytes, a fresh rendering, the read-back and the ledger agree."
    told = agree if not result.findings else f"{counted(len(result.findings), 'difference')}."
    text = f"Export {number}: {checked}: {told}"
    return Answer(result, text, exit_code=1 if result.findings else 0, findings=result.findings)


@answering(command, "pieces", answer=list[export_facts.Piece])
@_whose
def pieces(session: Session, entity: str | None) -> Answer:
    """List every piece number ever given, without a hole: used, voided or cancelled, with the reason."""
    found = export_facts.register(session.database, entity)
    rows = [[x.entity, x.journal, x.fiscal_year, str(x.number), x.report, x.state, x.reason] for x in found]
    headings = ["entity", "journal", "year", "piece", "report", "state", "reason"]
    return Answer(found, table(headings, rows, right=frozenset({3})) or "No pieces yet.", next="passerelle export list")


@answering(command, "void", answer=export_facts.ExportFacts)
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why; kept for ever.")
@click.option("--not-imported", is_flag=True, help="You made sure that the accounting software did not import it.")
@_entity
def void(session: Session, number: int, reason: str, not_imported: bool, entity: str | None) -> Answer:
    """Void an export, whole: its documents are candidates again, its numbers stay in the register."""
    if not reason.strip():
        raise click.UsageError("--reason is empty; say in words why the export is voided.")
    voiding.void(session.database, session.clock, entity, number, reason, not_imported)
    facts = export_facts.shown_export(session.database, number, entity)
    text = f"Export {number} is voided. What it held may leave again: {counted(facts.documents, 'document')}."
    return Answer(facts, text, next=f"passerelle export preview {facts.definition}")
