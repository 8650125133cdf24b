"""Ids. A household's id is chosen by whoever registers it; all others are made here."""

from __future__ import annotations

import re
import uuid

from bulkhead.kernel.errors import InvalidValue

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def is_id(text: str) -> bool:
    """Whether a text can be an id: 1 to 64 letters, digits, dots, dashes, underscores."""
    return _ID.fullmatch(text) is not None


def checked_id(text: str, *, field: str) -> str:
    """Return the text if it can be an id (`is_id`)."""
    if not is_id(text):
        raise InvalidValue(field=field, problem="must be 1 to 64 letters, digits, '.', '_' or '-'")
    return text


def derived_id(*parts: str) -> str:
    """Return the id that these parts always have: the same parts give the same id on every replay."""
    return uuid.uuid5(uuid.NAMESPACE_OID, "\x1f".join(parts)).hex
