"""The lines of an input file with their raw text, so that what is refused can be handed back exactly as it came.

Text is decoded with ``surrogateescape``: a byte that the encoding does not know stays in its line, which is refused,
instead of stopping the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from passerelle.errors import Finding, Refused
from passerelle.reports.faults import shown
from passerelle.reports.mapping import MappingFile

REASON_COLUMNS = ("passerelle_code", "passerelle_reason", "passerelle_id")
"""What a rejects file adds to each line. An import skips the first two and honours the id, where it is derived."""


class Line(NamedTuple):
    """One record: where it begins in the file (from 1), its text with line end, its cells, what is wrong with it."""

    number: int
    raw: str
    cells: list[str]
    fault: Finding | None


@dataclass
class CsvLines:
    """The records of a CSV file after its header. ``header`` holds the source's own columns, without reasons."""

    header: tuple[str, ...]
    header_raw: str
    names_reasons: bool
    id_place: int | None
    _records: Iterator[tuple[int, str, list[str] | csv.Error]]
    _width: int
    _mapping: MappingFile

    def __iter__(self) -> Iterator[Line]:
        for number, raw, cells in self._records:
            if isinstance(cells, csv.Error):
                yield Line(number, raw, [], _unreadable(raw, str(cells)))
            elif not cells:
                continue  # an empty line holds nothing
            elif not raw.isascii() and any("\udc80" <= letter <= "\udcff" for letter in raw):
                yield Line(number, raw, cells, undecodable(raw, self._mapping.encoding))
            elif len(cells) == self._width or self._may_hold_reasons(len(cells)):
                yield Line(number, raw, cells, None)
            else:
                yield Line(number, raw, cells, _ragged(raw, len(cells), self._width))

    def given_id(self, cells: Sequence[str]) -> str:
        """The id that a rejects file carries back; empty in any other file."""
        return cells[self.id_place].strip() if self.id_place is not None and self.id_place < len(cells) else ""

    def with_reasons(self, line: Line, code: str, reason: str, line_id: str) -> str:
        """The line for a rejects file: as it came, with the columns of ``REASON_COLUMNS`` after it."""
        added = [code, reason, line_id]
        if not self.names_reasons and len(line.cells) <= self._width:
            body = line.raw.rstrip("\r\n")
            return body + self._mapping.delimiter + self._written(added)
        return self._written([*line.cells[: len(self.header)], *added])

    def header_with_reasons(self) -> str:
        """The header of a rejects file; empty where the file has none."""
        if not self.header_raw or self.names_reasons:
            return self.header_raw
        return self.header_raw.rstrip("\r\n") + self._mapping.delimiter + self._written(REASON_COLUMNS)

    def _may_hold_reasons(self, width: int) -> bool:
        return self._mapping.header is not True and width == self._width + len(REASON_COLUMNS)

    def _written(self, cells: Sequence[str]) -> str:
        out = io.StringIO()
        csv.writer(out, delimiter=self._mapping.delimiter, quotechar=self._mapping.quote, lineterminator="\n").writerow(
            cells
        )
        return out.getvalue()


def csv_lines(lines: Iterable[str], mapping: MappingFile, file: str) -> CsvLines:
    """Reads the header; a file without one is ``Refused``."""
    records = _records(lines, mapping)
    if mapping.header is not True:
        own = tuple(mapping.header)
        return CsvLines(own, "", False, len(own) + 2, records, len(own), mapping)
    number, raw, cells = next(records, (1, "", []))
    if isinstance(cells, csv.Error) or not any(cells):
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
    del number
    names = [cell.strip() for cell in cells]
    names_reasons = tuple(names[-3:]) == REASON_COLUMNS
    own = tuple(names[:-3] if names_reasons else names)
    return CsvLines(own, raw, names_reasons, len(own) + 2 if names_reasons else None, records, len(names), mapping)


def _records(lines: Iterable[str], mapping: MappingFile) -> Iterator[tuple[int, str, list[str] | csv.Error]]:
    """(line number, raw text, cells) of each record; a quoted cell may span lines."""
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
        yield number, "".join(taken), cells


def undecodable(raw: str, encoding: str) -> Finding:
    """A line with bytes that its encoding does not know."""
    return Finding(
        "PSR-1005",
        "The line holds bytes that its encoding does not know.",
        value=shown("".join(f"\\x{ord(c) - 0xDC00:02x}" if "\udc80" <= c <= "\udcff" else c for c in raw).rstrip()),
        expected=f"text in {encoding}",
        remedy="correct `encoding` in the mapping file (cp1252 is usual on Windows), or the line; JSON Lines is UTF-8",
        who="integrator",
    )


def _ragged(raw: str, cells: int, width: int) -> Finding:
    return Finding(
        "PSR-1006",
        "The line has another number of cells than the header.",
        value=shown(raw.rstrip("\r\n")),
        expected=f"{width} cells, not {cells}; a cell that holds the delimiter stands in quotes",
        remedy="correct the line in the rejects file and import that file",
        who="integrator",
    )


def _unreadable(raw: str, reason: str) -> Finding:
    return Finding(
        "PSR-1007",
        "The line cannot be read as CSV.",
        value=shown(raw.rstrip("\r\n")),
        expected=f"quotes that close, no overlong cell ({reason})",
        remedy="correct the line in the rejects file and import that file",
        who="integrator",
    )
