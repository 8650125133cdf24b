"""What is sealed becomes what a handler takes: opened, kept until its key comes, or forgotten (ADR 0075)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import msgspec

from bulkhead.contracts import wire
from bulkhead.kernel.errors import Malformed, Poison
from bulkhead.kernel.key_rings import HouseholdKeySet, KeyMissing
from bulkhead.messaging.arrivals import Arrival, Decoder, SealedFact
from bulkhead.messaging.broker import Incoming
from bulkhead.observability import metrics
from bulkhead.persistence.contact_sealing import Sealing, kept, number_in
from bulkhead.persistence.household_keys import HouseholdKey, SealedEvent
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Received, Service


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What the handler is to get, and what is to be parked: what waited for a key that has come and cannot be read, and
    what waited behind it, with None.
    """

    facts: list[Received]
    to_park: list[tuple[Arrival, Poison | None]] = field(default_factory=list[tuple[Arrival, Poison | None]])


class Opening:
    """Opens what a service hears, by the keys that it has heard of.

    ``decoder`` is the service's: what waited is read by it again.
    """

    def __init__(self, sealing: Sealing, *, decoder: Decoder) -> None:
        self._sealing = sealing
        self._decoder = decoder

    async def take_in(self, uow: UnitOfWork, received: Sequence[Received]) -> TakenIn:
        """Return what the handler is to get and what is to be parked, and keep keys and what waits for one.

        What comes before its key waits for it here, nobody and nothing else does; what waited comes with its key. What
        was sealed by a key that is forgotten is counted and left out. That a key is forgotten is handed on. Raises
        `Poison` for what cannot be opened by its own key.
        """
        if not any(isinstance(each.fact, SealedFact | HouseholdKeySet) for each in received):
            return TakenIn(list(received))
        batch = await _Batch.of(uow, received)
        # Keys first, whatever the order: what is sealed says by which, and what is forgotten is opened no more.
        said = [each for each in received if isinstance(each.fact, HouseholdKeySet)]
        waited = [event for each in said for event in batch.heed(each.fact)]
        given = [each for each in said if each.fact.sealed is None]
        opened, to_park = self._opened_again(waited, batch)
        given.extend(opened)
        for each in received:
            if isinstance(each.fact, HouseholdKeySet):
                continue
            if isinstance(each.fact, SealedFact):
                given.extend(self._opened(each, batch))
            else:
                given.append(each)
        await batch.write(uow)
        return TakenIn(given, to_park)

    def _opened_again(
        self, waited: Sequence[SealedEvent], batch: _Batch
    ) -> tuple[list[Received], list[tuple[Arrival, Poison | None]]]:
        """Return what waited, opened, and what of it is to be parked. It is in the inbox and nowhere else any more:
        what is not handled and not parked would be lost.
        """
        given, to_park = list[Received](), list[tuple[Arrival, Poison | None]]()
        aside = set[str]()
        for event in waited:
            arrival = self._decoder.read(_as_read(event))
            if not isinstance(arrival, Arrival):
                continue  # no event that this service listens to any more
            if arrival.household in aside:
                to_park.append((arrival, None))
                continue
            try:
                given.extend(self._opened(_received(arrival), batch))
            except Poison as error:
                to_park.append((arrival, error))
                aside.add(arrival.household)
        return given, to_park

    async def open_known(
        self, uow: UnitOfWork, received: Sequence[Received]
    ) -> list[Received | Poison | None]:
        """Return each of these facts, opened where it is sealed; None for one whose key is not there, and why for one
        that cannot be opened by it. It keeps nothing.
        """
        sealed = {each.about for each in received if isinstance(each.fact, SealedFact)}
        keys = await _keys(uow, sealed) if sealed else {}
        given = list[Received | Poison | None]()
        for each in received:
            if not isinstance(each.fact, SealedFact):
                given.append(each)
                continue
            data: Any = msgspec.json.decode(each.fact.data)
            number, key = number_in(data), keys.get(each.about)
            is_there = key is not None and key.number == number and key.sealed is not None
            try:
                given.append(self._open(each, each.fact, data, key) if number is None or is_there else None)
            except Poison as error:
                given.append(error)
        return given

    def _opened(self, received: Received, batch: _Batch) -> list[Received]:
        fact = cast(SealedFact, received.fact)
        data: Any = msgspec.json.decode(fact.data)
        number, key = number_in(data), batch.keys.get(received.about)
        if number is not None and (key is None or key.number < number):
            batch.wait(received, fact.incoming)
            return []
        if number is not None and key is not None and (key.number > number or key.sealed is None):
            metrics.events_forgotten.add(1)
            return []
        return [self._open(received, fact, data, key)]

    def _open(self, received: Received, fact: SealedFact, data: Any, key: HouseholdKey | None) -> Received:
        if key is not None and key.sealed is not None:
            try:
                data = wire.with_opened(data, self._sealing.opener(key, event_id=received.event_id))
            except KeyMissing as error:
                raise Poison(str(error)) from None
        opened = wire.opened(data, fact.kind)
        if getattr(opened, "household", received.household) != received.household:
            raise Malformed("its data is about another household than its envelope")
        return replace(received, fact=opened)


def opening_of(service: Service, decoder: Decoder) -> Opening | None:
    """Return what opens what a service hears; None where it hears nothing that is sealed."""
    return None if service.contact_keys is None else Opening(Sealing(service.contact_keys), decoder=decoder)


def _received(arrival: Arrival) -> Received:
    """Return the fact of an arrival. Raises its poison, where it has none."""
    if arrival.received is None:
        raise arrival.poison or AssertionError("an arrival is a fact or poison")
    return arrival.received


class _Batch:
    """What is known of the keys of a batch's households, and what becomes of it."""

    def __init__(self, keys: dict[str, HouseholdKey], waiting: Mapping[str, Sequence[SealedEvent]]) -> None:
        self.keys = keys
        self._waiting = {household: list(some) for household, some in waiting.items()}
        self._new_keys: dict[str, HouseholdKey] = {}
        self._to_wait = list[SealedEvent]()
        self._over = list[SealedEvent]()

    @classmethod
    async def of(cls, uow: UnitOfWork, received: Sequence[Received]) -> _Batch:
        """Return it, read with one question for each kind of record."""
        about = {each.about for each in received if isinstance(each.fact, SealedFact | HouseholdKeySet)}
        waiting = defaultdict[str, list[SealedEvent]](list)
        told = sorted({each.about for each in received if isinstance(each.fact, HouseholdKeySet)})
        if told:
            for each in await uow.records(SealedEvent).select(household=told):
                waiting[each.household].append(each)
        return cls(await _keys(uow, about), waiting)

    def heed(self, said: HouseholdKeySet) -> list[SealedEvent]:
        """Take a household's key, unless a later one is known; return what waited for one, in order."""
        known = self.keys.get(said.household)
        if known is not None and (
            known.number > said.number or (known.number == said.number and known.sealed is None)
        ):
            return []
        self.keys[said.household] = self._new_keys[said.household] = kept(said)
        waited = self._waiting.pop(said.household, [])
        self._over.extend(waited)
        return sorted(waited, key=lambda each: (each.topic, each.partition, each.offset))

    def wait(self, received: Received, incoming: Incoming) -> None:
        """Keep what is sealed by a key that is not known yet."""
        self._to_wait.append(
            SealedEvent(
                household=received.about,
                event_id=received.event_id,
                topic=incoming.topic,
                partition=incoming.partition,
                offset=incoming.offset,
                value=incoming.value,
                written_at=incoming.written_at,
            )
        )

    async def write(self, uow: UnitOfWork) -> None:
        """Write what became of it."""
        if self._new_keys:
            await uow.records(HouseholdKey).put(self._new_keys.values())
        if self._over:
            await uow.records(SealedEvent).remove(
                household=sorted({each.household for each in self._over}),
                event_id=sorted({each.event_id for each in self._over}),
            )
        if self._to_wait:  # one that waited for another key may be among them
            await uow.records(SealedEvent).put(self._to_wait)


async def _keys(uow: UnitOfWork, households: set[str]) -> dict[str, HouseholdKey]:
    found = await uow.records(HouseholdKey).select(household=sorted(households))
    return {each.household: each for each in found}


def _as_read(event: SealedEvent) -> Incoming:
    return Incoming(
        event.topic,
        event.partition,
        event.offset,
        event.household.encode(),
        event.value,
        event.written_at,
    )
