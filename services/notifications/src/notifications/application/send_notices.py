"""Use case: send what is queued, each notice once.

No mail server can be told "only if you have not had it", so a crash in one narrow place can send a message
twice: after the server took it and before that is recorded here. To keep that window as small as it can be, a
notice is marked as being sent before, recorded right after, one by one, and repeated under the same
Message-ID, by which receivers know it. Only the end of the process, or a connection that breaks before the
server's answer is read, opens the window: an answer whose recording failed is kept, and recorded first the
next time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bulkhead.persistence.ports import UnitOfWork
from notifications.domain.channels import Channel, ChannelName, ChannelState, open_doors
from notifications.domain.contacts import Contact, reading_language
from notifications.domain.coverage import Policy
from notifications.domain.events import NoticeSent
from notifications.domain.letters import Content, Written
from notifications.domain.notices import (
    By,
    Notice,
    claimed,
    may_be_claimed,
    returned,
    stepped,
    turned_to_paper,
)
from notifications.domain.parameters import NotificationsParameters

LEASE = timedelta(minutes=15)
"""For how long a sender has a notice to itself: longer than a batch takes with every answer timing out."""

_FAIR = ("attempts", "created_at", "notice")


async def find_sendable(
    uow: UnitOfWork, *, by: By, sender: str, limit: int, leave: Collection[str] = ()
) -> list[Notice]:
    """Return at most ``limit`` notices this sender may take now, those tried least first, then oldest first.

    Those in ``leave`` are left alone for now.
    """
    notices = uow.records(Notice)
    found = await notices.select(state="sending", by=by, order_by=_FAIR)
    found += await notices.select(state="queued", by=by, order_by=_FAIR, limit=limit + len(leave))
    takeable = (each for each in found if may_be_claimed(each, by=by, sender=sender, now=uow.now))
    return [each for each in takeable if each.notice not in leave][:limit]


async def claim_notices(uow: UnitOfWork, *, notices: Collection[str], by: By, sender: str) -> list[Notice]:
    """Take notices for this sender and return those it got; their households are locked."""
    found = await uow.records(Notice).select(notice=sorted(notices), order_by=_FAIR)
    taken = [
        claimed(each, sender=sender, until=uow.now + LEASE)
        for each in found
        if may_be_claimed(each, by=by, sender=sender, now=uow.now)
    ]
    await uow.records(Notice).put(taken)
    return taken


async def gather_content(
    uow: UnitOfWork, *, notices: Sequence[Notice], parameters: NotificationsParameters
) -> list[Content]:
    """Return what these notices are written from, as things are now: newest contact, open doors (NOT-2)."""
    households = sorted({notice.household for notice in notices})
    contacts = {each.household: each for each in await uow.records(Contact).select(household=households)}
    policies = {each.policy: each for each in await uow.records(Policy).select(household=households)}
    channels = await uow.records(Channel).select()
    states: dict[ChannelName, ChannelState] = {each.channel: each.state for each in channels}
    doors = open_doors(parameters=parameters, states=states)
    return [
        Content(
            notice=notice,
            contact=contacts[notice.household],
            language=reading_language(contacts[notice.household].language),
            wording=parameters.wordings[notice.type],
            policies=_named(notice, policies),
            doors=doors,
            parameters=parameters,
            today=uow.today,
        )
        for notice in notices
    ]


def _named(notice: Notice, policies: Mapping[str, Policy]) -> dict[str, Policy]:
    return {policy: policies[policy] for policy in sorted(notice.facts.policies)}


async def record_sent(uow: UnitOfWork, *, content: Content, written: Written, by: By, sender: str) -> int:
    """Record that a notice is out and say so (NOT-1); return 1, or 0 where this sender has it no more."""
    held = await _held(uow, notices=[content.notice.notice], sender=sender)
    if not held:
        return 0
    notice = held[0]
    sent = replace(
        notice,
        state=stepped(notice, "sent"),
        by=by,
        claimed_by=None,
        claimed_until=None,
        attempts=notice.attempts + 1,
        problem=None,
        sent_on=content.today,
        language=content.language,
        wording=content.wording,
        doors=content.doors.names,
        subject=written.subject,
        says=written.says,
    )
    await uow.records(Notice).put([sent])
    uow.emit(
        NoticeSent(
            household=notice.household,
            notice=notice.notice,
            notice_type=notice.type,
            by=by,
            sent_on=content.today,
        ),
        household=notice.household,
        business_date=content.today,
    )
    return 1


async def turn_to_paper(uow: UnitOfWork, *, notice: str, sender: str) -> int:
    """Queue a notice to go on paper because its e-mail was refused for good, and keep that it was (NOT-4).

    Return how many notices went on: none where this sender has it no more.
    """
    held = await _held(uow, notices=[notice], sender=sender)
    await uow.records(Notice).put(turned_to_paper(each, on=uow.today) for each in held)
    return len(held)


async def return_notices(
    uow: UnitOfWork, *, notices: Collection[str], sender: str, problem: str, attempts: int
) -> None:
    """Queue notices again that did not go out, to go the same way later.

    ``problem`` is why, in fixed words, for those who look; ``attempts`` counts the times each was tried.
    """
    held = await _held(uow, notices=notices, sender=sender)
    await uow.records(Notice).put(returned(each, problem=problem, attempts=attempts) for each in held)


async def _held(uow: UnitOfWork, *, notices: Collection[str], sender: str) -> list[Notice]:
    return await uow.records(Notice).select(notice=sorted(notices), state="sending", claimed_by=sender)
