"""Where each key and value of a TOML text stands, so that a fault can be shown with a caret.

``tomllib`` gives values without positions and tree-sitter positions without values; both read the same text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from passerelle.errors import Place

Path: TypeAlias = tuple[str | int, ...]

# keys whose value may be a secret; a reference is shown, anything else never is
_SECRET = re.compile(
    r"""((?:password|passwd|passphrase|private_key|secret|token)["']?\s*=\s*)
        (?!(?:"(?:env:[A-Za-z_]\w*|file:[^"]+)"|'(?:env:[A-Za-z_]\w*|file:[^']+)')\s*(?:[,}\#]|$))
        ("(?:\\.|[^"\\])*"(?=\s*(?:[,}\#]|$))|'[^']*'(?=\s*(?:[,}\#]|$))|\S.*$)""",
    re.VERBOSE | re.IGNORECASE,
)
_MASK = '"***"'


class Span(NamedTuple):
    """A piece of one line: line and column count from 1, in characters."""

    line: int
    column: int
    length: int


class Standing(NamedTuple):
    """Where a key stands and where its value does; a table's value is its header's last key."""

    key: Span
    value: Span


class Source:
    """A TOML text whose keys can be found by path: ``("employees", "E1", "entity")``, list items by index."""

    def __init__(self, text: str, file_name: str) -> None:
        self._lines = text.split("\n")
        self._file = file_name
        self._bytes = [line.encode() for line in self._lines]
        self._places: dict[Path, Standing] = {}
        self._arrays: dict[Path, int] = {}
        self._read = False

    def at(self, path: Path, *, key: bool = False) -> Place:
        """The place of the value at ``path`` (of its key when ``key``), or of the nearest table around it."""
        if not self._read:
            self._read = True
            tree = Parser(Language(tree_sitter_toml.language())).parse("\n".join(self._lines).encode())
            self._document(tree.root_node)
        for end in range(len(path), 0, -1):
            standing = self._places.get(path[:end])
            if standing is not None:
                span = standing.key if key or end < len(path) else standing.value
                return self.place(*span, hide_after=key and path[:1] == ("destinations",))
        return self.place(1, 0, 1)

    def place(self, line: int, column: int, length: int, *, hide_after: bool = False) -> Place:
        """A place with its line as written, secrets masked; ``hide_after`` masks all that follows the span."""
        text = self._lines[line - 1].rstrip("\r").replace("\t", " ") if 0 < line <= len(self._lines) else ""
        if hide_after and column and "=" in text[column - 1 + length :]:
            before, _, _ = text[column - 1 + length :].partition("=")
            text = text[: column - 1 + length] + before + "= " + _MASK
        for found in reversed(list(_SECRET.finditer(text))):
            start, end = found.span(2)
            text = text[:start] + _MASK + text[end:]
            if column - 1 >= end:
                column += len(_MASK) - (end - start)
            elif column - 1 >= start:
                column, length = start + 1, len(_MASK)
        return Place(self._file, line, column, text.rstrip(), max(1, length))

    def _document(self, root: Node) -> None:
        for node in root.children:
            if node.type == "pair":
                self._pair((), node)
            elif node.type in ("table", "table_array_element"):
                self._table(node)

    def _table(self, node: Node) -> None:
        header = next((child for child in node.children if child.type in _KEYS), None)
        if header is None:
            return
        path: Path = ()
        keys = list(_keys(header))
        for number, key in enumerate(keys):
            path = (*path, _name(key))
            span = self._span(key)
            self._places.setdefault(path, Standing(span, span))
            if number == len(keys) - 1 and node.type == "table_array_element":
                self._arrays[path] = self._arrays.get(path, -1) + 1
            if path in self._arrays:
                path = (*path, self._arrays[path])
                self._places.setdefault(path, Standing(span, span))
        for child in node.children:
            if child.type == "pair":
                self._pair(path, child)

    def _pair(self, path: Path, node: Node) -> None:
        header = node.children[0]
        if header.type not in _KEYS or len(node.children) < 3:
            return
        value = node.children[2]  # key, equals sign, value; a comment may follow
        for key in _keys(header):
            path = (*path, _name(key))
            span = self._span(key)
            self._places.setdefault(path, Standing(span, span))
        self._places[path] = Standing(self._places[path].key, self._span(value))
        self._value(path, value)

    def _value(self, path: Path, node: Node) -> None:
        if node.type == "inline_table":
            for child in node.children:
                if child.type == "pair":
                    self._pair(path, child)
        elif node.type == "array":
            items = [child for child in node.children if child.is_named and child.type != "comment"]
            for number, item in enumerate(items):
                span = self._span(item)
                self._places[*path, number] = Standing(span, span)
                self._value((*path, number), item)

    def _span(self, node: Node) -> Span:
        row, start = node.start_point
        end_row, end = node.end_point
        line = self._bytes[row]
        piece = line[start:end] if end_row == row else line[start:].rstrip()
        return Span(row + 1, len(line[:start].decode(errors="replace")) + 1, len(piece.decode(errors="replace")))


_KEYS = ("bare_key", "quoted_key", "dotted_key")


def _keys(node: Node) -> Iterator[Node]:
    if node.type == "dotted_key":
        for child in node.children:
            yield from _keys(child)
    elif node.type in _KEYS:
        yield node


def _name(key: Node) -> str:
    written = (key.text or b"").decode()
    if key.type == "bare_key":
        return written
    if written.startswith("'"):
        return written[1:-1]
    return next(iter(tomllib.loads(f"{written} = 0")))  # its escapes, read by the one who knows them
