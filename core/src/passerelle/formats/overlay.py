"""What a connection lays over a format file: values of settings, labels, and what they make of the medium."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Mapping
from typing import Any

from passerelle.formats.faults import Faults, nearest
from passerelle.formats.language import KNOWN, LINE_KINDS, FormatFile, Scalar, Setting
from passerelle.formats.shapes import Medium
from passerelle.formats.templates import Hole, parse_template

_REMEDY = "correct the connection"
_OF_LAYOUT = {
    "delimiter": "delimited",
    "quote": "delimited",
    "quote_all": "delimited",
    "header_row": "delimited",
    "record_length": "fixed",
    "flag_prefix": "tagged",
}


def lay_settings(
    file: FormatFile, faults: Faults, given: Mapping[str, Any], also_declared: Collection[str]
) -> dict[str, Scalar]:
    """The value of every declared setting: the connection's, else the default."""
    declared = file.settings
    for name in sorted(set(given) - set(declared) - set(also_declared)):
        expected = nearest(name, {*declared, *also_declared})
        message = f"Format {file.name} has no setting {name}."
        faults.add_outside("PSR-5011", message, f"settings.{name}", str(given[name]), expected, _REMEDY)
    values: dict[str, Scalar] = {}
    for name, setting in declared.items():
        values[name] = setting.default
        if name in KNOWN:
            message = f"The setting {name} has the name of a variable."
            faults.add("PSR-5003", message, ("settings", name), key=True, value=name, expected="another name")
        if _accepted(setting, setting.default) is None:
            path = ("settings", name, "default")
            faults.add("PSR-5003", f"The default of {name} is no value of it.", path, expected=_expected(setting))
        if name in given:
            accepted = _accepted(setting, given[name])
            values[name] = setting.default if accepted is None else accepted
            if accepted is None:
                message = f"The setting {name} of format {file.name} has a wrong value."
                written = str(given[name])
                faults.add_outside("PSR-5012", message, f"settings.{name}", written, _expected(setting), _REMEDY)
    return values


def lay_labels(file: FormatFile, faults: Faults, given: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The label template of each line kind, and whose it is."""
    message = "There is no line kind {}."
    for kind in sorted(set(given) - set(LINE_KINDS)):
        expected = nearest(kind, LINE_KINDS)
        faults.add_outside("PSR-5013", message.format(kind), f"labels.{kind}", given[kind], expected, _REMEDY)
    for kind in sorted(set(file.labels) - set(LINE_KINDS)):
        expected = nearest(kind, LINE_KINDS)
        faults.add("PSR-5013", message.format(kind), ("labels", kind), key=True, value=kind, expected=expected)
    faults.overlaid.update(kind for kind in given if kind in LINE_KINDS)
    shipped = {kind: (label, "the format's") for kind, label in file.labels.items()}
    return shipped | {kind: (label, "the connection's") for kind, label in given.items() if kind in LINE_KINDS}


class Folding:
    """Reads the keys of a format file in which settings may stand in braces."""

    def __init__(self, file: FormatFile, faults: Faults, settings: Mapping[str, Scalar]) -> None:
        self.file = file
        self.faults = faults
        self.settings = settings

    def folded(self, key: str) -> str:
        """The value of a top-level key; empty when it is absent."""
        written = getattr(self.file, key) or ""
        try:
            parts = parse_template(written)
        except ValueError as fault:
            self.faults.add("PSR-5004", f"The template is malformed: {fault}.", (key,), value=written)
            return ""
        text = ""
        for part in parts:
            if not isinstance(part, Hole):
                text += part
            elif part.name in self.settings:
                text += str(self.settings[part.name])
            else:
                expected = nearest(part.name, self.settings)
                self.faults.add("PSR-5005", f"{part.name} is no setting.", (key,), value=part.name, expected=expected)
        return text

    def medium(self) -> Medium:
        """What every cell of the file shares."""
        file, add = self.file, self.faults.add
        encoding, delimiter, quote = self._encoding(), self.folded("delimiter"), self.folded("quote")
        delimiter = "\t" if delimiter == "TAB" else delimiter
        newline = {"CRLF": "\r\n", "LF": "\n"}.get(self.folded("newline"), "")
        if not newline:
            written = self.folded("newline")
            add("PSR-5003", "newline has a wrong value.", ("newline",), value=written, expected="CRLF or LF")
        for key, layout in _OF_LAYOUT.items():
            if getattr(file, key) and file.layout != layout:
                add("PSR-5003", f"{key} is for layout {layout}.", (key,), key=True, value=key)
        if file.layout == "delimited" and len(delimiter) != 1:
            message = "A delimited layout needs a delimiter."
            add("PSR-5003", message, ("delimiter",), value=delimiter, expected="one character, or TAB")
        if len(quote) > 1 or (quote and quote == delimiter) or (file.quote_all and not quote):
            message = "quote has a wrong value."
            add("PSR-5003", message, ("quote",), value=quote, expected="one character that is not the delimiter")
        if file.layout == "fixed" and file.record_length is None:
            message = "A fixed layout needs record_length."
            add("PSR-5003", message, ("layout",), value="fixed", expected="record_length = N")
        if file.layout == "tagged" and not file.flag_prefix:
            message = "A tagged layout needs flag_prefix."
            add("PSR-5003", message, ("layout",), value="tagged", expected='flag_prefix = "#"')
        for character in file.transliterate:
            if len(character) != 1:
                message = "transliterate is by single characters."
                add("PSR-5003", message, ("transliterate", character), key=True, value=character)
        return Medium(
            file.layout, encoding.removesuffix("-sig"), "".encode(encoding), newline or "\n", delimiter, quote,
            file.quote_all, file.flag_prefix or "", file.transliterate, file.fallback, file.spreadsheet,
            file.record_length,
        )  # fmt: skip

    def _encoding(self) -> str:
        written = self.folded("encoding")
        try:
            name = codecs.lookup(written).name
            if "".encode(name) and name != "utf-8-sig":
                raise LookupError  # a mark at the head of each piece
        except (LookupError, ValueError, TypeError):
            message = f"{written} is no encoding of text that can be written piece by piece."
            expected = "utf-8, cp1252, cp850, latin-1 …"
            self.faults.add("PSR-5003", message, ("encoding",), value=written, expected=expected)
            return "utf-8"
        return name


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
