"""Card numbers never enter the system: what looks like one is refused before anything is kept (PAY-1)."""

from __future__ import annotations

import re
from typing import ClassVar

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue

_RUN = re.compile(r"\d(?:[ .\-]?\d){12,18}")
_SEPARATORS = re.compile(r"[ .\-]")


class CardNumberGiven(InvalidValue):
    """A field holds what looks like a card number. Its answer is not kept: with it would be a hash of the number."""

    kept: ClassVar[bool] = False


def card_number_refused(field: str) -> CardNumberGiven:
    """Return the refusal of a field that holds what looks like a card number (PAY-1)."""
    return CardNumberGiven(
        field=field,
        problem="holds what looks like a card number; send the processor's token for it",
        reasons=(Reason(rule="PAY-1", says="no card number ever enters the system"),),
    )


def looks_like_card_number(text: str) -> bool:
    """Whether a text is, or holds, 13 to 19 digits that could be a card's number (PAY-1).

    A text of digits alone counts whatever they are; a run of digits inside a longer text counts when its
    check digit is right, so that an id with many digits in it is not taken for a card.
    """
    return is_card_number(text) or any(
        _check_digit_is_right(_SEPARATORS.sub("", run)) for run in _RUN.findall(text)
    )


def is_card_number(text: str) -> bool:
    """Whether a text is 13 to 19 digits and nothing else: the test for what can only be an id or a number
    (PAY-1).
    """
    whole = _SEPARATORS.sub("", text.strip())
    return whole.isdigit() and 13 <= len(whole) <= 19


def is_surely_card_number(text: str) -> bool:
    """Whether a text is a number as cards have it, by its first digit and its check digit: the test for what a
    caller makes up of a counter or the time (PAY-1).
    """
    whole = _SEPARATORS.sub("", text.strip())
    return is_card_number(text) and whole[0] in "23456" and _check_digit_is_right(whole)


def _check_digit_is_right(digits: str) -> bool:
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
