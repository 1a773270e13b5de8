"""Money: which currencies there are, in what units they are counted, and how an amount is said.

Amounts are whole numbers of minor units, as ISO 4217 has them: cents of EUR, whole JPY, thousandths
of KWD. The codes and units are the standard's own list, in the package `iso4217`. How an amount is
written in a language is CLDR's, in `babel`: that has fewer decimals for thirteen currencies whose
small coins nobody uses any more, so it is never asked for the units.
"""

import re
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision
from iso4217 import Currency, raw_xml

from app.campaigning.goals import MOST
from app.failures import Problem

OTHERWISE = "en"
_DECIMALS = re.compile(r"\.0+")
# Between letters and digits CLDR wants a space that does not break, which Babel leaves out.
_TOUCHING = re.compile(r"(?<=[^\W\d])(?=\d)|(?<=\d)(?=[^\W\d])")


def _units() -> dict[str, int]:
    """Return the minor units of what can be paid in: no metals, tests, or units of funds."""
    entries = raw_xml.iterfind("CcyTbl/CcyNtry")
    funds = {
        one.findtext("Ccy") for one in entries if one.find("CcyNm[@IsFund='true']") is not None
    }
    exponents = {currency.value: currency.exponent for currency in Currency}
    return {
        code: exponent
        for code, exponent in sorted(exponents.items())
        if exponent is not None and code not in funds
    }


# How many decimals the minor unit of each currency is, by its code.
CURRENCIES = MappingProxyType(_units())


def is_currency(code: str) -> bool:
    """Say whether a text is the code of a currency of ISO 4217 that can be paid in."""
    return code in CURRENCIES


def minor_units(code: str) -> int:
    """Return how many decimals the minor unit of a currency is.

    Of one that was withdrawn since, as CLDR remembers it: what was given in it is still read.
    """
    known = CURRENCIES.get(code)
    return get_currency_precision(code) if known is None else known


def check_money(amount: int, currency: str, path: str = "") -> list[Problem]:
    """Return all that is wrong with an amount of money, each with how to mend it.

    Args:
        amount: in minor units, from 1 to 10^12.
        currency: its code.
        path: where the two stand in the input.

    """
    before = f"{path}." if path else ""
    found = []
    if type(amount) is not int or not 1 <= amount <= MOST:
        found.append(Problem(f"{before}amount", f"Give a whole number from 1 to {MOST}."))
    if not is_currency(currency):
        sentence = "Give a currency by its code of ISO 4217, such as `EUR`."
        found.append(Problem(f"{before}currency", sentence))
    return found


def said(amount: int, currency: str, locale: str = OTHERWISE) -> str:
    """Return an amount as it is written in a language: 1250 and EUR are `12,50 €` in German.

    It is exact: where people leave decimals out, they are left out only if they are 0.

    Args:
        amount: in minor units.
        currency: its code.
        locale: a language tag such as `de` or `pt-BR`; English where it is not known.

    """
    decimals, usual = minor_units(currency), get_currency_precision(currency)
    value, known = Decimal(amount).scaleb(-decimals), _locale(locale)
    if usual >= decimals or amount % 10 ** (decimals - usual) == 0:
        text = format_currency(value, currency, locale=known)
    else:
        pattern = _DECIMALS.sub("." + "0" * decimals, known.currency_formats["standard"].pattern)
        text = format_currency(value, currency, pattern, locale=known, currency_digits=False)
    return _TOUCHING.sub("\N{NO-BREAK SPACE}", text)


@lru_cache(maxsize=256)
def _locale(tag: str) -> Locale:
    for one in (tag, tag.partition("-")[0], OTHERWISE):
        try:
            return Locale.parse(one, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise UnknownLocaleError(OTHERWISE)
