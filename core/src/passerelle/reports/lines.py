"""The lines of an input file with their raw text, so that what is refused can be handed back exactly as it came.

Text is decoded with ``surrogateescape``: a byte that the encoding does not know stays in its line, which is refused,
instead of stopping the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from passerelle.errors import Finding, Refused
from passerelle.reports.faults import shown
from passerelle.reports.mapping import MappingFile

REASON_COLUMNS = ("passerelle_code", "passerelle_reason", "passerelle_id")
"""What a rejects file adds to each line. An import skips the first two and honours the id, where it is derived."""

_CODE = re.compile(r"PSR-\d{4}")
Record: TypeAlias = tuple[int, int, str, list[str] | csv.Error]
"""Number of the first line, number of lines, raw text, cells."""

_LONGEST = 100  # lines of a file in one record: whoever writes more had a quote that never closed
_NOTHING: Record = (1, 0, "", [])
UNDECODED = re.compile("[\ud800-\udfff]")
"""What stands in text for bytes that its encoding does not know: halves of characters, which no database holds."""


class Line(NamedTuple):
    """One record: where it begins in the file (from 1), its text with line end, its own cells, what is wrong with it.

    ``length`` is how many lines of the file it holds: a quoted cell may span lines. ``id`` is the one that a rejects
    file carries back; ``has_reasons`` says that the record is of such a file.
    """

    number: int
    raw: str
    cells: list[str]
    fault: Finding | None
    id: str = ""
    has_reasons: bool = False
    length: int = 1

    @property
    def words(self) -> str:
        """The line in words, all that it holds of the file."""
        return f"line {self.number}" if self.length == 1 else _span(self.number, self.length)


@dataclass
class CsvLines:
    """The records of a CSV file after its header. ``header`` holds the source's own columns, without reasons."""

    header: tuple[str, ...]
    header_raw: str
    names_reasons: bool
    _records: Iterator[Record]
    _mapping: MappingFile

    def __iter__(self) -> Iterator[Line]:
        for number, length, raw, cells in self._records:
            if isinstance(cells, csv.Error):
                yield Line(number, raw, [], _unreadable(raw, str(cells), length), length=length)
            elif cells:  # an empty line holds nothing
                yield self._line(number, length, raw, cells)

    def _line(self, number: int, length: int, raw: str, cells: list[str]) -> Line:
        width = len(self.header)
        given = len(REASON_COLUMNS)
        # A line of a rejects file says its code; where that was wiped out, its width tells.
        has_reasons = len(cells) > given and bool(_CODE.fullmatch(cells[-given]))
        has_reasons = has_reasons or (self.names_reasons and len(cells) == width + given)
        own, line_id = (cells[:-given], cells[-1].strip()) if has_reasons else (cells, "")
        fault = None
        if not raw.isascii() and UNDECODED.search(raw):
            fault = undecodable(raw, self._mapping.encoding)
        elif length > _LONGEST:
            fault = _unreadable(raw, f"at most {_LONGEST} lines in one cell", length)
        elif len(own) != width:
            fault = _ragged(raw, len(own), width, length)
        return Line(number, raw, own, fault, line_id, has_reasons, length)

    def with_reasons(self, line: Line, code: str, reason: str, line_id: str) -> str:
        """The line for a rejects file: as it came, with the columns of ``REASON_COLUMNS`` after it."""
        encoding = self._mapping.encoding  # a reason may name what this encoding has no letters for
        added = [code, reason.encode(encoding, "replace").decode(encoding), line_id]
        if line.has_reasons:
            return self._written([*line.cells, *added])
        return line.raw.rstrip("\r\n") + self._mapping.delimiter + self._written(added)

    def header_with_reasons(self) -> str:
        """The header of a rejects file; empty where the file has none."""
        if not self.header_raw or self.names_reasons:
            return self.header_raw
        return self.header_raw.rstrip("\r\n") + self._mapping.delimiter + self._written(REASON_COLUMNS)

    def _written(self, cells: Sequence[str]) -> str:
        out = io.StringIO()
        dialect = {"delimiter": self._mapping.delimiter, "quotechar": self._mapping.quote}
        csv.writer(out, lineterminator="\n", **dialect).writerow(cells)  # type: ignore[arg-type]
        return out.getvalue()


def rejects_in(lines: Iterable[str], mapping: MappingFile) -> bool | None:
    """Whether a rejects file holds refused lines; ``None`` for any other file."""
    records = _records(lines, mapping)
    *_, cells = next(records, _NOTHING)
    if isinstance(cells, csv.Error):
        return None
    own = cells[-len(REASON_COLUMNS) :]
    if mapping.header is not True:
        return True if len(own) == len(REASON_COLUMNS) and _CODE.fullmatch(own[0]) else None
    return any(rest for *_, rest in records) if tuple(own) == REASON_COLUMNS else None


def csv_lines(lines: Iterable[str], mapping: MappingFile, file: str) -> CsvLines:
    """Reads the header; a file without one is ``Refused``."""
    records = _records(lines, mapping)
    if mapping.header is not True:
        own = tuple(mapping.header)
        return CsvLines(own, "", False, records, mapping)
    _, _, raw, cells = next(records, _NOTHING)
    if isinstance(cells, csv.Error) or not any(cell.strip() for cell in cells):
        raise Refused(
            Finding(
                "PSR-1009",
                "The file has no header line.",
                object=file,
                value=shown(raw.rstrip("\r\n")),
                expected="a first line that names the columns",
                remedy="take the right file, or list the column names as `header` in the mapping file",
                who="integrator",
            )
        )
    names = [cell.strip() for cell in cells]
    names_reasons = tuple(names[-3:]) == REASON_COLUMNS
    own = tuple(names[:-3] if names_reasons else names)
    return CsvLines(own, raw, names_reasons, records, mapping)


def _records(lines: Iterable[str], mapping: MappingFile) -> Iterator[Record]:
    """Each record; a quoted cell may span lines."""
    taken: list[str] = []

    def remember() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    reader = csv.reader(remember(), delimiter=mapping.delimiter, quotechar=mapping.quote)
    while True:
        number = reader.line_num + 1
        taken.clear()
        cells: list[str] | csv.Error
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            cells = fault
        yield number, len(taken), "".join(taken), cells


def undecodable(raw: str, encoding: str) -> Finding:
    """A line with bytes that its encoding does not know."""
    return Finding(
        "PSR-1005",
        "The line holds bytes that its encoding does not know.",
        value=shown(raw.rstrip()),
        expected=f"text in {encoding}",
        remedy="correct `encoding` in the mapping file (cp1252 is usual on Windows), or the line; JSON Lines is UTF-8",
        who="integrator",
    )


def _span(number: int, length: int) -> str:
    return f"lines {number} to {number + length - 1} of the file, read as one"


def _mend(length: int) -> str:
    """The remedy for a record at fault; one of several lines may have begun with a quote that is none."""
    remedy = "correct the line in the rejects file and import that file"
    if length == 1:
        return remedy
    return f"look for a quote that never closes: it took {length - 1:,} lines of the file into one cell; then {remedy}"


def _ragged(raw: str, cells: int, width: int, length: int) -> Finding:
    return Finding(
        "PSR-1006",
        "The line has another number of cells than the header.",
        value=shown(raw.rstrip("\r\n")),
        expected=f"{width} cells, not {cells}; a cell that holds the delimiter stands in quotes",
        remedy=_mend(length),
        who="integrator",
    )


def _unreadable(raw: str, reason: str, length: int) -> Finding:
    return Finding(
        "PSR-1007",
        "The line cannot be read as CSV.",
        value=shown(raw.rstrip("\r\n")),
        expected=f"quotes that close, no overlong cell ({reason})",
        remedy=_mend(length),
        who="integrator",
    )
