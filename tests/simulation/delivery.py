"""Every event from the outbox of whoever says it to its one effect on everybody who listens (OPS-1, I8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from bulkhead.contracts import wire
from bulkhead.contracts.enrollment.v1 import ContactKeySet
from bulkhead.contracts.registry import BY_MODEL, BY_NAME, SEALED
from bulkhead.contracts.wire import Envelope
from bulkhead.persistence.household_keys import HouseholdKey
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Received, Service
from bulkhead_testing.memory import MemoryUnitOfWork
from stories.stages.simulation import World


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """What a service was about to do about some events, and the transaction that decides whether it did."""

    service: str
    uow: MemoryUnitOfWork
    events: Sequence[tuple[str, int]]


class Delivery:
    """Follows events through a world, at each look from where it was at the last."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._effects: list[_Effect] = []
        self._done: set[tuple[str, str, int]] = set()
        self._said: set[tuple[str, str | None, bytes]] = set()
        self._published: set[str] = set()
        self._looked_at: dict[tuple[str, ...], int] = {}
        world.hears = self._hear

    def wrong(self) -> list[str]:
        """Return what was said twice, was not published, not heard, or heard twice; nothing where all is well.

        While Kafka or a service is away, what waits for it is looked at when it is back.
        """
        found = [*self._heard_twice()]
        if "kafka" in self._world.down:
            return found
        self._published.update(
            envelope.id for topic in self._world.broker.topics for envelope, _ in self._new("", topic)
        )
        for process in self._world.exchange.running.values():
            found += [*self._lost(process.service), *self._unheard(process.service)]
        return found

    def _hear(self, service: str, uow: UnitOfWork, batch: Sequence[Received]) -> None:
        events = [(each.event_id, each.partition) for each in batch]
        self._effects.append(_Effect(service=service, uow=cast(MemoryUnitOfWork, uow), events=events))

    def _heard_twice(self) -> Iterator[str]:
        for effect in self._effects:
            for event, partition in effect.events if effect.uow.committed else ():
                if (effect.service, event, partition) in self._done:
                    yield f"I8: {effect.service} had the effect of {event} twice"
                self._done.add((effect.service, event, partition))
        self._effects.clear()

    def _lost(self, service: Service) -> Iterator[str]:
        """Yield what a service has said twice, or what never left its outbox."""
        emitted = self._world.exchange.databases[service.name].emitted
        for each in emitted[self._since(len(emitted), service.name) :]:
            record = each.record
            # What is sealed never reads the same twice.
            sealed = BY_NAME[record.type, record.version].model in SEALED
            data = wire.encode(each.event) if sealed else bytes(_envelope(record.envelope).data)
            if (record.type, record.household, data) in self._said:
                yield f"I8: {service.name} said {record.type} of {record.household} twice"
            self._said.add((record.type, record.household, data))
            if record.type == "PolicyReinstated":  # an end that is still to come is said once more after it
                ends = ("PolicyTerminated", record.household)
                self._said = {each for each in self._said if each[:2] != ends}
            if (
                record.type == "MedicaidEnded"
            ):  # who was in it is found eligible anew, from the same day at times (ENR-4)
                begun = ("MedicaidBegun", record.household)
                self._said = {each for each in self._said if each[:2] != begun}
            if record.type == "TransmissionSent":  # who was called off and is told anew is confirmed anew
                confirmed = ("CoverageEffectuated", record.household)
                self._said = {each for each in self._said if each[:2] != confirmed}
            if record.event_id not in self._published:
                yield f"OPS-1: {record.type} of {record.household} never left {service.name}"

    def _is_done(self, service: str, envelope: Envelope, partition: int) -> bool:
        """Whether an event had its effect: a household's key is kept before a handler hears of anything."""
        if envelope.type != ContactKeySet.__name__:
            return (service, envelope.id, partition) in self._done
        said = wire.decode(envelope.data, ContactKeySet)
        keys = self._world.exchange.databases[service].rows_of(said.household, HouseholdKey)
        return any(each.household == said.household and each.number >= said.number for each in keys)

    def _unheard(self, service: Service) -> Iterator[str]:
        """Yield what a service listens to and never heard of."""
        types = {BY_MODEL[model].name for model in service.inbound}
        for topic in service.subscribes:
            for envelope, partition in self._new(service.name, topic.name):
                if envelope.type in types and not self._is_done(service.name, envelope, partition):
                    yield f"OPS-1: {service.name} never heard {envelope.type} of {envelope.household}"

    def _new(self, who: str, topic: str) -> Iterator[tuple[Envelope, int]]:
        for number, messages in enumerate(self._world.broker.topics.get(topic, ())):
            for message in messages[self._since(len(messages), who, topic, str(number)) :]:
                yield _envelope(message.value), number

    def _since(self, now: int, *what: str) -> int:
        """Return how much of something was there at the last look; from now on it is all there is now."""
        before = self._looked_at.get(what, 0)
        self._looked_at[what] = now
        return before


@lru_cache(maxsize=1024)
def _envelope(value: bytes) -> Envelope:
    """Return an event's envelope: each is looked at by whoever says it and by all who listen."""
    return wire.decode(value, Envelope)
