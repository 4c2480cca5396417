"""A format as it stands for one connection: settings folded in, labels filled in, one shape per record and line kind.

``load`` makes these values; writer, reader and explain read nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from passerelle.formats.document import VariableKind
from passerelle.formats.language import FormatFile, Scalar
from passerelle.formats.templates import DayForm, Hole, Template

ContentKind = VariableKind | Literal["constant"]


@dataclass(frozen=True, slots=True)
class Medium:
    """What every cell of a file shares."""

    layout: str
    encoding: str
    byte_order_mark: bytes
    newline: str
    delimiter: str
    quote: str
    quote_all: bool
    flag_prefix: str
    table: Mapping[str, str]
    fallback: str
    spreadsheet: bool
    record_length: int | None


@dataclass(frozen=True, slots=True)
class Condition:
    """``name`` has (``negated``: has not) one of ``values``."""

    name: str
    values: frozenset[str | int]
    negated: bool = False

    def holds(self, row: Mapping[str, str | int]) -> bool:
        """Whether it does in ``row``."""
        return (row[self.name] in self.values) is not self.negated


@dataclass(frozen=True, slots=True)
class Branch:
    """One content of a cell and the conditions under which it is written; ``origin`` says whence it is.

    ``settings`` names those whose values were folded in.
    """

    conditions: tuple[Condition, ...]
    parts: Template
    kind: ContentKind
    mapping: tuple[tuple[str, str], ...] | None
    origin: str
    settings: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The variable that stands alone in it, else empty."""
        return self.parts[0].name if len(self.parts) == 1 and isinstance(self.parts[0], Hole) else ""

    @property
    def names(self) -> frozenset[str]:
        """The variables it reads, conditions included; an amount in its original currency reads that too."""
        read = {part.name for part in self.parts if isinstance(part, Hole)} | {c.name for c in self.conditions}
        return frozenset(read | ({"currency"} if "original" in read else set()))


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a record, ready to be written and read."""

    name: str
    title: str
    branches: tuple[Branch, ...]
    width: int | None
    align: Literal["left", "right"]
    pad: str
    upper: bool
    charset: frozenset[str] | None
    truncate: bool
    required: bool
    form: Literal["signed", "unsigned", "debit", "credit"]
    empty: str
    day_form: DayForm
    mark: str
    decimals: int | None

    @property
    def names(self) -> frozenset[str]:
        """The variables it reads."""
        return frozenset().union(*(branch.names for branch in self.branches))

    @property
    def constant(self) -> str | None:
        """Its text where that never changes, before width and quotes."""
        only = self.branches[0]
        if len(self.branches) > 1 or only.conditions or any(isinstance(part, Hole) for part in only.parts):
            return None
        return "".join(part for part in only.parts if isinstance(part, str))


@dataclass(frozen=True, slots=True)
class Shape:
    """A record: its flag, its cells in order, and for an analytic record the conditions under which it is written."""

    record: Literal["header", "line", "analytic", "trailer"]
    flag: str
    cells: tuple[Cell, ...]
    conditions: tuple[Condition, ...] = ()

    @property
    def height(self) -> int:
        """How many lines it takes in the file, in a tagged layout: the flag's and one per cell; else see ``Format``."""
        return len(self.cells) + bool(self.flag)


@dataclass(frozen=True, slots=True)
class Format:
    """A checked format with a connection's settings and labels laid over it."""

    file: FormatFile
    text: str
    medium: Medium
    settings: Mapping[str, Scalar]
    labels: Mapping[str, str]
    header: Shape | None
    lines: Mapping[str, Shape]
    analytic: Mapping[str, Shape]
    trailer: Shape | None
    file_name: Template
    omitted: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name by which an export definition calls it."""
        return self.file.name

    @property
    def entry_types(self) -> frozenset[str]:
        """The entry types that leave in it."""
        return frozenset(self.file.entries.writes)

    @property
    def document_order(self) -> tuple[str, ...]:
        """The document variables by which documents are sorted."""
        return self.file.order.documents

    @property
    def line_order(self) -> tuple[str, ...]:
        """Line kinds in the order in which they stand in a document."""
        return self.file.order.lines

    def height(self, shape: Shape) -> int:
        """How many lines of the file ``shape`` takes."""
        return shape.height if self.medium.layout == "tagged" else 1


def told_apart(form: Format) -> tuple[int, frozenset[str]] | None:
    """The cell that tells analytic records from line records, and what it says in them; None when none does."""
    lines, analytic = list(form.lines.values()), list(form.analytic.values())
    for number in range(min(len(shape.cells) for shape in (*lines, *analytic))):
        if form.medium.layout == "fixed" and len({_start(shape, number) for shape in (*lines, *analytic)}) > 1:
            continue
        said = [_possible(shape.cells[number]) for shape in analytic]
        others = [_possible(shape.cells[number]) for shape in lines]
        here = frozenset().union(*(texts for texts in said if texts is not None))
        there = frozenset().union(*(texts for texts in others if texts is not None))
        if None not in said and None not in others and not here & there:
            return number, here
    return None


def _start(shape: Shape, number: int) -> tuple[int, int | None]:
    return sum(cell.width or 0 for cell in shape.cells[:number]), shape.cells[number].width


def _possible(cell: Cell) -> frozenset[str] | None:
    """Every text that a cell may hold, stripped; None when that is open."""
    texts: set[str] = set()
    for branch in cell.branches:
        if branch.mapping is not None:
            texts.update(text for _, text in branch.mapping)
        elif any(isinstance(part, Hole) for part in branch.parts):
            return None
        else:
            texts.add("".join(map(str, branch.parts)))
    return frozenset(text.strip() for text in texts)
