"""The catalogue of errors: every code in the sources has a page of the fixed shape, every page a code."""

from __future__ import annotations

import ast
import functools
import itertools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "core" / "src" / "passerelle" / "catalogue"
SOURCES = [p for place in ("core/src", "plugins") for p in sorted((ROOT / place).rglob("*.py"))]
CODE = re.compile(r"PSR-\d{4}")
LITERAL = re.compile(r"""["'](PSR-\d{4})(?=["':])""")
PAGES = sorted(CATALOGUE.glob("*.md"))
SECTIONS = ["Message", "Example", "Cause", "Fix", "Related"]


def codes_used() -> dict[str, str]:
    """The codes that sources raise, each with a file that does."""
    return {code: path.name for path in SOURCES for code in LITERAL.findall(path.read_text(encoding="utf-8"))}


def test_every_code_has_a_page() -> None:
    missing = {code: file for code, file in codes_used().items() if not (CATALOGUE / f"{code}.md").exists()}
    assert not missing, f"write core/src/passerelle/catalogue/CODE.md for {missing}"


def test_codes_were_found_at_all() -> None:
    assert {"PSR-9001", "PSR-9002", "PSR-9900"} <= set(codes_used())


def test_every_page_has_a_code() -> None:
    used = codes_used()
    idle = [page.stem for page in PAGES if page.stem not in used and "\nRetired" not in page.read_text()]
    assert not idle, "no source uses these codes: delete the page, or say in a line 'Retired' why it is kept"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_has_the_shape_that_people_know(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.fullmatch(r"# PSR-\d{4}: \S.*", text.partition("\n")[0]), "first line: # PSR-nnnn: Title"
    assert text.startswith(f"# {page.stem}: ")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == SECTIONS
    parts = dict(zip(SECTIONS, re.split(r"^## .*$", text, flags=re.MULTILINE)[1:], strict=True))
    assert all(part.strip() for part in parts.values()), "an empty section"
    assert re.search(r"^1\. ", parts["Fix"], re.MULTILINE), "Fix: numbered steps"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_points_to_pages_that_exist(page: Path) -> None:
    related = page.read_text(encoding="utf-8").partition("## Related")[2]
    assert not [code for code in CODE.findall(related) if not (CATALOGUE / f"{code}.md").exists()]


def _pattern(node: ast.expr) -> str | None:
    """A regular expression for the sentences that an expression can make; None when it is not written here."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_pattern(part) or ".+" for part in node.values)
    if isinstance(node, ast.BinOp):
        return (_pattern(node.left) or ".*") + (_pattern(node.right) or ".*")
    if isinstance(node, ast.IfExp):
        either = [_pattern(node.body) or ".+", _pattern(node.orelse) or ".+"]
        return f"(?:{'|'.join(either)})"
    return None


@functools.cache
def messages() -> dict[str, list[str]]:
    """The sentences that stand right behind their code in a call, as patterns; codes told otherwise are absent."""
    found: dict[str, list[str]] = {}
    calls: dict[str, int] = {}
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            for argument, following in itertools.pairwise(given):
                if isinstance(argument, ast.Call):
                    continue
                pattern = _pattern(following)
                for constant in ast.walk(argument):
                    if isinstance(constant, ast.Constant) and CODE.fullmatch(str(constant.value)) and pattern:
                        found.setdefault(str(constant.value), []).append(pattern)
        for code in LITERAL.findall(path.read_text(encoding="utf-8")):
            calls[code] = calls.get(code, 0) + 1
    return {code: patterns for code, patterns in found.items() if len(patterns) == calls[code]}


def test_most_messages_are_written_beside_their_code() -> None:
    assert len(messages()) > 0.7 * len(PAGES)


@pytest.mark.parametrize("code", sorted(messages()))
def test_the_page_shows_a_message_that_is_really_printed(code: str) -> None:
    example = (CATALOGUE / f"{code}.md").read_text(encoding="utf-8").partition("## Example")[2].partition("## Cause")[0]
    shown = re.findall(rf"{code}: (.+)", example)
    assert shown, f"the example shows no line `{code}: …`"
    assert any(re.search(pattern, line) for line in shown for pattern in messages()[code]), shown
