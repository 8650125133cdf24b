"""APTC and state subsidy go up or down (ENR-8, ENR-13): stated by staff or a service, never by the household."""

from __future__ import annotations

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook
from enrollment.application.find_household import household_of
from enrollment.application.rerate_policies import Changed, rerate_policies
from enrollment.domain.changes import assistance_changed, with_assistance
from enrollment.domain.households import AssistanceChange


async def change_assistance(uow: UnitOfWork, *, household: str, change: AssistanceChange) -> Changed:
    """Give a household this assistance from a month on, past or to come; return the policies that cost something else.

    Raises `NotFound` for a household nobody registered, and `AssistanceInMidMonth`; then nothing happened.
    """
    after = with_assistance(await household_of(uow, household), change)
    book = await PolicyBook.load(uow, [household])
    await book.take_circumstances(uow)
    book.put(after)
    changed = rerate_policies(
        book, household, since=change.since, reasons=(assistance_changed(change),), today=uow.today
    )
    await write(uow, book)
    return changed
