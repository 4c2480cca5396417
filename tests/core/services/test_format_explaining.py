"""A line of an exported file is explained from what was frozen, whatever the configuration says today."""

from __future__ import annotations

from typing import Any

import pytest

from passerelle.errors import Refused
from passerelle.services.format_explaining import explain_line

from .an_export import House, meal, train


@pytest.fixture
def files(house: House, tmp_path: Any) -> list[Any]:
    """The three files of one export, copied away under other names."""
    house.send("A", train(8640, comment="Lyon"), meal(5500))
    house.create()
    copies = []
    rows = house.rows("SELECT sha256 FROM artifact ORDER BY position")
    for number, (sha256,) in enumerate(rows):
        copy = tmp_path / f"copy{number}"
        copy.write_bytes(house.artifacts.path(sha256).read_bytes())
        copies.append(copy)
    return copies


def test_every_line_is_explained_after_the_labels_have_changed(house: House, files: list[Any]) -> None:
    house.change("connections", "sage", labels={"expense": "autre"})
    for copy, encoding in zip(files, ("cp850", "cp1252", "utf-8"), strict=True):
        texts = copy.read_bytes().decode(encoding).split("\r\n")[:-1]
        for number, text in enumerate(texts, 1):
            artifact, trace = explain_line(house.database, copy, number)
            shown = trace.text if trace.focus is None else trace.cells[trace.focus].text
            assert shown.split("\r\n")[number - trace.first_line if trace.focus is None else 0] == text
    assert artifact.format == "generic-csv"
    _, trace = explain_line(house.database, files[1], 2)
    label = next(cell for cell in trace.cells if cell.field == "label")
    assert (label.text.rstrip(), label.variables) == ("Train Lyon", {"type_name": "Train", "comment": "Lyon"})


def test_a_file_that_was_changed_or_is_shorter_is_refused(house: House, files: list[Any]) -> None:
    with pytest.raises(Refused) as refused:
        explain_line(house.database, files[0], 10_000)
    assert refused.value.findings[0].code == "PSR-5205"
    files[0].write_bytes(files[0].read_bytes().replace(b"\r\n", b"\n"))
    with pytest.raises(Refused) as refused:
        explain_line(house.database, files[0], 1)
    assert refused.value.findings[0].code == "PSR-5207"
