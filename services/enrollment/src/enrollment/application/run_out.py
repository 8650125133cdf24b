"""The nightly duties about verification that is pending: whom to remind, and whose time is over (ENR-10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, time, timedelta

from bulkhead.duties.ports import Duty
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook
from enrollment.application.decide_eligibility import note_decided, say_wanted
from enrollment.application.ports import Parameters
from enrollment.domain.eligibility import ran_out
from enrollment.domain.households import Household


def verification_duties(
    parameters: Parameters, *, at: time, runs_on: Callable[[date], bool]
) -> tuple[Duty, Duty]:
    """Return the duty that ends what ran out, and the one that reminds of what is about to.

    Done late, as after an outage, they change nobody's assistance for days gone by.
    """

    def last_day_to_remind(on: date) -> date:
        return on + timedelta(days=parameters.as_of(on).verification_reminder_days)

    async def over(uow: UnitOfWork, on: date, after: str, limit: int) -> list[str]:
        return await uow.records(Household).distinct(
            "household", limit=limit, verification="pending", verification_until__lt=on, household__gt=after
        )

    async def run_out(uow: UnitOfWork, on: date, households: list[str]) -> None:
        for household in await _pending(uow, households, until_before=on):
            book = await PolicyBook.load(uow, [household.household])
            decided = ran_out(household, today=uow.today, parameters=parameters.as_of(uow.today))
            await note_decided(uow, book, decided, parameters=parameters.as_of(uow.today))

    async def first_over(uow: UnitOfWork, _today: date) -> date | None:
        first = await _first_pending(uow)
        return None if first is None else first.verification_until + timedelta(days=1)

    async def to_remind(uow: UnitOfWork, on: date, after: str, limit: int) -> list[str]:
        return await uow.records(Household).distinct(
            "household",
            limit=limit,
            verification="pending",
            verification_reminded=False,
            verification_until__le=last_day_to_remind(on),
            household__gt=after,
        )

    async def remind(uow: UnitOfWork, on: date, households: list[str]) -> None:
        book = await PolicyBook.load(uow, households)
        until_before = last_day_to_remind(on) + timedelta(days=1)
        for household in await _pending(uow, households, until_before=until_before):
            reminded = replace(household, verification_reminded=True)
            book.put(reminded)
            say_wanted(book, reminded, decided=None, reminder=True, parameters=parameters.as_of(uow.today))
        await write(uow, book)

    async def first_to_remind(uow: UnitOfWork, today: date) -> date | None:
        first = await _first_pending(uow, verification_reminded=False)
        if first is None:
            return None
        return first.verification_until - timedelta(days=parameters.as_of(today).verification_reminder_days)

    return (
        Duty(
            name="end-unverified-assistance",
            at=at,
            runs_on=runs_on,
            households=over,
            run=run_out,
            next_work=first_over,
        ),
        Duty(
            name="remind-of-verification",
            at=at,
            runs_on=runs_on,
            households=to_remind,
            run=remind,
            next_work=first_to_remind,
        ),
    )


async def _pending(uow: UnitOfWork, households: Sequence[str], *, until_before: date) -> list[Household]:
    return await uow.records(Household).select(
        household=sorted(households), verification="pending", verification_until__lt=until_before
    )


async def _first_pending(uow: UnitOfWork, **still: bool) -> Household | None:
    """Return who of those whose verification is pending comes to its last day first."""
    found = await uow.records(Household).select(
        verification="pending", **still, order_by=("verification_until",), limit=1
    )
    return found[0] if found else None
