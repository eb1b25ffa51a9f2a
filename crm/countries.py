"""The countries, by their two letters."""

from functools import cache

from babel import Locale

NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
"""Codes of CLDR for unions, tests and the unknown."""


@cache
def countries(language: str = "en") -> tuple[tuple[str, str], ...]:
    """(“IN”, “India”), by name in `language`."""
    names = Locale.parse(language.replace("-", "_")).territories
    found = [
        (code, name) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES
    ]
    return tuple(sorted(found, key=lambda pair: pair[1]))


def country_name(code: str, language: str = "en") -> str:
    """“India” for “IN”; the code itself where nobody knows it."""
    return dict(countries(language)).get(code, code)
