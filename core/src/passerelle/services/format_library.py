"""The formats at hand: those that connectors ship, and a format file of one's own under examination."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from anyascii import anyascii

from passerelle.errors import Finding, Refused
from passerelle.formats.document import Document, RunRow
from passerelle.formats.load import load_format
from passerelle.formats.recovery import recoverable
from passerelle.formats.shapes import Format
from passerelle.plugins import Plugins
from passerelle.services.export_sample import Sample, sample_of
from passerelle.services.format_texts import file_text


@dataclass(frozen=True, slots=True)
class SettingFacts:
    """A setting that a connection may choose."""

    name: str
    type: str
    default: str
    choices: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class FormatFacts:
    """A format as a person chooses it. ``recovers`` names the values that reading a file back proves."""

    name: str
    connector: str
    title: str
    layout: str
    encoding: str
    entry_types: tuple[str, ...]
    settings: tuple[SettingFacts, ...]
    recovers: tuple[str, ...]
    loses: tuple[str, ...]
    description: str
    source: str
    text: str


def shipped(plugins: Plugins) -> list[FormatFacts]:
    """Every format of the installed connectors, by name."""
    found = [
        _facts(load_format(text, f"{name}.toml"), connector.name)
        for connector in plugins.connectors.values()
        for name, text in connector.formats.items()
    ]
    return sorted(found, key=lambda facts: facts.name)


def shipped_format(plugins: Plugins, name: str) -> FormatFacts:
    """The shipped format ``name``; ``Refused`` (PSR-5206) when no connector has it."""
    formats = {facts.name: facts for facts in shipped(plugins)}
    if name not in formats:
        close = get_close_matches(name, formats, 1, cutoff=0.5)
        raise Refused(
            Finding(
                "PSR-5206",
                f"No installed connector ships a format {name}.",
                field="format",
                value=name,
                expected=f'did you mean "{close[0]}"?' if close else f"one of {', '.join(formats) or 'no format'}",
                remedy="passerelle formats list; a file of your own is examined by: passerelle formats check FILE",
                who="integrator",
            )
        )
    return formats[name]


def examined(path: Path) -> tuple[FormatFacts, Sample]:
    """A format file of one's own, with what it makes of an example; ``ConfigurationFault`` with all that is wrong."""
    text = file_text(path)
    form = load_format(text, str(path))
    run, documents = example()
    writable = [d for d in documents if str(d.values[5]) in form.entry_types]
    return _facts(form, ""), _sample(form, run, writable)


def _sample(form: Format, run: RunRow, documents: list[Document]) -> Sample:
    """What the format makes of the example; characters of it that the format refuses are a remark, not a fault."""
    remarks: list[str] = []
    for tried in (documents, [_in_ascii(document) for document in documents], []):
        try:
            sample = sample_of(form, "an example", run, tried)
        except Refused as fault:
            if any(finding.code not in _OF_CHARACTERS for finding in fault.findings):
                raise
            remarks += [f'"{f.value}" of the example does not fit ({f.code}): {f.message}' for f in fault.findings]
        else:
            break
    sample.remarks.extend(dict.fromkeys(remarks))
    if remarks:
        sample.remarks.append(_SUCH_TEXTS)
    return sample


_OF_CHARACTERS = ("PSR-5102", "PSR-5103")
_SUCH_TEXTS = 'documents with such texts would be left out: fallback = "ascii" or `transliterate` writes them otherwise'


def _in_ascii(document: Document) -> Document:
    def plain(value: Any) -> Any:
        return anyascii(value) if isinstance(value, str) else value

    lines = [tuple(plain(value) for value in line) for line in document.lines]
    return Document(tuple(plain(value) for value in document.values), lines)


def example() -> tuple[RunRow, list[Document]]:
    """A made-up run with one expense report and one company-paid report."""
    run = ("FR01", "Exemple SAS", "552100554", "EUR", "accounting", 1, "2026-01-31")
    day = "2026-01-31"
    own = Document(
        (1, "NDF", day, day, "2026", "expense_report", "ND0001", "Mission à Lyon", "E001", "Ève Martin", 0),
        [
            (1, "expense", "625100", "625100", "", 10000, "", "20", 10000, day, "TAXI", "Taxi", "gare de Lyon",
             "", 0, "", (("cost_centre", 1, "MKT", 10000),)),
            (2, "vat", "445660", "445660", "", 2000, "D20", "20", 10000, day, "TAXI", "Taxi", "", "", 0, "", ()),
            (3, "employee", "421001", "421000", "EMP001", -12000, "", "", 0, day, "", "", "", "", 0, "", ()),
        ],
    )  # fmt: skip
    paid = Document(
        (2, "ACH", day, day, "2026", "company_paid", "ND0002", "Hôtel", "E001", "Ève Martin", 0),
        [
            (1, "expense", "625600", "625600", "", 9050, "", "", 0, day, "HOTEL", "Hôtel", "", "USD", 10000, "0.905",
             (("cost_centre", 1, "MKT", 9050),)),
            (2, "company", "512000", "512000", "", -9050, "", "", 0, day, "HOTEL", "Hôtel", "", "", 0, "", ()),
        ],
    )  # fmt: skip
    return run, [own, paid]


def _facts(form: Format, connector: str) -> FormatFacts:
    file = form.file
    settings = tuple(
        SettingFacts(
            name,
            s.type,
            str(s.default).lower() if s.type == "flag" else str(s.default),
            tuple(map(str, s.choices)),
            s.description,
        )
        for name, s in file.settings.items()
    )
    return FormatFacts(
        form.name, connector, file.title, file.layout, form.medium.encoding, file.entries.writes, settings,
        tuple(sorted(recoverable(form))), file.loses, " ".join(file.description.split()), file.source, form.text,
    )  # fmt: skip
