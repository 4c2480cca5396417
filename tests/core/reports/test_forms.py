"""Date and number forms: what is read, and what is refused instead of being guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.reports.forms import date_pattern, day_reader, number_reader


@pytest.mark.parametrize(
    ("form", "written", "day"),
    [
        ("YYYY-MM-DD", "2026-02-03", "2026-02-03"),
        ("DD/MM/YYYY", "3/2/2026", "2026-02-03"),
        ("MM/DD/YY", "02/03/26", "2026-02-03"),
        ("DD.MM.YYYY hh:mm", "03.02.2026 9:30", "2026-02-03"),
        ("YYYY-MM-DD hh:mm:ss", "2018-08-24 17:10:42", "2018-08-24"),
        ("YYYYMMDD", "20260203", "2026-02-03"),
    ],
)
def test_days_are_read(form: str, written: str, day: str) -> None:
    assert day_reader([form])(written) == day


@pytest.mark.parametrize(
    "written", ["2026-02-30", "0000-00-00", "2026-2", "03/02/2026", "2026-02-03 ", "２０２６-01-01", ""]
)
def test_other_days_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"date form|day is out of range|year|month"):
        day_reader(["YYYY-MM-DD"])(written)


@pytest.mark.parametrize("form", ["", "YYYY-MM", "DD/MM/YYYY DD", "YYYY-mm-DD"])
def test_a_form_without_day_month_and_year_is_refused(form: str) -> None:
    with pytest.raises(ValueError, match="date form"):
        date_pattern(form)


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_is_read_back(day: date) -> None:
    assert day_reader(["DD/MM/YYYY"])(f"{day:%d/%m/%Y}") == day.isoformat()


@pytest.mark.parametrize(
    ("marks", "negative", "written", "number"),
    [
        (".", ["leading"], "-12.50", "-12.50"),
        (".", ["leading"], "+12", "12"),
        (".", ["leading"], ".5", "0.5"),
        (",.", ["leading"], "1.234.567,8", "1234567.8"),
        (", ", ["trailing"], "1 234,50-", "-1234.50"),
        (".,", ["parentheses"], "(1,234.00)", "-1234.00"),
        (".'", ["leading"], "12'345", "12345"),
    ],
)
def test_numbers_are_read(marks: str, negative: list[str], written: str, number: str) -> None:
    assert number_reader(marks[0], marks[1:], negative)(written) == number


@pytest.mark.parametrize("written", ["1,23", "12,34.5", "1,234,5", "1.2.3", "--1", "1e3", "NaN", "12 €", "", "-", "1."])
def test_other_numbers_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        number_reader(".", ",", ["leading"])(written)


@given(st.decimals(-(10**9), 10**9, places=2))
def test_every_number_is_read_back_in_its_form(value: Decimal) -> None:
    written = f"{value:,.2f}".replace(",", " ").replace(".", ",")
    assert Decimal(number_reader(",", " ", ["leading"])(written)) == value
