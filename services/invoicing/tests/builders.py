"""A month-by-month book for use-case tests: invoicing alone, in memory, its duties run at their hours."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TypeVar

from bulkhead.duties.ports import Postponed
from bulkhead.kernel.calendar import local
from bulkhead.kernel.ids import derived_id
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.service import Received
from bulkhead.testing.memory import MemoryDatabase
from invoicing.adapters.messaging.translation import OUTBOUND
from invoicing.adapters.postgres.tables import TABLES
from invoicing.application import facts
from invoicing.application.accounts import load_accounts
from invoicing.application.approve_refund import ApproveRefund, approve_refund
from invoicing.application.decide_lists import DecideLists
from invoicing.application.issue_invoices import IssueInitialInvoices, RunMonthlyInvoices
from invoicing.application.lapse_binders import LapseBinders
from invoicing.application.routing import Router
from invoicing.domain.account import Account
from invoicing.domain.money import held_and_credit_cents, owed_cents
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Charge, Grace, Invoice, LedgerLine, ListRow, Policy, Refund

E = TypeVar("E")

VERMONT_2016 = InvoicingParameters(
    binder_due_days=21,
    binder_late="cancel",
    run_day=5,
    due_day=26,
    grace_months_assisted=3,
    grace_months_unassisted=1,
    first_listing_latest_day=5,
    postmark_months=1,
    settle_by="coverage-month",
)


class FixedParameters:
    """The same parameters on every date."""

    def as_of(self, day: date) -> InvoicingParameters:
        """Return them."""
        return VERMONT_2016


def one_partition(household: str) -> int:
    """Every household travels on partition 0."""
    return 0


class Book:
    """Invoicing with a clock that only `advance` moves.

    ``books_open`` False stands for payments not closing its books. ``store`` keeps the rows: memory,
    where a test can look at them all, unless another one is given.
    """

    def __init__(self, *, starts: date = date(2015, 12, 1), store: UnitOfWorkFactory | None = None) -> None:
        self.now = local(starts)
        self.database = MemoryDatabase(tables=TABLES, outbound=OUTBOUND, name="invoicing")
        self.store: UnitOfWorkFactory = store or self.database
        self.books_open = True
        self.up = True
        self._closed = starts - timedelta(days=1)
        self._waiting: list[Received] = []
        self._sequence = 0
        parameters = FixedParameters()
        self._router = Router(parameters)
        self._lists = DecideLists(parameters, one_partition)
        self._lapse = LapseBinders(one_partition)
        self._initial = IssueInitialInvoices(parameters)
        self._monthly = RunMonthlyInvoices(parameters)
        self._done: set[tuple[str, date]] = set()
        self._due: list[tuple[datetime, str, date]] = []

    async def hear(self, household: str | None, fact: object) -> None:
        """Deliver a fact now, or keep it until invoicing is up."""
        self._sequence += 1
        received = Received(
            event_id=str(self._sequence), household=household, occurred_at=self.now, fact=fact, partition=0
        )
        if not self.up:
            self._waiting.append(received)
            return
        await self._handle(received)

    async def _handle(self, received: Received) -> None:
        households = [received.household] if received.household else []
        async with self.store.begin(now=self.now, households=households) as uow:
            await self._router.handle(uow, [received])
        await self._retry()

    async def bring_up(self) -> None:
        """Start invoicing again: what it missed is delivered, then its duties catch up."""
        self.up = True
        waiting, self._waiting = self._waiting, []
        for received in waiting:
            await self._handle(received)
        await self._retry()

    async def select(
        self,
        household: str,
        *,
        net: int | dict[str, int],
        effective: date = date(2016, 1, 1),
        assisted: bool = False,
        selection: str = "s1",
        binder_required: bool = True,
    ) -> None:
        """Select plans: one medical by net cents, or several by plan name (names in d… are dental)."""
        plans = {"silver": net} if isinstance(net, int) else net
        await self.hear(
            household,
            facts.PlansSelected(
                household=household,
                selection=f"{household}-{selection}",
                entered_on=self.now.date(),
                binder_required=binder_required and sum(plans.values()) > 0,
                assisted=assisted,
                policies=tuple(
                    facts.SelectedPolicy(
                        policy=f"{household}-{plan}",
                        plan=plan.upper(),
                        carrier="DELTA" if plan.startswith("d") else "MVP",
                        kind="dental" if plan.startswith("d") else "medical",
                        effective=effective,
                        coverage_ends=date(effective.year, 12, 31),
                        net_cents=cents,
                    )
                    for plan, cents in plans.items()
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
    ) -> None:
        """Have payments tell of money."""
        await self.hear(
            household,
            facts.PaymentReceived(
                household=household,
                payment=derived_id(household, str(self._sequence)),
                cents=cents,
                method=method,
                received_on=received or self.now.date(),
                postmarked_on=postmarked,
                known_at=self.now,
                at_selection=at_selection,
            ),
        )

    async def refund(self, household: str, cents: int) -> Refund:
        """Approve a refund."""
        async with self.store.begin(now=self.now, households=[household]) as uow:
            return await approve_refund(
                uow, ApproveRefund(household=household, amount_cents=cents, request=str(self._sequence))
            )

    async def advance(self, to: date, hour: int = 23, minute: int = 0) -> None:
        """Move the clock, doing every day's duties at their hours."""
        goal = local(to, hour, minute)
        since, day = self.now, self.now.date()
        while day <= to:
            for at, name in (
                (local(day, 0, 10), "books"),
                (local(day, 1), "lists"),
                (local(day, 1, 30), "lapse"),
                (local(day, 2), "initial"),
                (local(day, 2), "monthly"),
            ):
                if since < at <= goal:
                    self.now = at
                    if name == "books":
                        await self.close_books(day - timedelta(days=1))
                    elif name != "monthly" or self._monthly.runs_on(day):
                        self._due.append((at, name, day))
                        await self._retry()
            day += timedelta(days=1)
        self.now = goal

    async def close_books(self, through: date) -> None:
        """Have payments close its books, unless they are kept open."""
        if self.books_open:
            await self.hear(None, facts.BooksClosed(through=through))

    async def _retry(self) -> None:
        if not self.up:
            return
        for item in list(self._due):
            _at, name, day = item
            if any(other[1] == name and other[2] < day for other in self._due):
                continue
            try:
                await self._perform(name, day)
            except Postponed:
                continue
            self._due.remove(item)

    async def _perform(self, name: str, day: date) -> None:
        duty = {
            "lists": self._lists,
            "lapse": self._lapse,
            "initial": self._initial,
            "monthly": self._monthly,
        }[name]
        cursor = ""
        while True:
            async with self.store.begin(now=self.now) as uow:
                households = await duty.households(uow, day, cursor, 10)
            if not households:
                break
            async with self.store.begin(now=self.now, households=households) as uow:
                await duty.run(uow, day, households)
            cursor = households[-1]
        if isinstance(duty, DecideLists | LapseBinders):
            async with self.store.begin(now=self.now) as uow:
                await duty.finish(uow, day)

    async def account(self, household: str) -> Account:
        """Return the household's account as stored."""
        async with self.store.begin(now=self.now) as uow:
            return (await load_accounts(uow, [household]))[household]

    async def balance(self, household: str) -> tuple[int, int, int]:
        """Return what is owed, held and in credit, in cents."""
        account = await self.account(household)
        return (owed_cents(account), *held_and_credit_cents(account))

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
        return sorted(mine, key=lambda each: (each.issued_at, each.invoice))

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

    def ledger(self, account: str) -> int:
        """Return the sum of one ledger account, in cents."""
        return sum(line.cents for line in self.database.rows(LedgerLine) if line.account == account)
