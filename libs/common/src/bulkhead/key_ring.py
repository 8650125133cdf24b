"""A ring of AES-GCM keys: the first writes, all read (NIST SP 800-38D, keys of 256 bits, a random nonce each time)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from functools import cached_property
from os import urandom
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bulkhead.kernel.key_rings import KeyMissing, Sealed, read_key_ring

_NONCE_BYTES: Final = 12


class KeyRing:
    """Met as `bulkhead.kernel.key_rings.Keys`. It shows its keys' names and nothing of them.

    What it seals is bound to its ``owner`` too: what one service sealed opens as nothing of another's.
    """

    def __init__(self, keys: Mapping[str, bytes], *, owner: str) -> None:
        self._keys = {name: AESGCM(key) for name, key in keys.items()}
        self._writes = next(iter(keys))
        self._owner = owner
        self._writing = keys[self._writes]

    @classmethod
    def read(cls, text: str, *, owner: str) -> Self:
        """Return the ring that a setting says (`read_key_ring`). Raises `ValueError`, which repeats no key."""
        return cls(read_key_ring(text), owner=owner)

    @property
    def writes(self) -> str:
        """The key that seals from now on."""
        return self._writes

    @property
    def names(self) -> frozenset[str]:
        """All keys that there are."""
        return frozenset(self._keys)

    def seal(self, text: bytes, *, of: str) -> Sealed:
        """Return a text sealed and bound to what it belongs to."""
        nonce = urandom(_NONCE_BYTES)
        sealed = self._keys[self._writes].encrypt(nonce, text, self._bound_to(of))
        return Sealed(key=self._writes, text=nonce + sealed)

    def open(self, sealed: Sealed, *, of: str) -> bytes:
        """Return the text. Raises `KeyMissing`, and `ValueError` for what was sealed as another's, or was changed."""
        key = self._keys.get(sealed.key)
        if key is None:
            raise KeyMissing(f"the key {sealed.key} is not among those that are set")
        try:
            return key.decrypt(sealed.text[:_NONCE_BYTES], sealed.text[_NONCE_BYTES:], self._bound_to(of))
        except InvalidTag:
            raise ValueError("what is sealed is not of this, or was changed") from None

    def blind(self, hashed: str) -> str:
        """Return of a hash what nobody without the key that writes can make of a guess."""
        return hmac.digest(self._blinds, hashed.encode(), "sha256").hex()

    @cached_property
    def _blinds(self) -> bytes:
        # Made where it is asked for: each household has a ring, and blinds nothing.
        return hmac.digest(self._writing, f"{self._owner}: hashes of requests".encode(), "sha256")

    def _bound_to(self, of: str) -> bytes:
        return f"{self._owner}:{of}".encode()
