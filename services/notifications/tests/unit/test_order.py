"""Notices of one household go out in the order of what they tell (NOT-1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from bulkhead.kernel.calendar import local
from bulkhead.service import Received
from notifications.application.ordering import CAUSES_FIRST, as_it_happened
from notifications.application.routing import ROUTES
from notifications.domain.letters import Content, Written
from notifications.domain.notices import By, Notice, NoticeFacts, NoticeState, new_notice, next_to_send
from services.notifications.tests.builders import (
    EMAIL,
    JUNE,
    activated,
    contact,
    in_all_orders,
    invoice,
    paid,
    reinstated,
    selected,
    terminated,
)
from services.notifications.tests.office import WRITER, Office, hours

NOON = local(date(2016, 6, 5), 12)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_every_fact_that_is_heard_has_its_place_among_causes_and_effects() -> None:
    assert set(CAUSES_FIRST) == set(ROUTES)


async def test_NOT_1_what_happens_at_one_instant_is_told_causes_first_whatever_topics_it_came_on() -> None:
    """The clock stands still while money begins coverage: received, begun, and what is asked after it."""
    topics = ([contact()], [selected(), activated(), terminated()], [invoice()], [paid()])
    for order in in_all_orders(topics):
        office = Office()
        await office.hear(*order)
        assert office.in_order() == ["june-payment", "june-silver.1", "june-invoice", "june-silver.2"]


async def test_NOT_1_what_happened_earlier_is_told_earlier() -> None:
    happened = [
        (contact(), at(0)),
        (selected(), at(0)),
        (activated(), at(1)),
        (terminated(), at(5)),
        (invoice(), at(2)),
        (paid(), at(3)),
    ]
    for order in permutations(happened[4:]):
        office = Office()
        await office.hear_all([*happened[:4], *order])
        assert office.in_order() == ["june-silver.1", "june-invoice", "june-payment", "june-silver.2"]


async def test_NOT_1_a_topics_own_order_stands_whatever_its_instants_say() -> None:
    """Two replicas' clocks differ by a little: what one topic says in order is heard in order."""
    office = Office()
    await office.hear_all(
        [
            (contact(), at(0)),
            (selected(), at(2)),
            (activated(), at(1)),
            (terminated(), at(1)),
            (paid(), at(1.5)),
        ]
    )
    assert office.in_order() == ["june-payment", "june-silver.1", "june-silver.2"]


def test_households_do_not_wait_for_each_other_in_a_batch() -> None:
    batch = [
        Received(event_id=str(number), household=household, occurred_at=at(minute), fact=fact, partition=0)
        for number, (household, fact, minute) in enumerate(
            [("a", paid("a"), 9), ("b", paid("b"), 1), ("a", invoice("a"), 8)]
        )
    ]
    assert [(each.household, type(each.fact).__name__) for each in as_it_happened(batch)] == [
        ("a", "InvoiceIssued"),
        ("a", "PaymentReceived"),
        ("b", "PaymentReceived"),
    ]


async def test_NOT_1_numbers_go_on_from_batch_to_batch_and_a_fact_told_again_takes_none() -> None:
    office = Office()
    await office.hear(contact(), selected(), activated())
    await office.hear(activated(), paid())
    await office.hear(paid())
    await office.hear(invoice())
    assert office.in_order() == ["june-silver.1", "june-payment", "june-invoice"]
    assert sorted(each.number for each in office.notices()) == [1, 2, 3]


async def test_NOT_1_they_are_mailed_in_that_order() -> None:
    office = Office()
    await office.hear(contact(), selected(), activated(), invoice(), paid(), terminated(), reinstated())
    await office.hear(contact("kim", email="kim@example.test"), selected("kim"), activated("kim"))
    assert await office.send() == 6
    assert [kind for household, kind in office.mailed() if household == JUNE] == [
        "receipt",
        "coverage-begun",
        "invoice",
        "coverage-reinstated",
    ]


async def test_NOT_1_a_notice_that_waits_holds_back_later_ones_of_its_household_alone() -> None:
    office = Office()
    await office.hear(contact(version=1), selected(version=1), activated(version=2), paid())
    await office.hear(contact("kim", email="kim@example.test"), selected("kim"), activated("kim"))
    states = {each.about: (each.state, each.waits_for) for each in office.notices()}
    assert states == {
        "june-payment": ("queued", None),
        "june-silver.1": ("waiting", "contact"),
        "kim-silver.1": ("queued", None),
    }
    await office.hear(invoice(), at=office.now + timedelta(hours=1))
    assert office.only(about="june-invoice").waits_for == "earlier"
    assert await office.send() == 2
    await office.hear(contact(version=2))
    assert await office.send() == 2
    assert [kind for household, kind in office.mailed() if household == JUNE] == [
        "receipt",
        "coverage-begun",
        "invoice",
    ]


async def test_NOT_1_one_that_is_not_taken_for_now_holds_back_later_ones_of_its_household_alone() -> None:
    office = Office()
    office.mailbox.busy = {EMAIL}
    await office.hear(contact(), selected(), activated(), invoice())
    await office.hear(contact("kim", email="kim@example.test"), selected("kim"), invoice("kim"))
    assert await office.send() == 1
    first, second = (office.only(about=about) for about in ("june-silver.1", "june-invoice"))
    assert (first.state, first.attempts, first.problem) == ("queued", 1, "not taken for now")
    assert (second.state, second.attempts) == ("queued", 0)
    office.mailbox.busy = set()
    assert await office.send() == 0
    office.now += timedelta(minutes=1)
    assert await office.send() == 2
    assert office.mailed() == [("kim", "invoice"), (JUNE, "coverage-begun"), (JUNE, "invoice")]


class FaultyAtReceipts:
    """Writes all but receipts."""

    languages = WRITER.languages

    def write(self, content: Content) -> Written:
        """Fail at a receipt as a bug would."""
        if content.notice.type == "receipt":
            raise ZeroDivisionError
        return WRITER.write(content)


async def test_NOT_1_one_that_is_stuck_for_a_fault_of_ours_holds_back_none() -> None:
    office = Office(writer=FaultyAtReceipts())
    await office.hear(contact(), selected(), paid(), activated())
    await office.hear(invoice())
    assert await office.send() == 2
    assert office.mailed() == [(JUNE, "coverage-begun"), (JUNE, "invoice")]
    assert (office.only(type="receipt").state, office.only(type="receipt").number) == ("stuck", 1)
    office.writer = WRITER
    office.start()
    office.now += timedelta(minutes=1)
    assert await office.send() == 1


async def test_NOT_1_of_one_that_another_replica_has_the_later_ones_wait() -> None:
    office = Office()
    await office.hear(contact(), selected(), activated(), invoice())
    other, _ = office.pollers(pace=hours(), instance="two")
    turned: list[int] = []

    async def interrupt(operation: str) -> None:
        if operation == "send" and not turned:
            turned.append(0)
            turned[0] = await other.turn(office.now)

    office.mailbox.interrupt = interrupt
    assert await office.mail.turn(office.now) == 2
    assert turned == [0]
    assert office.mailed() == [(JUNE, "coverage-begun"), (JUNE, "invoice")]


async def test_OPS_1_paper_that_cannot_be_printed_holds_back_no_mail() -> None:
    office = Office()
    office.files.away = {""}
    await office.hear(contact(email=None), selected(), activated())
    await office.hear(contact(version=2), invoice())
    assert await office.send() == 1
    assert office.mailed() == [(JUNE, "invoice")]
    office.files.away = set()
    assert await office.send() == 1


async def test_NOT_1_households_take_turns_and_many_that_rest_starve_nobody() -> None:
    office = Office()
    resting = [f"a{number:03d}" for number in range(120)]
    office.mailbox.busy = {f"{name}@example.test" for name in resting}
    for name in (*resting, "z"):
        await office.hear(contact(name, email=f"{name}@example.test"), selected(name), invoice(name))
    assert sum([await office.mail.turn(office.now) for _ in range(5)]) == 1
    assert office.mailed() == [("z", "invoice")]
    await office.hear(invoice("z", invoice="later"))
    assert await office.send() == 1  # all the others rest, and are passed by at once
    assert await office.mail.turn(office.now) == 0


def notice(number: int, state: NoticeState, *, by: By = "email", **other: Any) -> Notice:
    made = new_notice(
        notice_type="receipt",
        about=str(number),
        household=JUNE,
        occurred_at=NOON,
        facts=NoticeFacts(),
        contact_version=0,
        created_at=NOON,
    )
    return replace(made, number=number, state=state, by=by, **other)


THEIRS: dict[str, Any] = {"claimed_by": "two", "claimed_until": at(15)}
OVER: dict[str, Any] = {"claimed_by": "two", "claimed_until": at(0)}


@pytest.mark.parametrize(
    ("notices", "resting", "next_ones"),
    [
        ([notice(1, "queued"), notice(2, "queued")], (), [1, 2]),
        ([notice(2, "queued"), notice(1, "queued")], (), [1, 2]),
        ([notice(1, "queued"), notice(2, "queued")], (1,), []),
        ([notice(1, "queued"), notice(2, "queued")], (2,), [1]),
        ([notice(1, "stuck"), notice(2, "queued")], (), [1, 2]),
        ([notice(1, "stuck"), notice(2, "queued")], (1,), [2]),
        ([notice(1, "sending", **THEIRS), notice(2, "queued")], (), []),
        ([notice(1, "sending", **OVER), notice(2, "queued")], (), [1, 2]),
        ([notice(1, "sending", claimed_by="one", claimed_until=at(15)), notice(2, "queued")], (), [1, 2]),
        ([notice(1, "queued", by="paper"), notice(2, "queued")], (1,), [2]),
    ],
)
def test_NOT_1_which_of_a_households_notices_may_go_now(
    notices: list[Notice], resting: tuple[int, ...], next_ones: list[int]
) -> None:
    rest = {each.notice for each in notices if each.number in resting}
    found = next_to_send(notices, by="email", sender="one", now=NOON, resting=rest)
    assert [each.number for each in found] == next_ones
