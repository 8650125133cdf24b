"""Delinquency lists that are whole become files (CAR-3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.book import Book
from carrier_gateway.application.forget_contacts import not_to_be_named
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.delinquency import list_file_name, render_list
from carrier_gateway.domain.records import DelinquencyList, DelinquencyRow, Policy
from carrier_gateway.domain.versions import subscriber_on


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKey:
    """Which list: a carrier's, of a business date, in parts where rows were added later."""

    carrier: str
    on: date
    list_part: int

    @property
    def name(self) -> str:
        """What the list is called where people look."""
        return f"{self.carrier}/{self.on.isoformat()}/{self.list_part}"


async def open_lists(uow: UnitOfWork, *, state: Literal["waiting", "built"]) -> list[ListKey]:
    """Return the closed lists in that state, oldest first."""
    return await uow.records(DelinquencyList).select_as(
        ListKey, state=state, order_by=("on", "carrier", "list_part")
    )


async def is_whole(uow: UnitOfWork, key: ListKey) -> bool:
    """Return whether a waiting list can be made into a file now: see `build_list`."""
    return await _made(uow, key) is not None


async def build_list(uow: UnitOfWork, key: ListKey) -> bool:
    """Make a list's file if the list is whole; return whether it was made.

    It is whole when its number of rows is there and the people of every household on it are known, for the
    carrier knows them by their subscriber. A parked household does not hold up the others: its row shows the
    household alone. A list of a carrier without a profile waits. The caller holds the carrier's lock.
    """
    made = await _made(uow, key)
    if made is not None:
        await uow.records(DelinquencyList).put([made])
    return made is not None


async def _made(uow: UnitOfWork, key: ListKey) -> DelinquencyList | None:
    closed = await uow.records(DelinquencyList).get(
        carrier=key.carrier, on=key.on, list_part=key.list_part, state="waiting"
    )
    profile = await uow.records(CarrierProfile).get(carrier=key.carrier)
    if closed is None or profile is None:
        return None
    rows_here = await uow.records(DelinquencyRow).count(
        carrier=key.carrier, on=key.on, list_part=key.list_part
    )
    if rows_here < closed.rows:
        return None
    rows = await uow.records(DelinquencyRow).select(carrier=key.carrier, on=key.on, list_part=key.list_part)
    subscribers = await _subscribers(uow, rows)
    if subscribers is None:
        return None
    content = render_list(closed=closed, rows=rows, subscribers=subscribers, profile=profile)
    return replace(closed, state="built", file=list_file_name(closed, profile=profile), content=content)


async def _subscribers(uow: UnitOfWork, rows: Sequence[DelinquencyRow]) -> dict[str, str] | None:
    """Return the subscribers of each household on a list, or None while some are not known yet."""
    households = sorted({row.household for row in rows})
    book = await Book.load(uow, households)
    unnamed = await not_to_be_named(uow, households)
    found: dict[str, str] = {}
    for row in rows:
        policies = [policy for each in row.policies if (policy := book.find(Policy, each))]
        known = [
            subscriber_on(policy.versions, row.on)
            for policy in policies
            if book.people_of(policy) is not None
        ]
        if len(known) < len(row.policies) and row.household not in unnamed:
            return None
        found[row.household] = " ".join(dict.fromkeys(known))
    return found


async def built_list(uow: UnitOfWork, key: ListKey) -> DelinquencyList | None:
    """Return a list that is made and not written, if it is still so."""
    return await uow.records(DelinquencyList).get(
        carrier=key.carrier, on=key.on, list_part=key.list_part, state="built"
    )


async def mark_written(uow: UnitOfWork, key: ListKey) -> None:
    """Note that a list's file is whole in the drop-box. The caller holds the carrier's lock."""
    closed = await built_list(uow, key)
    if closed is not None:
        await uow.records(DelinquencyList).put([replace(closed, state="written", written_on=uow.today)])
