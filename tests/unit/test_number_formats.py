"""Numbers read as their formats show them."""

import pytest

from parley.attachments.number_formats import is_plain, shown

ACCOUNTING = '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)'
SHOWN = [
    ("0.256", "0%", "26%"), ("0.256", "0.00%", "25.60%"), ("-0.05", "0%", "-5%"),
    ("0.28999999999999998", "0.0000", "0.2900"), ("1234567.891", "#,##0", "1,234,568"),
    ("1234567.891", "#,##0.00", "1,234,567.89"), ("-1234.5", "#,##0.00", "-1,234.50"), ("0", "#,##0.00", "0.00"),
    ("3", "0.00", "3.00"), ("2.5", "0", "3"), ("1.005", "0.00", "1.01"), ("5.5", "0.##", "5.5"), ("5.25", "#.#", "5.3"),
    ("0.5", ".00", ".50"), ("12.5", "$.00", "$12.50"), ("1.5E3", "0.0", "1500.0"), ("0", "#", ""),
    ("1234.5", "[$€-2] #,##0.00", "€ 1,234.50"), ("1234.5", '#,##0.00\\ "€"', "1,234.50 €"),
    ("-1234.5", '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)', "($1,234.50)"), ("5", "[$USD-409] 0", "USD 5"),
    ("1234.5", ACCOUNTING, "$ 1,234.50"), ("-1234.5", ACCOUNTING, "$ (1,234.50)"), ("0", ACCOUNTING, "$ -"),
    ("1234567", '0.0,,"M"', "1.2M"), ("1234567", '#,##0,"k"', "1,235k"), ("12345", "0.00E+00", "1.23E+04"),
    ("0.00012", "0.0E-0", "1.2E-4"), ("0", "0.00E+00", "0.00E+00"), ("123456789", "000-00-0000", "123-45-6789"),
    ("42", "00000", "00042"), ("5", '"Days" 0', "Days 5"), ("7", 'General" kg"', "7 kg"), ("1", '"yes";;"no"', "yes"),
    ("0", '"yes";;"no"', "no"), ("500", '[<1000]0;[>=1000]0.0,"k"', "500"),
    ("2500", '[<1000]0;[>=1000]0.0,"k"', "2.5k"),
    ("-5", '[<1000]0;[>=1000]0.0,"k"', "-5"), ("-5", "[Red][<0]0.0;0.00", "5.0"),
    ("1", '0"%"', "1%"), ("12", '0" °C"', "12 °C"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "code", "expected"), SHOWN)
def test_a_number_is_shown_by_its_format(number, code, expected):
    assert shown(number, code) == expected


@pytest.mark.parametrize("code", ["# ?/?", "##0.0E+0", "[DBNum1]0", "0 km", "0.0.0", ";;;", "0General", "[<5]0"])
def test_a_format_that_is_not_followed_shows_nothing(code):
    assert shown("12.5", code) is None


@pytest.mark.parametrize("number", ["1e300", "nan", "inf", "n.a.", ""])
def test_what_is_no_number_with_digits_is_left_as_it_is(number):
    assert shown(number, "0.00") is None


@pytest.mark.parametrize("code", ["General", "", "@", "yyyy-mm-dd", "[$-F800]dddd, mmmm dd", "[h]:mm:ss", "mm:ss.0"])
def test_dates_and_plain_numbers_are_left_as_they_are(code):
    assert is_plain(code)


@pytest.mark.parametrize("code", ["0", '0 "days"', "0\\d", "[Red]0", "[$kr-41D] 0", "[Magenta]0"])
def test_words_and_colours_make_no_date(code):
    assert not is_plain(code)
