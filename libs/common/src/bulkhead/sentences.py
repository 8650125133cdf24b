"""What a decision is explained with: a service's sentences, in every language of the exchange, as data.

A service keeps them in ``<package>/sentences/<language>.yaml``: by name, of a reason's sentence the id of its
rule, a Jinja template of one or two sentences. It is filled with the reason's facts, which are texts. A fact that is
not there is undefined, and a template says without it what it can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency
from jinja2 import Environment, StrictUndefined, Template
from ruamel.yaml import YAML

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.explanations import Language
from bulkhead.locales import locale_of

# Only these: a no-break space inside an amount or a date must stay.
_SPACES = re.compile(r"[ \n]+")


class WrittenSentences:
    """The sentences of one service. A `bulkhead.kernel.explanations.Sentences`.

    A language is read when it is asked for, and a template compiled when it is: a service begins without them.
    """

    def __init__(self, package: str) -> None:
        self._package = package

    def names(self, language: Language) -> frozenset[str]:
        """Return the names of the sentences there are in a language."""
        return frozenset(_written(self._package, language))

    def say(self, name: str, facts: Mapping[str, str], *, language: Language) -> str:
        """Return a sentence, filled with these facts; raises `KeyError` for a name there is no sentence of."""
        said = _template(self._package, language, name).render({**facts, "facts": facts})
        return _SPACES.sub(" ", said).strip(" ")


@cache
def _written(package: str, language: Language) -> Mapping[str, str]:
    text = (files(package) / "sentences" / f"{language}.yaml").read_text(encoding="utf-8")
    written: dict[str, str] = YAML(typ="safe").load(text)
    return written


@cache
def _template(package: str, language: Language, name: str) -> Template:
    return _environment(language).from_string(_written(package, language)[name])


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        autoescape=False,  # noqa: S701 - plain text, in which nothing is markup
        undefined=StrictUndefined,
    )
    environment.filters.update(_filters(locale_of(language)))
    return environment


def _filters(locale: Locale) -> dict[str, Callable[[str], str]]:
    def day(text: str) -> str:
        return format_date(date.fromisoformat(text), "long", locale=locale)

    def days(text: str) -> str:
        return ", ".join(day(each) for each in text.split())

    def month(text: str) -> str:
        return format_date(CoverageMonth.parse(text).first_day, "MMMM y", locale=locale)

    def months(text: str) -> str:
        return ", ".join(month(each) for each in text.split())

    def cents(text: str) -> str:
        return format_currency(abs(Decimal(text)) / 100, "USD", locale=locale)

    def dollars(text: str) -> str:
        return format_currency(Decimal(text), "USD", locale=locale)

    return {"day": day, "days": days, "month": month, "months": months, "cents": cents, "dollars": dollars}
