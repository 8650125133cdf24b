"""Notifications alone, in memory: facts in, messages and letters out, a clock that only the test moves."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Literal, TypeVar

from bulkhead.files import Files
from bulkhead.kernel.calendar import CoverageMonth, local
from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.policy import PackParameters, PolicyPack
from bulkhead.service import Received
from bulkhead_testing.files import MemoryFiles
from bulkhead_testing.mailbox import MemoryMailbox
from bulkhead_testing.memory import MemoryDatabase
from notifications.adapters.messaging.translation import OUTBOUND
from notifications.adapters.postgres.tables import TABLES
from notifications.adapters.press.typeset import TypstPress
from notifications.adapters.writing.templates import TemplateWriter
from notifications.application import facts
from notifications.application.dispatch import Dispatcher
from notifications.application.outlets import EmailOutlet, PaperOutlet
from notifications.application.ports import Alarms, Mailbox, Pace, Writer
from notifications.application.routing import handle
from notifications.domain.channels import Channel, ChannelName, ChannelState
from notifications.domain.money import Funding
from notifications.domain.notices import InvoiceLine, Notice
from notifications.domain.parameters import NotificationsParameters

E = TypeVar("E")

JUNE = "june"
NAME = "Juniper Seedname"
ADDRESS = "7 Seedaddress Lane\nBurlington, VT 05401"
EMAIL = "juniper.seedmail@example.test"
SENDER = "Bulkhead Exchange <exchange@bulkhead.test>"
POLICY_DIR = Path(__file__).parents[3] / "policy"
VERMONT = PolicyPack.named("vermont-2016", directory=POLICY_DIR)
PARAMETERS = PackParameters(VERMONT, "notifications", NotificationsParameters)
WRITER = TemplateWriter()
PRESS = TypstPress()


def contact(
    household: str = JUNE,
    *,
    version: int = 1,
    language: str = "en",
    email: str | None = EMAIL,
    address: str | None = ADDRESS,
    name: str = NAME,
    estate: bool = False,
    responsible: str | None = None,
) -> facts.ContactRecorded:
    """Return a contact as enrollment tells it."""
    return facts.ContactRecorded(
        household=household,
        contact_version=version,
        language=language,
        email=None if email is None else Masked(email),
        address=None if address is None else Masked(address),
        members=(
            facts.ContactMember(member="somebody-2", name=Masked("Somebody Else")),
            facts.ContactMember(member="somebody-1", name=Masked(name)),
        ),
        subscriber="somebody-1",
        estate=estate,
        responsible_name=None if responsible is None else Masked(responsible),
    )


def selected(
    household: str = JUNE,
    *,
    policy: str | None = None,
    version: int = 1,
    selection: str = "s",
    net_cents: int = 50000,
    binder_required: bool = True,
    transferred_from: str | None = None,
) -> facts.PlansSelected:
    """Return a selection of one plan."""
    return facts.PlansSelected(
        household=household,
        selection=selection,
        contact_version=version,
        binder_required=binder_required,
        transferred_from=transferred_from,
        policies=(
            facts.SelectedPolicy(
                policy=policy or f"{household}-silver",
                plan="SILVER",
                carrier="BCBSVT",
                effective=date(2016, 1, 1),
                coverage_ends=date(2016, 12, 31),
                months=(
                    facts.PremiumMonths(
                        first=CoverageMonth(2016, 1), last=CoverageMonth(2016, 12), net_cents=net_cents
                    ),
                ),
            ),
        ),
    )


def renewed(household: str = JUNE) -> facts.PlansRenewed:
    """Return coverage of 2016 that goes on from 2015 by itself, as another plan."""
    return facts.PlansRenewed(
        household=household,
        selection="r",
        contact_version=1,
        plan_year=2016,
        policies=(
            facts.RenewedPolicy(
                policy=f"{household}-silver",
                plan="SILVER",
                carrier="BCBSVT",
                effective=date(2016, 1, 1),
                coverage_ends=date(2016, 12, 31),
                months=(
                    facts.PremiumMonths(
                        first=CoverageMonth(2016, 1), last=CoverageMonth(2016, 12), net_cents=50000
                    ),
                ),
                net_cents=50000,
                plan_before="BRONZE",
                net_before_cents=40000,
            ),
        ),
    )


def not_renewed(household: str = JUNE) -> facts.CoverageNotRenewed:
    """Return coverage of 2015 that goes on as none."""
    return facts.CoverageNotRenewed(
        household=household,
        contact_version=1,
        plan_year=2016,
        policies=(
            facts.EndingPolicy(
                policy=f"{household}-bronze", plan="BRONZE", carrier="MVP", coverage_ends=date(2015, 12, 31)
            ),
        ),
    )


def wanted(household: str = JUNE, *, reminder: bool = False) -> facts.VerificationWanted:
    """Return documents that are wanted by March 2, 2016."""
    return facts.VerificationWanted(
        household=household,
        contact_version=1,
        wanted=("income",),
        until=date(2016, 3, 2),
        reminder=reminder,
    )


def decided(
    household: str = JUNE,
    *,
    verification: Literal["verified", "failed"] = "failed",
    changes_on: date | None = date(2016, 4, 1),
) -> facts.VerificationDecided:
    """Return what became of a verification: it failed, and there is no assistance any more, unless said otherwise."""
    return facts.VerificationDecided(
        household=household,
        contact_version=1,
        verification=verification,
        changes_on=changes_on,
        aptc_cents=0,
        subsidy_cents=0,
    )


def invoice(
    household: str = JUNE,
    *,
    invoice: str | None = None,
    policy: str | None = None,
    number: int = 1,
    selection: str | None = None,
    kind: str = "monthly",
    unpaid_before_cents: int = 0,
    total_cents: int = 50000,
    received_cents: int = 0,
    payments: int = 0,
    mail: bool = True,
    month: CoverageMonth = CoverageMonth(2016, 7),
    net_cents: int = 50000,
) -> facts.InvoiceIssued:
    """Return June's invoice of June 5 for July, or another one like it."""
    return facts.InvoiceIssued(
        household=household,
        invoice=invoice or f"{household}-invoice",
        number=number,
        selection=selection,
        kind="initial" if kind == "initial" else "monthly",
        dated=date(2016, 6, 5),
        due=date(2016, 6, 26),
        on_time_until=date(2016, 6, 30),
        charges=(InvoiceLine(policy=policy or f"{household}-silver", month=month, net_cents=net_cents),),
        adjustments_cents=0,
        unpaid_before_cents=unpaid_before_cents,
        held_cents=0,
        credit_cents=0,
        total_cents=total_cents,
        received_cents=received_cents,
        payments=payments,
        mail=mail,
    )


def settled(
    household: str = JUNE,
    *,
    by: dict[str, int],
    group: str = "month:2016-07",
    policy: str | None = None,
    month: CoverageMonth = CoverageMonth(2016, 7),
    settlement: str | None = None,
) -> facts.PremiumsSettled:
    """Return that one premium is paid, by these cents of these payments."""
    return facts.PremiumsSettled(
        household=household,
        group=group,
        premiums=(
            facts.SettledPremium(
                policy=policy or f"{household}-silver",
                month=month,
                cents=sum(by.values()),
                rest_cents=0,
                settlement=settlement or f"{policy or household}.{month}.1",
                funded_by=tuple(Funding(payment=payment, cents=cents) for payment, cents in by.items()),
            ),
        ),
    )


def activated(household: str = JUNE, *, version: int = 1) -> facts.PolicyActivated:
    """Return that the silver policy stands."""
    return facts.PolicyActivated(
        household=household,
        policy=f"{household}-silver",
        effective=date(2016, 1, 1),
        contact_version=version,
    )


def terminated(
    household: str = JUNE, *, through: date = date(2016, 6, 30), reason: str = "non-payment"
) -> facts.PolicyTerminated:
    """Return that the silver policy ends."""
    return facts.PolicyTerminated(
        household=household,
        policy=f"{household}-silver",
        effective=date(2016, 1, 1),
        through=through,
        reason=reason,
        contact_version=1,
    )


def canceled(household: str = JUNE, *, reason: str = "non-payment") -> facts.PolicyCanceled:
    """Return that the silver policy never began."""
    return facts.PolicyCanceled(
        household=household,
        policy=f"{household}-silver",
        effective=date(2016, 1, 1),
        reason=reason,
        contact_version=1,
    )


def reinstated(
    household: str = JUNE, *, reason: str = "postmark", coverage_ends: date = date(2016, 12, 31)
) -> facts.PolicyReinstated:
    """Return that the silver policy stands again, to the end of the year or to an end asked for before."""
    return facts.PolicyReinstated(
        household=household,
        policy=f"{household}-silver",
        effective=date(2016, 1, 1),
        coverage_ends=coverage_ends,
        reason=reason,
        contact_version=1,
    )


def paid(
    household: str = JUNE,
    *,
    payment: str | None = None,
    cents: int = 50000,
    selection: str | None = None,
    invoice: str | None = None,
) -> facts.PaymentReceived:
    """Return a payment by check, of 500.00 and named for nothing unless said otherwise."""
    return facts.PaymentReceived(
        household=household,
        payment=payment or f"{household}-payment",
        cents=cents,
        method="check",
        received_on=date(2016, 6, 20),
        selection=selection,
        invoice=invoice,
    )


def gone(household: str = JUNE, *, payment: str | None = None, cents: int = 50000) -> facts.PaymentReturned:
    """Return that a payment by check, of 500.00 unless said otherwise, was returned."""
    return facts.PaymentReturned(
        household=household,
        payment=payment or f"{household}-payment",
        cents=cents,
        kind="nsf",
        returned_on=date(2016, 6, 22),
        method="check",
        received_on=date(2016, 6, 20),
    )


class SilentAlarms:
    """Keeps what would have been told, for a test to read."""

    def __init__(self) -> None:
        self.away: list[str] = []

    def outlet_away(self, *, poller: str, error: Retryable) -> None:
        """Keep that an outlet is away."""
        self.away.append(poller)


def hours() -> Pace:
    """Return a clock that is an hour later at every look, so that nothing rests long."""
    ticks = itertools.count(step=3600)
    return lambda: float(next(ticks))


class Office:
    """Notifications with its pollers on a memory database, a memory mailbox and memory files, or on others.

    What is asked of it afterwards is asked of the memory database.
    """

    def __init__(
        self,
        *,
        now: datetime | None = None,
        writer: Writer = WRITER,
        uows: UnitOfWorkFactory | None = None,
        mailbox: Mailbox | None = None,
        files: Files | None = None,
        alarms: Alarms | None = None,
    ) -> None:
        self.now = now or local(date(2016, 6, 5), 2)
        self.database = MemoryDatabase(tables=TABLES, outbound=OUTBOUND, name="notifications")
        self.mailbox = MemoryMailbox()
        self.files = MemoryFiles()
        self.alarms = SilentAlarms()
        self.writer = writer
        self.uows = uows or self.database.units_of_work
        self._outside = (mailbox or self.mailbox, files or self.files, alarms or self.alarms)
        self._sequence = 0
        self.start()

    def start(self, *, pace: Pace | None = None, instance: str = "one") -> None:
        """Start the pollers, or start them again as after a crash: what they knew is gone."""
        self.mail, self.print = self.pollers(pace=pace or hours(), instance=instance)

    def pollers(self, *, pace: Pace, instance: str) -> tuple[Dispatcher, Dispatcher]:
        """Return pollers of their own, as another replica has them."""
        mailbox, files, alarms = self._outside
        outlets = (
            ("mail", EmailOutlet(mailbox=mailbox, sender=SENDER)),
            ("print", PaperOutlet(files=files, press=PRESS)),
        )
        mail, paper = (
            Dispatcher(
                name=name,
                uows=self.uows,
                outlet=outlet,
                writer=self.writer,
                parameters=PARAMETERS,
                alarms=alarms,
                pace=pace,
                sender=instance,
            )
            for name, outlet in outlets
        )
        return mail, paper

    async def hear(self, *heard: object, at: datetime | None = None) -> None:
        """Deliver facts as one batch; all of them happened now, unless said otherwise."""
        await self.hear_all([(fact, at or self.now) for fact in heard])

    async def hear_all(self, happened: Iterable[tuple[object, datetime]]) -> None:
        """Deliver facts as one batch, each with when it happened."""
        batch = [self._received(fact, at) for fact, at in happened]
        households = {str(each.household) for each in batch}
        async with self.uows.begin(now=self.now, households=households) as uow:
            await handle(uow, batch)

    def _received(self, fact: object, at: datetime) -> Received:
        self._sequence += 1
        household: str = getattr(fact, "household")  # noqa: B009 - every fact here has one
        return Received(
            event_id=str(self._sequence),
            household=household,
            occurred_at=at,
            fact=fact,
            partition=0,
        )

    async def send(self) -> int:
        """Let the pollers turn until there is nothing more to do; return how many notices went on."""
        done = 0
        while True:
            turned = await self.mail.turn(self.now) + await self.print.turn(self.now)
            done += turned
            if not turned:
                return done

    async def close(self, channel: ChannelName, *, state: ChannelState = "down") -> None:
        """Have a channel closed."""
        async with self.database.begin(now=self.now) as uow:
            await uow.records(Channel).put([Channel(channel=channel, state=state, since=self.now)])

    def notices(self, **conditions: object) -> list[Notice]:
        """Return the notices there are that have these values, by kind."""
        found = sorted(self.database.rows(Notice), key=lambda each: (each.created_at, each.type, each.about))
        return [
            each for each in found if all(getattr(each, name) == value for name, value in conditions.items())
        ]

    def only(self, **conditions: object) -> Notice:
        """Return the one notice that has these values."""
        (found,) = self.notices(**conditions)
        return found

    def in_order(self, household: str = JUNE) -> list[str]:
        """Return what a household's notices are about, in the order of their numbers."""
        own = self.notices(household=household)
        return [each.about for each in sorted(own, key=lambda each: each.number)]

    def said(self, kind: type[E]) -> list[E]:
        """Return the events of a kind, as committed."""
        return self.database.events_of(kind)

    def mailed(self) -> list[tuple[str, str]]:
        """Return the household and type of every message the mailbox took, in order."""
        return [
            (str(each["X-Bulkhead-Household"]), str(each["X-Bulkhead-Notice-Type"]))
            for each in self.mailbox.messages
        ]


def failing_once(at: str, error: BaseException) -> Callable[[str], Awaitable[None]]:
    """Return an interrupt that raises at the first operation of that name."""
    left = [error]

    async def interrupt(operation: str) -> None:
        if operation == at and left:
            raise left.pop()

    return interrupt


def in_all_orders(streams: Iterable[Iterable[object]]) -> list[list[object]]:
    """Return every way of hearing these streams together, each in its own order."""
    lists = [list(stream) for stream in streams]
    if not any(lists):
        return [[]]
    return [
        [chosen[0], *rest]
        for index, chosen in enumerate(lists)
        if chosen
        for rest in in_all_orders([*lists[:index], chosen[1:], *lists[index + 1 :]])
    ]
