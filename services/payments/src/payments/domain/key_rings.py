"""How a ring of keys is written in a setting: names and keys, the first of which writes (PAY-1)."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import Final

KEY_BYTES: Final = 32

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def read_key_ring(text: str) -> dict[str, bytes]:
    """Return keys by their names, in order, as ``2026-11:`` and the base64 of 32 bytes say them, with blanks between
    them. Raises `ValueError`, which repeats no key.
    """
    keys = dict[str, bytes]()
    for number, each in enumerate(text.split(), 1):
        name, _, encoded = each.partition(":")
        if _NAME.fullmatch(name) is None or name in keys:
            raise ValueError(f"key {number} must have a name of its own: small letters, digits and hyphens")
        try:
            keys[name] = b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"key {number} must be in base64") from None
        if len(keys[name]) != KEY_BYTES:
            raise ValueError(f"key {number} must be of {KEY_BYTES} bytes")
    if not keys:
        raise ValueError("at least one key is needed")
    return keys
