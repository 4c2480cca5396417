"""The readers accept the sample files and a hand-written piece, and name the line of every deviation."""

import re
from pathlib import Path

import pytest

from . import Line, sage_flg, sage_pnm

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "samples" / "sage"
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the sample files are not beside this repository")

HEAD = "#FLG 000/#VER 31/#DEV EUR/"
TAXI = (
    "NDF/310126/310126/ND0001///625100////Taxi é/0//0,000000/0,00/0/0/100,00////0/0/0//D20/0/0/0////ND0001/0/0,00///0/"
)
SPLIT = "#MECA/1/MKT/60,00/0,00/#MECA/1/DEV/40,00/0,00/"
PAID = (
    "NDF/310126/310126/ND0001///421000//EMP001//Note/0//0,000000/0,00/0/1/100,00////0/0/0///0/0/0////ND0001/0/0,00///0/"
)
FLG = f"{HEAD}#MECG/{TAXI}/{SPLIT}#MECG/{PAID}/#FIN/".replace("/", "\r\n").encode("cp850")

COMPANY = "MA SOCIÉTÉ\r\n"


def row(account: str, kind: str, code: str, label: str, side: str, amount: str) -> str:
    left = f"NDF310126OD{account:<13}{kind}{code:<13}{'ND0001':<13}{label:<25}{'':7}"
    return f"{left}{side}{amount:>20}N0000001{'':26}\r\n"


PNM = (
    COMPANY
    + row("625100", " ", "", "Taxi é", "D", "100.00")
    + row("625100", "A", "MKT", "Taxi é", "D", "60.00")
    + row("625100", "A", "DEV", "Taxi é", "D", "40.00")
    + row("421000", "X", "EMP001", "Note", "C", "100.00")
).encode("cp1252")


def expected(piece: str, tax: str, plan: int | None) -> tuple[Line, ...]:
    sections = ((plan, "MKT", 6000), (plan, "DEV", 4000))
    return (
        Line("NDF", "2026-01-31", piece, "625100", "", "Taxi é", "D", 10000, "ND0001", tax, sections),
        Line("NDF", "2026-01-31", piece, "421000", "EMP001", "Note", "C", 10000, "ND0001", ""),
    )


def test_a_hand_written_flag_file() -> None:
    (piece,) = sage_flg.read(FLG)
    assert (piece.journal, piece.day, piece.number) == ("NDF", "2026-01-31", "ND0001")
    assert piece.lines == expected("ND0001", "D20", 1)


def test_a_hand_written_fixed_width_file() -> None:
    (piece,) = sage_pnm.read(PNM)
    assert (piece.journal, piece.day, piece.number) == ("NDF", "2026-01-31", "0000001")
    assert piece.lines == expected("0000001", "", None)


@pytest.mark.parametrize(("version", "count"), [("5", 26), ("14", 37), ("25", 39)])
def test_older_versions_have_fewer_fields(version: str, count: int) -> None:
    blocks = ["\r\n".join(["#MECG", *block.split("/")[:count], ""]) for block in (TAXI, PAID)]
    head = HEAD.replace("31", version).replace("/", "\r\n")
    (piece,) = sage_flg.read((head + "".join(blocks) + "#FIN\r\n").encode("cp850"))
    assert [line.reference for line in piece.lines] == ["" if version == "5" else "ND0001"] * 2


def test_a_currency_without_decimals() -> None:
    whole = FLG.replace(b"100,00", b"100").replace(b"60,00", b"60").replace(b"40,00", b"40")
    assert [line.minor for line in sage_flg.read(whole, decimals=0)[0].lines] == [100, 100]
    whole = re.sub(rb"( +[0-9]+)\.00N", rb"   \1N", PNM)
    assert [line.minor for line in sage_pnm.read(whole, decimals=0)[0].lines] == [100, 100]


@needs_samples
def test_the_sample_files() -> None:
    (flg,) = sage_flg.read((SAMPLES / "derived" / "sage100_flg_ver31.txt").read_bytes())
    (pnm,) = sage_pnm.read((SAMPLES / "derived" / "sage100_pnm.pnm").read_bytes())
    assert (flg.number, pnm.number) == ("ND0001", "0000001")
    for piece, plan in ((flg, 1), (pnm, None)):
        assert [(line.account, line.third_party, line.side, line.minor) for line in piece.lines] == [
            ("625100", "", "D", 10000),
            ("445660", "", "D", 2000),
            ("421000", "EMP001", "C", 12000),
        ]
        assert [line.label for line in piece.lines] == ["Taxi", "TVA Taxi", "Note de frais ND0001"]
        assert [line.sections for line in piece.lines] == [((plan, "MKT", 10000),), (), ()]
        assert {(line.journal, line.day, line.reference) for line in piece.lines} == {("NDF", "2026-01-31", "ND0001")}


# Lines of FLG: header 1-3, #MECG 4 and its fields 5-43, #MECA 44-48 and 49-53, #MECG 54 and its fields 55-93, #FIN 94.
@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("#FLG 000", "#FLG", 1),
        ("#VER 31", "#VER 18", 2),
        ("#VER 31", "#VER 14", 4),
        ("#DEV EUR", "#DEV", 3),
        ("NDF/", "NDF0001/", 5),
        ("310126", "310226", 6),
        ("310126", "20260131", 6),
        ("ND0001", "nd0001", 8),
        ("ND0001", "ND-001", 8),
        ("ND0001", "ND000100000001", 8),
        ("625100", "62510000000000", 11),
        ("625100//", "625100/421000/", 12),
        ("Taxi", "T" * 70, 15),
        ("100,00", "-100,00", 22),
        ("100,00", "0,00", 22),
        ("100,00", "100.00", 22),
        ("100,00", "100,0", 22),
        ("100,00", "1 100,00", 22),
        ("D20/", "D20000/", 30),
        ("625100////Taxi", "625100///Taxi", 4),
        ("/1/MKT", "/12/MKT", 45),
        ("MKT", "mkt", 46),
        ("60,00", "-60,00", 47),
        ("60,00", "60,01", 4),
        ("/1/DEV", "/2/DEV", 4),
        ("EMP001", "emp001", 63),
        ("EMP001", "EMP001000000000001", 63),
        ("/1/100,00", "/1/99,00", 4),
        ("/1/100,00", "/0/100,00", 4),
        (SPLIT, "#MRGT/", 44),
        ("#MECG/", SPLIT + "#MECG/", 4),
        ("#FIN/", "", 93),
        ("#FIN/", "#FIN", 94),
        ("#FIN/", "#FIN//", 95),
    ],
)
def test_a_broken_flag_file_is_refused(old: str, new: str, line: int) -> None:
    before, after = (text.replace("/", "\r\n").encode("cp850") for text in (old, new))
    assert before in FLG
    with pytest.raises(ValueError, match=rf"^line {line}: "):
        sage_flg.read(FLG.replace(before, after, 1))


def test_analytics_must_directly_follow_their_entry_line() -> None:
    other = PAID.replace("421000", "445660").replace("/1/100,00", "/0/20,00")
    total = PAID.replace("100,00", "120,00")
    good, bad = (
        f"{HEAD}#MECG/{TAXI}/{blocks}#MECG/{total}/#FIN/".replace("/", "\r\n").encode("cp850")
        for blocks in (f"{SPLIT}#MECG/{other}/", f"#MECG/{other}/{SPLIT}")
    )
    assert len(sage_flg.read(good)[0].lines) == 3
    with pytest.raises(ValueError, match=r"^line 44: the sections of plan 1 add up"):
        sage_flg.read(bad)


def test_a_lone_line_feed_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^line 15: a lone LF"):
        sage_flg.read(FLG.replace(b"Taxi", b"Ta\nxi"))
    with pytest.raises(ValueError, match=r"^line 2: a lone LF"):
        sage_pnm.read(PNM.replace(b"Taxi ", b"Tax\n ", 1))


def test_an_unbalanced_piece_is_refused_even_in_a_balanced_journal() -> None:
    first = FLG.replace(b"1\r\n100,00", b"1\r\n99,00").removesuffix(b"#FIN\r\n")
    second = FLG.replace(b"1\r\n100,00", b"1\r\n101,00").replace(b"ND0001", b"ND0002").partition(b"EUR\r\n")[2]
    with pytest.raises(ValueError, match=r"^line 4: piece ND0001 .* 100 minor units, and 0 for the whole journal NDF"):
        sage_flg.read(first + second)
    with pytest.raises(ValueError, match=r"^line 4: piece ND0001 .* and 100 for the whole journal NDF"):
        sage_flg.read(first + b"#FIN\r\n")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (COMPANY, "", 1),
        (COMPANY, "\r\n", 1),
        ("NDF3", " DF3", 2),
        ("310126", "300226", 2),
        ("625100 ", "625 00 ", 2),
        ("625100" + " " * 8, "62510000000000", 2),
        ("625100       A", "625100       X", 3),
        ("625100       A", "625100        ", 3),
        ("625100       A", "625200       A", 3),
        ("AMKT", "A   ", 3),
        ("AMKT", "BMKT", 3),
        ("60.00", "60.01", 2),
        ("D              100.00", "S              100.00", 2),
        ("D              100.00", "D             -100.00", 2),
        ("D              100.00", "D                0.00", 2),
        ("D              100.00", "D              100,00", 2),
        ("D              100.00", "D             100.00 ", 2),
        ("C              100.00", "C               99.00", 2),
        ("C              100.00", "D              100.00", 2),
        ("XEMP001", " EMP001", 5),
        ("XEMP001", "X EMP01", 5),
        ("N0000001", "N      1", 2),
        ("N0000001", "S0000001", 2),
        (" " * 26 + "\r\n", " " * 25 + "\r\n", 2),
        (" " * 26 + "\r\n", "EUR" + " " * 23 + "\r\n", 2),
        ("Taxi é", "Taxi \x81", 2),
    ],
)
def test_a_broken_fixed_width_file_is_refused(old: str, new: str, line: int) -> None:
    before = old.encode("cp1252")
    assert before in PNM
    after = b"".join(b"\x81" if letter == "\x81" else letter.encode("cp1252") for letter in new)
    with pytest.raises(ValueError, match=rf"^line {line}: "):
        sage_pnm.read(PNM.replace(before, after, 1))
