"""Taglines: in each language that help in it is free, from ``templates/taglines/v1/<language>.txt`` (NOT-1).

The texts are those that the Office for Civil Rights had translated for 45 CFR 92 (2016). A language is added by its
file alone, and named by a policy pack from a date on.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from notifications.domain.letters import Tagline

_TEXTS: Final = "taglines/v1"
_SET_APART: Final = "\u2066{}\u2069"
"""A left-to-right isolate (UAX 9)."""


@cache
def tagline_texts() -> Mapping[str, str]:
    """Return the texts there are by language (BCP 47, such as ``zh-Hant``), each with ``{phone}`` in it."""
    folder = files("notifications") / "templates" / _TEXTS
    found = {each.name.removesuffix(".txt"): each.read_text("utf-8").strip() for each in folder.iterdir()}
    return dict(sorted(found.items()))


def taglines_in(languages: Iterable[str], *, phone: str) -> tuple[Tagline, ...]:
    """Return the taglines in these languages, in their order, with the number to call."""
    return tuple(_tagline(each, tagline_texts()[each], phone) for each in languages)


def _tagline(language: str, text: str, phone: str) -> Tagline:
    direction = _direction(text)
    # Between letters from right to left the parts of a number change places, unless it is set apart.
    number = _SET_APART.format(phone) if direction == "rtl" else phone
    return Tagline(language=language, direction=direction, text=text.replace("{phone}", number))


def _direction(text: str) -> Literal["ltr", "rtl"]:
    """Return the direction of the first letter that has one, as Unicode's bidirectional algorithm does (UAX 9, P2)."""
    strong = (unicodedata.bidirectional(each) for each in text)
    first = next((each for each in strong if each in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"
