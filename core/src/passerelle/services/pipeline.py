"""The whole forward flow on one screen: reports in, ledger, export, files proven, files delivered."""

from __future__ import annotations

from dataclasses import dataclass

from passerelle.periods import Clock
from passerelle.reports.outcome import ImportOutcome
from passerelle.services.delivering import DeliveryResult, deliver_pending
from passerelle.services.exporting import Creation, create
from passerelle.services.intake import ImportRequest, import_reports
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file of reports, stage by stage."""

    intake: ImportOutcome
    creation: Creation
    deliveries: list[DeliveryResult]


def run(database: Database, clock: Clock, request: ImportRequest, definition: str) -> Outcome:
    """Imports and posts reports, exports what may leave under ``definition``, and delivers the proven files.

    Each stage is committed before the next begins and can be repeated: killed anywhere, the same call finishes the job.
    """
    artifacts = ArtifactFolder.beside(database)
    intake = import_reports(database, clock, request)  # judged line by line; what is approved enters the ledger
    creation = create(database, clock, artifacts, definition)  # surveyed, frozen, numbered, rendered, proven
    return Outcome(intake, creation, deliver_pending(database, clock, artifacts, definition=definition))
