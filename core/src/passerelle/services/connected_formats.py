"""Whether the settings and labels of each connection fit the formats that the exports render with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from passerelle.errors import ConfigurationFault, Finding
from passerelle.formats.load import load_format
from passerelle.masterdata import positions
from passerelle.masterdata.company import ArtifactChoice, Company
from passerelle.masterdata.faults import Fault, describe, key_path, said
from passerelle.plugins import Plugins


def format_faults(company: Company, plugins: Plugins) -> list[Fault]:
    """Every fault of a format under the settings of its connection, once for each connection and key.

    A format file of the company is read from its path below the working folder.
    """
    found: dict[tuple[positions.Path, str], Fault] = {}
    for code, export in company.exports.items():
        for position, choice in enumerate(export.artifacts):
            path: positions.Path = ("exports", code, "artifacts", position, "format")
            for fault in _of_artifact(company, plugins, choice, path):
                key = key_path(fault.path) if fault.finding.place is None else repr(fault.finding)
                found.setdefault((fault.path, fault.finding.code + key), fault)
    return list(found.values())


def _of_artifact(company: Company, plugins: Plugins, choice: ArtifactChoice, path: positions.Path) -> Iterator[Fault]:
    connection = company.connections.get(choice.connection)
    if connection is None or connection.connector not in plugins.connectors:
        return
    text = plugins.connectors[connection.connector].formats.get(choice.format)
    if choice.format.endswith(".toml"):
        try:
            text = Path(choice.format).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            yield Fault(path, _unreadable(choice.format, path, problem))
            return
    if text is None:
        return
    try:
        load_format(
            text,
            choice.format,
            settings=connection.settings,
            labels=connection.labels,
            also_declared=plugins.declared(connection.connector),
        )
    except ConfigurationFault as fault:
        for finding in fault.findings:
            table, _, name = finding.field.partition(".")
            overlay = {"settings": connection.settings, "labels": connection.labels}.get(table, {})
            if name in overlay:  # the connection's words, wherever in the format they were laid
                here: positions.Path = ("connections", choice.connection, table, name)
                told = replace(finding, object=describe(here), field=key_path(here), value=said(overlay[name]))
                yield Fault(here, replace(told, remedy="correct the connection", who="admin", place=None))
            else:
                yield Fault(path, replace(finding, object=finding.object or describe(path)))


def _unreadable(name: str, path: positions.Path, problem: Exception) -> Finding:
    return Finding(
        code="PSR-2028",
        message=f"The format file {name} cannot be read.",
        object=describe(path),
        field=key_path(path),
        value=said(name),
        expected="a format file in UTF-8, by its path from the working folder",
        remedy=f"correct the path ({getattr(problem, 'strerror', None) or 'it is not UTF-8'}), "
        "or run passerelle where the file is",
        who="integrator",
    )
