"""Reads a format file, lays a connection's settings and labels over it, and checks it whole.

All that is wrong is found at once, each with its place; what loads can be compiled, written, read and explained.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from passerelle.errors import ConfigurationFault
from passerelle.formats.checks import check
from passerelle.formats.faults import Faults, nearest
from passerelle.formats.language import (
    LINE_KINDS,
    FieldSpec,
    FormatFile,
    RecordSpec,
    Setting,
)
from passerelle.formats.overlay import Folding, lay_labels, lay_settings
from passerelle.formats.resolve import Resolver
from passerelle.formats.shapes import Format, Shape
from passerelle.ledger.line import ENTRY_TYPE_KINDS
from passerelle.masterdata.positions import Path, Source

Field = tuple[FieldSpec, Path]


def load_format(
    text: str,
    file_name: str = "format.toml",
    *,
    settings: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
    also_declared: Collection[str] = (),
    kinds: Collection[str] = LINE_KINDS,
) -> Format:
    """The format that ``text`` describes, under a connection's ``settings`` and ``labels``.

    ``also_declared`` names settings of the connector's other formats, which are no fault here; ``kinds`` are the line
    kinds that there are: those of its time, for a format that an export was frozen with. Raises
    ``ConfigurationFault`` with every finding; those about the file show where in ``file_name`` they are.
    """
    source = Source(text, file_name)
    faults = Faults(source)
    file = _parse(text, faults)
    if file is None:
        raise ConfigurationFault(faults.all())
    loader = _Loader(file, faults, settings or {}, labels or {}, also_declared)
    loaded = loader.load(text, kinds)
    if faults:
        raise ConfigurationFault(faults.all())
    return loaded


def declared_settings(text: str) -> dict[str, Setting]:
    """The settings that a format file declares; none when it cannot be read."""
    file = _parse(text, Faults(Source(text, "")))
    return dict(file.settings) if file is not None else {}


def _parse(text: str, faults: Faults) -> FormatFile | None:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"^(.*) \(at line (\d+), column (\d+)\)$", str(fault))
        faults.add_at(
            "PSR-5001", found[1] if found else str(fault), *(map(int, found.groups()[1:]) if found else (1, 0))
        )
        return None
    try:
        return FormatFile.model_validate(values)
    except ValidationError as fault:
        for error in fault.errors(include_url=False):
            path = tuple(step for step in error["loc"] if not str(step).startswith(("function-", "tagged-")))
            _describe(faults, error["type"], error["msg"], path, error.get("input"))
        return None


def _describe(faults: Faults, kind: str, message: str, path: Path, given: object) -> None:
    """One complaint of pydantic as a finding that suggests what was meant."""
    if kind == "extra_forbidden":
        expected = nearest(str(path[-1]), _keys_at(path[:-1]))
        faults.add("PSR-5002", f"Unknown key {path[-1]}.", path, key=True, value=str(path[-1]), expected=expected)
    elif kind == "missing":
        faults.add("PSR-5003", f"The key {path[-1]} is missing.", path, expected=f"a value for {path[-1]}")
    else:
        shown = given if isinstance(given, str | int) else ""
        faults.add(
            "PSR-5003",
            f"{path[-1] if path else 'The file'} has a wrong value.",
            path,
            value=str(shown),
            expected=message,
        )


def _keys_at(path: Path) -> list[str]:
    """The keys that the language knows at a place of a format file."""
    model: Any = FormatFile.model_json_schema()
    definitions = model["$defs"]
    for step in path:
        options = [model, *model.get("anyOf", [])]
        for option in options:
            if "properties" in option and step in option["properties"]:
                model = option["properties"][step]
                break
            of_any_name = [option.get("additionalProperties"), *option.get("patternProperties", {}).values()]
            if any(isinstance(value, dict) for value in of_any_name):
                model = next(value for value in of_any_name if isinstance(value, dict))
                break
            if "items" in option:
                model = option["items"]
                break
        refs = [model, *model.get("anyOf", [])]
        reference = next((option["$ref"] for option in refs if "$ref" in option), None)
        model = definitions[reference.rpartition("/")[2]] if reference else model
    return list(model.get("properties", []))


class _Loader:
    """One loading: the file, the overlay, and what was found wrong."""

    def __init__(
        self,
        file: FormatFile,
        faults: Faults,
        settings: Mapping[str, Any],
        labels: Mapping[str, str],
        also_declared: Collection[str],
    ) -> None:
        self.file = file
        self.faults = faults
        self.settings = lay_settings(file, faults, settings, also_declared)
        self.labels = lay_labels(file, faults, labels)

    def load(self, text: str, known: Collection[str]) -> Format:
        """The format; of no use when faults were found."""
        file = self.file
        folding = Folding(file, self.faults, self.settings)
        medium = folding.medium()
        forms = (folding.folded("date"), folding.folded("mark"))
        resolver = Resolver(self.faults, medium, self.settings, self.labels, forms)
        records = file.records
        omitted = {omission.kind: omission.reason for omission in file.entries.omit}
        written = [kind for kind in LINE_KINDS if any(kind in ENTRY_TYPE_KINDS[t] for t in file.entries.writes)]
        kinds = [kind for kind in written if kind in known and kind not in omitted]
        header = self._once(resolver, "header", records.header)
        lines = {kind: self._line(resolver, kind) for kind in kinds}
        analytic = self._analytic(resolver, kinds)
        trailer = self._once(resolver, "trailer", records.trailer)
        file_name = resolver.template(file.file_name, ("file_name",))
        loaded = Format(
            file, text, medium, self.settings, {kind: label for kind, (label, _) in self.labels.items()},
            header, lines, analytic, trailer, file_name, omitted,
        )  # fmt: skip
        check(loaded, resolver, {kind: bool(self._line_fields(kind)) for kind in kinds})
        return loaded

    # --- records -----------------------------------------------------------------------------------------------------

    def _once(self, resolver: Resolver, record: Any, spec: RecordSpec | None) -> Shape | None:
        if spec is None or not resolver.chosen(spec.only, ("records", record, "only")):
            return None
        return resolver.shape(record, spec, _fields(spec, ("records", record)), "")

    def _line_fields(self, kind: str) -> list[Field]:
        spec = self.file.records.line
        path: Path = ("records", "line")
        fields = _fields(spec, path)
        variant = spec.by_kind.get(kind)
        if variant is None:
            return fields
        return self._replaced(fields, list(variant.fields), (*path, "by_kind", kind))

    def _replaced(self, fields: list[Field], others: list[FieldSpec], path: Path) -> list[Field]:
        """``fields`` with those of ``others`` in the place of their namesakes; just ``others`` where there are none."""
        new = {spec.name: (spec, (*path, "fields", number)) for number, spec in enumerate(others)}
        if not fields:
            return list(new.values())
        for name in sorted(set(new) - {spec.name for spec, _ in fields}):
            expected = nearest(name, (spec.name for spec, _ in fields))
            at = (*new[name][1], "name")
            self.faults.add("PSR-5003", f"There is no field {name} to replace.", at, value=name, expected=expected)
        return [new.get(spec.name, (spec, at)) for spec, at in fields]

    def _line(self, resolver: Resolver, kind: str) -> Shape:
        return resolver.shape("line", self.file.records.line, self._line_fields(kind), kind)

    def _analytic(self, resolver: Resolver, kinds: list[str]) -> dict[str, Shape]:
        spec = self.file.records.analytic
        path: Path = ("records", "analytic")
        if spec is None or not resolver.chosen(spec.only, (*path, "only")):
            return {}
        shapes = {}
        for kind in kinds:
            fields = _fields(spec, path)
            if spec.like == "line":
                fields = self._replaced(self._line_fields(kind), list(spec.fields), path)
            shapes[kind] = resolver.shape("analytic", spec, fields, kind)
        return shapes


def _fields(spec: RecordSpec, path: Path) -> list[Field]:
    return [(field, (*path, "fields", number)) for number, field in enumerate(spec.fields)]
