"""The first rendered lines of a file, for eyes: decoded, under a column ruler where columns matter."""

from __future__ import annotations

from dataclasses import dataclass, field

from passerelle.exports.tally import Tally
from passerelle.formats.document import Document, RunRow
from passerelle.formats.shapes import Format
from passerelle.formats.writer import compile_format, file_name, render

_LINES = {"tagged": 24, "fixed": 4, "delimited": 4}


@dataclass(slots=True)
class Sample:
    """The first lines of one artifact; ``loses`` says what its format cannot tell.

    ``tally`` says what the whole file would hold of the ledger's amounts.
    """

    format: str
    connection: str
    file_name: str
    lines: list[str]
    ruler: bool
    loses: list[str]
    tally: Tally
    remarks: list[str] = field(default_factory=list)


def sample_of(
    form: Format, connection: str, run: RunRow, documents: list[Document], tally: Tally | None = None
) -> Sample:
    """Renders a few documents and takes the first lines; ``tally`` is of all that would leave."""
    writer = compile_format(form, run)
    text = b"".join(render(writer, iter(documents))).decode(form.medium.encoding)
    lines = text.replace("\r\n", "\n").split("\n")[: _LINES[form.file.layout]]
    name, ruler = file_name(form, run), form.file.layout == "fixed"
    return Sample(form.name, connection, name, lines, ruler, list(form.file.loses), tally or Tally())
