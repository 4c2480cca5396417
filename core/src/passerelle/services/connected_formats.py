"""Whether what a connection says fits the formats that the exports render with it: settings, labels, names, codes."""

from __future__ import annotations

from dataclasses import replace

from passerelle.errors import ConfigurationFault, Finding
from passerelle.formats.load import load_format
from passerelle.formats.shapes import Format
from passerelle.masterdata import positions
from passerelle.masterdata.company import ArtifactChoice, Company, Connection
from passerelle.masterdata.faults import Fault, describe, key_path, said
from passerelle.plugins import Plugins
from passerelle.services.connected_codes import code_faults
from passerelle.services.file_names import meeting_faults, name_faults
from passerelle.services.format_texts import format_text


def format_faults(company: Company, plugins: Plugins) -> list[Fault]:
    """Every fault of a format under the settings of its connection, once for each connection and key.

    A format file of the company is read from its path below the working folder.
    """
    faults: list[Fault] = []
    whole: dict[str, list[Format]] = {}
    for code, export in company.exports.items():
        forms: list[Format | None] = []
        for position, choice in enumerate(export.artifacts):
            path: positions.Path = ("exports", code, "artifacts", position, "format")
            form = _loaded(company, plugins, choice, path, faults)
            forms.append(form)
            if form is not None:
                faults += code_faults(company, choice.connection, form)
        loaded = [form for form in forms if form is not None]
        if len(loaded) == len(forms) and export.entity in company.entities:
            whole[code] = loaded
            faults += name_faults(company, code, loaded)
    faults += meeting_faults(company, whole)
    found: dict[tuple[positions.Path, str], Fault] = {}
    for fault in faults:
        key = key_path(fault.path) if fault.finding.place is None else repr(fault.finding)
        found.setdefault((fault.path, fault.finding.code + key), fault)
    return list(found.values())


def _loaded(
    company: Company, plugins: Plugins, choice: ArtifactChoice, path: positions.Path, faults: list[Fault]
) -> Format | None:
    """The format of an artifact under its connection; None, and why in ``faults``, when there is none."""
    connection = company.connections.get(choice.connection)
    if connection is None or connection.connector not in plugins.connectors:
        return None
    shipped = plugins.connectors[connection.connector].formats
    if choice.format not in shipped and not choice.format.endswith(".toml"):
        return None  # told by the company's own consistency
    try:
        return load_format(
            format_text(choice.format, shipped, connection.connector),
            choice.format,
            settings=connection.settings,
            labels=connection.labels,
            also_declared=plugins.declared(connection.connector),
        )
    except ConfigurationFault as fault:
        faults += [_placed(finding, choice, connection, path) for finding in fault.findings]
        return None


def _placed(finding: Finding, choice: ArtifactChoice, connection: Connection, path: positions.Path) -> Fault:
    """A finding about a format at the key of the company that brought it up."""
    table, _, name = finding.field.partition(".")
    overlay = {"settings": connection.settings, "labels": connection.labels}.get(table, {})
    if name in overlay:  # the connection's words, wherever in the format they were laid
        here: positions.Path = ("connections", choice.connection, table, name)
        told = replace(finding, object=describe(here), field=key_path(here), value=said(overlay[name]))
        return Fault(here, replace(told, remedy="correct the connection", who="admin", place=None))
    if finding.code == "PSR-2028":
        finding = replace(finding, field=key_path(path))
    return Fault(path, replace(finding, object=finding.object or describe(path)))
