"""Money: codes and minor units of ISO 4217, limits, and how amounts are written."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigning.money import CURRENCIES, check_money, is_currency, minor_units, said

NARROW, PLAIN = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("code", "decimals"),
    [("EUR", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("HUF", 2), ("IQD", 3)],
)
def test_units_are_those_of_the_standard(code: str, decimals: int) -> None:
    """Also where people leave small coins out."""
    assert minor_units(code) == decimals
    assert is_currency(code)


@pytest.mark.parametrize("code", ["XAU", "XXX", "XTS", "CHE", "CLF", "eur", "EURO", "", "ABC"])
def test_what_nobody_can_pay_in_is_no_currency(code: str) -> None:
    """Metals, tests, units of funds, and what is no code at all."""
    assert not is_currency(code)
    assert code not in CURRENCIES


def test_what_was_given_in_a_currency_of_the_past_is_still_read() -> None:
    """Nobody can give in it any more."""
    assert not is_currency("HRK")
    assert said(1_250, "HRK", "en") == f"HRK{PLAIN}12.50"


def test_all_that_is_wrong_is_said_at_once() -> None:
    """An amount is a whole number, not too small nor too large, in a currency that there is."""
    assert check_money(1, "EUR") == check_money(10**12, "KWD") == []
    assert [problem.path for problem in check_money(0, "XYZ", "input")] == [
        "input.amount",
        "input.currency",
    ]
    wrong: list[Any] = [-5, 10**12 + 1, 12.5, True, "12"]
    assert [check_money(amount, "EUR")[0].path for amount in wrong] == ["amount"] * 5


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        (1_250, "EUR", "de", f"12,50{PLAIN}€"),
        (1_250, "EUR", "en", "€12.50"),
        (123_456_789, "EUR", "fr", f"1{NARROW}234{NARROW}567,89{PLAIN}€"),
        (1_250, "USD", "pt-BR", f"US${PLAIN}12,50"),
        (1_250, "JPY", "en", "¥1,250"),
        (1_250, "KWD", "en", f"KWD{PLAIN}1.250"),
        (1_250_000, "IQD", "en", f"IQD{PLAIN}1,250"),
        (1_250_500, "IQD", "en", f"IQD{PLAIN}1,250.500"),
        (1_250, "RSD", "de", f"12,50{PLAIN}RSD"),
        (5, "EUR", "de-XY", f"0,05{PLAIN}€"),
        (5, "EUR", "no such language", "€0.05"),
        (5, "EUR", "", "€0.05"),
    ],
)
def test_an_amount_is_written_as_in_a_language(
    amount: int, currency: str, locale: str, text: str
) -> None:
    """With its separators, symbol and order; where the language is not known, in English."""
    assert said(amount, currency, locale) == text


@given(st.integers(1, 10**15), st.sampled_from(sorted(CURRENCIES)))
@settings(max_examples=100, deadline=None)
def test_what_is_said_is_exact(amount: int, currency: str) -> None:
    """Whatever the currency, the number that is read is the number that is meant."""
    text = said(amount, currency, "en")
    number = "".join(sign for sign in text if sign.isdigit() or sign == ".").strip(".")
    assert Decimal(number) == Decimal(amount).scaleb(-minor_units(currency))
