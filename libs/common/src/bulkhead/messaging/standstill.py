"""Partitions that are stopped by a common fault, and types that are passed over: kept where people can see them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby

from bulkhead.kernel.backoff import backoff
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.messaging.arrivals import PassedOver
from bulkhead.messaging.broker import Place
from bulkhead.messaging.faults import CommonFault, Fault
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.event_tables import ForgottenType, PassedOverType, StoppedPartition, lane_of
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory

_log = get_logger("consumer")

FIRST_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 300.0

_SECONDS_BETWEEN_LOOKS = 30.0
_SECONDS_BETWEEN_LOOKS_FOR_RELEASE = 1.0


@dataclass(slots=True)
class _Stop:
    fault: Fault
    tries: int
    again_at: float


@dataclass(slots=True)
class Standstill:
    """The partitions one consumer does not read on for the time being, each tried again after a while."""

    uows: UnitOfWorkFactory
    now: Callable[[], datetime]
    elapsed_seconds: Callable[[], float]
    _stops: dict[Place, _Stop] = field(default_factory=dict[Place, _Stop])
    _look_again_at: float = 0.0
    _look_for_release_at: float = 0.0

    def places(self) -> list[Place]:
        """Return the partitions that are to be left alone now."""
        now = self.elapsed_seconds()
        return [place for place, stop in self._stops.items() if now < stop.again_at]

    def all_places(self) -> list[Place]:
        """Return the partitions that are stopped, those too that are to be tried again."""
        return list(self._stops)

    def take_over(self, written: Iterable[StoppedPartition]) -> list[Fault]:
        """Have what is written down of partitions that others stopped, each to be tried at once; return the faults."""
        faults: list[Fault] = []
        for each in written:
            fault = Fault(each.type, each.fault)
            self._stops.setdefault((each.topic, each.partition), _Stop(fault, 0, self.elapsed_seconds()))
            faults.append(fault)
        return faults

    async def heed_releases(self) -> None:
        """Let what somebody has released be tried at once, looked for once a second while a partition is left alone."""
        now = self.elapsed_seconds()
        if now < self._look_for_release_at or not self.places():
            return
        self._look_for_release_at = now + _SECONDS_BETWEEN_LOOKS_FOR_RELEASE
        async with self.uows.begin(now=self.now()) as uow:
            for each in await uow.records(StoppedPartition).select(released=True):
                if (stop := self._stops.get((each.topic, each.partition))) is not None:
                    stop.again_at = now

    async def stop(self, faults: Iterable[CommonFault]) -> list[CommonFault]:
        """Leave the partitions of these faults alone for a while, and say so where people see it.

        Returns those that somebody has released: whom they befall there is to be parked.
        """
        released: list[CommonFault] = []
        for common in faults:
            tries = self._stops[common.place].tries + 1 if common.place in self._stops else 1
            wait = backoff(tries, first=FIRST_RETRY_SECONDS, longest=LONGEST_RETRY_SECONDS)
            if await self._note(common, retry_in=timedelta(seconds=wait)):
                released.append(common)
                wait = 0.0
            self._stops[common.place] = _Stop(common.fault, tries, self.elapsed_seconds() + wait)
            _log.error(
                "partition stopped",
                topic=common.place[0],
                partition=common.place[1],
                event_type=common.fault.type,
                event_id=common.event_id,
                fault=common.fault.says,
                tries=tries,
                retry_in_seconds=wait,
            )
        return released

    def is_stopped_by(self, fault: Fault) -> bool:
        """Whether a partition is stopped by this fault."""
        return any(stop.fault == fault for stop in self._stops.values())

    async def go_on(self, places: Collection[Place]) -> list[tuple[Place, Fault]]:
        """Take these partitions for moving again; return those that were stopped and are no more, each with its
        fault.
        """
        faults = [(place, self._stops.pop(place).fault) for place in places if place in self._stops]
        if not faults and self.elapsed_seconds() < self._look_again_at:
            return []
        # Others may have stopped them: this consumer's own predecessor, or whoever had the partition before.
        self._look_again_at = self.elapsed_seconds() + _SECONDS_BETWEEN_LOOKS
        async with self.uows.begin(now=self.now()) as uow:
            noted = {(each.topic, each.partition) for each in await uow.records(StoppedPartition).select()}
        # Whoever has a partition by now may have gone on with it.
        faults += [(place, self._stops.pop(place).fault) for place in self._stops.keys() - noted]
        for topic, partition in noted.intersection(places):
            async with self.uows.begin(now=self.now(), households=[lane_of(topic, partition)]) as uow:
                await uow.records(StoppedPartition).remove(topic=topic, partition=partition)
            _log.warning("partition goes on", topic=topic, partition=partition)
        return faults

    async def _note(self, common: CommonFault, *, retry_in: timedelta) -> bool:
        """Write a stop down; return whether it was released."""
        topic, partition = common.place
        async with self.uows.begin(now=self.now(), households=[lane_of(topic, partition)]) as uow:
            known = await uow.records(StoppedPartition).get(topic=topic, partition=partition)
            if known is not None and known.released and Fault(known.type, known.fault) == common.fault:
                return True
            await uow.records(StoppedPartition).put(
                [
                    StoppedPartition(
                        topic=topic,
                        partition=partition,
                        type=common.fault.type,
                        event_id=common.event_id,
                        fault=common.fault.says,
                        stopped_at=known.stopped_at if known else uow.now,
                        retry_at=uow.now + retry_in,
                        released=False,
                    )
                ]
            )
        return False


async def release(uow: UnitOfWork, *, topic: str, partition: int) -> StoppedPartition:
    """Let a stopped partition go on as soon as its reader looks: whom its fault befalls is parked, however many.

    Return it as it is then. The unit of work holds the partition's lane. Raises `NotFound` where it is not stopped.
    """
    stopped = await uow.records(StoppedPartition).get(topic=topic, partition=partition)
    if stopped is None:
        stand = [f"{each.topic} {each.partition}" for each in await uow.records(StoppedPartition).select()]
        raise NotFound(f"this partition is not stopped: {', '.join(stand) or 'none'} is")
    released = replace(stopped, released=True)
    await uow.records(StoppedPartition).put([released])
    return released


async def note_passed_over(uows: UnitOfWorkFactory, events: Sequence[PassedOver], *, now: datetime) -> int:
    """Count events that were passed over, by partition and type; return how many were not counted before."""
    counted = 0
    lanes = {lane_of(*event.incoming.place) for event in events}
    async with uows.begin(now=now, households=lanes) as uow:
        rows = uow.records(PassedOverType)
        for (topic, partition, kind, version), each in groupby(sorted(events, key=_key), key=_key):
            found = {event.incoming.offset: event.event_id for event in each}
            known = await rows.get(topic=topic, partition=partition, type=kind, version=version)
            if known is not None and min(found) < known.first_offset:
                known = None  # the topic was made anew: what is noted was the first of the one before
            through = known.through_offset if known else -1
            new = [offset for offset in found if offset > through]
            if not new:
                continue
            counted += len(new)
            await rows.put(
                [
                    PassedOverType(
                        topic=topic,
                        partition=partition,
                        type=kind,
                        version=version,
                        events=len(new) + (known.events if known else 0),
                        first_offset=known.first_offset if known else min(new),
                        first_event=known.first_event if known else found[min(new)],
                        through_offset=max(new),
                        first_at=known.first_at if known else now,
                        latest_at=now,
                    )
                ]
            )
            if known is None:
                _log.error(
                    "type not known here", topic=topic, partition=partition, event_type=kind, version=version
                )
    return counted


async def lanes_of_type(uow: UnitOfWork, *, topic: str, kind: str, version: int) -> list[str]:
    """Return the lanes that `forget_type` needs: of the partitions where this was passed over."""
    noted = await uow.records(PassedOverType).select(topic=topic, type=kind, version=version)
    return [lane_of(each.topic, each.partition) for each in noted]


async def forget_type(
    uow: UnitOfWork, *, topic: str, kind: str, version: int, by: str, reason: str
) -> ForgottenType:
    """Note no longer what was passed over of a type: nobody will know it, as who is named says. Return what is kept of
    that; whoever has it stand says so: `tell_forgotten`.

    The unit of work holds the lanes (`lanes_of_type`). Raises `NotFound` where it is not noted, `InvalidValue` for an
    empty reason.
    """
    if not reason.strip():
        raise InvalidValue(field="/reason", problem="must say why the type is forgotten")
    rows = uow.records(PassedOverType)
    noted = await rows.select(topic=topic, type=kind, version=version)
    if not noted:
        there = sorted({f"{each.topic} {each.type} v{each.version}" for each in await rows.select()})
        raise NotFound(f"this type is not passed over: {', '.join(there) or 'none'} is")
    await rows.remove(topic=topic, type=kind, version=version)
    forgotten = ForgottenType(
        topic=topic,
        type=kind,
        version=version,
        events=sum(each.events for each in noted),
        forgotten_at=uow.now,
        forgotten_by=by,
        reason=reason.strip(),
    )
    await uow.records(ForgottenType).put([forgotten])
    return forgotten


def tell_forgotten(forgotten: ForgottenType) -> None:
    """Log that a type that was passed over will not be known."""
    _log.warning(
        "type forgotten", topic=forgotten.topic, event_type=forgotten.type, version=forgotten.version,
        events=forgotten.events, by=forgotten.forgotten_by,
    )  # fmt: skip


def _key(event: PassedOver) -> tuple[str, int, str, int]:
    return *event.incoming.place, event.type, event.version
