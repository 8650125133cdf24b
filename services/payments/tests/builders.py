"""Payments in memory, with the words its tests are told in."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx2

from bulkhead.duties.runner import DutyRunner
from bulkhead.kernel.calendar import CoverageMonth, local, local_date
from bulkhead.kernel.corrections import CorrectionStep
from bulkhead.kernel.money import format_cents, parse_cents
from bulkhead.kernel.personal import Masked
from bulkhead.kernel.webhooks import WebhookDoor
from bulkhead.key_ring import KeyRing
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.policy import PackParameters, PolicyPack
from bulkhead.service import Received, Service
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.files import MemoryFiles
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.web import app_of, client_of
from payments.adapters.processor.sandbox import MemoryStore, SandboxProcessor
from payments.application.corrections import Asked
from payments.application.decide_corrections import decide_correction, reverse_correction
from payments.application.facts import (
    AccountHeardOf,
    PremiumsSettled,
    PremiumUnsettled,
    RefundApproved,
    SettledPremium,
)
from payments.application.find_payment import households_of
from payments.application.move_payments import Target, move_payment
from payments.application.ports import Charge, DirectDebit, Parameters, Processor
from payments.application.redate_payments import redate_payment
from payments.application.report_books import report_books
from payments.application.return_payment import ReturnOrder, record_return
from payments.application.take_counter_payment import CounterOrder, take_counter_payment
from payments.application.take_online_payment import (
    OnlineOrder,
    UnderWay,
    ask_the_processor,
    record_online_payment,
    start_attempt,
)
from payments.bootstrap import assemble
from payments.domain.ach_debits import Originator
from payments.domain.books import BooksReport
from payments.domain.corrections import Correction
from payments.domain.events import OnlineMethod, ReturnKind
from payments.domain.parameters import PaymentsParameters
from payments.domain.payments import Payment
from payments.domain.settlements import Share
from payments.domain.timed_webhooks import TimedWebhookDoor

PACKS = Path(__file__).parents[3] / "policy"
VERMONT = PolicyPack.named("vermont-2016", directory=PACKS)
PARAMETERS = PackParameters(VERMONT, "payments", PaymentsParameters)
IN_2016 = PARAMETERS.as_of(date(2016, 1, 1))

E = TypeVar("E")

WEBHOOK_KEY = b"the processor signs with this one"
RETIRING_KEY = b"and signed with this one before it"
TIMED_KEY = b"whsec_the_processor_of_intents_signs"
TIMED_RETIRING_KEY = b"whsec_and_signed_with_this_before_it"
KEYS = {"2015-11": b"the key that accounts are sealed", "2014-11": b"the key that sealed them before "}
"""The first of them writes."""
ORIGINATOR = Originator(
    bank="091400606",
    bank_name="First Bank & Trust",
    company="Bulkhead",
    company_id="1234567890",
    offset=None,
)
WALL_SECONDS = 1_800_000_000.5
"""What the wall's clock shows, which nobody moves: webhooks are signed by it."""

START = local(date(2015, 12, 1))


def at(text: str) -> datetime:
    """Return the local instant written ``2016-01-04T10:00``; a date alone is its noon."""
    day, _, clock = text.partition("T")
    hour, minute = (int(part) for part in (clock or "12:00").split(":"))
    return local(date.fromisoformat(day), hour, minute)


async def charge_online(
    uows: UnitOfWorkFactory,
    order: OnlineOrder,
    *,
    processor: Processor,
    under_way: UnderWay,
    now: datetime,
    parameters: Parameters = PARAMETERS,
) -> Charge | None:
    """Begin an online payment and ask the processor, as a request does; nothing is recorded yet."""
    with under_way.holding(order.payment):
        async with uows.begin(now=now, households=[order.household]) as uow:
            attempt = await start_attempt(uow, order, parameters=parameters)
        return await ask_the_processor(uows, order, attempt=attempt, processor=processor, now=now, cause=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a lockbox file."""

    amount: str = "500.00"
    account: str = "june"
    received: str = "2015-12-03"
    postmarked: str = ""
    instrument: str = "check"
    reference: str = "1001"
    names: str = ""

    @property
    def text(self) -> str:
        """The row as it stands in the file."""
        fields = (self.received, self.postmarked, self.account, self.amount, self.instrument, self.reference)
        return ",".join((*fields, self.names) if self.names else fields)


def lockbox_file(
    *rows: Row, deposited: str = "2015-12-03", sequence: int = 1, total: str | None = None
) -> bytes:
    """Return a whole lockbox file; it has the column `names` where a row has something there. Its total is that of its
    rows unless given.
    """
    total = total or format_cents(sum(parse_cents(row.amount) for row in rows))
    names = ",names" if any(row.names for row in rows) else ""
    lines = [
        f"lockbox,{deposited},{sequence}",
        f"received,postmarked,account,amount,instrument,reference{names}",
        *(row.text for row in rows),
        f"total,{len(rows)},{total}",
    ]
    return ("\n".join(lines) + "\n").encode()


BAD_FILE = lockbox_file(Row(reference="bad"))
"""A file whose reading fails while the fixture `bug` is in force."""


class OddProcessor(SandboxProcessor):
    """Answers oddly, or not at all, about certain references; a reference may be that of a refund."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.odd: dict[str, Exception] = {}

    async def find(self, *, reference: str) -> Charge | None:
        self._fail(reference)
        return await super().find(reference=reference)

    async def refund(self, *, charge: str, amount_cents: int, reference: str) -> None:
        self._fail(reference)
        await super().refund(charge=charge, amount_cents=amount_cents, reference=reference)

    def _fail(self, reference: str) -> None:
        if reference in self.odd:
            raise self.odd[reference]


class Crash(BaseException):
    """The process dies here: nothing of it runs any more, no handler either."""


class World:
    """The service on a database in memory, a sandbox processor, folders, and a clock that tests set.

    With a ``store`` it works on that instead, and `rows` and `said` have nothing to show.
    """

    def __init__(
        self, *, start: datetime = START, store: UnitOfWorkFactory | None = None, pack: PolicyPack = VERMONT
    ) -> None:
        self.now = start
        self.seconds = 0.0
        self.wall_seconds = WALL_SECONDS
        self.pack = pack
        self.processor: SandboxProcessor = OddProcessor(MemoryStore())
        self.lockbox = MemoryFiles()
        self.returns = MemoryFiles()
        self.statements = MemoryFiles()
        self.trust_account: str | None = None
        self.remittances = MemoryFiles()
        self.debits = MemoryFiles()
        self.keys = KeyRing(KEYS, owner="payments")
        self.originator = ORIGINATOR
        self.keeps_accounts = True
        self.service = self._assembled()
        self.database = MemoryDatabase.for_service(self.service)
        self.uows: UnitOfWorkFactory = store or self.database.units_of_work
        self.issuer = TestIssuer()
        self.clock = FixedClock(start)
        self.restart()
        self._ids = 0

    @property
    def kept(self) -> MemoryStore:
        """What the processor keeps."""
        return cast("MemoryStore", self.processor.store)

    @property
    def odd(self) -> dict[str, Exception]:
        """What the processor answers about certain references."""
        return cast("OddProcessor", self.processor).odd

    def restart(self) -> None:
        """Begin a new process on the same database, processor and folders."""
        self.service = self._assembled()
        self.runner = DutyRunner(self.service.duties, self.uows, elapsed_seconds=lambda: 0.0)
        self.pollers = {poller.name: poller for poller in self.service.pollers_on(self.uows)}

    @property
    def direct_debit(self) -> DirectDebit:
        """What debits of accounts kept here take."""
        return DirectDebit(keys=self.keys, originator=self.originator, folder=self.debits)

    def _assembled(self) -> Service:
        return assemble(
            pack=self.pack,
            processor=self.processor,
            lockbox_files=self.lockbox,
            return_files=self.returns,
            statement_files=self.statements,
            remittance_files=self.remittances,
            trust_account=self.trust_account,
            trial_token=Masked("tok_card_ok"),
            webhooks=WebhookDoor(keys=(WEBHOOK_KEY, RETIRING_KEY), window_seconds=300),
            timed_webhooks=TimedWebhookDoor(keys=(TIMED_KEY, TIMED_RETIRING_KEY), window_seconds=300),
            direct_debit=self.direct_debit if self.keeps_accounts else None,
            pace=lambda: self.seconds,
            wall_seconds=lambda: self.wall_seconds,
        )

    async def opened(self) -> World:
        """Begin the calendar of duties, and return this."""
        await self.runner.open(self.now)
        return self

    def client(self) -> httpx2.AsyncClient:
        """Return a client of the service's API."""
        app = app_of(self.service, uows=self.uows, clock=self.clock, verifier=self.issuer.verifier())
        return client_of(app)

    def copied(self) -> World:
        """Return another world, as this one is now and with a new process: a test goes on from here many ways."""
        other = copy(self)
        other.processor = deepcopy(self.processor)
        for folder in ("lockbox", "returns", "statements", "remittances"):
            setattr(other, folder, deepcopy(getattr(self, folder)))
        other.database = self.database.copied()
        other.uows = other.database.units_of_work
        other.clock = FixedClock(self.now)
        other.restart()
        return other

    def set(self, text: str) -> None:
        """Show another time, and do nothing."""
        self.now = at(text)
        self.clock.shows = self.now

    async def settle_down(self) -> None:
        """Let pollers and duties work at this time until nothing is left to do."""
        for _ in range(1_000):
            done = sum([await poller.turn(self.now) for poller in self.pollers.values()])
            done += await self.runner.turn(self.now)
            if not done:
                return
        raise AssertionError("it never comes to rest")

    async def crash_at(self, step: int) -> bool:
        """Work at this time, die before the step-th operation on database or folders, and begin anew.

        Return whether there was such a step.
        """
        left = step

        async def interrupt(_operation: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Crash

        places = (self.database, self.lockbox, self.returns, self.statements, self.remittances, self.debits)
        for place in places:
            place.interrupt = interrupt
        with contextlib.suppress(Crash):
            await self.settle_down()
        for place in places:
            place.interrupt = None
        self.restart()
        return left < 0

    async def advance(self, text: str, *, absent: bool = True) -> None:
        """Go on to a time, duty hour by duty hour; ``absent`` declares each day that has no lockbox file."""
        until = at(text)
        while True:
            following = [
                local(day, *hour)
                for day in (local_date(self.now), local_date(self.now) + timedelta(days=1))
                for hour in ((0, 5), (0, 10), (8, 0), (16, 0), (17, 0))
            ]
            step = min((each for each in following if each > self.now), default=until)
            if step > until:
                break
            self.now = self.clock.shows = step
            if absent and step.hour == 0 and step.minute == 5:
                await self.declare_absent(local_date(step) - timedelta(days=1))
            await self.settle_down()
        self.now = self.clock.shows = until
        await self.settle_down()

    async def declare_absent(self, day: date) -> None:
        """Declare a day absent, as an operator does."""
        from payments.application.declare_absences import declare_absences

        async with self.uows.begin(now=self.now) as uow:
            await declare_absences(uow, first=day, last=day, operator="ops", parameters=PARAMETERS)

    async def hear(self, *facts: Any) -> None:
        """Hear facts as one batch."""
        batch = [
            Received(
                event_id=f"event-{self._next()}",
                household=fact.household,
                occurred_at=self.now,
                fact=fact,
                partition=0,
            )
            for fact in facts
        ]
        async with self.uows.begin(now=self.now, households={fact.household for fact in facts}) as uow:
            await self.service.handle(uow, batch)

    async def heard_of(self, *households: str) -> None:
        """Hear that households exist."""
        await self.hear(*(AccountHeardOf(household=each) for each in households))

    async def pay(
        self,
        household: str = "june",
        *,
        cents: int = 50_000,
        received: str | None = None,
        method: str = "cash",
        selection: str | None = None,
        invoice: str | None = None,
    ) -> Payment:
        """Record a payment at a counter."""
        order = CounterOrder(
            payment=f"counter-{self._next()}",
            household=household,
            amount_cents=cents,
            method=method,  # pyright: ignore[reportArgumentType]
            received_on=None if received is None else date.fromisoformat(received),
            postmarked_on=None,
            at_selection=False,
            selection=selection,
            invoice=invoice,
            operator="ops",
        )
        async with self.uows.begin(now=self.now, households=[household]) as uow:
            return await take_counter_payment(uow, order, parameters=PARAMETERS)

    async def pay_online(
        self,
        household: str = "june",
        *,
        cents: int = 50_000,
        method: OnlineMethod = "bank",
        invoice: str | None = None,
    ) -> Payment:
        """Pay by a bank account or a card."""
        order = OnlineOrder(
            payment=f"online-{self._next()}",
            fingerprint="asked",
            household=household,
            amount_cents=cents,
            method=method,
            token=Masked(f"tok_{method}_ok"),
            at_selection=False,
            invoice=invoice,
        )
        charge = await charge_online(
            self.uows, order, processor=self.processor, under_way=UnderWay(), now=self.now
        )
        async with self.uows.begin(now=self.now, households=[household]) as uow:
            return await record_online_payment(uow, order.payment, charge=charge, parameters=PARAMETERS)

    async def give_back(
        self,
        payment: Payment,
        *,
        cents: int | None = None,
        kind: ReturnKind = "nsf",
        on: str | None = None,
    ) -> Payment:
        """Record that a payment was returned, today unless said otherwise."""
        order = ReturnOrder(
            payment=payment.payment,
            amount_cents=payment.amount_cents if cents is None else cents,
            kind=kind,
            on=local_date(self.now) if on is None else date.fromisoformat(on),
            reference="R-1",
            operator="ops",
        )
        async with self.uows.begin(now=self.now) as uow:
            households = await households_of(uow, payment.payment)
        async with self.uows.begin(now=self.now, households=households) as uow:
            return await record_return(uow, order)

    def drop(
        self,
        *rows: Row,
        name: str = "today.csv",
        deposited: str = "2015-12-03",
        sequence: int = 1,
        total: str | None = None,
    ) -> None:
        """Drop a lockbox file; its total is that of its rows unless given."""
        self.lockbox.content[name] = lockbox_file(*rows, deposited=deposited, sequence=sequence, total=total)

    async def books(self) -> BooksReport:
        """Return the books as of now."""
        async with self.uows.begin(now=self.now) as uow:
            return await report_books(uow)

    def rows(self, kind: type[E]) -> list[E]:
        """Return all records of a kind."""
        return self.database.rows(kind)

    def said(self, kind: type[E]) -> list[E]:
        """Return all events of a kind."""
        return self.database.events_of(kind)

    def _next(self) -> int:
        self._ids += 1
        return self._ids


def premium(
    payment: Payment | Sequence[tuple[Payment, int]],
    *,
    settlement: str = "s1",
    cents: int | None = None,
    carrier: str = "BCBSVT",
    month: str = "2016-01",
    policy: str = "p1",
) -> SettledPremium:
    """Return one settled premium, paid by one payment or by parts of several."""
    if isinstance(payment, Payment):
        payment = [(payment, payment.amount_cents if cents is None else cents)]
    shares = tuple(Share(payment=each.payment, cents=part) for each, part in payment)
    return SettledPremium(
        policy=policy,
        carrier=carrier,
        month=CoverageMonth.parse(month),
        cents=sum(share.cents for share in shares),
        settlement=settlement,
        funded_by=shares,
    )


def group_settled(
    *premiums: SettledPremium,
    household: str = "june",
    on: str | date = "2015-12-03",
    group: str = "month:2016-01",
) -> PremiumsSettled:
    """Return the fact that a binder or a month is settled, whole."""
    return PremiumsSettled(
        household=household,
        group=group,
        settled_on=on if isinstance(on, date) else date.fromisoformat(on),
        premiums=premiums,
    )


def settled(
    payment: Payment | Sequence[tuple[Payment, int]],
    *,
    on: str | date = "2015-12-03",
    group: str | None = None,
    **about: Any,
) -> PremiumsSettled:
    """Return the fact that one premium is settled, alone in its group."""
    household = payment.household if isinstance(payment, Payment) else payment[0][0].household
    only = premium(payment, **about)
    group = group or f"month:{only.month}:{only.settlement}"
    return group_settled(only, household=household, on=on, group=group)


def unsettled(fact: PremiumsSettled, *, on: str | date, which: int = 0) -> PremiumUnsettled:
    """Return the fact that one settlement of those fell."""
    return PremiumUnsettled(
        household=fact.household,
        settlement=fact.premiums[which].settlement,
        cents=fact.premiums[which].cents,
        unsettled_on=on if isinstance(on, date) else date.fromisoformat(on),
    )


def refund(payment: Payment, *, cents: int, refund: str = "r1") -> RefundApproved:
    """Return the fact that credit is to be paid back."""
    return RefundApproved(
        household=payment.household,
        refund=refund,
        cents=cents,
        taken_from=(Share(payment=payment.payment, cents=cents),),
    )


class Staff:
    """Staff who correct payments; each correction has the next number."""

    def __init__(self, world: World, *, number: int = 0) -> None:
        self.world = world
        self.number = 100 * number

    def asked(self, *, by: str = "ann", preview: bool = False) -> Asked:
        self.number += 1
        return Asked(
            correction=f"c{self.number}", because="keying-error", note=None, operator=by, preview=preview
        )

    async def move(self, payment: Payment, *to: tuple[str, int], by: str = "ann") -> Correction:
        targets = [Target(household=household, amount_cents=cents) for household, cents in to]
        households = {payment.household, *(household for household, _ in to)}
        async with self.world.uows.begin(now=self.world.now, households=households) as uow:
            return await move_payment(uow, payment.payment, targets, self.asked(by=by), parameters=PARAMETERS)

    async def redate(
        self, payment: Payment, received: str, postmarked: str | None = None, *, by: str = "ann"
    ) -> Correction:
        async with self.world.uows.begin(now=self.world.now, households=[payment.household]) as uow:
            return await redate_payment(
                uow,
                payment.payment,
                received_on=date.fromisoformat(received),
                postmarked_on=None if postmarked is None else date.fromisoformat(postmarked),
                asked=self.asked(by=by),
                parameters=PARAMETERS,
            )

    async def decide(self, correction: Correction, what: CorrectionStep, *, by: str) -> Correction:
        async with self.world.uows.begin(now=self.world.now, households=correction.households) as uow:
            return await decide_correction(uow, correction.correction, what, operator=by)

    async def reverse(self, correction: Correction, *, by: str = "ann") -> Correction:
        async with self.world.uows.begin(now=self.world.now, households=correction.households) as uow:
            return await reverse_correction(
                uow, correction.correction, self.asked(by=by), parameters=PARAMETERS
            )
