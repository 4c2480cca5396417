"""How findings and failures are told: grouped by cause, with place, expectation and remedy; a defect in one line."""

from __future__ import annotations

import json
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO

import click

from passerelle.cli.answer import folded, printable
from passerelle.cli.command import plain
from passerelle.errors import Finding, OutsideRefused, PasserelleError

_EXAMPLES = 3


@dataclass(frozen=True)
class Failure:
    """The one document of a command with ``--json`` that was stopped: ``passerelle schema`` describes it, too."""

    findings: tuple[Finding, ...]
    exit_code: int


def explain(fault: Exception, *, as_json: bool) -> int:
    """Tells a person (stderr) or a program (one document on stdout) what stopped the command; returns the exit code."""
    if isinstance(fault, OSError):
        fault = OutsideRefused(_machine(fault))
    if not isinstance(fault, PasserelleError):
        return _defect(fault, as_json)
    if as_json:
        click.echo(json.dumps(plain(Failure(fault.findings, fault.exit_code)), ensure_ascii=False))
    else:
        click.echo(findings_text(fault.findings), err=True)
    return fault.exit_code


def _machine(fault: OSError) -> Finding:
    return Finding(
        "PSR-9013",
        f"This machine refused a file or device: {fault.strerror or type(fault).__name__}.",
        object=str(fault.filename or "a stream"),
        expected="a path that may be read or written, with room left",
        remedy="make room or give the right to it, then run the command again",
        who="admin",
    )


def findings_text(findings: Sequence[Finding] | Iterable[Finding]) -> str:
    """Findings for eyes; more than three of one cause are one group with a count and three examples."""
    ordered = sorted(findings, key=lambda f: (f.severity != "error", _cause(f), _line(f), f.message, f.field, f.value))
    blocks: list[str] = []
    for _, group in groupby(ordered, key=_cause):
        same = list(group)
        shown = same if len(same) <= _EXAMPLES else same[:_EXAMPLES]
        blocks.extend(_block(finding, last=finding is shown[-1]) for finding in shown)
        if len(same) > len(shown):
            blocks.append(f"  … and {len(same) - len(shown):,} more like it ({same[0].code}); --json lists all")
    return printable("\n".join(blocks))


def _cause(finding: Finding) -> tuple[str, str, str, str]:
    """What findings of one group share; of a key path ("employees.E1.entity") only the last key counts."""
    return (finding.code, finding.field.rpartition(".")[2], finding.expected, finding.remedy)


def _line(finding: Finding) -> tuple[int, int]:
    return (finding.place.line, finding.place.column) if finding.place is not None else (0, 0)


def _block(finding: Finding, last: bool) -> str:
    mark = "" if finding.severity == "error" else "warning "
    lines = [f"{mark}{finding.code}: {folded(finding.message)}"]
    if finding.place is not None:
        place = finding.place
        lines.append(f"  {place.file}:{place.line}" + (f":{place.column}" if place.column else ""))
        if place.text:
            lines.append(f"    {place.text}")
            if place.column:
                lines.append("    " + " " * (place.column - 1) + "^" * max(1, place.length))
    if finding.object:
        lines.append(f"  in        {folded(finding.object)}")
    if finding.field:
        lines.append(f"  field     {finding.field}" + (f" = {folded(finding.value)}" if finding.value else ""))
    elif finding.value:
        lines.append(f"  value     {folded(finding.value)}")
    if last:
        if finding.expected:
            lines.append(f"  expected  {finding.expected}")
        if finding.remedy:
            who = f"  ({finding.who})" if finding.who else ""
            lines.append(f"  help:     {finding.remedy}{who}")
        lines.append(f"  more:     passerelle errors {finding.code}")
    return "\n".join(lines)


def _trace_file() -> IO[str]:
    return tempfile.NamedTemporaryFile(
        "w", prefix="passerelle-trace-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
    )


def _defect(fault: Exception, as_json: bool) -> int:
    with _trace_file() as trace:
        trace.write("".join(traceback.format_exception(fault)))
    sentence = f"PSR-9900: A defect of Passerelle ({type(fault).__name__}). The trace is in {Path(trace.name)}."
    if as_json:
        click.echo(json.dumps(plain(Failure((Finding("PSR-9900", sentence),), 70))))
    else:
        click.echo(f"{sentence} Please report it; nothing that was committed is lost.", err=True)
    return 70
