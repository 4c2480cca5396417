"""Plans: what `--expect` hashes, and how changes are counted."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from passerelle.plan import Change, content_hash, counts_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=6))
def test_the_hash_covers_content_and_not_its_order(content: dict[str, object]) -> None:
    backwards = dict(reversed(content.items()))
    assert content_hash(content) == content_hash(backwards)
    assert content_hash([content]) != content_hash([content, content])


def test_the_hash_is_twelve_digits_and_stays_the_same_across_versions() -> None:
    assert content_hash({"account": "625100", "name": "Déplacements"}) == "a8c6ceab14d5"
    assert content_hash({"day": date(2026, 3, 2)}) == content_hash({"day": "2026-03-02"})


def test_every_operation_is_counted_even_when_absent() -> None:
    changes = [Change("add", "account", "625100"), Change("add", "account", "625200"), Change("change", "entity", "FR")]
    assert counts_of(changes) == {"add": 2, "change": 1, "deactivate": 0, "left_out": 0}
