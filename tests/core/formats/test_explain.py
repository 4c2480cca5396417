"""Where a cell came from: for each line of a file the record that holds it and the story of its cells."""

from __future__ import annotations

import pytest
from tests.core.formats.documents import REFERENCE, RUN, SHIPPED, document, line, rendered
from tests.core.formats.zoo import ZOO

from passerelle.errors import Refused
from passerelle.formats.explain import explain
from passerelle.formats.load import load_format

FORMATS = {name: load_format(text) for name, text in {**SHIPPED, **ZOO}.items()}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_line_of_a_file_is_explained_by_the_text_that_stands_there(name: str) -> None:
    form = FORMATS[name]
    content = (
        rendered(form, REFERENCE, REFERENCE).decode(form.medium.encoding).lstrip("\ufeff").split(form.medium.newline)
    )
    assert content.pop() == ""
    for number, text in enumerate(content, 1):
        trace = explain(form, RUN, iter([REFERENCE, REFERENCE]), number)
        assert trace.first_line <= number <= trace.last_line
        if trace.focus is not None:
            assert trace.cells[trace.focus].text == text
        elif form.medium.layout != "tagged":
            assert trace.text == text
    with pytest.raises(Refused) as refusal:
        explain(form, RUN, [REFERENCE, REFERENCE], len(content) + 1)
    assert refusal.value.findings[0].expected == f"1 to {len(content)}"


def test_a_label_tells_its_template_its_variables_and_whose_it_is() -> None:
    form = load_format(SHIPPED["sage100-pnm"], labels={"expense": "{type_name} du {day:DD/MM} {comment}"})
    wanted = document(line(1, "expense", "625100", 500, type_name="Taxi", comment="œuvre\nd’art à la gare de Lyon"))
    trace = explain(form, RUN, [wanted], 2)
    label = next(cell for cell in trace.cells if cell.field == "label")
    assert (trace.record, trace.piece, trace.report, trace.line) == ("line", "1", "ND0001", "1")
    assert label.position == "52-76"
    assert label.text == "Taxi du 31/01 oeuvre d'ar"
    assert label.origin == 'label of expense: "{type_name} du {day:DD/MM} {comment}" (the connection\'s)'
    assert label.variables == {"type_name": "Taxi", "day": "2026-01-31", "comment": "œuvre\nd’art à la gare de Lyon"}
    assert label.content == "Taxi du 31/01 œuvre\nd’art à la gare de Lyon"
    assert [step.split(" ")[0] for step in label.steps] == ["written", "cut"]


def test_a_case_an_amount_and_a_padded_cell_tell_how_they_came() -> None:
    trace = explain(FORMATS["sage100-pnm"], RUN, [REFERENCE], 5)
    cells = {cell.field: cell for cell in trace.cells}
    assert (cells["line_type"].text, cells["line_type"].origin) == ("X", "case 2: constant")
    assert cells["piece_type"].origin == 'template "{piece_type}", setting piece_type = OD'
    assert cells["reference"].origin == "case 1: variable report, setting reference = report"
    assert (cells["side"].text, cells["side"].variables) == ("C", {"side": "credit"})
    assert (cells["amount"].content, cells["amount"].steps) == ("120.00", ("padded to 20 characters",))
    assert cells["amount"].variables == {"amount": "-120.00 EUR"}
    assert cells["piece"].text == "0000001"


def test_a_tagged_line_points_at_its_one_cell_and_a_flag_at_none() -> None:
    trace = explain(FORMATS["sage100-flg"], RUN, [REFERENCE], 22)
    assert (trace.first_line, trace.last_line, trace.focus) == (4, 43, 17)
    assert trace.cells[17].title == "Montant"
    assert explain(FORMATS["sage100-flg"], RUN, [REFERENCE], 4).focus is None
    assert explain(FORMATS["sage100-flg"], RUN, [REFERENCE], 2).cells[1].text == "#VER 31"
    assert explain(FORMATS["generic-csv"], RUN, [REFERENCE], 1).record == "titles"
