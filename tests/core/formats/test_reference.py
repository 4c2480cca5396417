"""The reference page says everything that the language has, and its example holds."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.core.formats.documents import SHIPPED

from passerelle.formats.language import KNOWN, LINE_KINDS, FieldSpec, FormatFile, RecordSpec, Setting
from passerelle.formats.load import load_format
from passerelle.formats.reference import page
from passerelle.masterdata.company import Connection

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_in_docs_is_the_one_that_the_models_give() -> None:
    assert (ROOT / "docs" / "formats.md").read_text(encoding="utf-8") == page(), "docs/formats.md is stale: make docs"


def test_every_key_variable_and_kind_is_on_the_page_with_its_meaning() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", page(), re.MULTILINE))
    for model in (FormatFile, RecordSpec, FieldSpec, Setting):
        assert set(model.model_fields) <= set(rows)
    assert set(KNOWN) <= set(rows)
    assert not [name for name, meaning in rows.items() if not meaning.strip()]
    assert all(f"`{kind}`" in page() for kind in LINE_KINDS)


def test_the_example_of_a_connection_is_one() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", page(), re.DOTALL)
    connection = Connection.model_validate(tomllib.loads(example)["connections"]["sage"])
    load_format(SHIPPED["sage100-flg"], settings=connection.settings, labels=connection.labels)
