"""What the conformance suite walks through: every installed connector, each of its formats, each choice of a setting.

A case renders and reads the story by the very code that exports use: the projection, the writer, the reader, the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from passerelle.connector import Connector
from passerelle.exports.frozen import FrozenDocument
from passerelle.exports.proof import Proof, prove
from passerelle.formats.document import Document
from passerelle.formats.language import LINE_KINDS
from passerelle.formats.load import declared_settings
from passerelle.formats.reader import ReadRecord, read
from passerelle.formats.writer import Writer, compile_format, render
from passerelle.plugins import GROUP, discover
from passerelle.services.rendering import ArtifactPlan, Renderer
from passerelle.testing.story import AXES, RUN_DAY

_CHUNK = 1000
"""Small enough that the pieces in which a file is read cut through its records."""


@dataclass(frozen=True)
class Installed:
    """A connector and the entry point that offers it."""

    connector: Connector
    point: EntryPoint

    def __str__(self) -> str:
        return self.connector.name


@dataclass(frozen=True)
class Case:
    """One format of a connector under ``settings``; what they do not say has its default."""

    connector: Connector
    format: str
    settings: dict[str, Any] = field(default_factory=dict)
    currency: str = "EUR"
    entity: str = "FR"

    def __str__(self) -> str:
        words = [self.format, *(f"{name}={value}" for name, value in self.settings.items())]
        return " ".join(words + [self.currency] * (self.currency != "EUR"))

    @cached_property
    def renderer(self) -> Renderer:
        """The renderer of an export in this format; ``ConfigurationFault`` when the format does not load."""
        text = self.connector.formats[self.format]
        artifact = {
            "connection": "story", "connector": self.connector.name, "format": self.format, "text": text,
            "settings": self.settings, "declared": [], "labels": {}, "accounts": {}, "journals": {}, "sections": {},
            "axes": AXES,
        }  # fmt: skip
        run = {"definition": "story", "entity": self.entity, "entity_name": "Atelier Noé", "siren": "552100554"}
        run |= {"currency": self.currency, "run_day": RUN_DAY}
        return Renderer({**run, "kinds": LINE_KINDS, "destinations": [], "artifacts": [artifact]})

    @property
    def plan(self) -> ArtifactPlan:
        """The format with its settings, and its projection."""
        return self.renderer.plans[0]

    @property
    def run(self) -> tuple[str | int, ...]:
        """The values of the run variables."""
        return self.renderer.run_row(1)

    @cached_property
    def writer(self) -> Writer:
        """The compiled format."""
        return compile_format(self.plan.format, self.run)

    def project(self, frozen: Iterable[FrozenDocument]) -> list[Document]:
        """Those documents whose entry type the format writes, as it shows them."""
        return [self.plan.projection.project(document) for document in frozen if self.plan.writes(document)]

    def file(self, documents: Iterable[Document]) -> bytes:
        """The file."""
        return b"".join(render(self.writer, documents))

    def records(self, data: bytes) -> Iterator[ReadRecord]:
        """What reading the file finds."""
        chunks = (data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))
        return read(self.plan.format, chunks, currency=self.currency, year=int(RUN_DAY[:4]))

    def prove(self, documents: list[Document]) -> Proof:
        """Writes the documents, reads them back and compares; ``Defect`` at the first difference."""
        records = self.records(self.file(documents))
        return prove(self.plan.format, self.run, documents, records, str(self))


def installed(names: Iterable[str] = ()) -> list[Installed]:
    """Every usable connector with its entry point; only those of ``names`` when there are any."""
    wanted = set(names)
    found = [
        Installed(connector, point)
        for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)
        for connector in discover([point]).connectors.values()
    ]
    return [each for each in found if not wanted or each.connector.name in wanted]


def cases(connector: Connector) -> Iterator[Case]:
    """Each format with its defaults, and with every other choice of each setting that has a list of them."""
    for name, text in connector.formats.items():
        yield Case(connector, name)
        for setting, declared in declared_settings(text).items():
            choices = {"choice": declared.choices, "flag": (True, False)}.get(declared.type, ())
            for choice in choices:
                if str(choice) != str(declared.default):
                    yield Case(connector, name, {setting: choice})
