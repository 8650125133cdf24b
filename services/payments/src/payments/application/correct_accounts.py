"""What a bank corrects of an account that autopay draws from goes to the processor before the next draw (PAY-5, PAY-8).

The exchange has a token and no account number: what stands in the file is passed on, and kept in the file alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

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
from payments.domain.return_files import CHANGED, ReturnFileContent, ReturnItem, changed, not_drawn_from

MOST_AT_ONCE = 200


class AccountChangePoller:
    """Passes on what banks correct of the accounts that autopay draws from, each by itself."""

    name = "account-changes"

    def __init__(self, uows: UnitOfWorkFactory, *, processor: Processor) -> None:
        self._uows = uows
        self._processor = processor

    async def turn(self, now: datetime) -> int:
        """Pass on what is to be corrected now; return how many notifications were obeyed or set apart."""

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

        due, idle = await self._found(now)
        apart = await set_apart(self._uows, idle, now=now)
        return apart + await do_one_by_one(
            due,
            retries=ACCOUNT_CHANGES,
            uows=self._uows,
            now=now,
            key=lambda each: each[0].item,
            do=correct,
            household=lambda each: each[1].household,
        )

    async def pending(self, now: datetime) -> int:
        """Return how many corrections can be passed on, none while the processor is away, or are to be set apart."""
        due, idle = await self._found(now)
        return len(idle) + (len(due) if due and await self._processor.is_reachable() else 0)

    async def _found(
        self, now: datetime
    ) -> tuple[Sequence[tuple[ReturnItem, Mandate]], Sequence[ReturnItem]]:
        async with self._uows.begin(now=now) as uow:
            return await accounts_to_correct(uow)


async def accounts_to_correct(uow: UnitOfWork) -> tuple[list[tuple[ReturnItem, Mandate]], list[ReturnItem]]:
    """Return the notifications about accounts that autopay draws from still, with what it draws by; and those about
    accounts that it draws from no more, or never did.
    """
    failed, resting = await ACCOUNT_CHANGES.waiting_and_resting(uow)
    items = await next_changes(uow, CHANGED, failed=failed)
    payments = {each.payment for each in items if each.payment is not None}
    draws = await uow.records(Draw).select(payment=sorted(payments))
    drawn_by = {each.payment: each.mandate for each in draws}
    found = await uow.records(Mandate).select(mandate=sorted({*drawn_by.values()}), state="on")
    # An account's own name says nothing to the processor: what is corrected of it is kept by `correct_kept_accounts`.
    on = {each.mandate: each for each in found if each.token is not None and not is_kept_here(each.token)}
    due = [(each, on[drawn_by[each.payment]]) for each in items if drawn_by.get(each.payment) in on]
    obeyed = {item.item for item, _ in due}
    await ACCOUNT_CHANGES.forget(uow, failed - obeyed)
    idle = [each for each in items if each.item not in obeyed]
    return [(item, mandate) for item, mandate in due if item.item not in resting], idle


async def next_changes(
    uow: UnitOfWork, which: Mapping[str, Any], *, failed: Collection[str]
) -> list[ReturnItem]:
    """Return notifications of change in the order they came: so many at once, beside those that failed before."""
    order = ("recorded_at", "file", "line")
    return await uow.records(ReturnItem).select(**which, order_by=order, limit=MOST_AT_ONCE + len(failed))


async def set_apart(uows: UnitOfWorkFactory, items: Sequence[ReturnItem], *, now: datetime) -> int:
    """Leave notifications that no later draw is to obey to a person; return how many. What nothing is drawn from is
    never drawn from again: none of them is looked at before others any more.
    """
    if not items:
        return 0
    names = {each.item: each.reason for each in items}
    async with uows.begin(now=now, households=[lock_of(each) for each in names]) as uow:
        found = await uow.records(ReturnItem).select(item=sorted(names), state="open")
        apart = [not_drawn_from(each) for each in found if each.reason == names[each.item]]
        await uow.records(ReturnItem).put(apart)
    return len(apart)


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
