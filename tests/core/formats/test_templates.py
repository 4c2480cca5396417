"""The small grammars: templates, day forms, pictures, character sets."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.formats.templates import (
    DayForm,
    Hole,
    character_class,
    check_picture,
    former_of,
    parse_charset,
    parse_template,
)


def test_a_template_is_constants_and_holes() -> None:
    assert parse_template("{journal}-{piece:0000} of {{x}}") == (
        Hole("journal"), "-", Hole("piece", "0000"), " of {x}",
    )  # fmt: skip
    assert parse_template("") == ()


@given(st.text())
def test_a_text_in_doubled_braces_is_itself(text: str) -> None:
    parts = parse_template(text.replace("{", "{{").replace("}", "}}"))
    assert "".join(map(str, parts)) == text


@pytest.mark.parametrize("written", ["{", "}", "{a", "a}", "{a b}", "{1}", "{}", "{a:{b}}"])
def test_a_brace_that_opens_or_closes_nothing_is_a_fault(written: str) -> None:
    with pytest.raises(ValueError, match="opens or closes nothing"):
        parse_template(written)


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("DDMMYY", "050326"),
        ("YYYY-MM-DD", "2026-03-05"),
        ("DD/MM/YYYY", "05/03/2026"),
        ("YYYYMMDD", "20260305"),
        ("D.M", None),
        ("MM/YYYY", "03/2026"),
    ],
)
def test_days_are_written_in_their_form(form: str, written: str | None) -> None:
    if written is None:
        with pytest.raises(ValueError, match="not a form of days"):
            DayForm(form)
    else:
        assert DayForm(form).text("2026-03-05") == written
        assert DayForm(form).text("") == ""


@given(st.dates(date(1977, 1, 1), date(2076, 12, 31)), st.sampled_from(["DDMMYY", "YY.MM.DD", "DDMMYYYY", "MM-DD-YY"]))
def test_days_are_read_back(day: date, form: str) -> None:
    assert DayForm(form).read(DayForm(form).text(day.isoformat()), 2026) == day.isoformat()


@pytest.mark.parametrize("written", ["310226", "3101", "31O126", "31012026", "٣١٠١٢٦"])
def test_what_is_no_day_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"day|month|is not"):
        DayForm("DDMMYY").read(written, 2026)


@pytest.mark.parametrize("written", ["", "-", "YYYY/YY", "DDMMYY-DD", "JJMMAA", "YYYYMMDDT"])
def test_a_form_says_each_part_at_most_once_and_no_letters(written: str) -> None:
    with pytest.raises(ValueError, match="not a form of days"):
        DayForm(written)


def test_a_character_set_is_characters_and_ranges() -> None:
    assert parse_charset("A-C1-3 _-") == frozenset("ABC123 _-")
    for wrong in ("Z-A", ""):
        with pytest.raises(ValueError, match=r"backwards|must name"):
            parse_charset(wrong)


@given(st.frozensets(st.characters(codec="latin-1")), st.characters(codec="latin-1"))
def test_a_character_class_matches_its_characters_alone(characters: frozenset[str], one: str) -> None:
    import re

    assert bool(re.fullmatch(character_class(characters), one)) is (one in characters)


def test_pictures_form_days_and_pad_integers_and_nothing_else() -> None:
    form = DayForm("DDMMYY")
    assert former_of(Hole("posting_day", "MM/YYYY"), form)("2026-03-05") == "03/2026"
    assert former_of(Hole("posting_day"), form)("2026-03-05") == "050326"
    assert former_of(Hole("piece", "0000"), form)(12) == "0012"
    check_picture(Hole("piece", "00"))
    for hole in (Hole("piece", "MM"), Hole("journal", "000"), Hole("amount", "0"), Hole("posting_day", "00")):
        with pytest.raises(ValueError, match=r"picture|not a form"):
            check_picture(hole)
