"""What an operator's commands do to a service's database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, Literal, TypeVar

from bulkhead.contracts.registry import BY_MODEL
from bulkhead.duties.aside import households_aside
from bulkhead.duties.runner import DutyRunner
from bulkhead.duties.tables import DutyRecord
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.maintenance.windows import Keeper
from bulkhead.messaging.broker import Broker
from bulkhead.messaging.parking import Parking
from bulkhead.messaging.partitioning import StillRelayed, adopt_partitions, require_all_read
from bulkhead.messaging.rebuilding import Rebuilding, Rebuilt
from bulkhead.messaging.relay import Outbox
from bulkhead.messaging.standstill import forget_type, lanes_of_type, release, tell_forgotten
from bulkhead.persistence.event_tables import ForgottenType, PartitionCount, lane_of
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.retries.retries import Retry, checked_kind, try_now
from bulkhead.service import Service

R = TypeVar("R")

_MOST_NOT_DONE = 1000


class Operations:
    """What an operator's command works with."""

    def __init__(
        self, *, service: Service, uows: UnitOfWorkFactory, broker: Broker, outbox: Outbox, now: datetime
    ) -> None:
        self._service = service
        self._broker = broker
        self._outbox = outbox
        self.uows = uows
        self.now = now

    @property
    def dependencies(self) -> Any:
        """What the service's use cases work with, as its bootstrap made it."""
        return self._service.dependencies

    @property
    def keeper(self) -> Keeper:
        """What keeps the service's maintenance windows."""
        return self._service.keeper

    @property
    def parking(self) -> Parking:
        """What can be done about parked events."""
        return Parking(service=self._service, uows=self.uows)

    @property
    def runner(self) -> DutyRunner:
        """Performs duties."""
        return DutyRunner(self._service.duties, self.uows)

    async def rebuild(self, do: Literal["mend", "compare"]) -> Rebuilt:
        """Compare what is kept of others' facts with the topics, and put right what differs where that is asked for."""
        rebuilding = Rebuilding(
            service=self._service, uows=self.uows, broker=self._broker, now=lambda: self.now
        )
        return await rebuilding.run(do=do)

    async def rows(self, record: type[R], **conditions: Any) -> list[R]:
        """Return the service's records of a kind, by key."""
        async with self.uows.begin(now=self.now) as uow:
            return await uow.records(record).select(**conditions)

    async def waiting(self, kind: str | None) -> list[Retry]:
        """Return what waits for its next try, of one kind of work or of all."""
        known = (
            {} if kind is None else {"kind": checked_kind(kind, self._service.kinds_of_retries, field="KIND")}
        )
        return await self.rows(Retry, **known)

    async def release(self, topic: str, partition: int) -> None:
        """Let a stopped partition go on.

        Raises `InvalidValue` for a topic or a partition that is not read here, `NotFound` where it is not stopped.
        """
        topics = sorted(each.name for each in self._service.subscribes)
        if topic not in topics:
            raise InvalidValue(field="TOPIC", problem=f"is not read here: {', '.join(topics) or 'none'} are")
        for kept in await self.rows(PartitionCount, topic=topic):
            if not 0 <= partition < kept.partitions:
                problem = f"is not read here: 0 to {kept.partitions - 1} are"
                raise InvalidValue(field="PARTITION", problem=problem)
        async with self.uows.begin(now=self.now, households=[lane_of(topic, partition)]) as uow:
            await release(uow, topic=topic, partition=partition)

    async def forget_type(
        self, topic: str, kind: str, version: int, *, by: str, reason: str
    ) -> ForgottenType:
        """Note no longer what was passed over of a type that nobody will know; return what is kept of that.

        Raises `NotFound` where it is not noted, `InvalidValue` for an empty reason.
        """
        async with self.uows.begin(now=self.now) as uow:
            lanes = await lanes_of_type(uow, topic=topic, kind=kind, version=version)
        async with self.uows.begin(now=self.now, households=lanes) as uow:
            forgotten = await forget_type(uow, topic=topic, kind=kind, version=version, by=by, reason=reason)
        tell_forgotten(forgotten)
        return forgotten

    async def adopt(self, topic: str, partitions: int) -> None:
        """Take a topic's new number of partitions, as its reader or its writer.

        Raises `InvalidValue` for a topic that is neither read nor written here, for more than the broker has, and for
        fewer than were written to; `StillRelayed` where it is written here and a worker is at work; `NotAllRead` where
        it is read here and not to its end; `Retryable`.
        """
        ends = await self._ends(topic, partitions)
        async with self._not_written(topic), self.uows.begin(now=self.now) as uow:
            if topic in {each.name for each in self._service.subscribes}:
                await require_all_read(uow, topic=topic, ends=ends)
            await adopt_partitions(uow, topic=topic, partitions=partitions)

    async def adopt_unread(self, topic: str, partitions: int) -> None:
        """Do as `adopt`, though not all may be read: what is not, may be taken in before what a household said
        earlier.
        """
        await self._ends(topic, partitions)
        async with self._not_written(topic), self.uows.begin(now=self.now) as uow:
            await adopt_partitions(uow, topic=topic, partitions=partitions)

    @property
    def _written(self) -> set[str]:
        return {BY_MODEL[each].topic.name for each in self._service.outbound.values()}

    @asynccontextmanager
    async def _not_written(self, topic: str) -> AsyncIterator[None]:
        """Keep this service's relay from writing a topic meanwhile, where it is its own."""
        try:
            if topic in self._written and not await self._outbox.take_the_lead():
                raise StillRelayed(
                    f"{topic} is written by {self._service.name}, and a worker of it is at work, which goes on with as"
                    " many partitions as it began with: stop its workers, adopt the number, and start them"
                )
            yield
        finally:
            await self._outbox.close()

    async def _ends(self, topic: str, partitions: int) -> dict[int, int]:
        read = {each.name for each in self._service.subscribes}
        if topic not in read | self._written:
            known = ", ".join(sorted(read | self._written))
            raise InvalidValue(field="TOPIC", problem=f"is neither read nor written here: {known} are")
        ends = await self._broker.ends(topic)
        if not 1 <= partitions <= len(ends):
            raise InvalidValue(field="PARTITIONS", problem=f"must be 1 to as many as there are: {len(ends)}")
        last = max((number for number, end in ends.items() if end), default=0)
        if partitions <= last:
            raise InvalidValue(
                field="PARTITIONS",
                problem=f"must be more than {last}: partition {last} was written to, and with fewer nobody would read"
                f" it and a household's order would be lost; {last + 1} to {len(ends)} can be adopted",
            )
        return ends

    async def try_now(self, kind: str, item: str | None) -> int:
        """Let what waits be tried at once; return how many items that are.

        Raises `InvalidValue` for a kind there is not, `NotFound` where an item is named that has not failed.
        """
        kind = checked_kind(kind, self._service.kinds_of_retries, field="KIND")
        async with self.uows.begin(now=self.now) as uow:
            tried = await try_now(uow, kind=kind, item=item)
        if item is not None and not tried:
            raise NotFound(
                f"no such item of {kind} has failed and waits: `retries list --kind {kind}` names them"
            )
        return tried

    async def left_aside(self, duty: str, on_date: date) -> int:
        """Return for how many households a duty's date is left aside."""
        async with self.uows.begin(now=self.now) as uow:
            return len(await households_aside(uow, duty, on_date))

    async def latest_duties(self, limit: int) -> list[Any]:
        """Return the duties that are not done, the latest first, and so many of the latest that are."""
        async with self.uows.begin(now=self.now) as uow:
            records, order = uow.records(DutyRecord), ("-on_date", "duty")
            return [
                *await records.select(state__ne="done", order_by=order, limit=_MOST_NOT_DONE),
                *await records.select(state="done", order_by=order, limit=limit),
            ]
