"""Why a card or bank account was declined, in the words that its owner may hear (PAY-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

DeclineReason: TypeAlias = Literal[
    "insufficient-funds", "limit-exceeded", "expired", "account-closed", "wrong-details", "not-authorized"
]
"""What an issuer says: *not-authorized* is also what it wants nobody to know, such as a card reported as stolen."""

DECLINE_REASONS: Final[tuple[DeclineReason, ...]] = get_args(DeclineReason)

_BY_NAME: Final[Mapping[str, DeclineReason]] = {each: each for each in DECLINE_REASONS}

_SAYS: Final[Mapping[DeclineReason, str]] = {
    "insufficient-funds": "there is not enough money on it",
    "limit-exceeded": "the amount is above what may be paid with it at once",
    "expired": "it has expired",
    "account-closed": "its account is closed",
    "wrong-details": "its details do not belong together",
    "not-authorized": "who issued it did not allow the payment, and does not say why",
}


def decline_reason(word: object) -> DeclineReason:
    """Return the reason that a processor's word stands for; *not-authorized* for one that is not known, or none."""
    return _BY_NAME.get(word, "not-authorized") if isinstance(word, str) else "not-authorized"


def says_of(reason: DeclineReason) -> str:
    """Return the reason as the end of a sentence."""
    return _SAYS[reason]
