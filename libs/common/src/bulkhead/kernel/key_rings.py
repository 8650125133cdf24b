"""Keys that seal what is kept: how a ring of them is written in a setting, and what it does for who has it."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from bulkhead.kernel.errors import BulkheadError, Conflict

KEY_BYTES: Final = 32

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What nobody reads without the key called ``key``: ``text`` is the sealed bytes, which say nothing."""

    key: str
    text: bytes


class KeyMissing(BulkheadError):
    """What was sealed cannot be opened: the key that it was sealed under is not among those that are set, or another of
    its name is.
    """


class KeyInUse(Conflict):
    """Something is sealed under this key: without it, nobody could read that any more."""

    kind: ClassVar[str] = "key-in-use"


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdKeySet:
    """By which key what is said about a household's people is sealed from now on: its ``number``, and the key itself,
    ``sealed`` in base64 under the one called ``key``. Both None: it is forgotten, and nobody opens what it sealed.
    """

    household: str
    number: int
    key: str | None
    sealed: str | None


class Keys(Protocol):
    """Seals what is kept, and opens it again: several keys by name, of which one writes and all read."""

    @property
    def writes(self) -> str:
        """The key that seals from now on."""
        ...

    @property
    def names(self) -> frozenset[str]:
        """All keys that there are."""
        ...

    def seal(self, text: bytes, *, of: str) -> Sealed:
        """Return a text sealed and bound to what it belongs to: it opens as nothing else's."""
        ...

    def open(self, sealed: Sealed, *, of: str) -> bytes:
        """Return the text. Raises `KeyMissing`, and `ValueError` for what was sealed as another's, or was changed."""
        ...


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


def require_unused(key: str, *, keys: Keys, used: Mapping[str, int]) -> None:
    """Raise `KeyInUse` where a key seals something, by how much is ``used`` of each, or is the one that writes."""
    if key not in keys.names:
        raise KeyInUse(f"there is no key {key}")
    count = used.get(key, 0)
    if count or key == keys.writes:
        why = f"{count} are sealed under it: rotate first" if count else "it is the one that writes"
        raise KeyInUse(f"the key {key} must not be dropped: {why}")
