"""What notifications said after the backup that its database was restored from, taken in again: who was written to,
and when channels were shut (ADR 0024).

The notices themselves are laid out anew from what others said. Each is marked as sent that was: nobody gets it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.service import Received, TakingIn
from notifications.application.watch_channels import keep_outage, lock_of
from notifications.domain.events import ChannelDown, ChannelUp, NoticeSent
from notifications.domain.money import Account, letter_sent
from notifications.domain.notices import Notice

OF_BEFORE: Final = "It was noticed before the database was restored; what was seen is not kept here."
NOT_KEPT: Final = "This notice was sent before the database was restored; its words are not kept here."


async def _keep_outages(uows: UnitOfWorkFactory, said: Sequence[Received], now: datetime) -> None:
    """Keep the outages that began or ended. No notice is there yet, before what it tells of is heard."""
    for each in said:
        if isinstance(each.fact, ChannelDown | ChannelUp):
            async with uows.begin(now=now, households=[lock_of(each.fact.channel)]) as uow:
                await keep_outage(uow, each.fact, noticed_at=each.occurred_at, evidence=OF_BEFORE)


async def _mark_as_sent(uows: UnitOfWorkFactory, said: Sequence[Received], now: datetime) -> None:
    """Mark the notices that were sent. Raises `Impossible` for one that nothing heard gives rise to."""
    for each in said:
        fact = each.fact
        if not isinstance(fact, NoticeSent):
            continue
        async with uows.begin(now=now, households=[fact.household]) as uow:
            notice = await uow.records(Notice).get(notice=fact.notice)
            if notice is None:
                raise Impossible("a notice was sent, and nothing that was heard gives rise to it")
            if notice.state == "sent":
                continue
            sent = replace(
                notice,
                state="sent",
                waits_for=None,
                by=fact.by,
                claimed_by=None,
                claimed_until=None,
                problem=None,
                sent_on=fact.sent_on,
                says=NOT_KEPT,
            )
            await uow.records(Notice).put([sent])
            if notice.facts.invoice is not None:
                accounts = await uow.records(Account).select(household=notice.household)
                invoice = notice.facts.invoice.invoice
                await uow.records(Account).put(letter_sent(account, invoice) for account in accounts)


TAKING_IN: Final = TakingIn(
    names={NoticeSent: ("notice",), ChannelDown: ("channel", "since"), ChannelUp: ("channel", "since")},
    before=_keep_outages,
    after=_mark_as_sent,
)
