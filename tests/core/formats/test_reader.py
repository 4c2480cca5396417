"""What is read back: everything that the format can tell, and nothing that is not exactly as the format says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.formats.documents import REFERENCE, RUN, SHIPPED, documents, rendered, shipped
from tests.core.formats.zoo import ZOO

from passerelle.errors import Refused
from passerelle.formats.document import Document
from passerelle.formats.load import load_format
from passerelle.formats.reader import ReadRecord, read
from passerelle.formats.recovery import expected
from passerelle.formats.shapes import Format
from passerelle.formats.writer import compile_format

FORMATS = {name: load_format(text) for name, text in {**SHIPPED, **ZOO}.items()}
WRITERS = {name: compile_format(form, RUN) for name, form in FORMATS.items()}


def records(form: Format, content: bytes, piece: int = 1 << 16) -> list[ReadRecord]:
    chunks = [content[at : at + piece] for at in range(0, len(content), piece)]
    return list(read(form, chunks, currency="EUR", year=2026))


@given(st.sampled_from(sorted(FORMATS)), st.lists(documents(), max_size=3), st.integers(1, 400))
def test_reading_gives_back_every_value_that_the_format_can_tell(name: str, wanted: list[Document], piece: int) -> None:
    form = FORMATS[name]
    fitting = [d for d in wanted if WRITERS[name].document(d, []) is not None]
    found = records(form, rendered(form, *fitting), piece)
    told = [(r.record, r.values) for r in found if r.record in ("line", "analytic")]
    assert told == [value for d in fitting for value in expected(form, RUN, d)]
    around = [r.record for r in found if r.record not in ("line", "analytic")]
    assert around == ["header"] * (form.header is not None) + ["trailer"] * (form.trailer is not None)


@given(st.sampled_from(sorted(ZOO)), documents())
def test_the_compiled_function_writes_what_the_cells_say_one_by_one(name: str, wanted: Document) -> None:
    slow, wrong = WRITERS[name].careful(wanted)
    found: list[object] = []
    quick = WRITERS[name].document(wanted, found)  # type: ignore[arg-type]
    assert found == wrong
    assert quick == (None if wrong else slow.encode(FORMATS[name].medium.encoding))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_positions_cells_and_values_of_the_reference_entry(name: str) -> None:
    form = FORMATS[name]
    found = records(form, rendered(form, REFERENCE))
    assert [r.position for r in found] == sorted({r.position for r in found})
    content = rendered(form, REFERENCE).decode(form.medium.encoding).split(form.medium.newline)
    for record in found:
        shape = getattr(form, record.record) if record.record in ("header", "trailer") else None
        if form.medium.layout == "tagged" and shape is None:
            assert content[record.position - 1].startswith(form.medium.flag_prefix)
        assert (
            list(record.cells) == [cell.name for cell in (shape or form.lines["expense"]).cells]
            or record.record == "analytic"
        )


def test_amounts_come_back_signed_from_each_form() -> None:
    for name in ("sage100-pnm", "sage100-flg", "generic-csv", "quoted", "unquoted", "columns", "flagged"):
        found = [r for r in records(FORMATS[name], rendered(FORMATS[name], REFERENCE)) if r.record == "line"]
        assert [r.values["amount"] for r in found] == [10000, 2000, -12000], name


def test_the_header_tells_whose_file_it_is() -> None:
    found = records(FORMATS["sage100-flg"], rendered(FORMATS["sage100-flg"], REFERENCE))
    assert (found[0].record, found[0].values["entity_currency"]) == ("header", "EUR")
    assert (found[-1].record, found[-1].cells) == ("trailer", {})
    found = records(FORMATS["quoted"], rendered(FORMATS["quoted"], REFERENCE))
    assert found[0].values == {"entity": "FR01", "run_day": "2026-01-31"}
    assert found[-1].values == {"record_count": 3, "debit_total": 12000}


def faulty(name: str, old: bytes, new: bytes) -> Refused:
    form = FORMATS[name]
    content = rendered(form, REFERENCE)
    assert old in content, "the fault must be made"
    with pytest.raises(Refused) as refusal:
        records(form, content.replace(old, new, 1))
    return refusal.value


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "line"),
    [
        ("sage100-pnm", b"Taxi ", b"Taxi", "PSR-5202", 2),
        ("sage100-pnm", b"\r\n", b"\n", "PSR-5201", 1),
        ("sage100-pnm", b"100.00N", b"1O0.00N", "PSR-5203", 2),
        ("sage100-pnm", b"100.00N", b"100,00N", "PSR-5203", 2),
        ("sage100-pnm", b"100.00N", b"100.00A", "PSR-5204", 2),
        ("sage100-pnm", b"NDF310126", b"NDF310226", "PSR-5203", 2),
        ("sage100-pnm", b"     D    ", b"     X    ", "PSR-5203", 2),
        ("sage100-flg", b"#MECG\r\n", b"#MECH\r\n", "PSR-5202", 4),
        ("sage100-flg", b"Taxi\r\n", b"", "PSR-5204", 16),
        ("sage100-flg", b"100,00", b"100,0", "PSR-5203", 22),
        ("sage100-flg", b"0,000000", b"0,000001", "PSR-5204", 18),
        ("sage100-flg", b"#FIN\r\n", b"", "PSR-5204", 129),
        ("sage100-flg", b"#FIN\r\n", b"#FIN\r\n#MECG\r\n", "PSR-5202", 130),
        ("sage100-flg", b"#DEV EUR", b"#DOV EUR", "PSR-5203", 3),
        ("generic-csv", b"record;", b"rekord;", "PSR-5204", 1),
        ("generic-csv", b"line;NDF", b"lime;NDF", "PSR-5204", 2),
        ("generic-csv", b";Taxi;", b";Ta;xi;", "PSR-5202", 2),
        ("generic-csv", b";Taxi;", b';"Taxi;', "PSR-5202", 2),
        ("generic-csv", b";Taxi;", b';"Ta"xi;', "PSR-5202", 2),
        ("generic-csv", b"Taxi;100.00", b"Taxi;100.0", "PSR-5203", 2),
        ("generic-csv", b";Taxi;", b";Ta\xffi;", "PSR-5201", 1),
        ("unquoted", b"10000", b"10000\xb2", "PSR-5203", 2),
        ("columns", b"000000003\n", b"", "PSR-5203", 5),
        ("flagged", b"!END", b"!ENDE", "PSR-5202", 26),
    ],
)
def test_what_is_not_as_the_format_says_is_refused_at_its_line(
    name: str, old: bytes, new: bytes, code: str, line: int
) -> None:
    finding = faulty(name, old, new).findings[0]
    assert (finding.code, finding.place and finding.place.line) == (code, line)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_file_that_breaks_off_is_refused(name: str) -> None:
    form = FORMATS[name]
    content = rendered(form, REFERENCE)
    for cut in (1, 3, len(content) // 2):
        with pytest.raises(Refused):
            records(form, content[:-cut])


def test_days_of_two_digit_years_are_near_the_year_of_the_caller() -> None:
    form = shipped("sage100-pnm")
    content = rendered(form, REFERENCE)
    days = {
        year: next(r for r in read(form, [content], currency="EUR", year=year) if r.record == "line").values[
            "posting_day"
        ]
        for year in (1960, 1999, 2026, 2075)
    }
    assert days == {1960: "1926-01-31", 1999: "2026-01-31", 2026: "2026-01-31", 2075: "2026-01-31"}
