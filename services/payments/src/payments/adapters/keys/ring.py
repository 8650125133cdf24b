"""A ring of AES-GCM keys: the first writes, all read (NIST SP 800-38D, keys of 256 bits, a random nonce each time)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from os import urandom
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from payments.application.ports import KeyMissing
from payments.domain.bank_accounts import Sealed

_NONCE_BYTES: Final = 12


class KeyRing:
    """Met as `payments.application.ports.AccountKeys`. It shows its keys' names and nothing of them."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = {name: AESGCM(key) for name, key in keys.items()}
        self._writes = next(iter(keys))
        self._blinds = hmac.digest(keys[self._writes], b"payments: hashes of requests", "sha256")

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
        sealed = self._keys[self._writes].encrypt(nonce, text, _bound_to(of))
        return Sealed(key=self._writes, text=nonce + sealed)

    def open(self, sealed: Sealed, *, of: str) -> bytes:
        """Return the text. Raises `KeyMissing`, and `ValueError` for what was sealed as another's, or was changed."""
        key = self._keys.get(sealed.key)
        if key is None:
            raise KeyMissing(f"the key {sealed.key} is not among those that are set")
        try:
            return key.decrypt(sealed.text[:_NONCE_BYTES], sealed.text[_NONCE_BYTES:], _bound_to(of))
        except InvalidTag:
            raise ValueError("what is sealed is not of this, or was changed") from None

    def blind(self, hashed: str) -> str:
        """Return of a hash what nobody without the key that writes can make of a guess."""
        return hmac.digest(self._blinds, hashed.encode(), "sha256").hex()


def _bound_to(of: str) -> bytes:
    return f"payments:{of}".encode()
