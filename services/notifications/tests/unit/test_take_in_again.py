"""A database restored to an earlier moment: who was written to since is not written to again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import Impossible
from bulkhead.service import Received
from notifications.application.take_in_again import TAKING_IN
from notifications.domain.events import ChannelDown, ChannelUp, NoticeSent
from notifications.domain.money import Account
from notifications.domain.notices import Notice
from notifications.domain.outages import Outage
from services.notifications.tests.builders import JUNE, contact, invoice, selected
from services.notifications.tests.office import Office


def as_said(office: Office) -> list[Received]:
    """Return what the office said, as it stands on its topic."""
    return [
        Received(
            event_id=str(number), household=each.household, occurred_at=office.now, fact=each, partition=0
        )
        for number, each in enumerate(office.said(NoticeSent))
    ]


async def test_NOT_1_what_was_sent_after_the_backup_is_not_sent_again() -> None:
    before = Office()
    await before.hear(contact(), selected(), invoice())
    await before.send()
    (sent,) = before.database.rows(Notice)
    restored = Office()
    await restored.hear(contact(), selected(), invoice())  # what others said is heard again
    for _ in range(2):
        await TAKING_IN.after(restored.uows, as_said(before), restored.now)
    assert await restored.send() == 0
    assert restored.mailbox.messages == []
    (again,) = restored.database.rows(Notice)
    assert (again.notice, again.state, again.by, again.sent_on) == (
        sent.notice,
        "sent",
        "email",
        sent.sent_on,
    )
    assert restored.database.rows(Account) == before.database.rows(Account)
    assert restored.said(NoticeSent) == []


async def test_a_notice_that_nothing_heard_gives_rise_to_is_said_so() -> None:
    before = Office()
    await before.hear(contact(JUNE), selected(JUNE), invoice(JUNE))
    await before.send()
    with pytest.raises(Impossible):
        await TAKING_IN.after(Office().uows, as_said(before), before.now)


async def test_OPS_3_an_outage_that_began_after_the_backup_is_known_again_and_ends_once() -> None:
    at = local(date(2016, 6, 26), 1)
    down = ChannelDown(channel="payments-online", since=at)
    up = ChannelUp(channel="payments-online", since=at, until=at + timedelta(hours=12))
    noticed = {down: at + timedelta(seconds=20), up: up.until}
    said = [
        Received(event_id=str(number), household=None, occurred_at=moment, fact=fact, partition=0)
        for number, (fact, moment) in enumerate(noticed.items())
    ]
    restored = Office()
    for _ in range(2):
        await TAKING_IN.before(restored.uows, said, restored.now)
    assert restored.database.rows(Outage) == [
        Outage(
            number=1,
            channel="payments-online",
            began_at=at,
            noticed_at=at + timedelta(seconds=20),
            ended_at=at + timedelta(hours=12),
            evidence="It was noticed before the database was restored; what was seen is not kept here.",
            end_evidence="It was noticed before the database was restored; what was seen is not kept here.",
        )
    ]
    await TAKING_IN.after(restored.uows, said, restored.now)
    assert restored.said(ChannelDown) == []
