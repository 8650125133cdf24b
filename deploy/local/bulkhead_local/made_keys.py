"""Keys that are made at random, as the services read them."""

from __future__ import annotations

import secrets
from base64 import b64encode

_KEY_BYTES = 32


def key_ring() -> str:
    """Return a ring of one key that seals (`bulkhead.kernel.key_rings.read_key_ring`)."""
    return f"local-1:{_key()}"


def webhook_secret() -> str:
    """Return what webhooks are signed with."""
    return f"whsec_{_key()}"


def _key() -> str:
    return b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")
