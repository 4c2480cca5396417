"""The catalogue of errors: every code in the sources has a page of the fixed shape, every page a code."""

from __future__ import annotations

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
