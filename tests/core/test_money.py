"""Minor units, rounding, conversion and splits that lose no cent."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from passerelle import money

AMOUNTS = st.integers(-(10**15), 10**15)
CURRENCIES = st.sampled_from(sorted(money.CURRENCIES))
WEIGHTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(any)
RATES = st.decimals("0.000001", "100000", places=6)


@given(AMOUNTS, WEIGHTS)
def test_a_split_loses_no_cent_and_stays_within_one_unit_of_its_share(total: int, weights: list[int]) -> None:
    shares = money.split(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1


@given(AMOUNTS, WEIGHTS)
def test_a_split_of_the_opposite_is_the_opposite(total: int, weights: list[int]) -> None:
    assert money.split(-total, weights) == [-share for share in money.split(total, weights)]


@given(AMOUNTS, WEIGHTS, st.data())
def test_order_decides_only_between_equal_remainders(total: int, weights: list[int], data: st.DataObject) -> None:
    remainders = [abs(total) * weight % sum(weights) for weight in weights]
    assume(len(set(remainders)) == len(remainders))
    order = data.draw(st.permutations(range(len(weights))))
    shares = money.split(total, weights)
    assert money.split(total, [weights[i] for i in order]) == [shares[i] for i in order]


def test_the_missing_cent_goes_to_the_largest_remainder_then_to_the_earlier_share() -> None:
    assert money.split(100, [1, 1, 1]) == [34, 33, 33]
    assert money.split(-100, [1, 1, 1]) == [-34, -33, -33]
    assert money.split(10, [1, 2]) == [3, 7]
    assert money.split(0, [1, 2]) == [0, 0]
    assert money.split(5, [0, 1, 0]) == [0, 5, 0]


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_a_split_over_nothing_is_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="cannot split"):
        money.split(100, weights)


@pytest.mark.parametrize(
    ("value", "rounded"), [("2.5", 3), ("-2.5", -3), ("2.4", 2), ("-2.4", -2), ("0.5", 1), ("-0.5", -1), ("0", 0)]
)
def test_a_half_goes_away_from_zero(value: str, rounded: int) -> None:
    assert money.round_half_away(Decimal(value)) == rounded
    assert money.round_half_away(Fraction(value)) == rounded


@given(st.fractions(max_denominator=10_000))
def test_rounding_mirrors_and_is_never_further_than_a_half(value: Fraction) -> None:
    rounded = money.round_half_away(value)
    assert money.round_half_away(-value) == -rounded
    assert abs(rounded - value) <= Fraction(1, 2)
    assert abs(rounded) >= abs(value) or abs(rounded - value) < Fraction(1, 2), "a half was rounded towards zero"


@given(AMOUNTS, CURRENCIES)
def test_minor_units_come_back_from_decimal_and_text(amount: int, currency: str) -> None:
    assert money.minor(money.decimal(amount, currency), currency) == amount
    assert money.minor(money.parse_decimal(money.text(amount, currency)), currency) == amount


@pytest.mark.parametrize(
    ("currency", "written"), [("EUR", "1234.56"), ("JPY", "123456"), ("TND", "123.456"), ("CLF", "12.3456")]
)
def test_each_currency_has_its_decimals(currency: str, written: str) -> None:
    assert money.text(123456, currency) == written


def test_an_amount_for_a_person_has_thousands_and_the_currency() -> None:
    assert money.display(-941230, "EUR") == "-9,412.30 EUR"
    assert money.display(5, "TND") == "0.005 TND"


@pytest.mark.parametrize(
    ("amount", "currency"), [("1.005", "EUR"), ("0.5", "JPY"), ("NaN", "EUR"), ("Infinity", "EUR")]
)
def test_more_decimals_than_the_currency_are_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match="more decimals"):
        money.minor(Decimal(amount), currency)


@pytest.mark.parametrize("written", ["", "abc", "NaN", "inf", "1e3", "1,5", "--1"])
def test_only_plain_decimal_numbers_are_read(written: str) -> None:
    with pytest.raises(ValueError, match="is not a decimal number"):
        money.parse_decimal(written)


def test_conversion_knows_both_exponents() -> None:
    assert money.convert(10000, "USD", Decimal("0.9215"), "EUR") == 9215
    assert money.convert(1000, "JPY", Decimal("0.00612"), "EUR") == 612
    assert money.convert(100, "EUR", Decimal("3.3505"), "TND") == 3351  # 3.3505 TND: a half, away from zero
    assert money.convert(-100, "EUR", Decimal("3.3505"), "TND") == -3351


@given(AMOUNTS, CURRENCIES, CURRENCIES, RATES)
def test_conversion_mirrors_and_at_rate_one_keeps_the_amount(amount: int, here: str, there: str, rate: Decimal) -> None:
    assert money.convert(-amount, here, rate, there) == -money.convert(amount, here, rate, there)
    assert money.convert(amount, here, Decimal(1), here) == amount


@given(AMOUNTS)
def test_a_percentage_and_its_rest_are_the_whole(amount: int) -> None:
    assert money.percentage(amount, Decimal(100)) == amount
    assert money.percentage(amount, Decimal(0)) == 0
    assert money.percentage(-amount, Decimal("33.3")) == -money.percentage(amount, Decimal("33.3"))


def test_parts_of_either_sign_keep_their_side() -> None:
    assert money.apportion(5450, [10000, 2000, -1000, -100]) == [5000, 1000, -500, -50]
    assert money.apportion(10, [1, 1, 1]) == money.split(10, [1, 1, 1])
    with pytest.raises(ValueError, match="add up to zero"):
        money.apportion(10, [5, -5])


@given(AMOUNTS, st.lists(AMOUNTS, min_size=1, max_size=6).filter(sum))
def test_apportioned_parts_lose_no_cent_and_mirror(total: int, parts: list[int]) -> None:
    shares = money.apportion(total, parts)
    assert sum(shares) == total
    assert money.apportion(-total, parts) == [-share for share in shares]
    assert money.apportion(-total, [-part for part in parts]) == [-share for share in shares]
    assert money.apportion(sum(parts), parts) == parts
