"""Why a document is not in an export, or where it is: in sentences, with what to do next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from passerelle.errors import Finding, Refused
from passerelle.masterdata.company import Entity
from passerelle.periods import Clock
from passerelle.plan import counted
from passerelle.services import exporting, rendering
from passerelle.services.export_records import named
from passerelle.store import candidates, ledger, masterdata
from passerelle.store import exports as stored
from passerelle.store.database import Connection, Database
from passerelle.store.masterdata import Directory


@dataclass(frozen=True, slots=True)
class Why:
    """Where a document stands towards exports, in sentences, and what to do next."""

    document: str
    entity: str
    sentences: tuple[str, ...]
    findings: tuple[Finding, ...]
    next: str


def why(database: Database, clock: Clock, document: str) -> list[Why]:
    """Why a report is not in an export, or where it is; refused (PSR-6034) when nothing has this number."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        found = candidates.standing(connection, document)
        if not found:
            raise Refused(
                Finding(
                    "PSR-6034",
                    f"There is no report {document}.",
                    value=document,
                    expected="the number or source id of a report",
                    remedy="passerelle reports list --text …",
                    who="accountant",
                )
            )
        return [_why(connection, directory, one, clock()) for one in found]


def _why(connection: Connection, directory: Directory, one: candidates.Standing, now: datetime) -> Why:
    entity = directory.entity_code(one.entity_id)
    report = one.report_number
    if len(candidates.standing(connection, report)) > 1:
        report += f" --entity {entity}"
    sentences: list[str] = []
    findings = tuple(ledger.stored_findings(one.findings))
    following = f"passerelle reports show {report}"
    left = candidates.exports_of(connection, one.entry_id) if one.entry_id is not None else []
    for export_id, sequence, state, revision, rank, piece, definition in left:
        what = "whole" if rank == 0 else f"as correction {rank}"
        sentences.append(
            f"Export {sequence} ({definition}) holds it {what} at revision {revision}, piece {piece}: {state}."
        )
        export = stored.export(connection, export_id)
        sentences += _missing_from(connection, export_id, one.report_number)
        following = f"passerelle export show {named(connection, export)}"
    live = max((revision for _, _, state, revision, *_ in left if state in ("live", "unknown")), default=0)
    if one.refused:
        share = f"{one.refused:,} of its {counted(one.expenses, 'expense')}"
        sentences.append(f"The policy refuses {share}, of which the ledger holds nothing.")
    waiting = _waiting(one, directory.company.entities.get(entity), report)
    if one.approval in ("refused", "cancelled"):
        sentences.append(f"It was {one.approval}, so nothing of it stays in the ledger.")
    if waiting is not None:
        sentences.append(waiting[0])
        following = waiting[1]
    elif findings:
        sentences.append(f"It could not be posted: {counted(len(findings), 'finding')}.")
        following = findings[0].remedy
    elif (settled := _settled(one, live)) is not None:
        sentences.append(settled)
    else:
        return _candidate(connection, directory, one, sentences, following, now)
    return Why(one.report_number, entity, tuple(sentences), findings, following)


def _settled(one: candidates.Standing, live: int) -> str | None:
    """Why nothing of a report is a candidate though nobody has to act; ``None`` when it is one."""
    if one.post_due and one.judging:
        return "Its employee's expenses are to be judged before it is posted; the next export does both."
    if one.post_due:
        return "It waits to be posted; the next export posts it."
    if one.posted_revision is None:
        return "It was never posted, so there is nothing to export."
    if not one.line_count and not live:
        return "It posts no line, so there is nothing to export."
    return "Everything it says now has left." if live >= one.posted_revision else None


def _waiting(one: candidates.Standing, entity: Entity | None, report: str) -> tuple[str, str] | None:
    """What a person has yet to do with a report before anything of it may leave, and the command for it."""
    approve, control = f"passerelle reports approve {report}", f"passerelle reports control {report}"
    if one.approval in ("refused", "cancelled"):
        return None
    if one.approval != "approved" and one.submitted_at is None:
        return "It is a draft and not submitted yet.", f"passerelle reports submit {report}"
    if one.approval == "partially_approved" and entity is not None:
        steps = len(entity.approval_steps)
        return f"It is not approved yet: {one.approval_steps} of {steps} steps are.", approve
    if one.approval != "approved":
        return "It is not approved yet.", approve
    if one.controlled_at is not None:
        return None
    kept = " What had left or was posted before it changed stays until then." if one.awaits_control else ""
    if 0 < one.uncontrolled < one.expenses - one.refused:
        share = f"{one.uncontrolled:,} of its {one.expenses - one.refused:,} expenses await"
        return f"It is approved, but {share} an accountant's control.{kept}", control
    return f"It is approved, but no accountant has controlled it yet.{kept}", control


def _candidate(
    connection: Connection,
    directory: Directory,
    one: candidates.Standing,
    sentences: list[str],
    following: str,
    now: datetime,
) -> Why:
    """Asks the pre-flight of every definition that takes its journal."""
    entity = directory.entity_code(one.entity_id)
    findings: list[Finding] = []
    definitions = _definitions(directory, entity, one.journal or "")
    for code in definitions:
        survey = exporting.survey_of(connection, directory, code, entry_id=one.entry_id)
        gathered = exporting.Gathering(survey, rendering.Renderer.of(directory, code, now))
        leaving = list(gathered.documents())
        faults = gathered.left_out.get(one.report_number, [])
        findings.extend(faults)
        if faults:
            sentences.append(f"{code} leaves it out: {counted(len(faults), 'finding')}.")
        elif leaving:
            what = "the correction of what has left" if leaving[0].rank else "it"
            sentences.append(f"It is a candidate: the next {code} takes {what}.")
            sentences += [_nothing_left(form) for form in gathered.trial.vanished_from()]
        else:
            sentences.append("Its last revision changes nothing of what has left, so there is nothing to send.")
            break
        following = f"passerelle export preview {code}"
    if not definitions:
        sentences.append(f"It may leave, but no export definition of {entity} takes journal {one.journal}.")
        following = "add one to company.toml: [exports.NAME]"
    return Why(one.report_number, entity, tuple(sentences), tuple(dict.fromkeys(findings)), following)


def _missing_from(connection: Connection, export_id: int, report: str) -> list[str]:
    """The files of an export that hold nothing of a report which left in it."""
    found = [(artifact.format, json.loads(artifact.proof)) for artifact in stored.artifacts(connection, export_id)]
    return [_nothing_left(form) for form, proof in found if report in proof["vanished_reports"]]


def _nothing_left(form: str) -> str:
    return f"Nothing is left of it in {form}, which merges or cuts its amounts away."


def _definitions(directory: Directory, entity: str, journal: str) -> list[str]:
    return [
        code
        for code, definition in directory.company.exports.items()
        if definition.entity == entity and (not definition.journals or journal in definition.journals)
    ]
