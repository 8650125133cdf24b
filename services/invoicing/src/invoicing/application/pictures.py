"""What invoicing keeps of others that follows from what they said alone: how far books are closed (ADR 0024)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bulkhead.service import Picture, Received
from invoicing.application import facts
from invoicing.domain.records import Watermark


def _closed(heard: Sequence[Received], _stored: Sequence[Any], _now: datetime) -> list[Watermark]:
    if not heard:
        return []
    through = max(each.fact.through for each in heard)
    return [Watermark(partition=heard[0].partition, closed_through=through)]


PICTURES: Final = (Picture(kind=Watermark, facts=(facts.BooksClosed,), paint=_closed),)
"""Policies and payments are none: with each that was heard, the ledger was written, and charges and groups decided."""
