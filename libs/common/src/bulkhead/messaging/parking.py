"""Parked events: set aside in order for a household, replayed in order, or discarded with a reason.

Nothing is ever deleted: a row's ``state`` says what became of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from bulkhead.kernel.errors import InvalidValue, NotFound, is_its_own
from bulkhead.messaging.arrivals import (
    KINDS_OF_FAULT,
    Arrival,
    Attributing,
    Decoder,
    kind_of,
    reason_of,
)
from bulkhead.messaging.broker import Incoming
from bulkhead.messaging.sealed import opening_of
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.event_tables import ParkedEvent, lane_of
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.service import Service

_log = get_logger("parking")

BEHIND = "behind"
"""The kind of an event that is parked only because an earlier one of its household is."""

KINDS = (*KINDS_OF_FAULT, BEHIND)
"""The kinds that a parked event may be of."""


class NothingParked(NotFound):
    """No event of this household is parked here, or not the one that is named."""

    kind: ClassVar[str] = "nothing-parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a replay did: how many events had their effect, how many are still parked, and what stopped it, if
    anything.
    """

    household: str
    replayed: int
    left: int
    stopped_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOfMany:
    """What the replay of many households did: of how many, how many events had their effect, how many households
    are still parked, and after which one to go on, if there are more.
    """

    households: int
    replayed: int
    still_parked: int
    more_after: str | None


async def park(uow: UnitOfWork, arrivals: Sequence[tuple[Arrival, BaseException | None]]) -> None:
    """Set arrivals aside, each with what is wrong with it (None: only that it is behind another).

    The unit of work holds the locks of their households, or lanes (`lane_of`).
    """
    households = sorted({arrival.household for arrival, _ in arrivals})
    after = Counter[str](await uow.records(ParkedEvent).counts(by="household", household=households))
    rows: list[ParkedEvent] = []
    for arrival, error in arrivals:
        after[arrival.household] += 1
        rows.append(_row(uow, arrival, error, after[arrival.household]))
    await uow.records(ParkedEvent).add(rows)
    for row in rows:
        _log.error(
            "event parked",
            event_id=row.event_id,
            event_type=row.type,
            household=row.household,
            kind=row.kind,
            reason=row.reason,
            topic=row.topic,
            partition=row.partition,
            offset=row.offset,
        )


def _row(uow: UnitOfWork, arrival: Arrival, error: BaseException | None, position: int) -> ParkedEvent:
    return ParkedEvent(
        household=arrival.household,
        position=position,
        event_id=arrival.event_id,
        topic=arrival.incoming.topic,
        partition=arrival.incoming.partition,
        offset=arrival.incoming.offset,
        type=arrival.type,
        kind=BEHIND if error is None else kind_of(error),
        reason="" if error is None else reason_of(error),
        state="parked",
        parked_at=uow.now,
        settled_at=None,
        discard_reason=None,
        value=arrival.incoming.value,
    )


class Parking:
    """What an operator can do about a service's parked events."""

    def __init__(self, *, service: Service, uows: UnitOfWorkFactory) -> None:
        self._service = service
        self._uows = uows
        self._decoder = Decoder(service.inbound)
        self._opening = opening_of(service, self._decoder)

    async def replay(self, *, household: str, now: datetime) -> Replay:
        """Handle a household's parked events in order, each in its own transaction, until none is left or one
        fails.

        The one that fails stays parked, with what is wrong with it now, and all after it. Once none is left
        the household is parked no more. Raises `NothingParked`, and `Retryable` while the database is away.
        """
        replayed = 0
        while True:
            tried = await self._replay_first(household, now)
            if tried is False:
                if not replayed:
                    raise NothingParked("no event of this household is parked here")
                return Replay(household=household, replayed=replayed, left=0, stopped_by=None)
            if isinstance(tried, _Failed):
                return Replay(
                    household=household,
                    replayed=replayed,
                    left=await self._keep_parked(tried, now),
                    stopped_by=f"{kind_of(tried.error)}: {reason_of(tried.error)}",
                )
            replayed += 1

    async def replay_all(
        self, *, cause: str | None, now: datetime, after: str = "", limit: int = 500
    ) -> ReplayOfMany:
        """Replay the next households, up to ``limit``, that are parked for a cause, or for whatever it is (None).

        A cause is a kind, or a kind and a reason as they are listed (``bug``, ``bug: KeyError``). A household that
        fails again stays parked; the others go on. Raises `InvalidValue` for a cause of no kind there is, and
        `Retryable` while the database is away.
        """
        kind, _, reason = (cause or "").partition(": ")
        if cause is not None and kind not in KINDS:
            known = ", ".join(KINDS)
            raise InvalidValue(
                field="/cause", problem=f"must begin with one of {known}, as they are written here"
            )
        asked = {name: value for name, value in (("kind", kind), ("reason", reason)) if value}
        async with self._uows.begin(now=now) as uow:
            found = await uow.records(ParkedEvent).distinct(
                "household", state="parked", household__gt=after, limit=limit + 1, **asked
            )
        replayed = still_parked = 0
        for household in found[:limit]:
            try:
                done = await self.replay(household=household, now=now)
            except NothingParked:
                continue
            replayed += done.replayed
            still_parked += done.left > 0
        return ReplayOfMany(
            households=len(found[:limit]),
            replayed=replayed,
            still_parked=still_parked,
            more_after=found[limit - 1] if len(found) > limit else None,
        )

    async def discard(self, *, household: str, event: str, reason: str, now: datetime) -> ParkedEvent:
        """Set one parked event of a household aside for good, with the reason; return it as it is kept.

        Those behind it stay parked until they are replayed; when it was the only one the household is parked
        no more. Whoever has it stand says so: `tell_discarded`. Raises `NothingParked` where that event is not parked,
        or no more, `InvalidValue` for an empty reason.
        """
        if not reason.strip():
            raise InvalidValue(field="/reason", problem="must say why the event is discarded")
        async with self._uows.begin(now=now, households=[household]) as uow:
            rows = await uow.records(ParkedEvent).select(
                household=household, event_id=event, order_by=["-position"], limit=1
            )
            if not rows:
                raise NothingParked("no such event of this household is parked here")
            if rows[0].state != "parked":
                raise NothingParked(f"this event is parked no more: it is {rows[0].state}")
            discarded = replace(rows[0], state="discarded", settled_at=uow.now, discard_reason=reason.strip())
            await uow.records(ParkedEvent).put([discarded])
        return discarded

    async def _replay_first(self, household: str, now: datetime) -> _Failed | bool:
        """Replay the first parked event of a household; return whether there was one, or what it failed with."""
        first: ParkedEvent | None = None
        try:
            async with self._uows.begin(now=now, households=[household]) as uow:
                first = await _first(uow, household)
                if first is None:
                    return False
                await self._handle(uow, first)
        except Exception as error:
            if first is None or not is_its_own(error):
                raise
            return _Failed(first, error)
        return True

    async def _handle(self, uow: UnitOfWork, event: ParkedEvent) -> None:
        # Out of the way first: its own handling must not find the household parked by it alone.
        await uow.records(ParkedEvent).put([replace(event, state="replayed", settled_at=uow.now)])
        arrival = self._decoder.read(_as_read(event))
        if not isinstance(arrival, Arrival):
            return
        if arrival.received is None:
            raise arrival.poison or AssertionError("an arrival is a fact or poison")
        if arrival.cause is not None and isinstance(uow, Attributing):
            uow.attribute({event.household: arrival.cause})
        facts = [arrival.received]
        if self._opening is not None:
            taken_in = await self._opening.take_in(uow, facts)
            facts = taken_in.facts
            if taken_in.to_park:
                await park(uow, taken_in.to_park)
        if facts:
            await self._service.handle(uow, facts)

    async def _keep_parked(self, failed: _Failed, now: datetime) -> int:
        """Note what is wrong with an event now, if it is still parked: nothing held it since. Return how many of its
        household are parked.
        """
        household = failed.event.household
        async with self._uows.begin(now=now, households=[household]) as uow:
            parked = uow.records(ParkedEvent)
            found = await parked.get(household=household, position=failed.event.position)
            if found is not None and found.state == "parked":
                await parked.put([replace(found, kind=kind_of(failed.error), reason=reason_of(failed.error))])
            return await parked.count(household=household, state="parked")


@dataclass(frozen=True, slots=True)
class _Failed:
    """A parked event could not have its effect."""

    event: ParkedEvent
    error: Exception


def tell_discarded(event: ParkedEvent) -> None:
    """Log that an event was set aside for good."""
    _log.warning("parked event discarded", event_id=event.event_id, household=event.household)


async def _first(uow: UnitOfWork, household: str) -> ParkedEvent | None:
    found = await uow.records(ParkedEvent).select(
        household=household, state="parked", order_by=["position"], limit=1
    )
    return found[0] if found else None


def _as_read(row: ParkedEvent) -> Incoming:
    lane = lane_of(row.topic, row.partition)
    key = None if row.household == lane else row.household.encode()
    return Incoming(row.topic, row.partition, row.offset, key, row.value, row.parked_at)
