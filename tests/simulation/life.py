"""One household's life over enrollment, invoicing and payments, in this process, a step at a time.

What acts here are the services' own use cases; what travels between them are their own events, through bytes. Any of
the three may be away, hear things late and twice, and do a day's duties again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import enrollment.bootstrap
import invoicing.bootstrap
import payments.bootstrap
from bulkhead.duties.runner import DutyRunner
from bulkhead.kernel.calendar import EXCHANGE_ZONE, local
from bulkhead.kernel.errors import Refused
from bulkhead.kernel.personal import Masked
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.relay import Relay
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.policy import PackParameters, PolicyPack
from bulkhead.service import Service
from bulkhead_testing.broker import MemoryBroker, MemoryOutbox
from bulkhead_testing.files import MemoryFiles
from bulkhead_testing.memory import MemoryDatabase
from enrollment.application.end_coverage import EndRequest, end_coverage
from enrollment.application.offer_plan import offer_plan
from enrollment.application.register_household import Application, register_household
from enrollment.application.restore_coverage import RestoreRequest, restore_coverage
from enrollment.application.select_plans import Choice, select_plans
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.people import Person
from enrollment.domain.plans import Plan
from payments.adapters.processor.sandbox import SandboxProcessor
from payments.application.declare_absences import declare_absences
from payments.application.take_counter_payment import CounterOrder, take_counter_payment
from payments.domain.parameters import PaymentsParameters
from payments.domain.payments import CounterMethod

R = TypeVar("R")

HOUSEHOLD = "h"
SERVICES = ("enrollment", "invoicing", "payments")
PLANS = {
    "SILVER": ("MVP", "medical", 50000),
    "GOLD": ("BCBSVT", "medical", 60000),
    "DENTAL": ("DELTA", "dental", 4000),
}
POLICY = Path(__file__).resolve().parents[2] / "policy"


@cache
def _pack() -> PolicyPack:
    return PolicyPack.named("vermont-2016", directory=POLICY)


def _assembled(name: str) -> Service:
    """Return a service without the duties that only look, which a test does itself."""
    pack = _pack()
    match name:
        case "enrollment":
            service = enrollment.bootstrap.assemble(pack=pack)
        case "invoicing":
            service = invoicing.bootstrap.assemble(pack=pack)
        case _:
            service = payments.bootstrap.assemble(
                pack=pack,
                processor=SandboxProcessor(),
                lockbox_files=MemoryFiles(),
                remittance_files=MemoryFiles(),
            )
    duties = tuple(duty for duty in service.duties if duty.name not in ("prove-ledger", "look-for-overdue"))
    return replace(service, duties=duties)


@dataclass(slots=True)
class Process:
    """A running service, without its HTTP side: what it loses when it stops. Its database outlives it."""

    service: Service
    database: MemoryDatabase
    relay: Relay
    consumer: Consumer
    duties: DutyRunner

    async def communicate(self) -> int:
        """Publish and hear; return how many events that was."""
        return await self.relay.turn() + await self.consumer.turn()


class Life:
    """A household from December 2015 on. Everything it does is refused or done; nothing is left half done."""

    def __init__(self, *, aptc_cents: int = 0) -> None:
        self._aptc_cents = aptc_cents
        self.broker = MemoryBroker(partitions=1)
        self.now = local(date(2015, 12, 1), 9)
        self._keys = 0
        self._declared_through = date(2015, 11, 30)
        self.selections: list[str] = []
        self.running: dict[str, Process] = {}
        self.databases: dict[str, MemoryDatabase] = {}

    async def _start(self, name: str) -> None:
        service = _assembled(name)
        database = self.databases.setdefault(name, MemoryDatabase.for_service(service))
        self.running[name] = Process(
            service=service,
            database=database,
            relay=Relay(outbox=MemoryOutbox(database), broker=self.broker),
            consumer=Consumer(service=service, uows=database, broker=self.broker, now=lambda: self.now),
            duties=DutyRunner(service.duties, database),
        )
        await self.running[name].duties.open(self.now)

    async def begin(self) -> None:
        """Start the services, with a catalog and the household registered."""
        for name in SERVICES:
            await self._start(name)
        for plan, (carrier, kind, cents) in PLANS.items():
            offered = Plan(
                plan=plan,
                carrier=carrier,
                kind=cast(Any, kind),
                single_cents=cents,
                couple_cents=cents,
                parent_cents=cents,
                family_cents=cents,
                plan_year=None,
            )
            await self._do("enrollment", lambda uow, offered=offered: offer_plan(uow, offered))
        person = Person(name=Masked("June Example"), born=Masked("1980-03-02"), relation="self")
        application = Application(
            household=HOUSEHOLD,
            people=(person,),
            language="en",
            email=None,
            address=None,
            phone=None,
            aptc_cents=self._aptc_cents,
            subsidy_cents=0,
        )
        dependencies = self.running["enrollment"].service.dependencies
        await self._do(
            "enrollment",
            lambda uow: register_household(
                uow,
                application,
                parameters=dependencies.parameters,
                transliterator=dependencies.transliterator,
            ),
        )
        await self.settle()

    @property
    def today(self) -> date:
        """The date."""
        return self.now.date()

    @property
    def away(self) -> list[str]:
        """The services that are away."""
        return [name for name in SERVICES if name not in self.running]

    def rows(self, service: str, kind: type[R]) -> list[R]:
        """Return a service's committed rows of a kind."""
        return self.databases[service].rows(kind)

    async def _do(self, service: str, work: Callable[[UnitOfWork], Any]) -> Any:
        database = self.databases[service]
        async with database.begin(now=self.now, households=[HOUSEHOLD]) as uow:
            return await work(uow)

    async def settle(self) -> None:
        """Let everything happen that can: what is said is heard before any duty begins."""
        while True:
            while sum([await process.communicate() for process in self.running.values()]):
                pass
            if not sum([await process.duties.turn(self.now) for process in self.running.values()]):
                return

    async def advance(self, days: int) -> None:
        """Move on by days, to 9 o'clock; everything due by then has happened in its order."""
        target = local(self.today + timedelta(days=days), 9)
        while self.now < target:
            due = [await process.duties.next_due_at(self.now) for process in self.running.values()]
            stop = min([target, *(each for each in due if each is not None and each > self.now)])
            opens = datetime.combine(stop.date(), time(0, 10), tzinfo=EXCHANGE_ZONE)
            self.now = opens if self.now < opens < stop else stop
            await self._account_for_lockbox_days()
            await self.settle()

    async def _account_for_lockbox_days(self) -> None:
        over = self.today - timedelta(days=1)
        if "payments" in self.running and self._declared_through < over:
            first = self._declared_through + timedelta(days=1)
            parameters = PackParameters(_pack(), "payments", PaymentsParameters)
            await self._do(
                "payments",
                lambda uow: declare_absences(
                    uow, first=first, last=over, operator="bank", parameters=parameters
                ),
            )
            self._declared_through = over

    async def select(self, plans: tuple[str, ...], *, event: str | None = None) -> str | None:
        """Select plans; return the selection, or None where it is refused or enrollment is away."""
        if "enrollment" in self.away:
            return None
        happened = QualifyingEvent(kind=cast(Any, event), on=self.today) if event else None
        choice = Choice(household=HOUSEHOLD, plans=plans, via="web", received_on=None, event=happened)
        parameters = self.running["enrollment"].service.dependencies.parameters
        try:
            selected = await self._do(
                "enrollment", lambda uow: select_plans(uow, choice, parameters=parameters)
            )
        except Refused:
            return None
        self.selections.append(selected.selection.selection)
        await self.settle()
        return selected.selection.selection

    async def pay(
        self,
        cents: int,
        *,
        posted_days_ago: int = 0,
        selection: str | None = None,
        invoice: str | None = None,
        at_selection: bool = False,
        method: CounterMethod = "check",
    ) -> None:
        """Have an operator take money, posted so long ago; nothing while payments is away."""
        if "payments" in self.away:
            return
        self._keys += 1
        order = CounterOrder(
            payment=f"p{self._keys:04d}",
            household=HOUSEHOLD,
            amount_cents=cents,
            method=method,
            received_on=None,
            postmarked_on=self.today - timedelta(days=posted_days_ago),
            at_selection=at_selection,
            operator="staff",
            selection=selection,
            invoice=invoice,
        )
        parameters = PackParameters(_pack(), "payments", PaymentsParameters)
        await self._do("payments", lambda uow: take_counter_payment(uow, order, parameters=parameters))
        await self.settle()

    async def ask_to_end(self, on: date, plans: tuple[str, ...] | None = None) -> None:
        """Ask to end coverage with a day; nothing where that is refused or enrollment is away."""
        if "enrollment" in self.away:
            return
        request = EndRequest(household=HOUSEHOLD, plans=plans, on=on, reason="requested", by="operator")
        try:
            await self._do("enrollment", lambda uow: end_coverage(uow, request))
        except Refused:
            return
        await self.settle()

    async def restore(self) -> None:
        """Have staff restore what ended; nothing where that is refused or enrollment is away."""
        if "enrollment" in self.away:
            return
        request = RestoreRequest(household=HOUSEHOLD, plans=None, reason=Masked("ended in error"), by="staff")
        try:
            await self._do("enrollment", lambda uow: restore_coverage(uow, request))
        except Refused:
            return
        await self.settle()

    async def take_down(self, service: str) -> None:
        """Let a service be gone at once: what it did not commit is lost."""
        if self.running.pop(service, None) is not None:
            self.broker.forget_members(service)

    async def bring_up(self, service: str) -> None:
        """Start a service that is away; it catches up day by day."""
        if service not in self.running:
            await self._start(service)
            await self.settle()
            await self._account_for_lockbox_days()
            await self.settle()

    async def hear_again(self, service: str, messages: int) -> None:
        """Let a service hear again the last things that it heard, as after a rebalance."""
        if service in self.running:
            self.broker.deliver_again(service, messages=messages)
            await self.settle()

    async def repeat_duties(self, service: str) -> None:
        """Do a service's duties of today once more, as if nobody had written down that they are done."""
        if service not in self.running:
            return
        process = self.running[service]
        for duty in process.service.duties:
            due = datetime.combine(self.today, duty.at, tzinfo=EXCHANGE_ZONE) <= self.now
            if due and duty.runs_on(self.today) and duty.households is not None:
                async with process.database.begin(now=self.now) as uow:
                    households = await duty.households(uow, self.today, "", 10)
                async with process.database.begin(now=self.now, households=households) as uow:
                    if households:
                        await duty.run(uow, self.today, households)
        await self.settle()
