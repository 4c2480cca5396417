"""Preview and creation of exports: survey, trial render, freeze, render, prove, deliver.

Both verbs run the same survey and the same trial render with all findings at once; creation stages the sound documents
as a draft, numbers and freezes it in one short transaction, and then renders from what is frozen. Killed at any step,
the next run finishes what was frozen and forgets what was only staged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from passerelle import money
from passerelle.errors import Finding, Refused
from passerelle.exports import frozen
from passerelle.exports.balance import TrialBalance
from passerelle.exports.frozen import FrozenDocument
from passerelle.exports.posting_date import ALL, RunChoices
from passerelle.periods import Clock, instant_text
from passerelle.plan import Change, Plan, counted, counts_of
from passerelle.services import Progress, numbering, rendering
from passerelle.services.export_sample import Sample
from passerelle.services.posting import post_due
from passerelle.services.surveying import Survey
from passerelle.services.voiding import busy
from passerelle.store import exports as stored
from passerelle.store import masterdata, pieces
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.candidates import waiting_reports
from passerelle.store.database import Connection, Database
from passerelle.store.locks import exclusive

_STAGED_AT_ONCE = 500
_SAMPLE_DOCUMENTS = 2


@dataclass(slots=True)
class Preview:
    """What an export would hold. ``left_out`` maps a report to its findings; the others would go."""

    definition: str
    entity: str
    currency: str
    plan: Plan
    balance: TrialBalance
    left_out: dict[str, list[Finding]]
    samples: list[Sample]
    unchanged: int
    names: dict[str, str] = field(default_factory=dict)
    to_approve: int = 0
    to_control: int = 0

    @property
    def findings(self) -> list[Finding]:
        """Every finding of every document left out."""
        return [finding for found in self.left_out.values() for finding in found]


class Gathering:
    """What one pass over the survey gathers: sound documents go on, faulty ones are named.

    Documents are tried with the numbers that they would get now, so that one too wide for its cell is found in time.
    """

    def __init__(self, survey: Survey, renderer: rendering.Renderer) -> None:
        self.survey = survey
        self.renderer = renderer
        self.balance = TrialBalance()
        self.left_out: dict[str, list[Finding]] = survey.held()
        self.sampled: list[FrozenDocument] = []
        self._last = pieces.last_numbers(survey.connection, survey.entity_id)
        self.sequence = self._last.get(numbering.export_series(survey.definition.kind), 0) + 1
        self._hash = hashlib.sha256(renderer.content().encode())
        self.trial = renderer.trial(self.sequence)

    def documents(self, progress: Progress | None = None) -> Iterator[FrozenDocument]:
        for checked, (document, findings) in enumerate(self.survey.documents(), 1):
            series = pieces.series(document.journal, document.fiscal_year)
            number = self._last.get(series, 0) + 1
            findings.extend(self.trial.findings(document._replace(piece_number=number)))
            if findings:
                self.left_out[document.report_number] = list(dict.fromkeys(findings))
                continue
            self._last[series] = number
            self.balance.add(document)
            self.trial.count(document)
            self._hash.update(json.dumps(frozen.content(document), ensure_ascii=False).encode())
            if len(self.sampled) < _SAMPLE_DOCUMENTS:
                self.sampled.append(document._replace(piece_number=number))
            if progress is not None:
                progress("checked documents", checked, None)
            yield document

    @property
    def expect(self) -> str:
        return self._hash.hexdigest()[:12]


def preview(
    database: Database,
    clock: Clock,
    definition: str,
    choices: RunChoices = ALL,
    progress: Progress | None = None,
) -> Preview:
    """Everything an export would do, without writing: balance, findings by document, the first rendered lines."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        survey = survey_of(connection, directory, definition, choices)
        gathered = Gathering(survey, rendering.Renderer.of(directory, definition, clock()))
        for _ in gathered.documents(progress):
            pass
        return _preview_of(gathered, definition, directory)


def survey_of(
    connection: Connection,
    directory: masterdata.Directory,
    code: str,
    choices: RunChoices = ALL,
    entry_id: int | None = None,
) -> Survey:
    """The survey of a definition, as ``choices`` say, of one entry alone where given (PSR-6040, 6041)."""
    there = directory.company.exports
    if code not in there:
        raise Refused(
            Finding(
                "PSR-6040",
                f"There is no export definition {code}.",
                value=code,
                expected=f"one of {', '.join(there)}" if there else "a definition; there is none yet",
                remedy="name one of them, or add it to company.toml: [exports.NAME]",
                who="admin",
            )
        )
    definition = there[code]
    known = definition.journals or tuple(directory.company.entities[definition.entity].journals)
    unknown = [journal for journal in choices.journals if journal not in known]
    if unknown:
        raise Refused(
            Finding(
                "PSR-6041",
                f"Export definition {code} takes no journal {', '.join(unknown)}.",
                field="--journal",
                value=", ".join(unknown),
                expected=f"one of {', '.join(known)}",
                remedy="name one of its journals",
                who="accountant",
            )
        )
    return Survey(connection, directory, code, choices, entry_id)


def _preview_of(gathered: Gathering, code: str, directory: masterdata.Directory) -> Preview:
    definition = directory.company.exports[code]
    entity = directory.company.entities[definition.entity]
    balance = gathered.balance
    changes = tuple(
        Change("left_out", "document", report, consequences=tuple(f"{f.code} {f.message}" for f in findings))
        for report, findings in gathered.left_out.items()
    )
    files = len(definition.artifacts)
    total = money.display(balance.debit, entity.currency)
    summary = (
        f"Would export {counted(balance.documents, 'document')}, {counted(balance.lines, 'line')}, {total}"
        f" in {counted(files, 'file')};"
        f" {len(gathered.left_out):,} left out."
    )
    to_approve, to_control = waiting_reports(gathered.survey.connection, gathered.survey.entity_id)
    names = {account: known.name for account, known in directory.company.chart_of(definition.entity).items()}
    return Preview(
        code,
        definition.entity,
        entity.currency,
        Plan(changes, counts_of(changes) | {"add": balance.documents}, summary, gathered.expect),
        balance,
        gathered.left_out,
        gathered.renderer.samples(gathered.sampled, gathered.sequence, gathered.trial.tallies),
        gathered.survey.unchanged,
        names,
        to_approve,
        to_control,
    )


def in_closed_period(database: Database, definition: str, choices: RunChoices) -> int:
    """How many documents wait for an answer: those in a closed period, where the definition says ``ask``."""
    with database.reading() as connection:
        directory = masterdata.load(connection)
        survey = survey_of(connection, directory, definition, choices)
        if survey.definition.closed_period != "ask" or choices.closed_period is not None:
            return 0
        return sum(any(f.code == "PSR-6001" for f in findings) for _, findings in survey.documents())


@dataclass(slots=True)
class Creation:
    """What a run did. ``export`` is ``None`` when nothing was to be sent: then no number was taken."""

    preview: Preview
    export: stored.ExportRow | None
    artifacts: list[stored.ArtifactRow]
    finished: list[int] = field(default_factory=list)  # sequence numbers of exports an earlier run had left unfinished


def create(
    database: Database,
    clock: Clock,
    artifacts: ArtifactFolder,
    definition: str,
    expect: str | None = None,
    choices: RunChoices = ALL,
    progress: Progress | None = None,
) -> Creation:
    """Freezes, renders, proves, and plans the deliveries of one export; faulty documents are left out and named.

    First finishes what an interrupted run had frozen. ``expect`` refuses (PSR-6012) when what would leave is not what a
    preview showed. Raises ``Refused`` (PSR-6011) while another run works on the entity's exports.
    """
    post_due(database, clock)
    with database.reading() as connection:
        directory = masterdata.load(connection)
        entity_id = survey_of(connection, directory, definition, choices).entity_id
    kind = directory.company.exports[definition].kind
    with exclusive(database, f"export:{entity_id}:{kind}") as free:
        if not free:
            raise Refused(busy())
        finished = _finish_interrupted(database, clock, artifacts, entity_id, kind)
        with database.transaction() as connection:
            stored.drop_drafts(connection, entity_id, kind)
        shown, export_id = _stage_and_freeze(database, clock, definition, expect, choices, progress)
        if export_id is None:
            return Creation(shown, None, [], finished)
        rows = rendering.produce(database, clock, artifacts, export_id, progress)
    with database.reading() as connection:
        export = stored.export(connection, export_id)
    return Creation(shown, export, rows, finished)


def _stage_and_freeze(
    database: Database,
    clock: Clock,
    definition: str,
    expect: str | None,
    choices: RunChoices,
    progress: Progress | None,
) -> tuple[Preview, int | None]:
    with database.reading() as connection:
        directory = masterdata.load(connection)
        survey = survey_of(connection, directory, definition, choices)
        kind = survey.definition.kind
        renderer = rendering.Renderer.of(directory, definition, clock())
        gathered = Gathering(survey, renderer)
        now = instant_text(clock())
        with database.transaction() as writing:
            export_id = stored.new_draft(writing, survey.entity_id, definition, kind, renderer.stored(), now)
        block: list[FrozenDocument] = []
        for document in gathered.documents(progress):
            block.append(document)
            if len(block) == _STAGED_AT_ONCE:
                with database.transaction() as writing:
                    stored.stage(writing, export_id, block)
                block = []
        shown = _preview_of(gathered, definition, directory)
    with database.transaction() as writing:
        stored.stage(writing, export_id, block)
        if gathered.balance.documents == 0 or (expect is not None and expect != gathered.expect):
            stored.drop_draft(writing, export_id)
            export_id = 0
        else:
            numbering.freeze(writing, export_id, survey.entity_id, kind, now)
    if expect is not None and expect != gathered.expect:
        raise Refused(_not_as_expected(expect, gathered.expect, definition))
    return shown, export_id or None


def _finish_interrupted(
    database: Database, clock: Clock, artifacts: ArtifactFolder, entity_id: int, kind: str
) -> list[int]:
    """Renders and proves exports that were frozen when a run ended in the middle; returns their numbers."""
    with database.reading() as connection:
        waiting = stored.exports(connection, entity_id=entity_id, kind=kind, state="frozen")
    for export in waiting:
        rendering.produce(database, clock, artifacts, export.id, None)
    return [export.sequence or 0 for export in waiting]


def _not_as_expected(expected: str, found: str, definition: str) -> Finding:
    return Finding(
        "PSR-6012",
        "What would leave is not what the preview showed.",
        object=f"export definition {definition}",
        field="--expect",
        value=expected,
        expected=found,
        remedy=f"look at it again: passerelle export preview {definition}",
        who="accountant",
    )
