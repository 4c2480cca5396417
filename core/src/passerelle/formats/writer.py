"""Writes a format's bytes: header, documents, trailer; and the name of their file.

``compile_format`` makes a ``Writer`` once per run. What does not fit is never written: a document with such a cell
yields findings, each with its record, field, value and limit, and no bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from passerelle.errors import Finding, Refused
from passerelle.formats.cells import CellFault, CellWriter
from passerelle.formats.compiler import Compiler
from passerelle.formats.document import Document, RunRow
from passerelle.formats.language import TOTALS
from passerelle.formats.rows import (
    DOCUMENT_NAMES,
    RecordRow,
    Totals,
    Values,
    assemble,
    counted,
    document_rows,
    header_titles,
    run_values,
    trailer_values,
)
from passerelle.formats.shapes import Format, Shape
from passerelle.formats.templates import DayForm, Hole, former_of

_BLOCK = 512
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]|^[. ]+|[. ]+$')
_LONGEST_NAME = 200


class Writer:
    """Writes the documents of one run in one format."""

    def __init__(self, form: Format, run: RunRow) -> None:
        self.format = form
        self.run = run
        self._values = run_values(run)
        self._writers: dict[int, list[CellWriter]] = {}
        self._encoding = form.medium.encoding
        try:
            compiler = Compiler(form, self._values)
            self._document = compiler.function()
            self.source = compiler.source_text
        except CellFault as fault:
            raise Refused(_finding(fault, form, "the run", "")) from None

    def header(self) -> bytes:
        """What stands before the first document."""
        head = self._once(self.format.header, self._values) + header_titles(self.format)
        return self.format.medium.byte_order_mark + head.encode(self._encoding)

    def document(self, document: Document, findings: list[Finding] | None = None) -> bytes | None:
        """The document's bytes; None, and why in ``findings``, when a cell of it does not fit.

        Without ``findings`` it raises ``Refused`` instead.
        """
        try:
            return self._document(document.values, document.lines).encode("latin-1")  # worn text: one byte a character
        except CellFault:
            text, found = self.careful(document)
        if not found:
            return text.encode(self._encoding)
        if findings is None:
            raise Refused(found)
        findings.extend(found)
        return None

    def trailer(self, totals: Totals) -> bytes:
        """What stands after the last document."""
        return self._once(self.format.trailer, trailer_values(self.run, totals)).encode(self._encoding)

    def careful(self, document: Document) -> tuple[str, list[Finding]]:
        """The document's text cell by cell, with every cell that does not fit: slow, and the same text."""
        findings: list[Finding] = []
        texts: list[str] = []
        try:
            for row in document_rows(self.format, self.run, document):
                texts.append(self._record(row, findings))
        except CellFault as fault:
            where = _where(dict(zip(DOCUMENT_NAMES, document.values, strict=True)))
            findings.append(_finding(fault, self.format, where, ""))
        return "".join(texts), findings

    def _record(self, row: RecordRow, findings: list[Finding]) -> str:
        cells: list[str] = []
        for writer in self._cells(row.shape):
            try:
                cells.append(writer.render(row.values))
            except CellFault as fault:
                findings.append(_finding(fault, self.format, _where(row.values), writer.cell.title))
        return assemble(self.format.medium, row.shape, cells)

    def _cells(self, shape: Shape) -> list[CellWriter]:
        if id(shape) not in self._writers:
            currency = str(self._values["entity_currency"])
            self._writers[id(shape)] = [CellWriter(cell, self.format.medium, currency) for cell in shape.cells]
        return self._writers[id(shape)]

    def _once(self, shape: Shape | None, values: Values) -> str:
        if shape is None:
            return ""
        findings: list[Finding] = []
        text = self._record(RecordRow(shape, values), findings)
        if findings:
            raise Refused(findings)
        return text


def compile_format(form: Format, run: RunRow) -> Writer:
    """The writer of ``form`` for one run; raises ``Refused`` when what is the same in every record does not fit."""
    return Writer(form, run)


def render(writer: Writer, documents: Iterable[Document]) -> Iterator[bytes]:
    """The whole file in pieces, in constant memory; raises ``Refused`` at the first document that does not fit."""
    yield writer.header()
    trailer = writer.format.trailer
    counting = trailer is not None and any(cell.names & set(TOTALS) for cell in trailer.cells)
    totals = Totals(0, 0, 0, 0)
    block: list[bytes] = []
    for document in documents:
        block.append(writer.document(document) or b"")
        if len(block) == _BLOCK:
            yield b"".join(block)
            block.clear()
        if counting:
            totals = counted(totals, writer.format, writer.run, document)
    yield b"".join(block)
    yield writer.trailer(totals)


def file_name(form: Format, run: RunRow) -> str:
    """The name of the file: what data brings that a name cannot hold becomes ``_``; never a path, never hidden."""
    values = run_values(run)
    day_form = DayForm("YYYY-MM-DD")
    parts = [former_of(p, day_form)(values[p.name]) if isinstance(p, Hole) else p for p in form.file_name]
    name = _UNSAFE.sub("_", "".join(parts))
    stem, dot, extension = name.rpartition(".")
    if len(name) > _LONGEST_NAME:
        name = stem[: _LONGEST_NAME - len(extension) - 1] + dot + extension
    return name or "_"


def _where(values: Values) -> str:
    where = f"piece {values['piece']} (report {values['report']})" if "report" in values else "the run"
    where += f", line {values['number']}" if "number" in values else ""
    return where + (f", section {values['section']} of {values['axis']}" if "section" in values else "")


def _finding(fault: CellFault, form: Format, where: str, field: str) -> Finding:
    remedy, who = _REMEDIES.get(fault.code, ("correct the value, or map it in the connection", "accountant"))
    return Finding(
        fault.code, fault.message, object=f"{form.name}: {where}", field=field, value=fault.value,
        expected=fault.expected, remedy=remedy, who=who,
    )  # fmt: skip


_REMEDIES: dict[str, Any] = {
    "PSR-5101": ("shorten the value, or map it in the connection", "accountant"),
    "PSR-5103": ("write it otherwise, or add the character to `transliterate` of a copy of the format", "integrator"),
    "PSR-5106": ("let the format write more decimals, or truncate", "integrator"),
    "PSR-5109": ("export these entries in another format, or complete this one", "integrator"),
}
