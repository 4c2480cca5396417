"""The first rendered lines of a file, for eyes: decoded, under a column ruler where columns matter."""

from __future__ import annotations

from dataclasses import dataclass

from passerelle.formats.document import Document, RunRow
from passerelle.formats.shapes import Format
from passerelle.formats.writer import compile_format, file_name, render

_LINES = {"tagged": 24, "fixed": 4, "delimited": 4}


@dataclass(slots=True)
class Sample:
    """The first lines of one artifact; ``loses`` says what its format cannot tell."""

    format: str
    connection: str
    file_name: str
    lines: list[str]
    ruler: bool
    loses: list[str]


def sample_of(form: Format, connection: str, run: RunRow, documents: list[Document]) -> Sample:
    """Renders a few documents and takes the first lines."""
    writer = compile_format(form, run)
    text = b"".join(render(writer, iter(documents))).decode(form.medium.encoding)
    lines = text.replace("\r\n", "\n").split("\n")[: _LINES[form.file.layout]]
    return Sample(
        form.name, connection, file_name(form, run), lines, form.file.layout == "fixed", list(form.file.loses)
    )
