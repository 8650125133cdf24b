"""Names: kept as written, with a Latin form beside them for files that can carry nothing else (ENR-16)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.personal import Masked
from enrollment.domain.sources import SOURCES

_UNSEEN: Final = frozenset("\u115f\u1160\u3164\uffa0")
"""Fillers: Unicode calls them letters, and nobody sees them."""

_LATIN: Final = re.compile(r"[A-Za-z0-9 .,'-]*[A-Za-z][A-Za-z0-9 .,'-]*")
_MARKS: Final = frozenset(".,'-")


class NameNotReadable(InvalidValue):
    """A name has no letter: blanks, signs, or characters that nobody sees."""

    kind = "name-not-readable"


class LatinNameNeeded(InvalidValue):
    """A name has no Latin form that could be proposed, or the one given cannot be one."""

    kind = "latin-name-needed"


def check_name(name: Masked, *, field: str) -> None:
    """Check that a name has a letter of some script; raises `NameNotReadable`."""
    if not any(map(_is_letter, name.reveal())):
        raise NameNotReadable(
            field=field,
            problem="must have a letter",
            reasons=(
                Reason(rule="ENR-16", says="A name is what somebody can read.", citation=SOURCES["ENR-16"]),
            ),
        )


def proposed_latin_name(name: Masked, *, latin: Callable[[str], str], field: str) -> Masked:
    """Return the Latin form to propose for a name; ``latin`` writes one character in Latin letters.

    Syllables of scripts that have no upper case become words of their own. Raises `LatinNameNeeded`, which asks
    for it at ``field``, where no letter from A to Z comes of it.
    """
    text = "".join(_latin_of(character, latin=latin) for character in name.reveal())
    return checked_latin_name(Masked(" ".join(text.split())), field=field)


def latin_form(name: Masked, *, given: Masked | None, latin: Callable[[str], str], field: str) -> Masked:
    """Return the Latin form of a person's name: the one that is given, or else the one to propose.

    Raises `NameNotReadable` about ``name`` of the field, `LatinNameNeeded` about its ``latin_name``.
    """
    check_name(name, field=f"{field}/name")
    if given is None:
        return proposed_latin_name(name, latin=latin, field=f"{field}/latin_name")
    return checked_latin_name(given, field=f"{field}/latin_name")


def checked_latin_name(latin_name: Masked, *, field: str) -> Masked:
    """Return a name if it can be a Latin form: letters A to Z, digits, blanks and . , ' - with a letter.

    Raises `LatinNameNeeded`.
    """
    if _LATIN.fullmatch(latin_name.reveal()) is None:
        raise LatinNameNeeded(
            field=field,
            problem="must be the name in letters A to Z, with digits, blanks and . , ' - only",
            reasons=(
                Reason(
                    rule="ENR-16",
                    says="Carriers' files carry Latin letters alone: the name is needed in them as well.",
                    citation=SOURCES["ENR-16"],
                ),
            ),
        )
    return latin_name


def _is_letter(character: str) -> bool:
    return unicodedata.category(character).startswith("L") and character not in _UNSEEN


def _latin_of(character: str, *, latin: Callable[[str], str]) -> str:
    match unicodedata.category(character)[0]:
        case "C":
            return ""  # joiners and marks of direction, which nobody sees
        case "L" | "M" | "N":
            letters = [
                each for each in latin(character) if each.isascii() and (each.isalnum() or each == "'")
            ]
            written = "".join(letters)
            syllable = written[:1].isupper() and character.lower() == character.upper()
            return f" {written}" if syllable else written
        case _:
            written = latin(character)
            return written if written in _MARKS else " "
