"""Numbers, however they are written."""

# ruff: noqa: RUF001 (digits of other scripts are what is tested)

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import languages, quantities
from pipeline.types import Language


@pytest.mark.parametrize(
    ("code", "text", "values"),
    [
        ("vi", "1.500.000 đồng", "1500000"),
        ("en", "1,500,000 dollars", "1500000"),
        ("fr", "1\u202f500,50 euros", "1500.50"),
        ("de", "1.234,56", "1234.56"),
        ("en", "1,234.56", "1234.56"),
        ("vi", "3,5 triệu", "3500000"),
        ("vi", "2 triệu 5", "2500000"),
        ("vi", "2 tỷ rưỡi", "2500000000"),
        ("vi", "3 triệu 500 nghìn", "3500000"),
        ("vi", "20 nghìn tỷ", "20000000000000"),
        ("vi", "50k", "50000"),
        ("en", "3 million people and 5 dogs", "3000000 5"),
        ("ja", "1億2500万人", "125000000"),
        ("zh-TW", "3萬", "30000"),
        ("ko", "5만 원", "50000"),
        ("th", "๓ ห้อง", "3"),
        ("ar", "٢٥٫٥", "25.5"),
        ("ar", "١٬٥٠٠", "1500"),
        ("hi", "१५०", "150"),
        ("ja", "２５", "25"),
        ("en", "7:30 on 20/5/2024", "7 30 20 5 2024"),
        ("en", "version 1.2.3", "1 2 3"),
        ("en", "0.500", "0.5"),
        ("en", "covid-19", "19"),
        ("en", "no numbers here", ""),
    ],
)
def test_digits_are_read(code: str, text: str, values: str) -> None:
    found = [each.value for each in quantities.figures(text, languages.parse(code))]
    assert found == [Decimal(each) for each in values.split()]


@pytest.mark.parametrize(
    ("code", "text", "value"),
    [
        ("en", "twenty-five", 25),
        ("en", "three hundred and twenty-five thousand", 325_000),
        ("en", "nineteen eighty four", 1984),
        ("en", "nine one one", 911),
        ("en", "a dozen", 12),
        ("en", "in May", 5),
        ("vi", "hai mươi lăm", 25),
        ("vi", "một trăm linh năm", 105),
        ("vi", "hai trăm nghìn", 200_000),
        ("vi", "hai không hai bốn", 2024),
        ("vi", "mười hai", 12),
        ("vi", "một đôi giày", 2),
        ("zh", "二十五", 25),
        ("zh", "二〇二四年", 2024),
        ("ja", "三百五十万", 3_500_000),
    ],
)
def test_words_are_read(code: str, text: str, value: int) -> None:
    assert value in quantities.spoken(text, languages.parse(code))


def test_words_are_not_read_where_the_language_is_not_known() -> None:
    assert quantities.spoken("vingt-cinq", languages.parse("fr")) == frozenset()
    assert not quantities.reads_words(languages.parse("fr"))


@given(st.integers(0, 10**12))
def test_grouping_never_changes_a_number(number: int) -> None:
    for mark in ",.'\u00a0":
        written = f"{number:,}".replace(",", mark)
        found = quantities.figures(written, languages.parse("vi"))
        assert [each.value for each in found] == [number]


@given(st.text(max_size=200), st.sampled_from(languages.known()))
def test_any_text_can_be_read(text: str, language: Language) -> None:
    assert all(each.value >= 0 for each in quantities.figures(text, language))
    assert all(each >= 0 for each in quantities.spoken(text, language))
