"""Use case: write to a household that was merged where its person is reached now (OPS-5)."""

from __future__ import annotations

from bulkhead.service import Occasion
from notifications.application.desk import Desk
from notifications.application.facts import HouseholdMerged, MergeReversed
from notifications.domain.contacts import MergedHousehold


def note_merged(desk: Desk, fact: HouseholdMerged, _occasion: Occasion) -> None:
    """Keep which household goes on in the place of this one, and have letters not be sent that have not left and that
    ask something of this one that it is not asked any more: documents, or to choose.
    """
    desk.put(MergedHousehold(household=fact.household, into=fact.into, stands=True))
    for notice in desk.asking_of(fact.household):
        desk.withdraw(notice)


def note_merge_reversed(desk: Desk, fact: MergeReversed, _occasion: Occasion) -> None:
    """Keep that the household stands for itself again."""
    desk.put(MergedHousehold(household=fact.household, into=fact.into, stands=False))
