"""What payments keeps of others is what follows from their facts alone."""

from __future__ import annotations

from bulkhead.service import Received
from payments.application.facts import AccountHeardOf
from payments.application.pictures import PICTURES
from payments.application.records import KnownAccount
from services.payments.tests.builders import START


def heard(household: str) -> Received:
    """Return that an account was heard of."""
    return Received(
        event_id="1",
        household=household,
        occurred_at=START,
        fact=AccountHeardOf(household=household),
        partition=0,
    )


def test_an_account_is_known_once_however_often_it_was_heard_of() -> None:
    picture = next(each for each in PICTURES if each.kind is KnownAccount)
    assert list(picture.paint([heard("june"), heard("june")], [], START)) == [
        KnownAccount(household="june", heard_at=START)
    ]
    assert list(picture.paint([], [], START)) == []
