"""``reports import``: a file of expense reports into the database, then into the ledger."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from passerelle.errors import ConfigurationFault, Finding, Refused, UsageFault
from passerelle.masterdata.positions import Source
from passerelle.periods import Clock
from passerelle.reports.columns import compile_mapping, missing_columns
from passerelle.reports.faults import nearest
from passerelle.reports.known import EntityView, unknown_entity
from passerelle.reports.lines import csv_lines
from passerelle.reports.mapping import MappingFile, field_names
from passerelle.reports.outcome import ImportOutcome, Tally
from passerelle.services.intake_lines import LineImport
from passerelle.services.intake_reports import ReportImport
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
    """Takes every line that holds, hands back those that do not, and posts what arrived approved.

    Blocks are committed as they pass, so an import that was killed is simply run again. A strict import and a dry run
    are one transaction.
    """
    read = {path.resolve() for path in (request.file, request.mapping) if path is not None}
    if request.rejects is not None and request.rejects.resolve() in read:
        raise _same_file(request.rejects)
    mapping = load_mapping(request.mapping) if request.mapping is not None else None
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
                    if request.dry_run or tally.lines["refused"] or tally.lines["differing"]:
                        raise _TakenBack
            except _TakenBack:
                written = False
        else:
            former = job.take(database.transaction)
    posting = (0, 0, 0)
    if written:
        outcome = post_due(database, clock, progress)
        posting = (outcome.posted, outcome.lines, outcome.refused)
        tally.note(outcome.findings)
    source = mapping.name if mapping is not None else ""
    rejects = str(request.rejects) if request.rejects is not None else ""
    former_rejects = str(former) if former is not None else ""
    return tally.outcome(str(request.file), source, written, (rejects, former_rejects), posting)


@dataclass(frozen=True)
class _Job:
    database: Database
    clock: Clock
    request: ImportRequest
    mapping: MappingFile | None
    tally: Tally
    progress: Progress

    def take(self, begin: Callable[[], AbstractContextManager[Connection]]) -> Path | None:
        """Reads the file; ``begin`` gives the transaction of each block. Returns where the former rejects went."""
        with self.database.reading() as connection:
            directory = masterdata.load(connection)
        mapping, name, now = self.mapping, str(self.request.file), self.clock()
        encoding = mapping.encoding if mapping is not None else "utf-8"
        with _opened(self.request.file, encoding, "\n" if mapping is None else "") as (lines, has_mark):
            rejects = Rejects(self.request.rejects, encoding, has_mark, mapping)
            if mapping is None:
                with rejects:
                    ReportImport(name, directory, rejects, self.tally, now).run(lines, begin, self.progress)
                return rejects.former
            if mapping.entity not in directory.company.entities:
                raise Refused(unknown_entity(directory, mapping.entity, f"mapping {mapping.name}"))
            cells = csv_lines(lines, mapping, name)
            missing = missing_columns(mapping, cells.header)
            if missing:
                raise Refused(missing)
            view = EntityView(directory, mapping.entity)
            reader = compile_mapping(mapping, cells.header)
            with rejects, Occurrences() as seen:
                LineImport(name, mapping, view, cells, reader, rejects, self.tally, now, seen).run(begin, self.progress)
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


def load_mapping(path: Path) -> MappingFile:
    """A mapping file, or every fault in it with its place."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigurationFault(
            Finding(
                "PSR-1019",
                "The mapping file cannot be read.",
                object=str(path),
                value=getattr(fault, "strerror", None) or type(fault).__name__,
                expected="a TOML file in UTF-8",
                remedy="correct --mapping",
                who="integrator",
            )
        ) from fault
    return parse_mapping(text, str(path))


def parse_mapping(text: str, file: str) -> MappingFile:
    """``load_mapping`` for text already read."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    source = Source(text, file)
    try:
        return MappingFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as fault:
        at = re.search(r"line (\d+), column (\d+)", str(fault))
        place = source.place(int(at[1]), int(at[2]), 1) if at else None
        finding = Finding(
            "PSR-1020",
            "The mapping file is not TOML.",
            object=f"mapping file {file}",
            value=str(fault),
            expected="TOML 1.0",
            remedy="correct the line; nothing was imported",
            who="integrator",
            place=place,
        )
        raise ConfigurationFault(finding) from fault
    except ValidationError as fault:
        findings = []
        for detail in fault.errors(include_url=False):
            path = tuple(part for part in detail["loc"] if part not in _VARIANTS)
            unknown = detail["type"] == "extra_forbidden"
            name = ".".join(map(str, path))
            findings.append(
                Finding(
                    "PSR-1020",
                    "The mapping file has a key that is not known." if unknown else "The mapping file has a fault.",
                    object=f"mapping file {file}",
                    field=name,
                    expected=nearest(str(path[-1]), field_names())
                    if unknown
                    else detail["msg"].removeprefix("Value error, ").removeprefix("expected "),
                    remedy="correct the mapping file; nothing was imported",
                    who="integrator",
                    place=source.at(path, key=unknown),
                )
            )
        raise ConfigurationFault(findings) from fault


_VARIANTS = frozenset({"From", "HashedId", "literal[True]", "tuple[constrained-str, ...]"})


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
