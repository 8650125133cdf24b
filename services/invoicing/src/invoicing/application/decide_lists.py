"""The duty of the 1st: delinquency lists, grace, and coverage that ends (INV-7…11, INV-17, CAR-3).

It looks every day, so that a household that could not be decided on the 1st, because one of its events was
parked, is decided on the first day it can be. Its row then goes to the carrier as a further part of the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import MONTHS_AT_HAND, save_accounts
from invoicing.application.decided import ClosedBooks, decidable, unparked
from invoicing.application.payments import load_with_freed_money
from invoicing.application.ports import Parameters, Partitions
from invoicing.domain.events import DelinquencyListClosed
from invoicing.domain.grace import decide_listing
from invoicing.domain.records import Charge, DelinquencyList, Grace, ListDecision, ListRow, Policy
from invoicing.domain.standing import day_before


class DecideLists:
    """Decides the list of the month's 1st for every household it concerns."""

    def __init__(self, parameters: Parameters, partitions: Partitions) -> None:
        self._parameters = parameters
        self._partitions = partitions

    async def households(self, uow: UnitOfWork, on: date, after: str, limit: int) -> list[str]:
        """Return the undecided households that may be decided."""
        first = on.replace(day=1)
        books = await ClosedBooks.look(uow, self._partitions, self._parameters)

        async def undecided(cursor: str) -> Sequence[str]:
            return await _undecided(uow, first, cursor, limit)

        return await decidable(
            uow,
            candidates=undecided,
            may=lambda each: books.cover(each, day_before(first)),
            after=after,
            limit=limit,
        )

    async def run(self, uow: UnitOfWork, on: date, households: list[str]) -> None:
        """Decide the list for these households."""
        first = on.replace(day=1)
        parameters = self._parameters.as_of(first)
        closed = await _parts_closed(uow, first)
        # Found in an earlier transaction: since then somebody may have decided them, or one of their events is parked.
        households = await _not_decided(uow, first, await unparked(uow, households))
        accounts = await load_with_freed_money(uow, households, on=on, parameters=parameters)
        settled = await _full_months_settled(uow, households, first)
        for account in accounts.values():
            with account.marked(*account.cutoffs.reasons(day_before(first))):
                decide_listing(
                    account,
                    on=first,
                    now=uow.now,
                    parameters=parameters,
                    part_of=lambda carrier: closed.get(carrier, 0) + 1,
                    settled_before=settled.get(account.household, ()),
                )
        await save_accounts(uow, accounts.values())

    async def finish(self, uow: UnitOfWork, on: date) -> None:
        """Close the lists, or wait while a household cannot be decided for want of closed books."""
        first = on.replace(day=1)
        books = await ClosedBooks.look(uow, self._partitions, self._parameters)
        cursor = ""
        while page := await _undecided(uow, first, cursor, 1000):
            if not all(books.cover(each, day_before(first)) for each in page):
                raise books.postponed(day_before(first))
            cursor = page[-1]
        await _close_lists(uow, first, every_carrier=on == first)

    async def next_work(self, _uow: UnitOfWork, today: date) -> date | None:
        """Return the next 1st of a month."""
        return today if today.day == 1 else CoverageMonth.of(today).plus(1).first_day


async def _undecided(uow: UnitOfWork, first: date, cursor: str, limit: int) -> list[str]:
    """Return the next households the list could concern and that are not decided, in order.

    Those with a charge past due that is unpaid, or was when the day began; and those in grace then.
    """
    while True:
        past_due: dict[str, Any] = {"household__gt": cursor, "limit": limit, "on_time_until__lt": first}
        charges, graces = uow.records(Charge), uow.records(Grace)
        found = {
            *await charges.distinct("household", state="open", **past_due),
            *await charges.distinct("household", state="settled", settled_on__ge=first, **past_due),
            *await graces.distinct("household", state="open", household__gt=cursor, limit=limit),
            *await graces.distinct("household", ended_on__ge=first, household__gt=cursor, limit=limit),
        }
        page = sorted(found)[:limit]
        if not page:
            return []
        if undecided := await _not_decided(uow, first, page):
            return undecided
        cursor = page[-1]


async def _not_decided(uow: UnitOfWork, first: date, households: Sequence[str]) -> list[str]:
    decided = await uow.records(ListDecision).distinct("household", on=first, household=list(households))
    return sorted(set(households).difference(decided))


async def _full_months_settled(
    uow: UnitOfWork, households: Sequence[str], first: date
) -> dict[str, set[CoverageMonth]]:
    """Return, by household, the full months of the benefit year of which something was settled before what is at hand.

    What is open of them, however old, is at hand.
    """
    january = CoverageMonth(first.year, 1)
    months: dict[str, set[CoverageMonth]] = {}
    for charge in await uow.records(Charge).select(
        household=list(households),
        state="settled",
        whole=True,
        month__ge=january,
        month__le=january.plus(11),
        settled_on__lt=CoverageMonth.of(first).plus(-MONTHS_AT_HAND).first_day,
    ):
        months.setdefault(charge.household, set()).add(charge.month)
    return months


async def _parts_closed(uow: UnitOfWork, first: date) -> dict[str, int]:
    closed: dict[str, int] = {}
    for each in await uow.records(DelinquencyList).select(on=first):
        closed[each.carrier] = max(closed.get(each.carrier, 0), each.list_part)
    return closed


async def _close_lists(uow: UnitOfWork, first: date, *, every_carrier: bool) -> None:
    """Close each carrier's list: on the 1st also the empty ones, later only parts that have rows."""
    closed = await _parts_closed(uow, first)
    carriers = await uow.records(Policy).distinct("carrier")
    for carrier in carriers:
        part = closed.get(carrier, 0) + 1
        rows = await uow.records(ListRow).count(carrier=carrier, on=first, list_part=part)
        if not rows and not (every_carrier and part == 1):
            continue
        await uow.records(DelinquencyList).add(
            [DelinquencyList(carrier=carrier, on=first, list_part=part, rows=rows, closed_on=uow.today)]
        )
        uow.emit(
            DelinquencyListClosed(carrier=carrier, on=first, list_part=part, rows=rows),
            household=None,
            business_date=first,
        )
