"""The keys that contacts are sealed under where services run in memory, or for a test."""

from __future__ import annotations

from typing import Final

from bulkhead.key_ring import KeyRing

CONTACT_KEYS_TEXT: Final = "trial-1:Y29udGFjdHMgb2YgdHJpYWxzIGFyZSBzZWFsZWQgc28="
"""A ring of one key, known to everybody, as the setting BULKHEAD_CONTACT_KEYS says it."""

CONTACT_KEYS: Final = KeyRing.read(CONTACT_KEYS_TEXT, owner="contacts")
"""The same."""
