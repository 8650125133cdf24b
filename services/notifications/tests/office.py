"""Notifications alone, in memory: facts in, messages and letters out, a clock that only the test moves."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import date, datetime
from typing import TypeVar

from bulkhead.files import Files
from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import Retryable
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.service import Received
from bulkhead_testing.contact_keys import CONTACT_KEYS
from bulkhead_testing.files import MemoryFiles
from bulkhead_testing.mailbox import MemoryMailbox
from bulkhead_testing.memory import MemoryDatabase
from notifications.adapters.messaging.translation import OUTBOUND
from notifications.adapters.postgres.tables import TABLES
from notifications.adapters.press.typeset import TypstPress
from notifications.adapters.writing.templates import TemplateWriter
from notifications.application.dispatch import Dispatcher
from notifications.application.outlets import EmailOutlet, PaperOutlet
from notifications.application.ports import Alarms, Mailbox, Pace, Parameters, Writer
from notifications.application.routing import handle
from notifications.domain.announced import AnnouncedMaintenance
from notifications.domain.channels import Channel, ChannelName, ToldState
from notifications.domain.notices import Notice, NoticeType
from notifications.domain.outages import Outage
from services.notifications.tests.builders import JUNE, PARAMETERS

E = TypeVar("E")

SENDER = "Bulkhead Exchange <exchange@bulkhead.test>"
WRITER = TemplateWriter()
PRESS = TypstPress()


class SilentAlarms:
    """Keeps what would have been told, for a test to read."""

    def __init__(self) -> None:
        self.away: list[str] = []
        self.outages: list[Outage] = []
        self.closed: list[str] = []
        self.aside: list[str] = []

    def outlet_away(self, *, poller: str, error: Retryable) -> None:
        """Keep that an outlet is away."""
        self.away.append(poller)

    def mail_set_aside(self, *, reason: str) -> None:
        """Keep why a mail was set aside."""
        self.aside.append(reason)

    def channel_changed(self, outage: Outage) -> None:
        """Keep the outage that has begun or ended."""
        self.outages.append(outage)

    def channel_closed(self, outage: Outage, maintenance: AnnouncedMaintenance) -> None:
        """Keep which announced maintenance nobody was alarmed of."""
        self.closed.append(maintenance.maintenance)


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
        on_paper: Collection[NoticeType] = (),
        parameters: Parameters | None = None,
    ) -> None:
        self.now = now or local(date(2016, 6, 5), 2)
        self.database = MemoryDatabase(
            tables=TABLES, outbound=OUTBOUND, name="notifications", contact_keys=CONTACT_KEYS
        )
        self.mailbox = MemoryMailbox()
        self.files = MemoryFiles()
        self.alarms = SilentAlarms()
        self.writer = writer
        self.uows = uows or self.database.units_of_work
        self._outside = (mailbox or self.mailbox, files or self.files, alarms or self.alarms)
        self._on_paper = on_paper
        self._parameters = parameters or PARAMETERS
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
                parameters=self._parameters,
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
        households = {each.household for each in batch if each.household is not None}
        async with self.uows.begin(now=self.now, households=households) as uow:
            await handle(uow, batch, on_paper=self._on_paper)

    def _received(self, fact: object, at: datetime) -> Received:
        self._sequence += 1
        household: str | None = getattr(fact, "household", None)  # of a service's own doings there is none
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

    async def close(self, channel: ChannelName, *, state: ToldState = "down") -> None:
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
