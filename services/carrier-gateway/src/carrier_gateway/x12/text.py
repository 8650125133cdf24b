"""Making a person's text fit X12: plain letters in place of accented ones, and none of the delimiters."""

from __future__ import annotations

import re
import unicodedata

from carrier_gateway.x12.segments import STANDARD, Delimiters, allowed

# Letters that do not come apart into a plain letter and an accent.
_SPELLED = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D"}
    | {"ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ł": "l", "Ł": "L", "ı": "i"}
    | {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"}
)
_BLANKS = re.compile(r"\s+")


def carries(*, text: str) -> bool:
    """Whether every letter and sign of the text has a plain form, so that nothing of it would be left out."""
    return all(allowed(each) or each.isspace() or unicodedata.combining(each) for each in _taken_apart(text))


def to_x12(*, text: str, most: int, delimiters: Delimiters = STANDARD) -> str:
    """Return the text in X12's characters, at most so long; empty where nothing of it can be written.

    Accents are dropped, delimiters and what has no plain form become blanks, blanks are never doubled.
    """
    plain = "".join(
        each if allowed(each) and each not in delimiters.all else ("" if unicodedata.combining(each) else " ")
        for each in _taken_apart(text)
    )
    return _BLANKS.sub(" ", plain).strip()[:most].rstrip()


def _taken_apart(text: str) -> str:
    return unicodedata.normalize("NFKD", text.translate(_SPELLED))
