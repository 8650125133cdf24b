"""What payments keeps of others that follows from what they said alone: the accounts it has heard of, and when
first premiums are due (ADR 0024)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bulkhead.service import Picture, Received
from payments.application import facts
from payments.application.pass_on_credit import merged_by
from payments.application.records import BinderInvoice, KnownAccount
from payments.domain.passings import MergedHousehold


def _known(heard: Sequence[Received], _stored: Sequence[Any], now: datetime) -> list[KnownAccount]:
    return [KnownAccount(household=each.about, heard_at=now) for each in heard[:1]]


def _merged(heard: Sequence[Received], _stored: Sequence[Any], _now: datetime) -> list[MergedHousehold]:
    known: MergedHousehold | None = None
    for each in heard:
        known = merged_by(each.fact, known) or known
    return [] if known is None else [known]


def _binders(heard: Sequence[Received], _stored: Sequence[Any], _now: datetime) -> list[BinderInvoice]:
    invoices: dict[str, BinderInvoice] = {}
    for received in heard:
        fact = received.fact
        if isinstance(fact, facts.InvoiceIssued):
            if fact.selection is not None:
                invoices.setdefault(
                    fact.invoice,
                    BinderInvoice(
                        invoice=fact.invoice,
                        household=fact.household,
                        selection=fact.selection,
                        due=fact.due,
                        void=False,
                    ),
                )
        elif fact.invoice in invoices:
            void = isinstance(fact, facts.InvoiceVoided)
            invoices[fact.invoice] = replace(invoices[fact.invoice], void=void)
    return list(invoices.values())


PICTURES: Final = (
    Picture(
        kind=MergedHousehold,
        facts=(facts.HouseholdMerged, facts.MergeReversed),
        paint=_merged,
    ),
    Picture(
        kind=BinderInvoice,
        facts=(facts.InvoiceIssued, facts.InvoiceVoided, facts.InvoiceRestored),
        paint=_binders,
    ),
    Picture(
        kind=KnownAccount,
        facts=(facts.AccountHeardOf, facts.InvoiceIssued),
        paint=_known,
        kept=frozenset({"heard_at"}),
    ),
)
"""Settlements and refunds are none: what is remitted or paid back of them was decided here."""
