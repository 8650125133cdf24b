"""Enrollment with a hub that a test takes away, and the nights about what it did not confirm (ENR-10)."""

from __future__ import annotations

from datetime import date, time

from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.retries.retries import Retry
from enrollment.adapters.hub.sandbox import SandboxHub
from enrollment.application.accept_documents import accept_documents
from enrollment.application.ask_hub import HubPoller
from enrollment.application.run_out import verification_duties
from enrollment.bootstrap import every_day
from enrollment.domain.determination import Attested
from enrollment.domain.eligibility import Decided
from enrollment.domain.events import VerificationDecided, VerificationWanted
from enrollment.domain.households import Household
from services.enrollment.tests.builders import PARAMETERS, Desk, person


class Asking(Desk):
    """Enrollment, its hub, and the worker that asks it."""

    def __init__(self, *, uows: UnitOfWorkFactory | None = None) -> None:
        super().__init__(uows=uows)
        self.hub = SandboxHub()
        self.poller = HubPoller(self.uows, hub=self.hub, parameters=self.parameters)

    async def ask(self) -> int:
        """Let the worker ask until it has nothing to ask now; return how many were answered."""
        done = 0
        while await self.poller.pending(self.now):
            done += await self.poller.turn(self.now)
        return done

    async def night(self, day: date) -> None:
        """Do the nightly duties of a day."""
        self.at(day, 1)
        for duty in verification_duties(PARAMETERS, at=time(1), runs_on=every_day):
            assert duty.households is not None
            async with self.uows.begin(now=self.now) as uow:
                households = await duty.households(uow, day, "", 100)
            async with self.uows.begin(now=self.now, households=households) as uow:
                await duty.run(uow, day, households)

    async def accept(self, *confirmed: Attested) -> Decided:
        """Accept documents of the household."""
        async with self.uows.begin(now=self.now, households=["h"]) as uow:
            return await accept_documents(uow, household="h", confirmed=confirmed, parameters=self.parameters)

    @property
    def household(self) -> Household:
        """The household as it is."""
        (found,) = self.database.rows(Household)
        return found

    def waiting(self) -> list[Retry]:
        """Return what waits for its next try."""
        return self.database.rows(Retry)

    def told(self) -> list[VerificationWanted | VerificationDecided]:
        """Return what was said of verification, in order."""
        return [
            each
            for each in self.database.events
            if isinstance(each, VerificationWanted | VerificationDecided)
        ]


async def asking(*, covered: bool = False) -> Asking:
    """Return enrollment with a household registered on December 3, 2015, covered from January 1 if said."""
    desk = Asking()
    await desk.offer()
    await desk.register("h", person(ssn="123456789"), aptc=30_000, subsidy=1_000, income=3_000_000)
    if covered:
        await desk.covered("SILVER", household="h")
    return desk
