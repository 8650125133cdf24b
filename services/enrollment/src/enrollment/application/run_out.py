"""The nightly duties about verification that is pending: whom to remind, and whose time is over (ENR-10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

from bulkhead.duties.ports import Duty
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook
from enrollment.application.decide_eligibility import follow_decided, say_wanted
from enrollment.application.ports import Parameters
from enrollment.domain.eligibility import ran_out
from enrollment.domain.households import Household


def verification_duties(
    parameters: Parameters, *, at: time, runs_on: Callable[[date], bool]
) -> tuple[Duty, Duty]:
    """Return the duty that ends what ran out, and the one that reminds of what is about to."""
    over, reminders = EndUnverified(parameters), RemindOfVerification(parameters)
    return (
        Duty(
            name="end-unverified-assistance",
            at=at,
            runs_on=runs_on,
            households=over.households,
            run=over.run,
            next_work=over.next_work,
        ),
        Duty(
            name="remind-of-verification",
            at=at,
            runs_on=runs_on,
            households=reminders.households,
            run=reminders.run,
            next_work=reminders.next_work,
        ),
    )


class EndUnverified:
    """Ends what nobody confirmed by its last day. Done late, it changes nobody's assistance for days gone by."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters

    async def households(self, uow: UnitOfWork, on: date, after: str, limit: int) -> list[str]:
        """Return, in order, the next households whose last day was before a day."""
        return await uow.records(Household).distinct(
            "household", limit=limit, household__gt=after, **_over(on)
        )

    async def run(self, uow: UnitOfWork, on: date, households: list[str]) -> None:
        """Decide for these households as nobody confirmed what they attest."""
        in_force = self._parameters.as_of(uow.today)
        over = await uow.records(Household).select(household=sorted(households), **_over(on))
        book = await PolicyBook.load(uow, [each.household for each in over])
        await book.take_circumstances(uow)
        for household in over:
            decided = ran_out(household, today=uow.today, parameters=in_force)
            follow_decided(book, decided, today=uow.today, parameters=in_force)
        await write(uow, book)

    async def next_work(self, uow: UnitOfWork, _today: date) -> date | None:
        """Return the day after the first last day; None where nothing is pending."""
        first = await _first_pending(uow)
        return None if first is None else first.verification_until + timedelta(days=1)


class RemindOfVerification:
    """Reminds each household once of the documents that are wanted, the pack's days before the last one.

    Done late, it asks nobody for papers by a day gone by.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters

    async def households(self, uow: UnitOfWork, on: date, after: str, limit: int) -> list[str]:
        """Return, in order, the next households to remind."""
        return await uow.records(Household).distinct(
            "household", limit=limit, household__gt=after, **self._near(uow, on)
        )

    async def run(self, uow: UnitOfWork, on: date, households: list[str]) -> None:
        """Remind these households."""
        in_force = self._parameters.as_of(uow.today)
        book = await PolicyBook.load(uow, households)
        for household in await uow.records(Household).select(
            household=sorted(households), **self._near(uow, on)
        ):
            reminded = replace(household, verification_reminded=True)
            book.put(reminded)
            say_wanted(book, reminded, decided=None, reminder=True, today=on, parameters=in_force)
        await write(uow, book)

    async def next_work(self, uow: UnitOfWork, today: date) -> date | None:
        """Return the day on which the first one is to be reminded; None where nobody is."""
        first = await _first_pending(uow, verification_reminded=False, verification_until__ge=today)
        if first is None:
            return None
        return first.verification_until - timedelta(
            days=self._parameters.as_of(today).verification_reminder_days
        )

    def _near(self, uow: UnitOfWork, on: date) -> dict[str, Any]:
        last = on + timedelta(days=self._parameters.as_of(on).verification_reminder_days)
        return {
            "verification": "pending",
            "verification_reminded": False,
            "verification_until__ge": uow.today,
            "verification_until__le": last,
        }


def _over(on: date) -> dict[str, Any]:
    return {"verification": "pending", "verification_until__lt": on}


async def _first_pending(uow: UnitOfWork, **still: Any) -> Household | None:
    """Return who of those whose verification is pending comes to its last day first."""
    found = await uow.records(Household).select(
        verification="pending", **still, order_by=("verification_until",), limit=1
    )
    return found[0] if found else None
