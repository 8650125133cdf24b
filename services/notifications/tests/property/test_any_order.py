"""Whatever the order, the repetition and the failures: each notice once, and told once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.kernel.errors import Retryable
from bulkhead.retries.retries import LONGEST_WAIT
from notifications.domain.events import NoticeSent
from services.notifications.tests.builders import (
    activated,
    contact,
    invoice,
    paid,
    reinstated,
    selected,
    settled,
    terminated,
)
from services.notifications.tests.office import Office

HOUSEHOLDS = ("a", "b")
TYPES = ("coverage-begun", "coverage-ended", "coverage-reinstated", "invoice", "receipt")
EXPECTED = Counter((household, each) for household in HOUSEHOLDS for each in TYPES)
FAILS_AT = ("open", "send", "answer", "begin", "commit", "put")


class Crash(BaseException):
    """The process ends here."""


def streams() -> list[list[object]]:
    """Return each household's facts, one stream a topic: order holds within a stream only."""
    return [
        list[object](stream)
        for household in HOUSEHOLDS
        for stream in (
            [contact(household, email=None if household == "a" else f"{household}@example.test")],
            [selected(household), activated(household), terminated(household), reinstated(household)],
            [invoice(household), settled(household, by={f"{household}-payment": 50000})],
            [paid(household)],
        )
    ]


async def play(chance: random.Random) -> tuple[Office, int]:
    """Hear everything in some order, some of it twice, sending in between while things fail and crash.

    Return the office when all is quiet, and how often the process ended or an answer was lost.
    """
    office, left, windows = Office(), streams(), 0

    async def interrupt(operation: str) -> None:
        nonlocal windows
        if operation in FAILS_AT and chance.random() < 0.15:
            error = chance.choice((Retryable("away"), Crash()))
            windows += isinstance(error, Crash) or operation == "answer"
            raise error

    while any(left):
        fact = chance.choice([each for each in left if each]).pop(0)
        await office.hear(*[fact] * chance.choice((1, 1, 2)))
        if chance.random() < 0.5:
            office.mailbox.interrupt = office.files.interrupt = office.database.interrupt = interrupt
            try:
                with suppress(Retryable):  # it goes on with what it knows
                    await chance.choice((office.mail, office.print)).turn(office.now)
            except Crash:
                office.start()
            office.mailbox.interrupt = office.files.interrupt = office.database.interrupt = None
    await office.send()
    office.now += LONGEST_WAIT  # what failed by itself is tried again by then
    await office.send()
    return office, windows


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_NOT_1_each_notice_is_told_once_and_a_stop_repeats_at_most_one_message(
    chance: random.Random,
) -> None:
    office, windows = asyncio.run(play(chance))
    notices = office.notices()
    assert {each.state for each in notices} <= {"sent", "withdrawn"}
    types = {each.notice: each.type for each in notices}
    # that coverage ended is told unless it is known by then that it stands again
    untold = Counter((each.household, each.type) for each in notices if each.state == "withdrawn")
    assert untold <= Counter((household, "coverage-ended") for household in HOUSEHOLDS)
    told = Counter((each.household, types[each.notice]) for each in office.said(NoticeSent))
    assert told + untold == EXPECTED
    ids = [str(message["Message-ID"]) for message in office.mailbox.messages]
    # one that is withdrawn may have left as the process ended
    assert 5 - untold["b", "coverage-ended"] <= len(set(ids)) <= 5
    assert len(ids) <= 5 + windows
    assert 10 - 2 * untold["a", "coverage-ended"] <= len(office.files.content) <= 10
    numbers = {each.notice: each.number for each in office.notices()}
    mailed = [numbers[message.split("@")[0].strip("<")] for message in dict.fromkeys(ids)]
    assert mailed == sorted(mailed)
