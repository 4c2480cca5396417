"""From the models of a format file to shapes: settings folded, conditions decided, every field checked in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from passerelle.formats.cells import CellFault, Finisher
from passerelle.formats.faults import Faults, nearest
from passerelle.formats.language import (
    KNOWN,
    LEVELS,
    TOTALS,
    Conditions,
    Content,
    FieldSpec,
    RecordSpec,
    Scalar,
)
from passerelle.formats.shapes import Branch, Cell, Condition, ContentKind, Medium, Shape
from passerelle.formats.templates import DayForm, Hole, Template, check_picture, parse_charset, parse_template
from passerelle.masterdata.positions import Path

RecordName = Literal["header", "line", "analytic", "trailer"]
_LEVEL = {"header": 0, "line": 2, "analytic": 3, "trailer": 0}


class Resolver:
    """Turns fields into cells; ``kind`` is the line kind for which it does, empty outside lines."""

    def __init__(
        self,
        faults: Faults,
        medium: Medium,
        settings: Mapping[str, Scalar],
        labels: Mapping[str, tuple[str, str]],
        forms: tuple[str, str],
    ) -> None:
        self.faults = faults
        self.medium = medium
        self.settings = settings
        self.labels = labels  # kind -> template, origin
        self.day_form, self.mark = forms
        self.broken = False  # a field could not be resolved, so that positions mean nothing
        self.labelled: set[str] = set()  # line kinds whose fields use the variable label

    def fold(self, written: str, path: Path) -> str:
        """A text in which settings alone may stand, with their values in."""
        parts = self.template(written, path, settings_only=True)
        return "".join(part for part in parts if isinstance(part, str))

    def template(self, written: str, path: Path, *, level: int = 0, settings_only: bool = False) -> Template:
        """``written`` parsed, its settings replaced by their values and its variables checked."""
        try:
            parts = parse_template(written)
        except ValueError as fault:
            self.faults.add("PSR-5004", f"The template is malformed: {fault}.", path, value=written)
            return ()
        filled: list[str | Hole] = []
        for part in parts:
            if isinstance(part, Hole) and part.name in self.settings:
                filled.append(str(self.settings[part.name]))
            elif isinstance(part, str):
                filled.append(part)
            elif not settings_only and self.known(part.name, path, level):
                try:
                    check_picture(part)
                    filled.append(part)
                except ValueError as fault:
                    at = f"{{{part.name}:{part.picture}}}"
                    self.faults.add("PSR-5004", f"The template is malformed: {fault}.", path, value=at)
            elif settings_only:
                expected = nearest(part.name, self.settings)
                self.faults.add("PSR-5005", f"{part.name} is no setting.", path, value=part.name, expected=expected)
        return _joined(filled)

    def known(self, name: str, path: Path, level: int, *, totals: bool = False) -> bool:
        """Whether variable ``name`` exists and is known at ``level``; a fault when not."""
        if name not in KNOWN:
            expected = nearest(name, [*KNOWN, *self.settings])
            self.faults.add("PSR-5005", f"{name} is no variable and no setting.", path, value=name, expected=expected)
            return False
        own = LEVELS.index(KNOWN[name].level)
        if own > level or (name in TOTALS and not self._in_trailer(path)):
            where = "in a trailer" if name in TOTALS else f"per {KNOWN[name].level}"
            expected = nearest("", [n for n in KNOWN if LEVELS.index(KNOWN[n].level) <= level and n not in TOTALS])
            self.faults.add("PSR-5006", f"{name} is known {where} only.", path, value=name, expected=expected)
            return False
        return True

    @staticmethod
    def _in_trailer(path: Path) -> bool:
        return path[:2] == ("records", "trailer")

    def chosen(self, only: Conditions, path: Path) -> bool:
        """Whether the settings are those under which something exists."""
        holds = True
        for name, wanted in only.items():
            if name not in self.settings:
                expected = nearest(name, self.settings)
                self.faults.add(
                    "PSR-5005", f"{name} is no setting.", (*path, name), key=True, value=name, expected=expected
                )
            else:
                holds &= str(self.settings[name]) in {str(value) for value in _values(wanted)}
        return holds

    def conditions(self, content: object, path: Path, level: int, kind: str) -> tuple[Condition, ...] | None:
        """The conditions left once settings and the line kind are known; None where they cannot hold."""
        left: list[Condition] = []
        for key, negated in (("when", False), ("unless", True)):
            given: Conditions = getattr(content, key, {})
            for name, wanted in given.items():
                values = frozenset(_values(wanted))
                decided = self.settings.get(name, kind if name == "kind" and kind else None)
                if decided is not None:
                    if (str(decided) in {str(value) for value in values}) is negated:
                        return None
                elif self.known(name, (*path, key, name), level):
                    if KNOWN[name].kind not in ("integer", "amount"):
                        values = frozenset(str(value) for value in values)
                    left.append(Condition(name, values, negated))
        return tuple(left)

    def shape(self, record: RecordName, spec: RecordSpec, fields: list[tuple[FieldSpec, Path]], kind: str) -> Shape:
        """A record for one line kind."""
        path: Path = ("records", record)
        cells: list[Cell] = []
        for field, at in fields:
            if not self.chosen(field.only, (*at, "only")):
                continue
            if field.name in {cell.name for cell in cells}:
                self.faults.add("PSR-5003", f"Two fields are named {field.name}.", (*at, "name"), value=field.name)
            cell = self.cell(field, at, _LEVEL[record], kind)
            if cell is None:
                self.broken = True
                continue
            if not self.broken:
                self._position(field, cell, cells, at)
            cells.append(cell)
        conditions = self.conditions(spec, path, 3, kind) if record == "analytic" else ()
        return Shape(record, spec.flag or "", tuple(cells), conditions if conditions is not None else (_NEVER,))

    def cell(self, spec: FieldSpec, path: Path, level: int, kind: str) -> Cell | None:
        """One field; None when it is too wrong to go on with."""
        branches = tuple(self._branches(spec, path, level, kind))
        if not branches:
            return None
        try:
            charset = parse_charset(spec.charset) if spec.charset is not None else None
        except ValueError as fault:
            self.faults.add("PSR-5003", f"charset: {fault}.", (*path, "charset"), value=spec.charset or "")
            charset = None
        date = self.fold(spec.date, (*path, "date")) if spec.date is not None else self.day_form
        try:
            day_form = DayForm(date)
        except ValueError as fault:
            self.faults.add("PSR-5003", f"date: {fault}.", (*path, "date") if spec.date else ("date",), value=date)
            day_form = DayForm("YYYY-MM-DD")
        kinds = {branch.kind for branch in branches}
        number = bool(kinds & {"amount", "integer"}) and not kinds & {"text", "code"}
        cell = Cell(
            spec.name, spec.title or spec.name, branches, spec.width,
            spec.align or ("right" if number else "left"),
            spec.pad or (" " if self.medium.layout == "fixed" and spec.width else ""),
            spec.upper, charset, spec.overflow == "truncate", spec.required, spec.form or "signed",
            self.fold(spec.empty, (*path, "empty")), day_form,
            self.fold(spec.mark, (*path, "mark")) if spec.mark is not None else self.mark, spec.decimals,
        )  # fmt: skip
        self._suits(spec, cell, kinds, path)
        return cell

    def _suits(self, spec: FieldSpec, cell: Cell, kinds: set[ContentKind], path: Path) -> None:
        """Forms that say nothing about what the cell holds are faults: they would mislead the reader of the file."""
        names = {KNOWN[name].kind for name in cell.names}
        for key, wanted in (("form", "amount"), ("decimals", "amount"), ("mark", "amount"), ("date", "day")):
            if getattr(spec, key) is not None and wanted not in names:
                self.faults.add(
                    "PSR-5007", f"{key} is for cells with a{'n'[: wanted == 'amount']} {wanted}.", (*path, key)
                )
        if spec.overflow == "truncate" and not kinds & {"text", "code", "constant"}:
            self.faults.add("PSR-5007", "A number or a day is never cut.", (*path, "overflow"), value="truncate")
        if spec.overflow == "truncate" and spec.width is None:
            self.faults.add("PSR-5007", "overflow needs a width.", (*path, "overflow"), value="truncate")
        if spec.pad is not None and spec.width is None:
            self.faults.add("PSR-5007", "pad needs a width.", (*path, "pad"), value=spec.pad)
        constants = [text for branch in cell.branches if (text := _constant(branch)) is not None]
        for text in [*constants, cell.empty]:
            if cell.width is not None and len(text) > cell.width and not cell.truncate:
                self.faults.add("PSR-5008", f"The constant is longer than the cell ({cell.width}).", path, value=text)
            try:
                text.encode(self.medium.encoding)
            except UnicodeEncodeError:
                self.faults.add("PSR-5008", f"{self.medium.encoding} cannot hold the constant.", path, value=text)
        for branch in cell.branches:
            self._settings_suit(branch, cell)

    def _settings_suit(self, branch: Branch, cell: Cell) -> None:
        """A setting that the cell could hold in no document is a fault of who chose it, not of every document."""
        bare = replace(cell, required=False, pad="", width=cell.width and max(cell.width - _least(branch), 0))
        for name in branch.settings if not self.faults else ():
            value = str(self.settings[name])
            try:
                Finisher(bare, branch.kind, self.medium, self.medium.flag_prefix)(value.strip(" "))
            except CellFault as fault:
                message = f"The setting {name} has a value that field {cell.name} can never hold. {fault.message}"
                remedy = "correct the connection"
                self.faults.add_outside("PSR-5012", message, f"settings.{name}", value, fault.expected, remedy)

    def _position(self, field: FieldSpec, cell: Cell, before: list[Cell], path: Path) -> None:
        """Checks ``at`` against where the cell really comes to stand."""
        fixed = self.medium.layout == "fixed"
        stands = 1 + (sum(other.width or 0 for other in before) if fixed else len(before))
        if field.at is not None and field.at != stands:
            what = "column" if fixed else "number"
            message = f"{field.name} comes to stand at {what} {stands}, not at {field.at}."
            self.faults.add("PSR-5009", message, (*path, "at"), value=str(field.at), expected=str(stands))

    def _branches(self, spec: FieldSpec, path: Path, level: int, kind: str) -> Iterator[Branch]:
        sources = [key for key in _CONTENTS if getattr(spec, key) is not None] + ["cases"] * bool(spec.cases)
        if len(sources) != 1:
            said = " and ".join(sources) or "nothing"
            message = f"Field {spec.name} says its content by {said}."
            self.faults.add("PSR-5010", message, path, expected="exactly one of const, var, text, cases")
            return
        if not spec.cases:
            yield self._branch(spec, (), path, level, kind, "")
            return
        for number, case in enumerate(spec.cases):
            at = (*path, "cases", number)
            if sum(getattr(case, key) is not None for key in _CONTENTS) != 1:
                message = f"Case {number + 1} of field {spec.name} needs a content."
                self.faults.add("PSR-5010", message, at, expected="exactly one of const, var, text")
                continue
            if not case.when and not case.unless and number < len(spec.cases) - 1:
                message = f"The cases after case {number + 1} of field {spec.name} are never reached."
                self.faults.add("PSR-5010", message, at, expected="a condition, or no case after it")
            conditions = self.conditions(case, at, level, kind)
            if conditions is not None:
                yield self._branch(case, conditions, at, level, kind, f"case {number + 1}")
                if not conditions:
                    return

    def _branch(
        self, content: Content, conditions: tuple[Condition, ...], path: Path, level: int, kind: str, origin: str
    ) -> Branch:
        mapping = tuple(content.map.items()) if content.map is not None else None
        if content.map is not None and content.var is None:
            self.faults.add("PSR-5007", "map is for cells with var.", (*path, "map"))
        where = f"{origin}: " if origin else ""
        if content.const is not None:
            return Branch(conditions, (content.const,), "constant", None, f"{where}constant{self._chosen_by(content)}")
        key = "var" if content.var is not None else "text"
        written = f"{{{content.var}}}" if content.var is not None else content.text or ""
        parts = self.template(written, (*path, key), level=level)
        if not any(isinstance(part, Hole) and part.name == "label" for part in parts):
            said = f"variable {content.var}" if content.var is not None else f'template "{written}"'
            whence = f"{where}{said}{self._chosen_by(content, written)}"
            folded = tuple(name for name in self.settings if f"{{{name}}}" in written)
            return Branch(conditions, parts, _kind(parts, alone=key == "var"), mapping, whence, folded)
        self.labelled.add(kind)
        label, whose = self.labels.get(kind, ("", "no label"))
        filled = self.template(label, ("labels", kind), level=2)
        if any(isinstance(part, Hole) and part.name == "label" for part in filled):
            self.faults.add("PSR-5005", "A label cannot hold a label.", ("labels", kind), value="label")
            filled = ()
        merged: list[str | Hole] = []
        for part in parts:
            merged.extend(filled if isinstance(part, Hole) and part.name == "label" else (part,))
        whence = f'{where}label of {kind}: "{label}" ({whose}){self._chosen_by(content, label)}'
        return Branch(conditions, _joined(merged), "text", mapping, whence)

    def _chosen_by(self, content: Content, written: str = "") -> str:
        """The settings that decided a content, for explain."""
        used = {name for key in ("when", "unless") for name in getattr(content, key, {})}
        used |= {name for name in self.settings if f"{{{name}}}" in written}
        return "".join(f", setting {name} = {self.settings[name]}" for name in sorted(used & set(self.settings)))


def _least(branch: Branch) -> int:
    """Characters that the numbers in a content take at least."""
    holes = [part for part in branch.parts if isinstance(part, Hole)]
    return sum(max(1, len(hole.picture)) for hole in holes if KNOWN[hole.name].kind == "integer")


_NEVER = Condition("kind", frozenset())
_CONTENTS = ("const", "var", "text")


def _values(wanted: Scalar | tuple[Scalar, ...]) -> tuple[str | int, ...]:
    return wanted if isinstance(wanted, tuple) else (wanted,)


def _joined(parts: list[str | Hole]) -> Template:
    joined: list[str | Hole] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined)


def _constant(branch: Branch) -> str | None:
    return "".join(map(str, branch.parts)) if branch.kind == "constant" else None


def _kind(parts: Template, *, alone: bool) -> ContentKind:
    """What a content yields: a variable alone its own kind, a template around one code a code, any other a text."""
    kinds = [KNOWN[part.name].kind for part in parts if isinstance(part, Hole)]
    if alone and kinds:
        return kinds[0]
    return "code" if len(kinds) == 1 and kinds[0] in ("code", "integer", "day") else "text"
