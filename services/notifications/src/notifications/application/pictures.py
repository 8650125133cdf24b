"""What notifications keeps of others that follows from what they said alone (ADR 0024)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bulkhead.service import Picture, Received, Routes, route
from notifications.application import facts
from notifications.application.desk import Desk
from notifications.application.hear_contacts import record_contact
from notifications.application.hear_coverage import (
    know_policies,
    tell_begun,
    tell_canceled,
    tell_ended,
    tell_reinstated,
    tell_renewed,
)
from notifications.application.hear_merges import note_merge_reversed, note_merged
from notifications.domain.contacts import Contact, MergedHousehold
from notifications.domain.coverage import Policy

_ROUTES: Final[Routes[Desk]] = {
    facts.ContactRecorded: record_contact,
    facts.HouseholdMerged: note_merged,
    facts.MergeReversed: note_merge_reversed,
    facts.PlansSelected: know_policies,
    facts.PlansRenewed: tell_renewed,
    facts.PolicyActivated: tell_begun,
    facts.PolicyCanceled: tell_canceled,
    facts.PolicyTerminated: tell_ended,
    facts.PolicyReinstated: tell_reinstated,
}


OF_NO_POLICY: Final = (facts.ContactRecorded, facts.HouseholdMerged, facts.MergeReversed)


def _desk(heard: Sequence[Received], now: datetime) -> Desk:
    """Return a desk after these facts; the notices on it are thrown away with it."""
    desk = Desk(receipts=())
    for each in heard:
        route(_ROUTES, each, desk, now=now)
    return desk


def _contacts(heard: Sequence[Received], _stored: Sequence[Any], now: datetime) -> list[Contact]:
    return _desk(heard, now).rows(Contact)


def _policies(heard: Sequence[Received], _stored: Sequence[Any], now: datetime) -> list[Policy]:
    return _desk(heard, now).rows(Policy)


def _merged(heard: Sequence[Received], _stored: Sequence[Any], now: datetime) -> list[MergedHousehold]:
    return _desk(heard, now).rows(MergedHousehold)


PICTURES: Final = (
    Picture(
        kind=MergedHousehold,
        facts=(facts.HouseholdMerged, facts.MergeReversed),
        paint=_merged,
    ),
    Picture(kind=Contact, facts=(facts.ContactRecorded,), paint=_contacts),
    Picture(
        kind=Policy,
        facts=tuple(fact for fact in _ROUTES if fact not in OF_NO_POLICY),
        paint=_policies,
    ),
)
"""What is known of a household's money is none: it is kept for the letters that are still to be sent from here."""
