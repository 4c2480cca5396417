"""The quick way through a cell gives what the long way gives, in the bytes of the file."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from tests.core.formats.documents import SHIPPED, words
from tests.core.formats.zoo import ZOO

from passerelle.formats.cells import BranchWriter, CellFault
from passerelle.formats.load import load_format
from passerelle.formats.quick import quick_finish, worn

FORMS = [load_format(text) for text in (*SHIPPED.values(), *ZOO.values())]
BRANCHES = [
    BranchWriter(branch, cell, form.medium, "EUR")
    for form in FORMS
    for shape in (*form.lines.values(), *form.analytic.values())
    for cell in shape.cells
    for branch in cell.branches
    if branch.kind != "constant"
]
QUICK = [(branch.finish, quick_finish(branch.finish)) for branch in BRANCHES]


@given(st.sampled_from(range(len(QUICK))), st.one_of(words, st.from_regex(r"[A-Za-z0-9é ]{0,40}", fullmatch=True)))
def test_both_ways_give_the_same_bytes_or_the_same_refusal(number: int, content: str) -> None:
    finisher, quick = QUICK[number]
    assert outcome(quick, content) == outcome(lambda text: worn(finisher(text), finisher.medium.encoding), content)


def outcome(finish: Callable[[str], str], content: str) -> str:
    """The text, or the code of the refusal."""
    try:
        return finish(content)
    except CellFault as fault:
        return fault.code


@given(st.text(st.characters(codec="cp850")))
def test_worn_text_is_the_bytes(text: str) -> None:
    assert worn(text, "cp850").encode("latin-1") == text.encode("cp850")
    assert worn(text, "utf-8").encode("latin-1") == text.encode("utf-8")
