"""What of enrollment's work may have to wait (I9): questions to the hub, and the hub itself."""

from __future__ import annotations

from typing import Final

from bulkhead.retries.retries import RetryKind

HUB: Final = RetryKind("hub", stuck_after=48)
"""The hub itself, one item: while it rests nobody is asked about, and once it has rested one household is tried.

It may be away for weeks, and nobody waits for it: somebody is alarmed after about two days.
"""

VERIFICATIONS: Final = RetryKind("verifications")
"""Households, each by itself, that the hub did not answer about though it was there."""

RETRIES: Final = (HUB, VERIFICATIONS)
