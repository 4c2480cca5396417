"""Reads a format file, lays a connection's settings and labels over it, and checks it whole.

All that is wrong is found at once, each with its place; a format that loads can be compiled, written, read and explained.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from passerelle.errors import ConfigurationFault
from passerelle.formats.faults import Faults, nearest
from passerelle.formats.language import (
    ENTRY_KINDS,
    KNOWN,
    LINE_KINDS,
    FieldSpec,
    FormatFile,
    RecordSpec,
    Scalar,
    Setting,
)
from passerelle.formats.resolve import Resolver
from passerelle.formats.shapes import Format, Medium, Shape, told_apart
from passerelle.masterdata.positions import Path, Source

Field = tuple[FieldSpec, Path]


def load_format(
    text: str,
    file_name: str = "format.toml",
    *,
    settings: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
    also_declared: Collection[str] = (),
) -> Format:
    """The format that ``text`` describes, under a connection's ``settings`` and ``labels``.

    ``also_declared`` names settings of the connector's other formats, which are no fault here. Raises
    ``ConfigurationFault`` with every finding; those about the file show where in ``file_name`` they are.
    """
    source = Source(text, file_name)
    faults = Faults(source)
    file = _parse(text, faults)
    if file is None:
        raise ConfigurationFault(faults.all())
    loader = _Loader(file, faults, settings or {}, labels or {}, also_declared)
    loaded = loader.load(text)
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
            if isinstance(option.get("additionalProperties"), dict):
                model = option["additionalProperties"]
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
        self.settings = self._settings(settings, also_declared)
        self.labels = self._labels(labels)

    def load(self, text: str) -> Format:
        """The format; of no use when faults were found."""
        file = self.file
        medium = self._medium()
        forms = tuple(self._fold(key, "") for key in ("date", "mark"))
        resolver = Resolver(self.faults, medium, self.settings, self.labels, (forms[0], forms[1]))
        records = file.records
        omitted = {omission.kind: omission.reason for omission in file.entries.omit}
        kinds = [k for k in LINE_KINDS if any(k in ENTRY_KINDS[t] for t in file.entries.writes) and k not in omitted]
        header = self._once(resolver, "header", records.header)
        lines = {kind: self._line(resolver, kind) for kind in kinds}
        analytic = self._analytic(resolver, kinds)
        trailer = self._once(resolver, "trailer", records.trailer)
        file_name = resolver.template(file.file_name, ("file_name",))
        loaded = Format(
            file, text, medium, self.settings, {kind: label for kind, (label, _) in self.labels.items()},
            header, lines, analytic, trailer, file_name, omitted,
        )  # fmt: skip
        self._check(loaded, resolver, kinds)
        return loaded

    # --- settings and labels -----------------------------------------------------------------------------------------

    def _settings(self, given: Mapping[str, Any], also_declared: Collection[str]) -> dict[str, Scalar]:
        declared = self.file.settings
        for name in sorted(set(given) - set(declared) - set(also_declared)):
            expected = nearest(name, {*declared, *also_declared})
            message = f"Format {self.file.name} has no setting {name}."
            self.faults.add_outside(
                "PSR-5011", message, f"settings.{name}", str(given[name]), expected, "correct the connection"
            )
        values: dict[str, Scalar] = {}
        for name, setting in declared.items():
            values[name] = setting.default
            if name in KNOWN:
                message = f"The setting {name} has the name of a variable."
                self.faults.add("PSR-5003", message, ("settings", name), key=True, value=name)
            if _accepted(setting, setting.default) is None:
                expected = _expected(setting)
                path = ("settings", name, "default")
                self.faults.add("PSR-5003", f"The default of {name} is no value of it.", path, expected=expected)
            if name in given:
                accepted = _accepted(setting, given[name])
                if accepted is None:
                    message = f"The setting {name} of format {self.file.name} has a wrong value."
                    written, expected = str(given[name]), _expected(setting)
                    self.faults.add_outside(
                        "PSR-5012", message, f"settings.{name}", written, expected, "correct the connection"
                    )
                else:
                    values[name] = accepted
        return values

    def _labels(self, given: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        for kind in sorted(set(given) - set(LINE_KINDS)):
            expected = nearest(kind, LINE_KINDS)
            message = f"There is no line kind {kind}."
            self.faults.add_outside(
                "PSR-5013", message, f"labels.{kind}", given[kind], expected, "correct the connection"
            )
        for kind in sorted(set(self.file.labels) - set(LINE_KINDS)):
            expected = nearest(kind, LINE_KINDS)
            message = f"There is no line kind {kind}."
            self.faults.add("PSR-5013", message, ("labels", kind), key=True, value=kind, expected=expected)
        shipped = {kind: (label, "the format's own") for kind, label in self.file.labels.items()}
        return shipped | {kind: (label, "the connection's") for kind, label in given.items() if kind in LINE_KINDS}

    def _fold(self, key: str, default: str | None) -> str:
        """The value of a top-level key in which settings may stand."""
        written = getattr(self.file, key)
        if written is None:
            return default or ""
        folder = Resolver(self.faults, _NO_MEDIUM, self.settings, {}, ("", ""))
        return folder.fold(written, (key,))

    def _medium(self) -> Medium:
        file = self.file
        encoding = self._encoding(self._fold("encoding", "utf-8"))
        newline = self._one_of("newline", self._fold("newline", "CRLF"), {"CRLF": "\r\n", "LF": "\n"})
        delimiter = self._fold("delimiter", "")
        delimiter = "\t" if delimiter == "TAB" else delimiter
        quote = self._fold("quote", "")
        for key, belongs in _OF_LAYOUT.items():
            if getattr(file, key) and file.layout != belongs:
                self.faults.add("PSR-5003", f"{key} is for layout {belongs}.", (key,), key=True)
        if file.layout == "delimited" and len(delimiter) != 1:
            self.faults.add(
                "PSR-5003",
                "A delimited layout needs a delimiter.",
                ("delimiter",),
                value=delimiter,
                expected="one character, or TAB",
            )
        if len(quote) > 1:
            self.faults.add("PSR-5003", "quote is one character.", ("quote",), value=quote)
        if file.layout == "fixed" and file.record_length is None:
            self.faults.add(
                "PSR-5003", "A fixed layout needs record_length.", ("layout",), expected="record_length = N"
            )
        for character in file.transliterate:
            if len(character) != 1:
                self.faults.add(
                    "PSR-5003",
                    "transliterate is by single characters.",
                    ("transliterate", character),
                    key=True,
                    value=character,
                )
        return Medium(
            file.layout, encoding, newline, delimiter, quote, file.quote_all, file.flag_prefix or "",
            file.transliterate, file.fallback, file.spreadsheet, file.record_length,
        )  # fmt: skip

    def _one_of(self, key: str, written: str, meanings: Mapping[str, str]) -> str:
        if written not in meanings:
            self.faults.add(
                "PSR-5003", f"{key} has a wrong value.", (key,), value=written, expected=" or ".join(meanings)
            )
        return meanings.get(written, "\n")

    def _encoding(self, written: str) -> str:
        try:
            codecs.lookup(written)
            if "".encode(written) and written.lower().replace("_", "-") != "utf-8-sig":
                raise LookupError
        except (LookupError, ValueError, TypeError):
            message = f"{written} is no encoding of text that can be written piece by piece."
            self.faults.add(
                "PSR-5003", message, ("encoding",), value=written, expected="utf-8, cp1252, cp850, latin-1 …"
            )
            return "utf-8"
        return written

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
        """``fields`` with those of ``others`` in the place of their namesakes; all of ``others`` where there are none."""
        new = {spec.name: (spec, (*path, "fields", number)) for number, spec in enumerate(others)}
        if not fields:
            return list(new.values())
        for name in sorted(set(new) - {spec.name for spec, _ in fields}):
            expected = nearest(name, (spec.name for spec, _ in fields))
            self.faults.add(
                "PSR-5003",
                f"There is no field {name} to replace.",
                (*new[name][1], "name"),
                value=name,
                expected=expected,
            )
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

    def _check(self, loaded: Format, resolver: Resolver, kinds: list[str]) -> None:
        for fault in (*self._cover(resolver, kinds), *self._measures(loaded)):
            self.faults.add(*fault)
        if loaded.analytic and loaded.medium.layout != "tagged" and told_apart(loaded) is None and not self.faults:
            message = "Nothing tells an analytic record from a line record when the file is read back."
            self.faults.add(
                "PSR-5015", message, ("records", "analytic"), expected="a cell at one place with constants that differ"
            )
        for name in self.file.order.documents:
            resolver.known(name, ("order", "documents"), 1)
        for name in self.file.merge.by if self.file.merge else ():
            resolver.known(name, ("merge", "by"), 2)
        for path, named in (
            (("order", "lines"), self.file.order.lines),
            (("merge", "kinds"), self.file.merge.kinds if self.file.merge else ()),
            (("entries", "omit"), [omission.kind for omission in self.file.entries.omit]),
            (("records", "line", "by_kind"), self.file.records.line.by_kind),
        ):
            for kind in sorted(set(named) - set(LINE_KINDS)):
                self.faults.add(
                    "PSR-5013", f"There is no line kind {kind}.", path, value=kind, expected=nearest(kind, LINE_KINDS)
                )

    def _cover(self, resolver: Resolver, kinds: list[str]) -> Iterator[tuple[str, str, Path]]:
        """Templates are complete per entry type, or absent."""
        for entry_type in self.file.entries.writes:
            for kind in ENTRY_KINDS[entry_type]:
                if kind not in kinds:
                    continue
                if not self._line_fields(kind):
                    lack = "fields"
                elif resolver.uses_label and kind not in self.labels:
                    lack = "a label"
                else:
                    continue
                yield (
                    "PSR-5014",
                    f"{entry_type} entries hold {kind} lines, for which the format has no {lack.removeprefix('a ')}.",
                    ("entries", "writes"),
                )

    def _measures(self, loaded: Format) -> Iterator[tuple[str, str, Path]]:
        """Records that are read back must have one length, or one number of cells."""
        medium = loaded.medium
        shapes = [("line", shape) for shape in loaded.lines.values()]
        shapes += [("analytic", shape) for shape in loaded.analytic.values()]
        for record, shape in (*shapes, ("header", loaded.header), ("trailer", loaded.trailer)):
            if shape is None:
                continue
            path: Path = ("records", record)
            if not shape.cells and not shape.flag:
                yield "PSR-5003", f"The {record} record has no field.", path
            if medium.layout == "fixed":
                yield from self._widths(record, shape, path)
            elif medium.layout == "tagged" and record in ("line", "analytic"):
                if not shape.flag.startswith(medium.flag_prefix or "\0"):
                    yield "PSR-5003", f"The {record} record needs a flag that starts with flag_prefix.", path
            elif medium.layout != "tagged" and shape.flag:
                yield "PSR-5003", "flag is for layout tagged.", (*path, "flag")
        sizes = {len(shape.cells) for _, shape in shapes}
        if medium.layout == "delimited" and len(sizes) > 1:
            yield "PSR-5009", "Line and analytic records differ in their number of cells.", ("records",)

    def _widths(self, record: str, shape: Shape, path: Path) -> Iterator[tuple[str, str, Path]]:
        once = record in ("header", "trailer")
        for cell in shape.cells[: -1 if once else None]:
            if cell.width is None:
                yield "PSR-5009", f"Field {cell.name} needs a width in a fixed layout.", path
        total = sum(cell.width or 0 for cell in shape.cells)
        if not once and total != self.file.record_length:
            yield (
                "PSR-5009",
                f"The widths of the {record} record add up to {total}, not to {self.file.record_length}.",
                path,
            )


_OF_LAYOUT = {
    "delimiter": "delimited", "quote": "delimited", "quote_all": "delimited", "header_row": "delimited",
    "record_length": "fixed", "flag_prefix": "tagged",
}  # fmt: skip
_NO_MEDIUM = Medium("", "utf-8", "", "", "", False, "", {}, "refuse", False, None)


def _fields(spec: RecordSpec, path: Path) -> list[Field]:
    return [(field, (*path, "fields", number)) for number, field in enumerate(spec.fields)]


def _accepted(setting: Setting, given: Any) -> Scalar | None:
    """The setting's value that ``given`` means; None when it means none."""
    if setting.type == "flag":
        return given if isinstance(given, bool) else None
    if isinstance(given, bool):
        return None
    if setting.type == "integer":
        return given if isinstance(given, int) else None
    if setting.type == "text":
        return given if isinstance(given, str) and given.isprintable() else None
    return next((choice for choice in setting.choices if str(choice) == str(given)), None)


def _expected(setting: Setting) -> str:
    if setting.type == "choice":
        return "one of " + ", ".join(str(choice) for choice in setting.choices)
    return {"flag": "true or false", "integer": "a whole number", "text": "one line of text"}[setting.type]
