"""``passerelle errors``: the page of an error code, or a search through all of them."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from importlib.resources import files

import click

from passerelle.cli.answer import Answer, table
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.errors import Finding, UsageFault

_home = click.Group("errors")


@dataclass(frozen=True)
class ErrorPage:
    """What the catalogue says of one code; ``page`` is its text."""

    code: str
    title: str
    page: str


def pages() -> dict[str, ErrorPage]:
    """The catalogue, by code."""
    found: dict[str, ErrorPage] = {}
    for file in sorted(files("passerelle").joinpath("catalogue").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".md"):
            page = file.read_text(encoding="utf-8").strip()
            code, _, title = page.partition("\n")[0].removeprefix("# ").partition(": ")
            found[code] = ErrorPage(code, title, page)
    return found


@answering(_home, "errors", answer=list[ErrorPage])
@click.argument("code", required=False)
@click.option("--search", metavar="TEXT", help="Codes whose page speaks of this, for instance a message of the ERP.")
def command(session: Session, code: str | None, search: str | None) -> Answer:
    """Explain an error code, or find the code for a text; without either, list every code.

    For instance:  passerelle errors PSR-9001   or   passerelle errors --search "host key"
    """
    del session
    known = pages()
    if code is not None:
        page = _page(code, known)
        return Answer([page], page.page, next=f"passerelle errors {_related(page, known)}".rstrip())
    shown = _search(search, known) if search is not None else list(known.values())
    text = table(["code", "says"], [[page.code, page.title] for page in shown]) or f"No page speaks of {search!r}."
    return Answer(shown, text, next=f"passerelle errors {shown[0].code if shown else ''}".rstrip())


def _related(page: ErrorPage, known: dict[str, ErrorPage]) -> str:
    codes = re.findall(r"PSR-\d{4}", page.page.rpartition("## Related")[2])
    return next((code for code in codes if code in known and code != page.code), "")


def _page(code: str, known: dict[str, ErrorPage]) -> ErrorPage:
    wanted = code.upper() if code.upper().startswith("PSR-") else f"PSR-{code}"
    if wanted in known:
        return known[wanted]
    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.7)
    raise UsageFault(
        Finding(
            "PSR-9003",
            "There is no such error code.",
            field="CODE",
            value=code,
            expected=f"a code of the catalogue, as {' or '.join(near or ['PSR-9001'])}",
            remedy="passerelle errors (lists all), or passerelle errors --search TEXT",
        )
    )


def _search(wanted: str, known: dict[str, ErrorPage]) -> list[ErrorPage]:
    """Pages with the whole text, else those with all its words, else those with most of them."""
    words = set(re.findall(r"\w+", wanted.lower()))
    scores: dict[str, int] = {}
    for code, page in known.items():
        said = page.page.lower()
        scores[code] = len(words) + 1 if wanted.lower() in said else len(words & set(re.findall(r"\w+", said)))
    best = max(scores.values(), default=0)
    enough = best if best >= len(words) else max(best - 1, 1)
    return [known[code] for code in sorted(known, key=lambda code: -scores[code]) if scores[code] >= enough]
