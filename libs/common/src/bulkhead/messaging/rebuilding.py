"""A service's picture of others' facts, made anew from the topics while the service serves (ADR 0024)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import merge
from math import gcd
from typing import Any, Literal

from bulkhead.contracts.registry import BY_MODEL
from bulkhead.kernel.errors import Poison
from bulkhead.messaging.arrivals import Arrival, Decoder, reason_of
from bulkhead.messaging.broker import Broker, Place
from bulkhead.messaging.forgotten import Forgotten
from bulkhead.messaging.partitioning import partition_of
from bulkhead.messaging.sealed import Opening, opening_of
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.event_tables import InboxRecord, ParkedEvent, PartitionCount, lane_of
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.persistence.shapes import Shape, shapes_of
from bulkhead.service import Picture, Received, Service

_log = get_logger("rebuild")

HOUSEHOLDS_AT_ONCE = 500
"""So many are locked together, for as long as it takes to read what was written since and to compare."""

_STORED_AT_ONCE = 5000


@dataclass(slots=True)
class Compared:
    """How one kind of record differed from what the topics say: counts alone, no ids."""

    kind: str
    same: int = 0
    missing: int = 0
    different: int = 0
    needless: int = 0
    """Records that no fact stands behind."""


@dataclass(slots=True)
class Rebuilt:
    """What a rebuilding found. ``impossible`` counts the households whose facts contradict each other or cannot be
    opened: theirs stay.
    """

    facts: int = 0
    households: int = 0
    impossible: int = 0
    kinds: dict[type, Compared] = field(default_factory=dict[type, Compared])


class _Moved(Exception):
    """A household's events are in another partition than its topic's present number of partitions has them in."""


class Rebuilding:
    """Makes every picture of a service anew, a slice of its households after the other.

    It reads the topics for itself, from their start. Then it takes some households' locks, so that nothing is taken in
    for them meanwhile, reads what was written by then, and compares what is stored with what the facts say that are
    taken in: one that is parked, or not read yet, has no place in the picture. What differs is put right at once.
    It says nothing, and what the service decided itself is not touched. Killed, it is begun again.
    """

    def __init__(
        self, *, service: Service, uows: UnitOfWorkFactory, broker: Broker, now: Callable[[], datetime]
    ) -> None:
        self._service = service
        self._uows = uows
        self._broker = broker
        self._now = now
        self._shapes = shapes_of({each.kind: service.tables[each.kind] for each in service.pictures})
        wanted = {fact for picture in service.pictures for fact in picture.facts}
        self._inbound = {model: fact for model, fact in service.inbound.items() if fact in wanted}
        topics = {BY_MODEL[model].topic.name for model in self._inbound}
        self._topics = [topic.name for topic in service.subscribes if topic.name in topics]

    async def run(self, *, do: Literal["mend", "compare"]) -> Rebuilt:
        """Compare everything, put right what differs where that is asked for, and return what was found.

        Raises `NoLongerKept` where a topic does not begin at its beginning, and `Retryable`: what was put right until
        then is right.
        """
        async with self._uows.begin(now=self._now()) as uow:
            counts = {each.topic: each.partitions for each in await uow.records(PartitionCount).select()}
        spread = {topic: counts[topic] for topic in self._topics if topic in counts}
        if len(spread) < len(self._topics):
            return self._nothing()  # of some topic nothing was ever taken in: there is nothing to compare yet
        slices = gcd(*spread.values()) if spread else 1
        try:
            return await self._all(spread, slices, do)
        except _Moved:
            return await self._all(spread, 1, do)

    def _nothing(self) -> Rebuilt:
        return Rebuilt(kinds={kind: Compared(kind.__name__) for kind in self._shapes})

    async def _all(self, spread: dict[str, int], slices: int, do: Literal["mend", "compare"]) -> Rebuilt:
        found = self._nothing()
        stored = await self._stored_households(slices)
        decoder = Decoder(self._inbound)
        opening = opening_of(self._service, decoder)
        for number in range(slices):
            history = _History(
                decoder=decoder,
                opening=opening,
                broker=self._broker,
                places={
                    (topic, partition): 0
                    for topic, partitions in spread.items()
                    for partition in range(number, partitions, slices)
                },
                slices=slices,
                number=number,
            )
            await history.read()
            everybody = sorted(stored[number] | history.of.keys())
            for first in range(0, len(everybody), HOUSEHOLDS_AT_ONCE):
                some = everybody[first : first + HOUSEHOLDS_AT_ONCE]
                async with self._uows.begin(now=self._now(), households=some) as uow:
                    await self._some(uow, some, history, found, do)
            found.facts += history.events
        return found

    async def _stored_households(self, slices: int) -> defaultdict[int, set[str]]:
        """Return the households, and lanes, that have something stored, by slice."""
        stored = defaultdict[int, set[str]](set)
        for kind, shape in self._shapes.items():
            if "household" not in shape.fields:
                continue
            after = ""
            while True:
                async with self._uows.begin(now=self._now()) as uow:
                    some = await uow.records(kind).distinct(
                        "household", household__gt=after, limit=_STORED_AT_ONCE
                    )
                for household in some:
                    stored[partition_of(household, slices)].add(household)
                if len(some) < _STORED_AT_ONCE:
                    break
                after = some[-1]
        return stored

    async def _some(
        self,
        uow: UnitOfWork,
        some: Sequence[str],
        history: _History,
        found: Rebuilt,
        do: Literal["mend", "compare"],
    ) -> None:
        await history.read()
        facts, shut = await history.taken_in(uow, some)
        found.households += len(some)
        impossible = set(shut)
        for error in shut.values():
            _log.error("cannot be rebuilt", reason=reason_of(error))
        differences: list[_Difference] = []
        for picture in self._service.pictures:
            shape = self._shapes[picture.kind]
            stored = await self._stored(uow, shape, some, history)
            for owner in some:
                if owner in shut:
                    continue
                heard = [each for each in facts.get(owner, ()) if isinstance(each.fact, picture.facts)]
                try:
                    painted = picture.paint(heard, stored.get(owner, ()), uow.now)
                    difference = _compare(picture, shape, painted, stored.get(owner, ()))
                except Poison as error:
                    impossible.add(owner)
                    _log.error("cannot be rebuilt", kind=picture.kind.__name__, reason=reason_of(error))
                else:
                    differences.append(difference)
        found.impossible += len(impossible)
        for each in differences:
            each.count(found.kinds[each.shape.kind])
        if do == "mend":
            await _mend(uow, differences)

    async def _stored(
        self, uow: UnitOfWork, shape: Shape[Any], some: Sequence[str], history: _History
    ) -> dict[str, list[Any]]:
        stored = defaultdict[str, list[Any]](list)
        records = uow.records(shape.kind)
        if "household" in shape.fields:
            for row in await records.select(household=list(some)):
                stored[row.household].append(row)
            return stored
        lanes = {lane_of(*place): place[1] for place in history.places if lane_of(*place) in some}
        rows = {row.partition: row for row in await records.select(partition=sorted(set(lanes.values())))}
        for lane, partition in lanes.items():
            if partition in rows:
                stored[lane].append(rows[partition])
        return stored


class _History:
    """What the topics hold of one slice of the households, by household or lane. ``events`` counts it."""

    def __init__(
        self,
        *,
        decoder: Decoder,
        opening: Opening | None,
        broker: Broker,
        places: dict[Place, int],
        slices: int,
        number: int,
    ) -> None:
        self._opening = opening
        self.places = places
        self.of = defaultdict[str, dict[tuple[str, int | None], Arrival]](dict)
        self.events = 0
        self._decoder = decoder
        self._broker = broker
        self._slices = slices
        self._number = number

    async def read(self) -> None:
        """Read on to the present ends."""
        async for messages in self._broker.history(dict(self.places)):
            for message in messages:
                arrival = self._decoder.read(message)
                if isinstance(arrival, Arrival) and arrival.received is not None:
                    self._keep(arrival)
                self.places[message.place] = message.offset + 1

    def _keep(self, arrival: Arrival) -> None:
        if not arrival.is_of_nobody and partition_of(arrival.household, self._slices) != self._number:
            raise _Moved
        key = (arrival.event_id, arrival.incoming.partition if arrival.is_of_nobody else None)
        if key not in self.of[arrival.household]:
            self.of[arrival.household][key] = arrival
            self.events += 1

    async def taken_in(
        self, uow: UnitOfWork, some: Sequence[str]
    ) -> tuple[dict[str, list[Received]], dict[str, Poison]]:
        """Return, of each, the facts whose effect is in the database, in the order in which they came; and of whom some
        cannot be opened, with why.
        """
        arrivals = [each for owner in some if owner in self.of for each in self.of[owner].values()]
        if not arrivals:
            return {}, {}
        ids = sorted({each.event_id for each in arrivals})
        known = {
            (each.event_id, each.partition) for each in await uow.records(InboxRecord).select(event_id=ids)
        }
        names = {event_id for event_id, _ in known}
        forgotten = Forgotten()
        await forgotten.look(uow)
        fresh = await forgotten.without_them(
            uow,
            [
                each
                for each in arrivals
                if each.event_id not in names
                or (each.is_of_nobody and (each.event_id, each.incoming.partition) not in known)
            ],
        )
        aside = await uow.records(ParkedEvent).select(household=list(some), state=["parked", "discarded"])
        without = {(each.household, each.event_id) for each in (*fresh, *aside)}
        there = [each for each in arrivals if (each.household, each.event_id) not in without]
        heard: Sequence[Received | Poison | None] = [each.received for each in there]
        if self._opening is not None:
            heard = await self._opening.open_known(
                uow, [each.received for each in there if each.received is not None]
            )
        by_owner = defaultdict[str, dict[Place, list[Received]]](lambda: defaultdict(list))
        shut = dict[str, Poison]()
        for each, received in zip(there, heard, strict=True):
            if isinstance(received, Poison):
                shut[each.household] = received
            elif received is not None:
                by_owner[each.household][each.incoming.place].append(received)
        facts = {
            owner: list(merge(*by_place.values(), key=lambda each: each.occurred_at))
            for owner, by_place in by_owner.items()
        }
        return facts, shut


@dataclass(slots=True, kw_only=True)
class _Difference:
    shape: Shape[Any]
    same: int
    missing: list[Any]
    different: list[Any]
    needless: list[Any]

    def count(self, counts: Compared) -> None:
        counts.same += self.same
        counts.missing += len(self.missing)
        counts.different += len(self.different)
        counts.needless += len(self.needless)


def _compare(
    picture: Picture, shape: Shape[Any], painted: Iterable[Any], stored: Iterable[Any]
) -> _Difference:
    there = {shape.key_of(row): row for row in stored}
    difference = _Difference(shape=shape, same=0, missing=[], different=[], needless=[])
    for row in painted:
        before = there.pop(shape.key_of(row), None)
        if before is None:
            difference.missing.append(row)
            continue
        wanted = replace(row, **{name: getattr(before, name) for name in picture.kept})
        if wanted == before:
            difference.same += 1
        else:
            difference.different.append(wanted)
    difference.needless.extend(there.values())
    return difference


async def _mend(uow: UnitOfWork, differences: Sequence[_Difference]) -> None:
    """Put right what differs, each kind as sets: what is new in the order of the pictures, what goes in the other."""
    by_kind = defaultdict[type, list[_Difference]](list)
    for each in differences:
        by_kind[each.shape.kind].append(each)
    for kind, some in by_kind.items():
        rows = [row for each in some for row in (*each.missing, *each.different)]
        if rows:
            await uow.records(kind).put(rows)
    for kind, some in reversed(by_kind.items()):
        for each in some:
            for row in each.needless:
                key = dict(zip(each.shape.key, each.shape.key_of(row), strict=True))
                await uow.records(kind).remove(**key)
