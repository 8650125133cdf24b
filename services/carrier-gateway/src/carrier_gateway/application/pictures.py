"""What the gateway keeps of others that follows from what they said alone (ADR 0024)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bulkhead.service import Occasion, Picture, Received
from carrier_gateway.application import facts
from carrier_gateway.application.book import Book
from carrier_gateway.application.follow_lists import row_of
from carrier_gateway.application.follow_policies import record_contact, release_binder
from carrier_gateway.domain.records import BinderRelease, Contact, ContactMember, DelinquencyRow


def _book(heard: Sequence[Received], now: datetime) -> Book:
    book = Book(now=now)
    for each in heard:
        occasion = Occasion(happened_at=each.occurred_at, now=now)
        if isinstance(each.fact, facts.ContactRecorded):
            record_contact(book, each.fact, occasion)
        else:
            release_binder(book, each.fact, occasion)
    return book


def _contacts(heard: Sequence[Received], stored: Sequence[Contact], now: datetime) -> list[Contact]:
    contacts = _book(heard, now).rows(Contact)
    versions = {each.contact_version for each in contacts}
    # What a forgotten key sealed cannot be read again: it stays as long as a carrier is to be told by it (ADR 0075).
    return [*contacts, *(each for each in stored if each.contact_version not in versions)]


def _members(
    heard: Sequence[Received], stored: Sequence[ContactMember], now: datetime
) -> list[ContactMember]:
    members = _book(heard, now).rows(ContactMember)
    versions = {each.contact_version for each in members}
    return [*members, *(each for each in stored if each.contact_version not in versions)]


def _releases(heard: Sequence[Received], _stored: Sequence[Any], now: datetime) -> list[BinderRelease]:
    return _book(heard, now).rows(BinderRelease)


def _listed(heard: Sequence[Received], _stored: Sequence[Any], _now: datetime) -> list[DelinquencyRow]:
    first: dict[object, DelinquencyRow] = {}
    for row in (row_of(each.fact) for each in heard):
        first.setdefault((row.carrier, row.on, row.list_part), row)
    return list(first.values())


PICTURES: Final = (
    Picture(kind=Contact, facts=(facts.ContactRecorded,), paint=_contacts),
    Picture(kind=ContactMember, facts=(facts.ContactRecorded,), paint=_members),
    Picture(kind=BinderRelease, facts=(facts.BinderSatisfied,), paint=_releases),
    Picture(kind=DelinquencyRow, facts=(facts.DelinquencyListed,), paint=_listed),
)
"""Policies are none: beside what enrollment says of one stands what its carrier was told, which was decided here.
Remittances are none: they are about no household.
"""
