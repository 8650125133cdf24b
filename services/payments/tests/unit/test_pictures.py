"""What payments keeps of others is what follows from their facts alone."""

from __future__ import annotations

from bulkhead.service import Received
from payments.application.facts import AccountHeardOf, HouseholdMerged, MergeReversed
from payments.application.pictures import PICTURES
from payments.application.records import KnownAccount
from payments.domain.passings import MergedHousehold
from services.payments.tests.builders import START


def heard(household: str, fact: object | None = None) -> Received:
    """Return that an account was heard of, or another fact about it."""
    return Received(
        event_id="1",
        household=household,
        occurred_at=START,
        fact=fact or AccountHeardOf(household=household),
        partition=0,
    )


def test_an_account_is_known_once_however_often_it_was_heard_of() -> None:
    picture = next(each for each in PICTURES if each.kind is KnownAccount)
    assert list(picture.paint([heard("june"), heard("june")], [], START)) == [
        KnownAccount(household="june", heard_at=START)
    ]
    assert list(picture.paint([], [], START)) == []


def test_a_merge_is_known_as_it_was_told_last() -> None:
    picture = next(each for each in PICTURES if each.kind is MergedHousehold)
    merged = heard("june-2", HouseholdMerged(household="june-2", into="june", correction="m1"))
    other = heard("june-2", MergeReversed(household="june-2", into="june", reverses="m0"))
    back = heard("june-2", MergeReversed(household="june-2", into="june", reverses="m1"))
    known = MergedHousehold(household="june-2", into="june", correction="m1")
    assert list(picture.paint([merged, other], [], START)) == [known]
    assert list(picture.paint([merged, back], [], START)) == [
        MergedHousehold(household="june-2", into="june", correction="m1", stands=False)
    ]
