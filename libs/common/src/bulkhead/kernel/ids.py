"""Ids. A household's id is chosen by whoever registers it; all others are made here."""

from __future__ import annotations

import re
from hashlib import sha1
from uuid import NAMESPACE_OID

from bulkhead.kernel.errors import InvalidValue

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LIKE_SSN = re.compile(r"[0-9]{3}[._-]?[0-9]{2}[._-]?[0-9]{4}")
_NAMESPACE = NAMESPACE_OID.bytes


def is_id(text: str) -> bool:
    """Whether a text can be an id: 1 to 64 letters, digits, dots, dashes, underscores."""
    return _ID.fullmatch(text) is not None


def is_like_ssn(text: str) -> bool:
    """Whether a text may be a social security number: nine digits, with or without dots, dashes or underscores."""
    return _LIKE_SSN.fullmatch(text) is not None


def checked_id(text: str, *, field: str) -> str:
    """Return the text if it can be an id (`is_id`)."""
    if not is_id(text):
        raise InvalidValue(field=field, problem="must be 1 to 64 letters, digits, '.', '_' or '-'")
    return text


def checked_household_id(text: str, *, field: str) -> str:
    """Return the text if it can be a household's id; raises `InvalidValue`.

    It keys events and is in traces, logs and names of files, so it is no nine digits as a social security number has.
    """
    checked_id(text, field=field)
    if is_like_ssn(text):
        raise InvalidValue(field=field, problem="must not be like a social security number")
    return text


def derived_id(*parts: str) -> str:
    """Return the id that these parts always have: the same parts give the same id on every replay.

    It is their version 5 UUID in hex, at a fifth of what `uuid.uuid5` takes.
    """
    hashed = sha1(_NAMESPACE + "\x1f".join(parts).encode(), usedforsecurity=False)
    number = bytearray(hashed.digest()[:16])
    number[6] = number[6] & 0x0F | 0x50
    number[8] = number[8] & 0x3F | 0x80
    return number.hex()
