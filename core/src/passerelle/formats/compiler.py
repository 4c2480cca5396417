"""Generates the function that writes documents: one f-string per record, made from the parsed tree alone.

No text of a format file, a setting or a row ever enters the generated source: constants and functions are bound by
name. What changes only from run to run is text by then; what changes with the document is rendered once per document;
neighbouring cells that read the same code or day are one look-up in a memory of what was rendered before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from passerelle.formats.cells import BranchWriter, CellWriter, Piece
from passerelle.formats.document import DocumentRow, LineRow
from passerelle.formats.language import KNOWN, LEVELS
from passerelle.formats.memory import MANY_VALUES, Memory
from passerelle.formats.quick import halves, quick_finish, worn
from passerelle.formats.rows import DOCUMENT_NAMES, LINE_NAMES, SECTION_NAMES, Values, unwritten
from passerelle.formats.shapes import Cell, Condition, Format, Shape
from passerelle.money import exponent

DocumentFunction: TypeAlias = Callable[[DocumentRow, Sequence[LineRow]], str]

_RUN, _DOCUMENT, _LINE = 0, 1, 2


@dataclass(slots=True)
class Segment:
    """A stretch of a record: constant text, a memory's answer, or an expression."""

    level: int
    text: str = ""
    names: tuple[str, ...] = ()  # of a memory's key
    parts: tuple[str | Cell, ...] = ()  # what the memory renders
    code: str = ""

    @property
    def is_text(self) -> bool:
        return not self.parts and not self.code


class Compiler:
    """One compilation: the names bound so far and the source so far."""

    def __init__(self, form: Format, run: Values) -> None:
        self.form = form
        self.run = run
        self.currency = str(run["entity_currency"])
        self.encoding = form.medium.encoding
        self.bound: dict[str, Any] = {"__builtins__": {}}
        self._names: dict[Any, str] = {}
        self._writers: dict[Cell, CellWriter] = {}
        self.prologue: list[str] = []
        self.source_text = ""
        self._hoisted: dict[str, str] = {}
        self._finishes: dict[int, Callable[[str], str]] = {}

    # --- names -------------------------------------------------------------------------------------------------------

    def bind(self, value: Any, prefix: str, key: Any = None) -> str:
        """The name under which the generated code finds ``value``; the same for the same ``key``."""
        known = (prefix, key if key is not None else id(value))
        if known not in self._names:
            name = f"{prefix}{len(self.bound)}"
            self.bound[name] = value
            self._names[known] = name
        return self._names[known]

    def text(self, constant: str) -> str:
        """A constant of the file, worn, by name."""
        return self.bind(worn(constant, self.encoding), "k", constant)

    def writer(self, cell: Cell) -> CellWriter:
        """The writer of a cell; equal cells share one."""
        if cell not in self._writers:
            self._writers[cell] = CellWriter(cell, self.form.medium, self.currency)
        return self._writers[cell]

    # --- cells -------------------------------------------------------------------------------------------------------

    def segment(self, cell: Cell, level: int) -> Segment:
        """How a cell of a record at ``level`` is written."""
        writer = self.writer(cell)
        names = self._varying(cell.names)
        if not names:
            return Segment(_RUN, writer.render(self.run))
        own = max(_level(name) for name in names)
        if self._is_memorable(names):
            return Segment(own, names=names, parts=(cell,))
        return Segment(own, code=self._choice(writer, min(own, level)))

    def _varying(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(name for name in names if name not in self.run))

    def _is_memorable(self, names: tuple[str, ...]) -> bool:
        return len(names) <= 2 and not MANY_VALUES & set(names)

    def _choice(self, writer: CellWriter, level: int) -> str:
        """A chain of conditional expressions over the cell's contents."""
        code = ""
        for branch in writer.branches:
            tests = " and ".join(self._test(condition) for condition in branch.branch.conditions)
            code += f"{self._content(branch, level)} if {tests} else " if tests else self._content(branch, level)
        if writer.branches[-1].branch.conditions:
            names = self._varying(writer.cell.names)
            render = self.bind(_refusing(writer, names, self.run), "r")  # never returns
            code += f"{render}(({', '.join(names)},))"
        return f"({code})"

    def _test(self, condition: Condition) -> str:
        name = condition.name
        if name in self.run:
            name = self.bind(self.run[name], "k", ("run", name))
        values = self.bind(condition.values, "s", condition.values)
        return f"{name} {'not in' if condition.negated else 'in'} {values}"

    def _content(self, branch: BranchWriter, level: int) -> str:
        names = self._varying(name for p in branch.pieces if isinstance(p, Piece) for name in p.names)
        if not names:
            return self.text(branch.finish(branch.content(self.run)))
        if self._is_memorable(names):
            memory = Memory(
                _rendering(names, self.run, lambda row: worn(branch.finish(branch.content(row)), self.encoding))
            )
            return f"{self.bind(memory, 'm')}[{_key(names)}]"
        code = self._amount(branch) or f"{self.bind(self._quick(branch), 'f', id(branch))}({self._composed(branch)})"
        if level > _DOCUMENT and max(_level(name) for name in names) == _DOCUMENT:
            return self._once(code)
        return code

    def _quick(self, branch: BranchWriter) -> Callable[[str], str]:
        if id(branch) not in self._finishes:
            self._finishes[id(branch)] = quick_finish(branch.finish)
        return self._finishes[id(branch)]

    def _amount(self, branch: BranchWriter) -> str:
        """An amount as two look-ups; empty where its cell is not that simple."""
        name, cell = branch.branch.variable, branch.finish.cell
        decimals = exponent(self.currency)
        if branch.branch.kind != "amount" or name == "original" or cell.decimals not in (None, decimals):
            return ""
        plus = halves(cell, self.form.medium, decimals, "")
        minus_sign = "-" if cell.form == "signed" else ""
        minus = halves(cell, self.form.medium, decimals, minus_sign)
        if plus is None or minus is None:
            return ""
        unit = 10**decimals
        fractions = self.bind(plus[1], "c", ("fractions", cell.mark, decimals))
        positive, negative = (
            f"{self.bind(Memory(part[0]), 'w', (cell, sign))}[{value} // {unit}] + {fractions}[{value} % {unit}]"
            for sign, part, value in (("", plus, name), (minus_sign, minus, f"-{name}"))
        )
        empty = self.text(branch.finish(cell.empty))
        code = {
            "debit": f"{positive} if {name} >= 0 else {empty}",
            "credit": f"{negative} if {name} <= 0 else {empty}",
        }.get(cell.form, f"{positive} if {name} >= 0 else {negative}")
        return f"({empty} if not {name} else {code})" if name == "base" else f"({code})"

    def _composed(self, branch: BranchWriter) -> str:
        parts = [self._piece(piece) for piece in branch.pieces]
        if len(parts) == 1:
            return parts[0]
        return "f'" + "".join(f"{{{part}}}" for part in parts) + "'"  # the other quotes are those of the record

    def _piece(self, piece: str | Piece) -> str:
        if isinstance(piece, str):
            return self.bind(piece, "t", piece)
        if all(name in self.run for name in piece.names):
            known = piece.form(*[self.run[name] for name in piece.names])
            return self.bind(known, "t", known)
        name = piece.names[0]
        if piece.form is str:
            return name if KNOWN[name].kind in ("text", "code") else f"{self.bind(str, 'str')}({name})"
        if self._is_memorable(piece.names):
            return f"{self.bind(Memory(piece.form), 'm')}[{name}]"
        arguments = ", ".join(self.bind(self.run[n], "k", ("run", n)) if n in self.run else n for n in piece.names)
        return f"{self.bind(piece.form, 'g')}({arguments})"

    def _once(self, code: str) -> str:
        """``code`` computed once per document."""
        if code in self._hoisted.values():
            return code
        if code not in self._hoisted:
            self._hoisted[code] = f"d{len(self._hoisted)}"
            self.prologue.append(f"{self._hoisted[code]} = {code}")
        return self._hoisted[code]

    # --- records -----------------------------------------------------------------------------------------------------

    def record(self, shape: Shape, level: int) -> str:
        """The expression that yields a record's text."""
        medium = self.form.medium
        tagged = medium.layout == "tagged"
        segments = [Segment(_RUN, shape.flag + medium.newline)] if shape.flag else []
        for number, cell in enumerate(shape.cells):
            if number:
                segments.append(Segment(_RUN, medium.newline if tagged else medium.delimiter))
            segments.append(self.segment(cell, level))
        segments.append(Segment(_RUN, medium.newline))
        codes = [self._code(segment) for segment in self._joined(segments, level)]
        return codes[0] if len(codes) == 1 else 'f"' + "".join(f"{{{code}}}" for code in codes) + '"'

    def _joined(self, segments: list[Segment], level: int) -> list[Segment]:
        """Neighbours made one: constants, what is known per document, memories with the same key."""
        texts = _merged(segments, lambda a, b: a.is_text and b.is_text, _concatenated)
        if level > _DOCUMENT:
            texts = [self._per_document(run) for run in _runs(texts)]
        return _merged(texts, _share_a_memory, _together)

    def _per_document(self, run: list[Segment]) -> Segment:
        if len(run) == 1 and (run[0].is_text or run[0].level > _DOCUMENT):
            return run[0]
        joined = _merged(run, _share_a_memory, _together)
        codes = [self._once(segment.code) if segment.code else self._code(segment) for segment in joined]
        if len(codes) == 1:
            return Segment(_DOCUMENT, code=self._once(codes[0]))
        return Segment(_DOCUMENT, code=self._once('f"' + "".join(f"{{{code}}}" for code in codes) + '"'))

    def _code(self, segment: Segment) -> str:
        if segment.code:
            return segment.code
        if segment.is_text:
            return self.text(segment.text)
        parts = [part if isinstance(part, str) else self.writer(part) for part in segment.parts]
        memory = Memory(
            _rendering(
                segment.names, self.run,
                lambda row: worn(
                    "".join(part if isinstance(part, str) else part.render(row) for part in parts), self.encoding
                ),
            )
        )  # fmt: skip
        return f"{self.bind(memory, 'm', (segment.names, segment.parts))}[{_key(segment.names)}]"

    # --- the function ------------------------------------------------------------------------------------------------

    def source(self) -> str:
        """The generated source of ``document(values, lines)``."""
        form = self.form
        by_shape: dict[tuple[Shape, Shape | None], list[str]] = {}
        for kind, shape in form.lines.items():
            by_shape.setdefault((shape, form.analytic.get(kind)), []).append(kind)
        body: list[str] = []
        for (shape, analytic), kinds in by_shape.items():
            test = f"kind in {self.bind(frozenset(kinds), 's', frozenset(kinds))}"
            body += [f"{'elif' if body else 'if'} {test}:", f"    add({self.record(shape, _LINE)})"]
            if analytic is not None:
                tests = " and ".join(self._test(condition) for condition in analytic.conditions) or "True"
                body += [
                    f"    for {', '.join(SECTION_NAMES)} in sections:",
                    f"        if {tests}:",
                    f"            add({self.record(analytic, _LINE + 1)})",
                ]
        omitted = frozenset(form.omitted)
        body += [f"elif kind not in {self.bind(omitted, 's', omitted)}:", f"    {self.bind(_refuse_kind, 'r')}(kind)"]
        types = form.entry_types
        refuse = self.bind(_refuse_type, "r")
        side = ['side = "debit" if amount > 0 else "credit"'] if "side" in " ".join([*body, *self.prologue]) else []
        return "\n".join(
            [
                "def document(values, lines):",
                f"    {', '.join(DOCUMENT_NAMES)} = values",
                f"    if entry_type not in {self.bind(types, 's', types)}:",
                f"        {refuse}(entry_type)",
                *(f"    {line}" for line in self.prologue),
                "    out = []",
                "    add = out.append",
                f"    for {', '.join(LINE_NAMES)}, sections in lines:",
                *(f"        {line}" for line in [*side, *body]),
                f"    return {self.text('')}.join(out)",
            ]
        )

    def function(self) -> DocumentFunction:
        """The compiled function; it raises ``CellFault`` when something does not fit."""
        self.source_text = self.source()
        exec(compile(self.source_text, f"<format {self.form.name}>", "exec"), self.bound)
        document: DocumentFunction = self.bound["document"]
        return document


def _level(name: str) -> int:
    return LEVELS.index(KNOWN[name].level)


def _key(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


def _rendering(names: tuple[str, ...], run: Values, render: Callable[[Values], str]) -> Callable[[Any], str]:
    """From a memory's key to the text that ``render`` makes of the values it stands for."""
    if len(names) == 1:
        return lambda key: render({**run, names[0]: key})
    return lambda key: render({**run, **dict(zip(names, key, strict=True))})


def _refusing(writer: CellWriter, names: tuple[str, ...], run: Values) -> Callable[[Any], str]:
    """What is called when no case holds: the cell's own refusal."""
    return lambda values: writer.render({**run, **dict(zip(names, values, strict=True))})


def _refuse_kind(kind: str) -> None:
    raise unwritten("line kind", kind, ())


def _refuse_type(entry_type: str) -> None:
    raise unwritten("entry type", entry_type, ())


def _merged(
    segments: list[Segment], test: Callable[[Segment, Segment], bool], join: Callable[[Segment, Segment], Segment]
) -> list[Segment]:
    merged: list[Segment] = []
    for segment in segments:
        if segment.is_text and not segment.text:
            continue
        if merged and test(merged[-1], segment):
            merged[-1] = join(merged[-1], segment)
        else:
            merged.append(segment)
    return merged


def _runs(segments: list[Segment]) -> list[list[Segment]]:
    """Stretches that are the same for a whole document (with the constants among them), and the others one by one."""
    runs: list[list[Segment]] = []
    for segment in segments:
        if runs and segment.level <= _DOCUMENT and all(other.level <= _DOCUMENT for other in runs[-1]):
            runs[-1].append(segment)
        else:
            runs.append([segment])
    return runs


def _concatenated(a: Segment, b: Segment) -> Segment:
    return Segment(_RUN, a.text + b.text)


def _share_a_memory(a: Segment, b: Segment) -> bool:
    return (bool(a.parts) and (b.is_text or a.names == b.names)) or (a.is_text and bool(b.parts))


def _together(a: Segment, b: Segment) -> Segment:
    own = a if a.parts else b
    parts = (*(a.parts or (a.text,)), *(b.parts or (b.text,)))
    return Segment(own.level, names=own.names, parts=parts)
