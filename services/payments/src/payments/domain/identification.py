"""What the payments of bank accounts are called where banks talk about them (PAY-5).

A bank's entry has room for 15 characters that its originator chooses, the individual identification number. What comes
back, comes back with it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

IDENTIFICATION_LENGTH: Final = 15

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_IDENTIFICATION = re.compile(rf"(?=[0-9]*[A-Z])[0-9A-Z]{{{IDENTIFICATION_LENGTH}}}")


def identification_of(payment: str) -> str:
    """Return what a payment from a bank account is called at the banks: 15 digits and capital letters, always the same.

    They stand for 77 bits of a hash: among a hundred million payments two are the same once in forty million times.
    """
    number = int.from_bytes(hashlib.sha256(payment.encode()).digest()) % len(_DIGITS) ** IDENTIFICATION_LENGTH
    text = ""
    for _ in range(IDENTIFICATION_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text


def is_identification(text: str) -> bool:
    """Whether a text could be what a payment of ours is called.

    Of digits alone one in two hundred million of ours is, and every account number.
    """
    return _IDENTIFICATION.fullmatch(text) is not None
