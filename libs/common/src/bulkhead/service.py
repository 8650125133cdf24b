"""What makes a service: one declaration that runtime, in-memory exchange and tests all build from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

from fastapi import APIRouter

from bulkhead.contracts.registry import SEALED, Topic
from bulkhead.contracts.wire import Wire
from bulkhead.duties.aside import DUTIES
from bulkhead.duties.ports import Duty
from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.key_rings import Keys
from bulkhead.maintenance.guard import MaintenanceGuard
from bulkhead.maintenance.windows import Keeper, MaintenancePoller
from bulkhead.observability.metrics import Metric
from bulkhead.observability.readings import Reading
from bulkhead.overdue import FindOverdue
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.persistence.tables import Tables
from bulkhead.retries.retries import RetryKind

W = TypeVar("W")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One event as a use case gets it: the service's own fact, and when it happened."""

    event_id: str
    household: str | None
    occurred_at: datetime
    fact: Any
    partition: int

    @property
    def about(self) -> str:
        """The household the fact is about; raises `Impossible` where it is about none."""
        if self.household is None:
            raise Impossible(f"{type(self.fact).__name__} without a household")
        return self.household


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When a fact happened, and when it is acted on, in the exchange's time."""

    happened_at: datetime
    now: datetime

    @property
    def happened_on(self) -> date:
        """The fact's own date, which what follows from it counts for."""
        return local_date(self.happened_at)

    @property
    def today(self) -> date:
        """The date it is acted on."""
        return local_date(self.now)


Routes: TypeAlias = Mapping[type, Callable[[W, Any, Occasion], None]]
"""What is done about each kind of fact: one change of a working set."""


def route(routes: Routes[W], received: Received, working_set: W, *, now: datetime) -> None:
    """Do what the routes have for a fact; raises `TypeError` where they have nothing."""
    do = routes.get(received.fact.__class__)
    if do is None:
        raise TypeError(f"nothing is done about {type(received.fact).__name__}")
    do(working_set, received.fact, Occasion(happened_at=received.occurred_at, now=now))


class Poller(Protocol):
    """Work that is found by looking: files that arrived, mails to send."""

    name: str

    async def turn(self, now: datetime) -> int:
        """Do what there is to do, bounded; return how many things were done."""
        ...

    async def pending(self, now: datetime) -> int:
        """Return how many things are waiting to be done."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A gauge of a service's own, and how it is read: in a worker, once a minute at most."""

    gauge: Metric
    read: Callable[[UnitOfWork], Awaitable[Sequence[Reading]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A kind of record that follows from what others said, and from nothing this service did: it can be made anew from
    the topics (ADR 0024).

    ``paint`` returns the records of one household as these ``facts`` of it leave them, in the order they came; of one
    partition where facts are about no household and the records have a field ``partition``. It is shown the records
    that are there, for what of them does not follow: the fields in ``kept``, which stay as they are.
    """

    kind: type
    facts: tuple[type, ...]
    paint: Callable[[Sequence[Received], Sequence[Any], datetime], Iterable[Any]]
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingIn:
    """How a service takes in again what it said after the backup that its database was restored from (ADR 0024).

    ``names`` has each of its own events, with the fields by which it is one: said twice, it is the same. ``before`` and
    ``after`` get all that is on its own topics and not in its database, in their order, before and after what others
    said since is heard. They say nothing, and doing either again must be harmless. ``leave_out`` gets the same where
    nothing is to be taken in: it keeps what would else go on from where the backup was, and be said twice, and returns
    what people have to see to.
    """

    names: Mapping[type, tuple[str, ...]]
    before: Callable[[UnitOfWorkFactory, Sequence[Received], datetime], Awaitable[None]]
    after: Callable[[UnitOfWorkFactory, Sequence[Received], datetime], Awaitable[None]]
    leave_out: Callable[[UnitOfWorkFactory, Sequence[Received], datetime], Awaitable[list[str]]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service, wired.

    ``tables`` maps each record dataclass to its table, the chassis's among them. ``inbound`` maps each wire model
    the service listens to onto its own fact dataclass; all other known types on its topics are passed over.
    ``outbound`` maps its own event dataclasses onto wire models. ``handle`` gets a batch of facts whose households
    are locked, each household's in order, and applies them all in the unit of work it is given.
    """

    name: str
    tables: Tables
    subscribes: Sequence[Topic]
    inbound: Mapping[type[Wire], type]
    outbound: Mapping[type, type[Wire]]
    handle: Callable[[UnitOfWork, Sequence[Received]], Awaitable[None]]
    routers: Sequence[APIRouter]
    duties: Sequence[Duty] = ()
    pollers: Callable[[UnitOfWorkFactory], Sequence[Poller]] = field(default=lambda _uows: ())
    retries: Sequence[RetryKind] = ()
    """The kinds of its own work that may have to wait, each item by itself."""
    overdue: FindOverdue | None = None
    """Finds what should have come to an end by now and has not (I9)."""
    measures: Sequence[Measure] = ()
    """What is told of it besides what is told of every service."""
    pictures: Sequence[Picture] = ()
    """What it keeps that follows from others' facts alone."""
    taking_in: TakingIn | None = None
    """How it takes in again what it said itself; None where that cannot be worked out from what it said."""
    contact_keys: Keys | None = None
    """The ring under which the keys are that seal what is personal of what is said and heard (ADR 0075)."""
    maintenance: MaintenanceGuard | None = None
    """By what it may be taken out for a while; None where it cannot be (OPS-2)."""
    keys: Keys | None = None
    """The keys that seal what its tables say is sealed; None where nothing is."""
    examples: Path | None = None
    """The file of examples for the document of its API (`bulkhead.web.examples`)."""
    dependencies: Any = None
    """What the routes need besides a unit of work, as the service's own dataclass; routes reach it
    through ``Command.dependencies`` and ``Query.dependencies``."""

    def __post_init__(self) -> None:
        if self.contact_keys is None and not SEALED.isdisjoint((*self.inbound, *self.outbound.values())):
            raise TypeError("personal data is said or heard here, and there is no key for it")
        heard = set(self.inbound.values())
        for picture in self.pictures:
            if picture.kind not in self.tables or not heard.issuperset(picture.facts):
                raise TypeError(
                    f"a picture of {picture.kind.__name__} from facts that are not heard, or in no table"
                )
        if self.taking_in is not None and set(self.outbound) != set(self.taking_in.names):
            raise TypeError("what is said here and what is taken in again are not the same events")

    @property
    def kinds_of_retries(self) -> tuple[RetryKind, ...]:
        """The kinds of work that may have to wait here: its own, and the households its duties left aside."""
        return (DUTIES, *self.retries)

    @property
    def keeper(self) -> Keeper:
        """What keeps its maintenance windows; raises `TypeError` where it has none."""
        if self.maintenance is None:
            raise TypeError(f"{self.name} is not taken out for maintenance")
        return Keeper(service=self.name, guard=self.maintenance, says=frozenset(self.outbound))

    def pollers_on(self, uows: UnitOfWorkFactory) -> tuple[Poller, ...]:
        """Return all that looks for work here: its own pollers, and what says that its windows begin and are over."""
        if self.maintenance is None:
            return tuple(self.pollers(uows))
        return (*self.pollers(uows), MaintenancePoller(uows, keeper=self.keeper))
