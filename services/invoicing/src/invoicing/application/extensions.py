"""Use cases: cut-offs move when paying online was away, or staff says so; who is concerned is told (OPS-4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one, do_together
from invoicing.application.accounts import load_accounts, save_accounts, standing_cutoffs
from invoicing.application.facts import ChannelDown, ChannelUp
from invoicing.application.payments import apply_payment
from invoicing.application.ports import Parameters
from invoicing.application.waiting import EXTENSIONS
from invoicing.domain.account import Account
from invoicing.domain.events import DeadlineMoved, DeadlineMovedBack
from invoicing.domain.extensions import ONLINE, Extension, Outage, checked, extension_for
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Charge, Payment, ReinstatementRequest, Selection

LOCK: Final = "deadline-extensions:"
"""The name of the one lock of all extensions: no household's id, for it has a colon."""

_PAGE = 200


async def note_channels(
    uow: UnitOfWork, facts: Sequence[ChannelDown | ChannelUp], *, parameters: InvoicingParameters
) -> None:
    """Keep since when nobody can pay online, or for how long nobody could, and which cut-offs that moves.

    Heard twice, or again after it ended, an outage stays as it was heard of first.
    """
    for fact in facts:
        if fact.channel != ONLINE:
            continue
        ended_at = fact.until if isinstance(fact, ChannelUp) else None
        outage = Outage(began_at=fact.since, ended_at=ended_at)
        known = await uow.records(Outage).get(began_at=outage.began_at)
        if known is not None and (known.ended_at is not None or ended_at is None):
            continue
        await uow.records(Outage).put([outage])
        others = await uow.records(Outage).select(began_at__lt=outage.began_at, order_by=("began_at",))
        extension = extension_for(outage, others, now=uow.now, parameters=parameters)
        if extension is not None:
            await uow.records(Extension).put([extension])


async def declare_extension(uow: UnitOfWork, extension: Extension, *, parameters: Parameters) -> Extension:
    """Move a cut-off for everybody and return how; raises `InvalidValue`."""
    declared = checked(extension, parameters=parameters.as_of(uow.today))
    await uow.records(Extension).add([declared])
    return declared


async def withdraw_extension(uow: UnitOfWork, extension: str, *, by: str) -> Extension:
    """Take an extension back that nobody has relied on, and return it.

    Raises `NotFound`, `ExtensionIsWithdrawn` and `ExtensionIsUsed`.
    """
    found = await uow.records(Extension).get(extension=extension)
    if found is None:
        raise NotFound("there is no such extension")
    used = await uow.records(Payment).count(counts_as_of__lt=found.until, received_on__gt=found.cutoff)
    withdrawn = found.withdrawn(by=by, now=uow.now, used=used)
    await uow.records(Extension).put([withdrawn])
    return withdrawn


async def list_extensions(uow: UnitOfWork) -> Sequence[Extension]:
    """Return all extensions there ever were, by cut-off."""
    return await uow.records(Extension).select(order_by=("cutoff", "extension"))


class TellExtensions:
    """Sees what an extension changes for each household: money that came meanwhile is on time by it, and who still has
    something to pay by a cut-off that moved is told.

    A page of households a turn, each page in a transaction of its own; several may be at it. A household that fails is
    put off by itself, and the others are seen to.
    """

    name = "extensions"

    def __init__(self, uows: UnitOfWorkFactory, *, parameters: Parameters) -> None:
        self._uows = uows
        self._parameters = parameters

    async def turn(self, now: datetime) -> int:
        """See to the next page of households, after those that failed and rested; return of how many."""
        async with self._uows.begin(now=now) as uow:
            failed, resting = await EXTENSIONS.waiting_and_resting(uow)
            extension = await _next_to_tell(uow)
            page = [] if extension is None else await _concerned(uow, extension)
        again = await do_one_by_one(
            sorted(failed - resting),
            retries=EXTENSIONS,
            uows=self._uows,
            now=now,
            key=str,
            do=partial(self._tell_again, now),
            household=_household_of,
        )
        return again + (0 if extension is None else await self._see_to(extension, page, now))

    async def pending(self, now: datetime) -> int:
        """Return how many extensions not all have been told of, and how many households that failed may be tried."""
        async with self._uows.begin(now=now) as uow:
            failed, resting = await EXTENSIONS.waiting_and_resting(uow)
            return await uow.records(Extension).count(told_through__ne=None) + len(failed - resting)

    async def _see_to(self, extension: Extension, page: list[str], now: datetime) -> int:
        """See to a page of households: together, or one by one where that fails."""

        async def goes_on(uow: UnitOfWork, households: Sequence[str]) -> bool:
            at = page.index(households[0]) if households else 0
            stands = replace(extension, told_through=page[at - 1]) if at else extension
            return await _goes_on(uow, stands, through=households[-1] if households else None)

        async def tell(households: Sequence[str]) -> int:
            async with self._uows.begin(now=now, households=[LOCK, *households]) as uow:
                if not await goes_on(uow, households):
                    return 0
                await self._tell(uow, extension, households)
            return max(1, len(households))

        async def put_off(household: str, error: Exception) -> int:
            item = _item_of(extension, household)
            async with self._uows.begin(now=now, households=[LOCK, EXTENSIONS.lock_of(item)]) as uow:
                if not await goes_on(uow, [household]):
                    return 0
                await EXTENSIONS.put_off(uow, item, because=error, household=household)
            return 1

        return sum(await do_together(page, do=tell, put_off=put_off))

    async def _tell_again(self, now: datetime, item: str) -> int:
        household = _household_of(item)
        async with self._uows.begin(now=now, households=[household, EXTENSIONS.lock_of(item)]) as uow:
            if not await EXTENSIONS.forget(uow, [item]):
                return 0  # another one has
            extension = await uow.records(Extension).get(extension=item.removesuffix(f" {household}"))
            if extension is not None:
                await self._tell(uow, extension, [household])
        return 1

    async def _tell(self, uow: UnitOfWork, extension: Extension, page: Sequence[str]) -> None:
        parameters = self._parameters.as_of(uow.today)
        accounts = await load_accounts(
            uow, page, as_of=min(uow.today, extension.cutoff), threshold=parameters.threshold
        )
        for account in accounts.values():
            count_by_cutoffs(account, now=uow.now, parameters=parameters)
            tell_of(account, extension, today=uow.today)
        await save_accounts(uow, accounts.values())


def _item_of(extension: Extension, household: str) -> str:
    return f"{extension.extension} {household}"


def _household_of(item: str) -> str:
    return item.rpartition(" ")[2]


async def _goes_on(uow: UnitOfWork, extension: Extension, *, through: str | None) -> bool:
    """Note through whom an extension is told, None for all; return whether that is our turn still: another one may see
    to it, or somebody took it back.
    """
    if await uow.records(Extension).get(extension=extension.extension) != extension:
        return False
    await uow.records(Extension).put([replace(extension, told_through=through)])
    return True


async def _next_to_tell(uow: UnitOfWork) -> Extension | None:
    found = await uow.records(Extension).select(
        told_through__ne=None, order_by=("recorded_at", "extension"), limit=1
    )
    return found[0] if found else None


async def _concerned(uow: UnitOfWork, extension: Extension) -> list[str]:
    """Return the next households with money that an extension may make timely, or with something due that it moves."""
    ahead: dict[str, Any] = {"household__gt": extension.told_through, "limit": _PAGE}

    first, _ = (await standing_cutoffs(uow)).span_of(extension.cutoff)

    def moved(field: str) -> dict[str, date]:
        return {f"{field}__ge": first, f"{field}__lt": extension.until}

    found = {
        *await uow.records(Payment).distinct("household", received_on__gt=extension.cutoff, **ahead),
        *await uow.records(Selection).distinct(
            "household", state=["open", "lapsed"], **moved("due"), **ahead
        ),
        *await uow.records(Charge).distinct("household", state="open", **moved("on_time_until"), **ahead),
        *await uow.records(ReinstatementRequest).distinct(
            "household", state="waiting", **moved("pay_by"), **ahead
        ),
    }
    return sorted(found)[:_PAGE]


def count_by_cutoffs(account: Account, *, now: datetime, parameters: InvoicingParameters) -> None:
    """Count money as of the cut-offs that moved, and let it do what it can by that, as undo what it was late for."""
    for payment in account.payments():
        counted = replace(payment, counts_as_of=account.cutoffs.counts_as_of(payment.came_on))
        if counted == payment:
            continue
        account.put(counted)
        if counted.on_time_date < payment.on_time_date and counted.returned_on is None:
            apply_payment(account, counted, now=now, parameters=parameters)


def tell_of(account: Account, extension: Extension, *, today: date) -> None:
    """Tell a household with something to pay by cut-offs that moved to when, or that they moved back; nothing of days
    that are over.
    """
    if extension.until < today:
        return
    before, after = account.cutoffs.changed_by(extension)
    changed = [day for day in _unpaid_cutoffs(account) if before.span_of(day)[1] != after.span_of(day)[1]]
    moved = tuple(day for day in changed if after.span_of(day)[1] > day)
    back = tuple(day for day in changed if day not in moved)
    tell = partial(account.tell, on=today, reasons=(extension.reason(),))
    if moved:
        _, until = after.span_of(moved[-1])
        tell(
            DeadlineMoved(
                household=account.household,
                extension=extension.extension,
                cutoffs=moved,
                until=until,
                ground=extension.ground,
            )
        )
    if back:
        tell(DeadlineMovedBack(household=account.household, extension=extension.extension, cutoffs=back))


def _unpaid_cutoffs(account: Account) -> list[date]:
    """Return the last days for what is to be paid, or would be restored if it were, in order."""
    binders = [each.due for each in account.rows(Selection) if each.state in ("open", "lapsed")]
    months = [each.on_time_until for each in account.charges("open") if each.invoice is not None]
    asked = [each.pay_by for each in account.rows(ReinstatementRequest) if each.state == "waiting"]
    return sorted({each for each in (*binders, *months, *asked) if each is not None})
