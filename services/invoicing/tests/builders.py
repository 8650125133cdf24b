"""A month-by-month book for use-case tests: invoicing alone, in memory, its duties run at their hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from bulkhead.duties.runner import DutyRunner
from bulkhead.duties.tables import DutyRecord
from bulkhead.kernel.calendar import CoverageMonth, local
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.money import round_half_up
from bulkhead.messaging.partitioning import keep_partitions
from bulkhead.persistence.event_tables import ParkedEvent
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.policy import PolicyPack
from bulkhead.service import Received
from bulkhead_testing.memory import MemoryDatabase
from invoicing.adapters.messaging.translation import BOOKS
from invoicing.application import facts
from invoicing.application.accounts import load_accounts
from invoicing.application.approve_refund import AskedRefund, AskRefund, ask_refund
from invoicing.application.ask_reinstatement import AskReinstatement, ask_reinstatement
from invoicing.application.corrections import (
    Asked,
    ask_to_void,
    decide_correction,
    reverse_correction,
)
from invoicing.application.extensions import LOCK, declare_extension, withdraw_extension
from invoicing.application.ports import Parameters
from invoicing.bootstrap import assemble
from invoicing.domain.account import Account
from invoicing.domain.asking import Answer
from invoicing.domain.corrections import Correction
from invoicing.domain.events import WrongBecause
from invoicing.domain.extensions import Extension
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Charge, Grace, Invoice, ListRow, Policy, Refund, Selection, Transfer

E = TypeVar("E")

PACKS = Path(__file__).parents[3] / "policy"
VERMONT = PolicyPack.named("vermont-2016", directory=PACKS)
VERMONT_2027 = PolicyPack.named("vermont-2027", directory=PACKS)
"""A pack with a payment threshold (INV-15)."""
BOOKS_CLOSE = time(0, 10)
"""When payments closes its books of the day before."""

VERMONT_2016 = InvoicingParameters(
    binder_due_days=21,
    run_day=5,
    due_day=26,
    grace_months_assisted=3,
    grace_assistance="aptc-or-subsidy",
    grace_months_unassisted=1,
    first_listing_latest_day=5,
    postmark_months=1,
    reinstatement_ask_days=30,
    reinstatement_pay_months=1,
    reinstatements_a_year=1,
    unheard_selection_days=7,
    decided_within_days=3,
    correction_alone_cents=50000,
    correction_alone_days=30,
    invoice_corrections_by_two=(),
    correction_overdue_days=3,
    relief_outage_minutes=60,
    relief_longest_outage_hours=72,
    relief_days=1,
    declared_relief_most_days=31,
    payment_threshold=Fraction(1),
    state_holidays=(),
    maintenance=VERMONT.load("invoicing", InvoicingParameters, date(2016, 1, 5)).maintenance,
)


def months_of(net: int, *, first: date, last: date, assistance: int = 0) -> tuple[facts.PremiumMonths, ...]:
    """Return what a policy costs by month: its share of days where a month is covered in part (INV-18).

    As enrollment says it, months that cost the same are one run.
    """
    found: list[facts.PremiumMonths] = []
    for month in CoverageMonth.of(first).until(CoverageMonth.of(last)):
        days = (min(last, month.last_day) - max(first, month.first_day)).days + 1
        share = [round_half_up(Fraction(cents * days, month.last_day.day)) for cents in (net, assistance)]
        if found and [found[-1].net_cents, found[-1].aptc_cents] == share:
            found[-1] = replace(found[-1], last=month)
            continue
        found.append(
            facts.PremiumMonths(
                first=month, last=month, aptc_cents=share[1], subsidy_cents=0, net_cents=share[0]
            )
        )
    return tuple(found)


class Book:
    """Invoicing with a clock that only `advance` moves.

    ``books_open`` False stands for payments not closing its books. ``store`` keeps the rows: memory,
    where a test can look at them all, unless another one is given.
    """

    def __init__(
        self,
        *,
        starts: date = date(2015, 12, 1),
        store: UnitOfWorkFactory | None = None,
        pack: PolicyPack = VERMONT,
    ) -> None:
        self.now = local(starts)
        self.service = assemble(pack=pack)
        self.database = MemoryDatabase.for_service(self.service)
        self.store: UnitOfWorkFactory = store or self.database
        self.runner = DutyRunner(self.service.duties, self.store, elapsed_seconds=lambda: 0.0)
        self.books_open = True
        self.up = True
        self._opened = False
        self._waiting: list[Received] = []
        self._sequence = 0
        self._corrections = 0

    async def _open(self) -> None:
        """Begin the calendar of duties; every household travels on the one partition there is."""
        if not self._opened:
            self._opened = True
            async with self.store.begin(now=self.now) as uow:
                await keep_partitions(uow, topic=BOOKS, found=1)
            await self.runner.open(self.now)

    async def _work(self) -> None:
        """Let every duty that is due do what it can, unless invoicing is down."""
        await self._open()
        if not self.up:
            return
        await self.runner.turn(self.now)
        for poller in self.service.pollers(self.store):
            while await poller.turn(self.now):
                pass
        async with self.store.begin(now=self.now) as uow:
            begun = await uow.records(DutyRecord).select(state="pending")
        assert [each for each in begun if each.failure] == []

    async def hear(self, household: str | None, fact: object, *, occurred: datetime | None = None) -> None:
        """Deliver a fact now, or keep it until invoicing is up; ``occurred`` is when it was so, now unless given."""
        self._sequence += 1
        received = Received(
            event_id=str(self._sequence),
            household=household,
            occurred_at=occurred or self.now,
            fact=fact,
            partition=0,
        )
        if not self.up:
            self._waiting.append(received)
            return
        await self._handle(received)
        await self._work()

    async def _handle(self, received: Received) -> None:
        households = [received.household] if received.household else []
        async with self.store.begin(now=self.now, households=households) as uow:
            await self.service.handle(uow, [received])

    async def bring_up(self) -> None:
        """Start invoicing again: what it missed is delivered, then its duties catch up."""
        self.up = True
        waiting, self._waiting = self._waiting, []
        for received in waiting:
            await self._handle(received)
        await self._work()

    async def select(
        self,
        household: str,
        *,
        net: int | dict[str, int],
        effective: date = date(2016, 1, 1),
        assistance: int = 0,
        selection: str = "s1",
        binder_required: bool = True,
        occurred: datetime | None = None,
        billed_by_carriers: Sequence[str] = (),
    ) -> None:
        """Select plans: one medical by net cents, or several by plan name (names in d… are dental). For some of them
        their carrier bills.
        """
        plans = {"silver": net} if isinstance(net, int) else net
        ends = date(effective.year, 12, 31)
        await self.hear(
            household,
            facts.PlansSelected(
                household=household,
                selection=f"{household}-{selection}",
                entered_on=self.now.date(),
                binder_required=binder_required and sum(plans.values()) > 0,
                policies=tuple(
                    facts.SelectedPolicy(
                        policy=f"{household}-{plan}",
                        plan=plan.upper(),
                        carrier="DELTA" if plan.startswith("d") else "MVP",
                        kind="dental" if plan.startswith("d") else "medical",
                        effective=effective,
                        coverage_ends=ends,
                        months=months_of(cents, first=effective, last=ends, assistance=assistance),
                        billed_by_carrier=facts.BilledByCarrier(name=f"The carrier of {plan}")
                        if plan in billed_by_carriers
                        else None,
                    )
                    for plan, cents in plans.items()
                ),
            ),
            occurred=occurred,
        )

    async def renew(
        self,
        household: str,
        *,
        net: int,
        effective: date = date(2016, 1, 1),
        carrier: str = "MVP",
        billed_by_carrier: bool = False,
    ) -> None:
        """Let a household's medical plan go on from this January 1 by itself; its carrier may bill for it then."""
        ends = date(effective.year, 12, 31)
        await self.hear(
            household,
            facts.PlansRenewed(
                household=household,
                selection=f"{household}-renewal",
                renewed_on=self.now.date(),
                policies=(
                    facts.SelectedPolicy(
                        policy=f"{household}-silver-{effective.year}",
                        plan="SILVER",
                        carrier=carrier,
                        kind="medical",
                        effective=effective,
                        coverage_ends=ends,
                        months=months_of(net, first=effective, last=ends, assistance=0),
                        billed_by_carrier=facts.BilledByCarrier(name="MVP") if billed_by_carrier else None,
                    ),
                ),
            ),
        )

    async def pay(
        self,
        household: str,
        cents: int,
        *,
        method: str = "bank",
        received: date | None = None,
        postmarked: date | None = None,
        at_selection: bool = False,
        selection: str | None = None,
        invoice: str | None = None,
        known: datetime | None = None,
        correction: str | None = None,
    ) -> str:
        """Have payments tell of money and return its id; ``selection`` is named without its household."""
        payment = derived_id(household, str(self._sequence))
        await self.hear(
            household,
            facts.PaymentReceived(
                household=household,
                payment=payment,
                cents=cents,
                method=method,
                received_on=received or self.now.date(),
                postmarked_on=postmarked,
                known_at=known or self.now,
                at_selection=at_selection,
                selection=f"{household}-{selection}" if selection else None,
                invoice=invoice,
                correction=correction,
            ),
        )
        return payment

    async def give_back(self, household: str, payment: str, cents: int = 50000) -> None:
        """Have payments tell that a payment of so many cents was returned today."""
        await self.hear(
            household,
            facts.PaymentReturned(
                household=household, payment=payment, cents=cents, returned_on=self.now.date()
            ),
        )

    async def move_away(
        self, household: str, payment: str, cents: int = 50000, *, correction: str = "c1"
    ) -> None:
        """Have payments tell that so many cents of a payment turned out today to be another household's."""
        await self.hear(
            household,
            facts.PaymentMoved(
                household=household,
                payment=payment,
                cents=cents,
                moved_on=self.now.date(),
                received_on=self.now.date(),
                because="keying-error",
                correction=correction,
                reverses=None,
            ),
        )

    async def redate(
        self, household: str, payment: str, received: date, postmarked: date | None = None
    ) -> None:
        """Have payments tell today what the dates of a payment are."""
        await self.hear(
            household,
            facts.PaymentRedated(
                household=household,
                payment=payment,
                received_on=received,
                postmarked_on=postmarked,
                received_before=self.now.date(),
                postmarked_before=None,
                redated_on=self.now.date(),
                because="keying-error",
                correction="c9",
                reverses=None,
            ),
        )

    async def activate(self, household: str, plan: str) -> None:
        """Have enrollment tell that a policy stands: its binder is paid, or its carrier has put it into force."""
        await self.hear(household, facts.PolicyActivated(household=household, policy=f"{household}-{plan}"))

    async def cancel(self, household: str, plan: str = "silver", *, selected_as: str | None = None) -> None:
        """Have enrollment tell that it called a policy off, and by which selection it is made anew."""
        await self.hear(
            household,
            facts.PolicyCanceled(
                household=household,
                policy=f"{household}-{plan}",
                reason="requested" if selected_as is None else "error",
                decided_by="enrollment",
                selected_as=selected_as and f"{household}-{selected_as}",
            ),
        )

    async def end(
        self,
        household: str,
        through: date,
        *,
        plan: str = "silver",
        months: tuple[facts.PremiumMonths, ...] = (),
        decided_by: facts.DecidedBy = "enrollment",
    ) -> None:
        """Have enrollment tell of a last covered day: its own decision, or the echo of invoicing's."""
        await self.hear(
            household,
            facts.PolicyTerminated(
                household=household,
                policy=f"{household}-{plan}",
                through=through,
                reason="requested" if decided_by == "enrollment" else "non-payment",
                months=months,
                decided_by=decided_by,
            ),
        )

    async def ask_end(
        self, household: str, through: date, *, months: tuple[facts.PremiumMonths, ...] = ()
    ) -> None:
        """Have enrollment tell of an end that counts where coverage ended for non-payment stands again."""
        await self.hear(
            household,
            facts.PolicyEndAsked(
                household=household,
                policy=f"{household}-silver",
                through=through,
                reason="death",
                months=months,
            ),
        )

    async def change(
        self, household: str, months: tuple[facts.PremiumMonths, ...], *, plan: str = "silver"
    ) -> None:
        """Have enrollment tell that a policy costs this in these months."""
        await self.hear(
            household,
            facts.PolicyChanged(
                household=household, policy=f"{household}-{plan}", changed="assistance", months=months
            ),
        )

    async def restore(
        self, household: str, *, undoes: str, plan: str = "silver", ends: date = date(2016, 12, 31)
    ) -> None:
        """Have enrollment tell that staff undid an end."""
        await self.hear(
            household,
            facts.PolicyReinstated(
                household=household,
                policy=f"{household}-{plan}",
                coverage_ends=ends,
                months=(),
                decided_by="enrollment",
                undoes=undoes,
            ),
        )

    async def refund(self, household: str, cents: int, *, request: str | None = None) -> Refund:
        """Have credit paid back, by two people where it takes two; return the refund."""
        answer = await self.ask_refund(household, cents, request=request)
        if answer.asked.state == "requested":
            await self.approve(answer.asked)
        async with self.store.begin(now=self.now) as uow:
            refund = await uow.records(Refund).get(refund=answer.asked.correction)
        assert refund is not None
        return refund

    async def ask_refund(
        self, household: str, cents: int, *, by: str = "operator:1", request: str | None = None
    ) -> AskedRefund:
        """Ask that credit be paid back, under a request of its own unless one is named."""
        self._sequence += 1
        async with self.store.begin(now=self.now, households=[household]) as uow:
            return await ask_refund(
                uow,
                AskRefund(
                    household=household,
                    amount_cents=cents,
                    operator=by,
                    request=request or str(self._sequence),
                ),
                parameters=self.parameters,
            )

    async def void(
        self,
        household: str,
        invoice: int = -1,
        *,
        because: WrongBecause = "wrong-amount",
        by: str = "operator:1",
    ) -> Correction:
        """Make an invoice of a household void, the newest unless its place is given, as an operator does."""
        async with self.store.begin(now=self.now, households=[household]) as uow:
            invoices = await uow.records(Invoice).select(household=household, order_by=("number",))
            return await ask_to_void(
                uow, invoices[invoice].invoice, self._asked(because, by), parameters=self.parameters
            )

    async def approve(self, correction: Correction, *, by: str = "operator:2") -> Correction:
        """Approve a correction that waits for a second person."""
        async with self.store.begin(now=self.now, households=[correction.household]) as uow:
            return await decide_correction(
                uow, correction.correction, "approve", operator=by, parameters=self.parameters
            )

    async def decline(self, correction: Correction, *, by: str = "operator:2") -> Correction:
        """Decline a correction that waits for a second person."""
        async with self.store.begin(now=self.now, households=[correction.household]) as uow:
            return await decide_correction(
                uow, correction.correction, "decline", operator=by, parameters=self.parameters
            )

    async def reverse(self, correction: Correction, *, by: str = "operator:1") -> Correction:
        """Take a correction back."""
        async with self.store.begin(now=self.now, households=[correction.household]) as uow:
            asked = self._asked("correction-in-error", by)
            return await reverse_correction(uow, correction.correction, asked, parameters=self.parameters)

    @property
    def parameters(self) -> Parameters:
        """The pack's parameters."""
        parameters: Parameters = self.service.dependencies.parameters
        return parameters

    def _asked(self, because: WrongBecause, by: str) -> Asked:
        self._corrections += 1
        return Asked(correction=f"correction-{self._corrections}", because=because, note=None, operator=by)

    async def ask(self, household: str) -> Answer:
        """Ask that ended coverage stand again."""
        dependencies = self.service.dependencies
        async with self.store.begin(now=self.now, households=[household]) as uow:
            return await ask_reinstatement(
                uow, AskReinstatement(household=household, reason=None), dependencies=dependencies
            )

    async def advance(self, to: date, hour: int = 23, minute: int = 0) -> None:
        """Move the clock, doing every day's duties at their hours: of those with nothing to do, at the next one's."""
        await self._open()
        goal = local(to, hour, minute)
        while self.now < goal:
            closing = self._next_closing()
            due = await self.runner.next_due_at(self.now) if self.up else None
            self.now = min(each for each in (closing, due, goal) if each is not None)
            if self.now == closing:
                await self.close_books(closing.date() - timedelta(days=1))
            await self._work()

    def _next_closing(self) -> datetime:
        """Return the next instant at which payments closes the books of the day before."""
        today = local(self.now.date(), BOOKS_CLOSE.hour, BOOKS_CLOSE.minute)
        tomorrow = self.now.date() + timedelta(days=1)
        return today if self.now < today else local(tomorrow, BOOKS_CLOSE.hour, BOOKS_CLOSE.minute)

    async def close_books(self, through: date) -> None:
        """Have payments close its books, unless they are kept open."""
        if self.books_open:
            await self.hear(None, facts.BooksClosed(through=through))

    async def shut(self, since: datetime) -> None:
        """Have notifications tell now that nobody can pay online since that instant."""
        await self.hear(None, facts.ChannelDown(channel="payments-online", since=since))

    async def open(self, since: datetime, until: datetime) -> None:
        """Have notifications tell now for how long nobody could pay online."""
        await self.hear(None, facts.ChannelUp(channel="payments-online", since=since, until=until))

    async def move_cutoff(self, cutoff: date, until: date) -> Extension:
        """Move a cut-off, as an operator does."""
        self._sequence += 1
        declared = Extension(
            extension=str(self._sequence),
            cutoff=cutoff,
            until=until,
            ground="declared",
            minutes=None,
            note=None,
            recorded_at=self.now,
            recorded_by="ann",
        )
        async with self.store.begin(now=self.now, households=[LOCK]) as uow:
            made = await declare_extension(uow, declared, parameters=self.parameters)
        await self._work()
        return made

    async def move_back(self, extension: Extension) -> Extension:
        """Take an extension back, as an operator does."""
        async with self.store.begin(now=self.now, households=[LOCK]) as uow:
            found = await withdraw_extension(uow, extension.extension, by="bea")
        await self._work()
        return found

    async def decide_lists_again(self, on: date, households: list[str]) -> None:
        """Decide the lists for households found a moment ago, whatever has become of them since."""
        async with self.store.begin(now=self.now, households=households) as uow:
            await next(duty for duty in self.service.duties if duty.name == "delinquency-lists").run(
                uow, on, households
            )

    async def park(self, household: str) -> None:
        """Park an event of a household."""
        event = ParkedEvent(
            household=household,
            position=1,
            event_id="bad",
            topic="payments.payments.v1",
            partition=0,
            offset=1,
            type="PaymentReceived",
            kind="malformed",
            reason="cents",
            state="parked",
            parked_at=self.now,
            settled_at=None,
            discard_reason=None,
            value=b"",
        )
        async with self.store.begin(now=self.now, households=[household]) as uow:
            await uow.records(ParkedEvent).add([event])

    async def account(self, household: str) -> Account:
        """Return the household's account as stored."""
        async with self.store.begin(now=self.now) as uow:
            return (await load_accounts(uow, [household]))[household]

    async def balance(self, household: str) -> tuple[int, int, int]:
        """Return what is owed, held and in credit, in cents."""
        position = (await self.account(household)).position
        return position.owed_cents, position.held_cents, position.credit_cents

    async def grace(self, household: str) -> Grace | None:
        """Return the open grace, or None."""
        return (await self.account(household)).open_grace()

    async def policy(self, household: str, plan: str = "silver") -> Policy:
        """Return one policy."""
        found = (await self.account(household)).find(Policy, f"{household}-{plan}")
        assert found is not None
        return found

    def invoices(self, household: str) -> list[Invoice]:
        """Return the household's invoices, oldest first."""
        mine = [each for each in self.database.rows(Invoice) if each.household == household]
        return sorted(mine, key=lambda each: each.number)

    def listed(self, household: str) -> list[ListRow]:
        """Return the household's rows on delinquency lists, oldest first."""
        mine = [each for each in self.database.rows(ListRow) if each.household == household]
        return sorted(mine, key=lambda each: (each.on, each.carrier))

    def charges(self, household: str) -> dict[str, str]:
        """Return the state of each charge by policy and month."""
        return {
            f"{each.policy.removeprefix(household + '-')} {each.month}": each.state
            for each in self.database.rows(Charge)
            if each.household == household
        }

    def said(self, kind: type[E]) -> list[E]:
        """Return the events of a kind, as committed."""
        return self.database.events_of(kind)

    def selection(self, household: str, selection: str = "s1") -> Selection:
        """Return a selection."""
        (found,) = (
            each for each in self.database.rows(Selection) if each.selection == f"{household}-{selection}"
        )
        return found

    def ledger(self, account: str) -> int:
        """Return the debit balance of one ledger account, in cents."""
        rows = self.database.rows(Transfer)
        return sum(each.cents for each in rows if each.debit == account) - sum(
            each.cents for each in rows if each.credit == account
        )
