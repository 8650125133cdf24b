"""What a bank corrects of an account that autopay draws from goes to the processor before the next draw (PAY-5, PAY-8).

The exchange has a token and no account number: what stands in the file is passed on, and kept in the file alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one
from payments.application.autopay import end_mandate
from payments.application.decide_return_items import lock_of
from payments.application.ports import Processor
from payments.application.waiting import ACCOUNT_CHANGES, asking
from payments.domain.autopay import Draw, Mandate
from payments.domain.bank_accounts import is_kept_here
from payments.domain.nacha_file import read_return_file
from payments.domain.return_files import CHANGED, ReturnFileContent, ReturnItem, changed

MOST_AT_ONCE = 200


class AccountChangePoller:
    """Passes on what banks correct of the accounts that autopay draws from, each by itself."""

    name = "account-changes"

    def __init__(self, uows: UnitOfWorkFactory, *, processor: Processor) -> None:
        self._uows = uows
        self._processor = processor

    async def turn(self, now: datetime) -> int:
        """Pass on what is to be corrected now; return how many notifications were obeyed."""

        async def correct(each: tuple[ReturnItem, Mandate]) -> int:
            item, mandate = each
            async with self._uows.begin(now=now) as uow:
                corrected = await corrected_data(uow, item)
            if mandate.token is None:
                return 0
            async with asking(self._processor):
                token = await self._processor.correct(
                    token=mandate.token.reveal(), code=item.code or "", corrected=corrected
                )
            async with self._uows.begin(now=now, households=[mandate.household, lock_of(item.item)]) as uow:
                return await note_corrected(uow, item, mandate, token=token)

        return await do_one_by_one(
            await self._due(now),
            retries=ACCOUNT_CHANGES,
            uows=self._uows,
            now=now,
            key=lambda each: each[0].item,
            do=correct,
            household=lambda each: each[1].household,
        )

    async def pending(self, now: datetime) -> int:
        """Return how many corrections can be passed on now: none while the processor is away."""
        waiting = await self._due(now)
        return len(waiting) if waiting and await self._processor.is_reachable() else 0

    async def _due(self, now: datetime) -> Sequence[tuple[ReturnItem, Mandate]]:
        async with self._uows.begin(now=now) as uow:
            return await accounts_to_correct(uow)


async def accounts_to_correct(uow: UnitOfWork) -> list[tuple[ReturnItem, Mandate]]:
    """Return the notifications about accounts that autopay draws from still, with what it draws by."""
    failed, resting = await ACCOUNT_CHANGES.waiting_and_resting(uow)
    order = ("recorded_at", "file", "line")
    items = await uow.records(ReturnItem).select(**CHANGED, order_by=order, limit=MOST_AT_ONCE)
    if not items:
        await ACCOUNT_CHANGES.forget(uow, failed)
        return []
    payments = {each.payment for each in items if each.payment is not None}
    draws = await uow.records(Draw).select(payment=sorted(payments))
    drawn_by = {each.payment: each.mandate for each in draws}
    found = await uow.records(Mandate).select(mandate=sorted({*drawn_by.values()}), state="on")
    # What is corrected of an account kept here is kept here: `correct_kept_accounts`.
    on = {each.mandate: each for each in found if each.token is not None and not is_kept_here(each.token)}
    due = [(each, on[drawn_by[each.payment]]) for each in items if drawn_by.get(each.payment) in on]
    await ACCOUNT_CHANGES.forget(uow, failed - {item.item for item, _ in due})
    return [(item, mandate) for item, mandate in due if item.item not in resting]


async def corrected_data(uow: UnitOfWork, item: ReturnItem) -> Masked:
    """Return what a notification says is right, read from its file again; raises `LookupError` where that is gone."""
    kept = await uow.records(ReturnFileContent).get(file=item.file)
    if kept is not None:
        read = read_return_file(kept.content, today=local_date(uow.now))
        for entry in read.entries:
            if entry.line == item.line and entry.corrected is not None:
                return entry.corrected
    raise LookupError("what a notification of change says is in no file any more")


async def note_corrected(
    uow: UnitOfWork, item: ReturnItem, mandate: Mandate, *, token: Masked | None
) -> bool:
    """Draw by this token from now on, or, where the member has to give the account anew, not any more: autopay ends and
    the member is told. Return whether that was still to be done. The item and the household drawn from are locked.
    """
    waits = await uow.records(ReturnItem).count(item=item.item, state="open")
    on = await uow.records(Mandate).get(mandate=mandate.mandate)
    if not waits or on is None or on.state != "on":
        return False
    if token is None:
        await end_mandate(uow, on, because="account-changed")
    else:
        await uow.records(Mandate).put([replace(on, token=token, corrected_at=uow.now)])
    await uow.records(ReturnItem).put([changed(item)])
    await ACCOUNT_CHANGES.forget(uow, [item.item])
    return True
