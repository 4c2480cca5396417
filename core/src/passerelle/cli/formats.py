"""``passerelle formats``: what files can be written, what a format file of one's own does, where a cell came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from passerelle.cli.answer import Answer, table
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.formats.explain import CellTrace, RecordTrace
from passerelle.services.format_library import FormatFacts, examined, shipped, shipped_format

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("formats")
def command() -> None:
    """List, check and explain file formats.

    A format is a TOML file. To make your own, start from a shipped one:

    \b
    passerelle formats show generic-csv > my-format.toml
    passerelle formats check my-format.toml
    """


@dataclass(frozen=True)
class Listed:
    """One shipped format."""

    name: str
    connector: str
    title: str
    layout: str
    entry_types: tuple[str, ...]
    settings: tuple[str, ...]


@dataclass(frozen=True)
class Examined:
    """A format file without fault, the first lines it makes of an example, and what of the example does not fit."""

    format: FormatFacts
    file_name: str
    lines: list[str]
    remarks: list[str]


@dataclass(frozen=True)
class Explained:
    """The record that holds the line, cell by cell."""

    file_name: str
    format: str
    trace: RecordTrace


@answering(command, "list", answer=list[Listed])
def list_formats(session: Session) -> Answer:
    """List the formats that the installed connectors ship.

    For instance:  passerelle formats list
    """
    from passerelle.plugins import discover

    plugins = discover()
    data = [
        Listed(f.name, f.connector, f.title, f.layout, f.entry_types, tuple(s.name for s in f.settings))
        for f in shipped(plugins)
    ]
    rows = [[f.name, f.connector, f.layout, f.title, ", ".join(f.settings)] for f in data]
    text = table(["format", "connector", "layout", "title", "settings"], rows) or "No connector is installed."
    code = 1 if plugins.broken else 0
    return Answer(data, text, exit_code=code, findings=plugins.broken, next="passerelle formats show generic-csv")


@answering(command, "show", answer=FormatFacts)
@click.argument("name")
def show_format(session: Session, name: str) -> Answer:
    """Print a shipped format file, to read or to copy; what it loses and proves goes to stderr.

    For instance:  passerelle formats show generic-csv > my-format.toml
    """
    from passerelle.plugins import discover

    facts = shipped_format(discover(), name)
    for sentence in facts.loses if not session.as_json else ():
        session.say(f"loses: {sentence}")
    if not session.as_json:
        session.say(f"reading a file back proves: {', '.join(facts.recovers)}")
    return Answer(facts, facts.text.rstrip("\n"), next="passerelle formats check my-format.toml  (a copy of your own)")


@answering(command, "check", answer=Examined)
@click.argument("file", type=_FILE)
def check_format(session: Session, file: Path) -> Answer:
    """Check a format file: every fault with its line, or what the format makes of an example.

    For instance:  passerelle formats check my-format.toml
    """
    from passerelle.cli.export_text import sample_text

    facts, sample = examined(file)
    text = _examined_text(facts, sample.remarks, sample_text(sample))
    after = f'format = "{file}" in `artifacts` of an export, then: passerelle config apply company.toml'
    return Answer(Examined(facts, sample.file_name, sample.lines, sample.remarks), text, next=after)


def _examined_text(facts: FormatFacts, remarks: list[str], lines: str) -> str:
    settings = table(
        ["setting", "default", "choices", "decides"],
        [[s.name, s.default or '""', ", ".join(s.choices), s.description] for s in facts.settings],
    )
    parts = [
        f"{facts.name}: {facts.title} ({facts.layout}, {facts.encoding}), no fault",
        f"  writes   {', '.join(facts.entry_types)}",
        f"  proves   {', '.join(facts.recovers) or 'nothing: no variable stands alone in a cell'}",
        *([settings] if settings else []),
        lines,
        *(["\n".join(f"  remark: {remark}" for remark in remarks)] if remarks else []),
        *(["\n".join(f"  this format loses: {sentence}" for sentence in facts.loses)] if facts.loses else []),
    ]
    return "\n\n".join(parts)


@answering(command, "explain", answer=Explained)
@click.argument("file", type=_FILE)
@click.option("--line", "line", type=click.IntRange(min=1), required=True, help="Line of the file, counted from 1.")
def explain_format(session: Session, file: Path, line: int) -> Answer:
    """Show where each cell of a line came from: its field, its template, the values, what changed the text.

    FILE is a file that an export of this installation rendered; it is known by its bytes, whatever its name.

    For instance:  passerelle formats explain FR01_000001.txt --line 22
    """
    from passerelle.services.format_explaining import explain_line

    artifact, trace = explain_line(session.database, file, line)
    after = f"passerelle export why {trace.report}" if trace.report else "passerelle export list"
    return Answer(Explained(artifact.file_name, artifact.format, trace), trace_text(trace, line), next=after)


def trace_text(trace: RecordTrace, line: int) -> str:
    """A record's trace for eyes; the cell of the line is marked where each cell has its own."""
    where = f" of piece {trace.piece} (report {trace.report}), ledger line {trace.line}" if trace.line else ""
    lines = f"lines {trace.first_line}-{trace.last_line}" if trace.last_line > trace.first_line else f"line {line}"
    shown = [trace.cells[trace.focus]] if trace.focus is not None else trace.cells
    blocks = [f"{lines}: {trace.record} record{where}"]
    if trace.last_line == trace.first_line:
        blocks.append(f"    {trace.text}")
    blocks.extend(_cell_text(cell) for cell in shown)
    if trace.focus is not None:
        blocks.append(f"The other {len(trace.cells) - 1} cells of the record: --json lists all.")
    return "\n\n".join(blocks)


def _cell_text(cell: CellTrace) -> str:
    title = f" ({cell.title})" if cell.title != cell.field else ""
    lines = [f'  {cell.position.rjust(7)}  {cell.field}{title} = "{cell.text}"', f"           from   {cell.origin}"]
    lines.extend(f'           {name} = "{value}"' for name, value in cell.variables.items())
    padded = cell.text.strip(" ") == cell.content  # nothing to tell
    lines.extend(f"           then   {step}" for step in cell.steps if not (padded and step.startswith("padded")))
    return "\n".join(lines)
