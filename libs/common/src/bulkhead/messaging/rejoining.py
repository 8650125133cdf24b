"""A database that is behind what its service has said: how that is seen, and how it catches up (ADR 0024)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Literal, Protocol, cast

from bulkhead.contracts import wire
from bulkhead.contracts.registry import BY_MODEL, BY_NAME
from bulkhead.contracts.wire import Envelope
from bulkhead.kernel.errors import BulkheadError, Conflict, Malformed, Retryable
from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.messaging.ages import committed_seconds
from bulkhead.messaging.broker import Broker, Incoming, Place
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.relay import Outbox, Relay
from bulkhead.messaging.said_before import SaidBefore
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.contact_sealing import kept
from bulkhead.persistence.event_tables import OutboxRecord, Pruned
from bulkhead.persistence.household_keys import HouseholdKey
from bulkhead.persistence.outbox import record_of
from bulkhead.persistence.ports import Emitted, UnitOfWork, UnitOfWorkFactory
from bulkhead.service import Received, Service

_log = get_logger("rejoin")

_LAST_MESSAGES = 5
"""So many of each partition are looked at for the last that can be read: the very last one may be noise."""

_RECORDS_AT_ONCE = 1000
_SECONDS_FOR_THE_GROUP = 1.0
_SECONDS_TO_PUBLISH = 60.0
_SECONDS_BETWEEN_LOOKS = 0.05
_CLOCKS_DIFFER_BY = timedelta(days=1)


class DatabaseBehind(BulkheadError):
    """This service's own topics hold events of which its database does not know: it was restored to an earlier moment,
    or is new. Going on would say the same again, and otherwise.
    """


class CannotTakeIn(Conflict):
    """What is on the service's own topics cannot be taken into its database again."""


class Fence(Protocol):
    """Keeps a database from being written to by whoever has not said that he must."""

    async def put_up(self) -> None:
        """Let nobody write, in any process. Raises `Retryable`."""
        ...

    async def take_down(self) -> None:
        """Let everybody write again. Raises `Retryable`."""
        ...


class Journaling(Protocol):
    """A unit of work that can keep in the outbox what was said elsewhere: those of this project can."""

    def keep_said(self, said: Iterable[Emitted]) -> None:
        """Keep events as they were said, under the ids they were said with."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One event on a topic of the service's own, as it stands there."""

    incoming: Incoming
    envelope: Envelope


@dataclass(slots=True, kw_only=True)
class Rejoined:
    """What was done: how many events were taken in again by type, how many facts of others were heard after that, and
    how many times the same was about to be said again; ``otherwise`` counts those of which the words differed.
    ``left`` is what people have to see to where nothing was taken in.
    """

    taken_in: Counter[str] = field(default_factory=Counter[str])
    heard: int = 0
    parked: int = 0
    said_before: int = 0
    otherwise: int = 0
    left: list[str] = field(default_factory=list[str])


class OwnTopics:
    """What a service has said, as its topics have it, compared with what its database says it said."""

    def __init__(
        self, *, service: Service, uows: UnitOfWorkFactory, broker: Broker, now: Callable[[], datetime]
    ) -> None:
        self._topics = sorted({BY_MODEL[model].topic.name for model in service.outbound.values()})
        self._uows = uows
        self._broker = broker
        self._now = now

    async def require_known(self) -> None:
        """Return where the database knows the last that was said in every partition; else raise `DatabaseBehind`.

        It committed all before it was published, so one that is not behind knows it. What is unknown before that is
        noise, which the service has not said, and what a topic no longer keeps can be asked of nobody. Raises
        `Retryable`.
        """
        places: dict[Place, int] = {}
        for topic in self._topics:
            ends = await self._broker.ends(topic)
            places |= {(topic, number): max(0, end - _LAST_MESSAGES) for number, end in ends.items() if end}
        last: dict[Place, Incoming] = {}
        if places:
            async for messages in self._broker.history(places, or_later=True):
                last |= {each.place: each for each in messages if _read(each) is not None}
        if await self._unknown_of(list(last.values())):
            raise DatabaseBehind(
                "the database does not know what this service said last: it was restored to an earlier moment, or is"
                " new. Nothing is written until `rejoin` has been run"
            )

    async def require_known_or_fence(self, fence: Fence) -> None:
        """Do what `require_known` does, and put up the fence around a database that is behind.

        Raises `DatabaseBehind` too where no fence can be put up for now: whoever begins next finds it behind again.
        """
        try:
            await self.require_known()
        except DatabaseBehind:
            try:
                await fence.put_up()
            except Retryable as error:
                _log.error("no fence put up", says=str(error))
            raise

    async def unknown(self) -> list[Saying]:
        """Return all that is on the topics and that the database does not know of, once each and in order. Raises
        `NoLongerKept` and `Retryable`.
        """
        places = {(topic, number): 0 for topic in self._topics for number in await self._broker.ends(topic)}
        return await self._unknown_from(places)

    async def _unknown_from(self, places: Mapping[Place, int]) -> list[Saying]:
        found: dict[str, Saying] = {}
        async for messages in self._broker.history(places):
            for saying in await self._unknown_of(messages):
                found.setdefault(saying.envelope.id, saying)
        return list(found.values())

    async def _unknown_of(self, messages: Sequence[Incoming]) -> list[Saying]:
        said = [each for each in map(_read, messages) if each is not None]
        async with self._uows.begin(now=self._now()) as uow:
            pruned = await uow.records(Pruned).get(name="outbox")
            if pruned is not None:
                # As the outbox had it: an outage of the broker may have kept it from being published for long.
                kept_since = (pruned.before + _CLOCKS_DIFFER_BY).timestamp()
                said = [each for each in said if committed_seconds(each.incoming) >= kept_since]
            known = await _known(uow, [each.envelope for each in said])
        return [each for each in said if each.envelope.id not in known]


async def _known(uow: UnitOfWork, said: Sequence[Envelope]) -> set[str]:
    """Return those ids that are in the outbox. It is asked by household, for which there is an index."""
    records, known = uow.records(OutboxRecord), set[str]()
    households = sorted({each.household for each in said if each.household is not None})
    if households:
        ids = sorted({each.id for each in said if each.household is not None})
        known.update(await records.distinct("event_id", household=households, event_id=ids))
    of_nobody = sorted({each.id for each in said if each.household is None})
    if of_nobody:
        known.update(await records.distinct("event_id", household=None, event_id=of_nobody))
    return known


def _read(message: Incoming) -> Saying | None:
    """Return a message as one of ours; None for noise, which nobody here has said."""
    try:
        envelope = wire.decode(message.value, Envelope)
    except Malformed:
        return None
    return (
        Saying(incoming=message, envelope=envelope) if (envelope.type, envelope.version) in BY_NAME else None
    )


class Rejoining:
    """Lets a restored database catch up with what its service has said, with every process of the service stopped.

    What it had not published by then is published; what it said later is taken in, in two steps, and between them what
    others said since is heard. A handler that says what was said already is not listened to. Only at the end is it kept
    that all of it was said: killed before, it is done again from the start.
    """

    def __init__(
        self,
        *,
        service: Service,
        uows: UnitOfWorkFactory,
        broker: Broker,
        outbox: Outbox,
        relay: Relay,
        fence: Fence,
        now: Callable[[], datetime],
        elapsed_seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._service = service
        self._uows = uows
        self._broker = broker
        self._outbox = outbox
        self._relay = relay
        self._fence = fence
        self._now = now
        self._elapsed_seconds = elapsed_seconds
        self._own = OwnTopics(service=service, uows=uows, broker=broker, now=now)
        self._events = {
            (BY_MODEL[model].name, BY_MODEL[model].version): event
            for event, model in service.outbound.items()
        }

    async def run(self, *, do: Literal["take in", "leave out"] = "take in") -> Rejoined:
        """Catch up, let everybody write again, and return what was done. ``leave out``: only keep that all this was
        said, so that writing can go on; what follows from it in the database is left to people.

        Raises `CannotTakeIn` where it cannot be taken in, and then nobody may write; and `Retryable`.
        """
        said = await self._own.unknown()
        done = Rejoined()
        if said:
            await self._fence.put_up()
            if do == "take in":
                await self._catch_up(said, done)
            else:
                done.left = await self._leave_out(said)
        await self._fence.take_down()
        return done

    async def _catch_up(self, said: Sequence[Saying], done: Rejoined) -> None:
        how = self._service.taking_in
        counts = Counter(each.envelope.type for each in said)
        if how is None:
            told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
            raise CannotTakeIn(
                f"{len(said)} events of {self._service.name}'s own are not in its database ({told}), and what it"
                " decided cannot be worked out from them: restore it to the last commit; `rejoin --list` says which"
            )
        facts = [self._fact(each) for each in said]
        await self._publish_what_is_left()
        uows = SaidBefore(self._uows, names=how.names, facts=facts)
        await how.before(uows, facts, self._now())
        done.heard, done.parked = await self._hear(uows)
        await how.after(uows, facts, self._now())
        await self._publish_what_is_left()  # what hearing gave rise to and nobody has said yet
        await self._keep(said)
        done.taken_in, done.said_before, done.otherwise = counts, uows.said_before, uows.otherwise

    async def _leave_out(self, said: Sequence[Saying]) -> list[str]:
        await self._publish_what_is_left()
        how, left = self._service.taking_in, list[str]()
        if how is not None and how.leave_out is not None:
            left = await how.leave_out(self._uows, [self._fact(each) for each in said], self._now())
        await self._keep(said)
        return left

    def _fact(self, saying: Saying) -> Received:
        envelope = saying.envelope
        event = self._events.get((envelope.type, envelope.version))
        if event is None:
            raise CannotTakeIn(f"{envelope.type} version {envelope.version} is not said by this program")
        return Received(
            event_id=envelope.id,
            household=envelope.household,
            occurred_at=envelope.occurred_at,
            fact=wire.decode(envelope.data, event),
            partition=saying.incoming.partition,
        )

    async def _publish_what_is_left(self) -> None:
        await self._until_all_is_published(self._relay.turn)

    async def _until_all_is_published(self, turn: Callable[[], Awaitable[int]]) -> None:
        """Turn until nothing is left; others' transactions on the same server may hold that up for a moment."""
        until = self._elapsed_seconds() + _SECONDS_TO_PUBLISH
        while await turn() or await self._relay.pending():
            if self._elapsed_seconds() > until:
                raise CannotTakeIn(
                    "what is in the outbox cannot be published: is a worker still at this database, or an old"
                    " transaction on its server?"
                )
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)

    async def _hear(self, uows: UnitOfWorkFactory) -> tuple[int, int]:
        """Take in what others said by now, and return how many events had their effect and how many were parked."""
        if not self._service.subscribes:
            return 0, 0
        consumer = Consumer(service=self._service, uows=uows, broker=self._broker, now=self._now)
        try:
            while await consumer.turn(wait_seconds=_SECONDS_FOR_THE_GROUP) or await consumer.lag():
                pass
            return consumer.handled, consumer.parked
        finally:
            await consumer.close()

    async def _keep(self, said: Sequence[Saying]) -> None:
        """Keep in the journal that all this was said, and published."""
        for first in range(0, len(said), _RECORDS_AT_ONCE):
            some = said[first : first + _RECORDS_AT_ONCE]
            households = {each.envelope.household for each in some if each.envelope.household is not None}
            async with self._uows.begin(now=self._now(), households=households) as uow:
                emitted = [self._emitted(each) for each in some]
                keys = {
                    each.event.household: each.event
                    for each in emitted
                    if isinstance(each.event, HouseholdKeySet)
                }
                if keys:  # else another key would be made in the place of one that has sealed what was said
                    await uow.records(HouseholdKey).put(map(kept, keys.values()))
                cast(Journaling, uow).keep_said(emitted)
        await self._until_all_is_published(self._pass_over)

    async def _pass_over(self) -> int:
        entries = await self._outbox.read(limit=_RECORDS_AT_ONCE)
        if entries:
            await self._outbox.mark(entries[-1].position)
        return len(entries)

    def _emitted(self, saying: Saying) -> Emitted:
        envelope = saying.envelope
        record = record_of(envelope, BY_NAME[envelope.type, envelope.version], saying.incoming.value)
        return Emitted(event=self._fact(saying).fact, reasons=envelope.reasons, record=record)
