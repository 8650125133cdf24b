"""What notifications said after the backup that its database was restored from, taken in again: who was written to
(ADR 0024).

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
from notifications.domain.events import NoticeSent
from notifications.domain.money import Account, letter_sent
from notifications.domain.notices import Notice

NOT_KEPT: Final = "This notice was sent before the database was restored; its words are not kept here."


async def _nothing(_uows: UnitOfWorkFactory, _said: Sequence[Received], _now: datetime) -> None:
    """Do nothing: no notice is there before what it tells of is heard."""


async def _mark_as_sent(uows: UnitOfWorkFactory, said: Sequence[Received], now: datetime) -> None:
    """Mark the notices that were sent. Raises `Impossible` for one that nothing heard gives rise to."""
    for each in said:
        fact: NoticeSent = each.fact
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


TAKING_IN: Final = TakingIn(names={NoticeSent: ("notice",)}, before=_nothing, after=_mark_as_sent)
