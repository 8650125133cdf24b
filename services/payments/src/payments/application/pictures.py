"""What payments keeps of others that follows from what they said alone: the accounts it has heard of (ADR 0024)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bulkhead.service import Picture, Received
from payments.application import facts
from payments.application.pass_on_credit import merged_by
from payments.application.records import KnownAccount
from payments.domain.passings import MergedHousehold


def _known(heard: Sequence[Received], _stored: Sequence[Any], now: datetime) -> list[KnownAccount]:
    return [KnownAccount(household=each.about, heard_at=now) for each in heard[:1]]


def _merged(heard: Sequence[Received], _stored: Sequence[Any], _now: datetime) -> list[MergedHousehold]:
    known: MergedHousehold | None = None
    for each in heard:
        known = merged_by(each.fact, known) or known
    return [] if known is None else [known]


PICTURES: Final = (
    Picture(
        kind=MergedHousehold,
        facts=(facts.HouseholdMerged, facts.MergeReversed),
        paint=_merged,
    ),
    Picture(
        kind=KnownAccount,
        facts=(facts.AccountHeardOf, facts.InvoiceIssued),
        paint=_known,
        kept=frozenset({"heard_at"}),
    ),
)
"""Settlements and refunds are none: what is remitted or paid back of them was decided here."""
