"""What payments keeps of others that follows from what they said alone: the accounts it has heard of (ADR 0024)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bulkhead.service import Picture, Received
from payments.application import facts
from payments.application.records import KnownAccount


def _known(heard: Sequence[Received], _stored: Sequence[Any], now: datetime) -> list[KnownAccount]:
    return [KnownAccount(household=each.about, heard_at=now) for each in heard[:1]]


PICTURES: Final = (
    Picture(
        kind=KnownAccount,
        facts=(facts.AccountHeardOf, facts.InvoiceIssued),
        paint=_known,
        kept=frozenset({"heard_at"}),
    ),
)
"""Settlements and refunds are none: what is remitted or paid back of them was decided here."""
