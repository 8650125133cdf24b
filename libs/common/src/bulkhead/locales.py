"""How dates and money are written for a reader of a language."""

from __future__ import annotations

from babel import Locale, localedata


def locale_of(language: str) -> Locale:
    """Return the locale of a language in the United States where there is one, else the language's own.

    Raises `babel.UnknownLocaleError` for a language that nobody knows.
    """
    here = f"{language}_US"
    return Locale.parse(here if localedata.exists(here) else language)
