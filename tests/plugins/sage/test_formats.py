"""Sage 100 files: equal to the worked examples of the reference, kept as golden files, read by independent readers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.formats.documents import REFERENCE, RUN, document, documents, findings, line, rendered, shipped
from tests.readers import Piece, sage_flg, sage_pnm

from passerelle.formats.document import Document
from passerelle.formats.load import load_format
from passerelle.formats.reader import read
from passerelle.formats.writer import compile_format, file_name
from passerelle_sage import SAGE

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests" / "golden" / "sage"
LABELS = {"employee": "Note de frais {report}"}

COMPANY_PAID = document(
    line(1, "expense", "625600", 9050, type_name="Hôtel", comment="« Œuvre » à 10 €", currency="USD", original=10000,
         rate="0.905", sections=(("cc", 1, "MKT", 5050), ("cc", 1, "RND", 4000), ("project", 2, "P1", 9050),
                                 ("site", 0, "LYON", 9050))),
    line(2, "vat", "445660", -310, type_name="Hôtel", tax_code="d20", base=-1550, vat_rate="20"),
    line(3, "company", "512000", -8740, type_name="Hôtel"),
    piece=2, report="ND0002", entry_type="company_paid",
)  # fmt: skip


PARTLY_COVERED = document(
    line(1, "expense", "625600", 8182, type_name="Hôtel", tax_code="N10", base=8182, vat_rate="10",
         sections=(("cc", 1, "MKT", 8182),)),
    line(2, "vat", "445660", 818, type_name="Hôtel", tax_code="N10", base=8182, vat_rate="10"),
    line(3, "advance.account", "425000", 3000, type_name="Hôtel"),
    line(4, "company", "512000", -12000, type_name="Hôtel"),
    piece=3, report="ND0003", entry_type="company_paid",
)  # fmt: skip
KEPT = (REFERENCE, COMPANY_PAID, PARTLY_COVERED)


def flg(**settings: object) -> bytes:
    form = load_format(SAGE.formats["sage100-flg"], settings=settings, labels=LABELS)
    return rendered(form, REFERENCE, COMPANY_PAID)


@pytest.mark.parametrize(
    ("name", "sample", "settings"),
    [
        ("sage100-flg", "sage100_flg_ver31.txt", {"piece_from": "report"}),
        ("sage100-pnm", "sage100_pnm.pnm", {}),
    ],
)
def test_the_worked_example_of_the_reference_comes_out_byte_for_byte(
    shared_data: Path, name: str, sample: str, settings: dict[str, object]
) -> None:
    form = load_format(SAGE.formats[name], settings=settings, labels=LABELS if name == "sage100-flg" else {})
    assert rendered(form, REFERENCE) == (shared_data / "samples" / "sage" / "derived" / sample).read_bytes()


@pytest.mark.parametrize("version", [14, 25, 31])
def test_flag_files_are_as_kept(version: int) -> None:
    form = load_format(SAGE.formats["sage100-flg"], settings={"version": version}, labels=LABELS)
    assert rendered(form, *KEPT) == (GOLDEN / f"sage100-flg-{version}.txt").read_bytes()


def test_the_fixed_file_is_as_kept() -> None:
    assert rendered(shipped("sage100-pnm"), *KEPT) == (GOLDEN / "sage100-pnm.pnm").read_bytes()


@pytest.mark.parametrize("path", sorted(GOLDEN.iterdir()), ids=lambda path: path.name)
def test_kept_files_pass_the_readers_written_from_the_reference_page(path: Path) -> None:
    pieces = (sage_pnm if path.suffix == ".pnm" else sage_flg).read(path.read_bytes())
    assert [(len(piece.lines), sum(one.minor for one in piece.lines if one.side == "D")) for piece in pieces] == [
        (3, 12000),
        (3, 9050),
        (4, 12000),
    ]


@pytest.mark.parametrize(
    ("version", "count", "blank"), [(14, 37, (35, 36, 37)), (25, 39, (36, 37, 39)), (31, 39, (36, 37, 39))]
)
def test_each_version_has_its_number_of_fields(version: int, count: int, blank: tuple[int, ...]) -> None:
    lines = flg(version=version).decode("cp850").split("\r\n")
    assert lines[1] == f"#VER {version}"
    starts = [n for n, text in enumerate(lines) if text == "#MECG"]
    fields = lines[starts[1] + 1 : starts[2]]
    assert len(fields) == count
    assert all(fields[number - 1] == "" for number in blank)


def test_analytics_follow_their_line_and_leave_out_axes_without_plan() -> None:
    lines = flg().decode("cp850").split("\r\n")
    at = [n for n, text in enumerate(lines) if text == "#MECA"]
    assert [lines[n + 1 : n + 5] for n in at] == [
        ["1", "MKT", "100,00", "0,00"],
        ["1", "MKT", "50,50", "0,00"],
        ["1", "RND", "40,00", "0,00"],
        ["2", "P1", "90,50", "0,00"],
    ]
    assert b"#MECA" not in flg(analytics=False)
    assert b"LYON" not in flg()


def test_a_refund_flips_the_side_and_keeps_the_amount_positive() -> None:
    values = [r.values for r in read(shipped("sage100-flg"), [flg()], currency="EUR", year=2026) if r.record == "line"]
    assert [(v["side"], v["amount"]) for v in values] == [
        ("debit", 10000), ("debit", 2000), ("credit", -12000), ("debit", 9050), ("credit", -310), ("credit", -8740),
    ]  # fmt: skip
    assert [v["tax_code"] for v in values] == ["", "", "", "", "D20", ""]


def test_what_a_version_does_not_take_is_refused() -> None:
    writer = compile_format(shipped("sage100-flg", piece_from="report"), RUN)
    lines = line(1, "expense", "625100", 5, sections=(("cc", 12, "A-1", 5),))
    found = findings(writer, document(lines, report="ND-1"))
    assert [(f.code, f.field) for f in found] == [
        ("PSR-5102", "Pièce"), ("PSR-5105", "N° du plan analytique"), ("PSR-5102", "N° section"),
    ]  # fmt: skip


def test_settings_choose_what_the_reference_is_unsure_of() -> None:
    assert flg(flg="001").startswith(b"#FLG 001\r\n")
    assert "Hôtel".encode("cp437") in flg(encoding="cp437")
    assert b"ND1\r\n" in flg(piece_prefix="ND")
    assert flg(invoice="report").count(b"ND0002") == flg().count(b"ND0002") + 3
    assert b"D20" not in flg(tax_codes=False)
    pnm = rendered(shipped("sage100-pnm", decimal_mark=",", company_name="ŒUVRES SA", analytics=False), REFERENCE)
    assert pnm.startswith(b"OEUVRES SA\r\n")
    assert b"100,00N" in pnm
    assert pnm.count(b"\r\n") == 4
    for reference, cell in (("report", "ND0001"), ("piece", "1"), ("none", "")):
        text = rendered(shipped("sage100-pnm", reference=reference), REFERENCE).decode("cp1252").split("\r\n")[1]
        assert text[38:51].rstrip() == cell
    assert file_name(shipped("sage100-pnm"), RUN) == "FR01_000007.pnm"


def balanced(wanted: Document, piece: int) -> Document:
    """``wanted`` with a counterpart, plain codes and whole splits: what an outside reader insists on."""
    lines = []
    for number, row in enumerate(wanted.lines, 1):
        amount = int(row[5])  # type: ignore[arg-type]
        split = (("cc", 1, "MKT", amount),) if row[-1] else ()
        lines.append((number, *row[1:-1], split))
    last = "employee" if wanted.values[5] == "expense_report" else "company"
    total = sum(int(row[5]) for row in lines)  # type: ignore[arg-type]
    if total:
        lines.append(line(len(lines) + 1, last, "421000", -total, auxiliary="EMP001"))
    return Document((piece, "NDF", "2026-01-31", *wanted.values[3:]), lines)


READERS: dict[str, Callable[[bytes], list[Piece]]] = {"sage100-flg": sage_flg.read, "sage100-pnm": sage_pnm.read}


@given(st.sampled_from(sorted(READERS)), st.lists(documents(), min_size=1, max_size=3))
def test_readers_written_from_the_reference_page_find_what_was_written(name: str, wanted: list[Document]) -> None:
    sent = [balanced(d, piece) for piece, d in enumerate(wanted, 1)]
    pieces = READERS[name](rendered(shipped(name), *sent))
    assert [
        [
            (one.account, one.third_party, one.side, one.minor, one.sections and one.sections[0][1])
            for one in piece.lines
        ]
        for piece in pieces
    ] == [
        [(row[3], row[4], "D" if row[5] > 0 else "C", abs(row[5]), row[-1] and "MKT") for row in d.lines]  # type: ignore[operator, arg-type]
        for d in sent
    ]
    assert [(piece.journal, piece.day) for piece in pieces] == [("NDF", "2026-01-31")] * len(sent)
