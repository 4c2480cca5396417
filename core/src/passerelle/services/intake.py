"""``reports import``: a file of expense reports into the database, then into the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from passerelle.errors import Finding, Refused, UsageFault
from passerelle.periods import Clock
from passerelle.reports.columns import compile_mapping, missing_columns
from passerelle.reports.known import EntityView
from passerelle.reports.lines import csv_lines
from passerelle.reports.outcome import ImportOutcome, Tally
from passerelle.services.intake_judging import IntakeJudging
from passerelle.services.intake_lines import LineImport
from passerelle.services.intake_reports import ReportImport
from passerelle.services.judging import judge_due
from passerelle.services.mappings import MappingText, read_mapping
from passerelle.services.posting import post_due
from passerelle.services.rejects import Rejects
from passerelle.store import masterdata
from passerelle.store.database import Connection, Database
from passerelle.store.locks import exclusive
from passerelle.store.scratch import Occurrences

Progress = Callable[[str, int, int | None], None]
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _TakenBack(Exception):
    """Ends the one transaction of a dry run or a strict import that did not take a line."""


@dataclass(frozen=True)
class ImportRequest:
    """What to import and how. Without a mapping the file is JSON Lines."""

    file: Path
    mapping: Path | None = None
    rejects: Path | None = None
    strict: bool = False
    dry_run: bool = False


def import_reports(
    database: Database, clock: Clock, request: ImportRequest, progress: Progress | None = None
) -> ImportOutcome:
    """Takes every line that holds, hands back those that do not, judges, and posts what arrived approved.

    Blocks are committed as they pass, so an import that was killed is simply run again. A strict import and a dry run
    are one transaction; strict takes nothing either where the policy would refuse an expense.
    """
    read = {path.resolve() for path in (request.file, request.mapping) if path is not None}
    if request.rejects is not None and request.rejects.resolve() in read:
        raise _same_file(request.rejects)
    mapping = read_mapping(request.mapping) if request.mapping is not None else None
    tally = Tally()
    written, former = True, None
    with exclusive(database, "intake") as free:
        if not free:
            raise _busy()
        job = _Job(database, clock, request, mapping, tally, progress or _silent)
        if request.strict or request.dry_run:
            try:
                with database.transaction() as connection:
                    former = job.take(lambda: nullcontext(connection))
                    tally.judged = job.judging.judge(connection)
                    tally.note_duplicates(job.judging.duplicates(connection))
                    if request.dry_run or not tally.all_taken:
                        raise _TakenBack
            except _TakenBack:
                written = False
        else:
            former = job.take(database.transaction)
            tally.judged = judge_due(database, progress)
            with database.reading() as connection:
                tally.note_duplicates(job.judging.duplicates(connection))
    tally.note(tally.judged.findings, tally.judged.findings_total)
    posting = (0, 0, 0)
    if written:
        outcome = post_due(database, clock, progress)
        posting = (outcome.posted, outcome.lines, outcome.refused)
        tally.note(outcome.findings)
    source = mapping.content.name if mapping is not None else ""
    rejects = str(request.rejects) if request.rejects is not None else ""
    former_rejects = str(former) if former is not None else ""
    return tally.outcome(str(request.file), source, written, (rejects, former_rejects), posting)


@dataclass
class _Job:
    database: Database
    clock: Clock
    request: ImportRequest
    text: MappingText | None
    tally: Tally
    progress: Progress
    judging: IntakeJudging = field(init=False)

    def take(self, begin: Callable[[], AbstractContextManager[Connection]]) -> Path | None:
        """Reads the file; ``begin`` gives the transaction of each block. Returns where the former rejects went."""
        with self.database.reading() as connection:
            directory = masterdata.load(connection)
            whole = self.request.strict or self.request.dry_run
            self.judging = IntakeJudging(directory, masterdata.edition(connection), whole)
        if self.text is not None:
            self.text.judge(directory)
        mapping = self.text.content if self.text is not None else None
        name, now = str(self.request.file), self.clock()
        encoding = mapping.encoding if mapping is not None else "utf-8"
        with _opened(self.request.file, encoding, "\n" if mapping is None else "") as (lines, has_mark):
            rejects = Rejects(self.request.rejects, encoding, has_mark, mapping)
            if mapping is None or self.text is None:
                with rejects:
                    reports = ReportImport(name, directory, rejects, self.tally, now, self.judging)
                    reports.run(lines, begin, self.progress)
                return rejects.former
            cells = csv_lines(lines, mapping, name)
            if missing := missing_columns(mapping, cells.header):
                raise Refused(self.text.placed(missing))
            view = EntityView(directory, mapping.entity)
            reader = compile_mapping(mapping, cells.header)
            with rejects, Occurrences() as seen:
                one = LineImport(name, mapping, view, cells, reader, rejects, self.tally, now, self.judging, seen)
                one.run(begin, self.progress)
            return rejects.former


def _silent(words: str, done: int, total: int | None) -> None:
    del words, done, total


@contextmanager
def _opened(path: Path, encoding: str, newline: str) -> Iterator[tuple[IO[str], bool]]:
    """The file as text with its line ends as they are, and whether it begins with a byte order mark."""
    try:
        with path.open("rb") as raw:
            has_mark = encoding in ("utf-8", "utf-8-sig") and raw.read(3) == _BYTE_ORDER_MARK
        name = "utf-8-sig" if has_mark else encoding
        lines = path.open(encoding=name, errors="surrogateescape", newline=newline)
    except OSError as fault:
        raise Refused(
            Finding(
                "PSR-1000",
                "The file cannot be read.",
                object=str(path),
                value=fault.strerror or type(fault).__name__,
                expected="a file that exists and may be read",
                remedy="correct the path",
                who="integrator",
            )
        ) from fault
    with lines:
        try:
            yield lines, has_mark
        except UnicodeError as fault:
            raise Refused(
                Finding(
                    "PSR-1005",
                    "The file is not text in its encoding.",
                    object=str(path),
                    value=str(fault),
                    expected=f"text in {encoding}",
                    remedy="correct `encoding` in the mapping file",
                    who="integrator",
                )
            ) from fault


def _busy() -> Refused:
    return Refused(
        Finding(
            "PSR-1205",
            "Another import is running in this database.",
            expected="one import at a time",
            remedy="wait until it ends, then import again",
            who="integrator",
        )
    )


def _same_file(path: Path) -> UsageFault:
    return UsageFault(
        Finding(
            "PSR-1213",
            "The rejects file is a file that the import reads.",
            object=str(path),
            expected="another path: neither the input nor the mapping file is ever written",
            remedy="choose another --rejects",
            who="integrator",
        )
    )
