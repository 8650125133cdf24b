"""From a service's own event to the outbox record that carries it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import msgspec
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from bulkhead.contracts import wire
from bulkhead.contracts.registry import BY_MODEL, SEALED, EventType
from bulkhead.contracts.wire import Envelope, Wire
from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.contact_sealing import Sealing
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.persistence.ports import Cause, Emitted, UnitOfWork

_NOT_SEALED = msgspec.Raw(b"null")

UNNUMBERED = -1
"""The ``seq`` of a record storage has not numbered yet."""


_PROPAGATOR = TraceContextTextMapPropagator()


LARGEST_EVENT_BYTES = 8_000_000
"""The largest event there may be: topics are made for a little more."""


class EventTooLarge(ValueError):
    """An event is larger than the broker takes. Said at once: in the outbox it would hold up all others."""


class HouseholdNotLocked(RuntimeError):
    """An event was said of a household whose lock is not held: nobody could tell what it comes after."""


class NotSealed(RuntimeError):
    """Personal data would be said in clear."""


class UnknownEvent(TypeError):
    """A service emitted an event its ``outbound`` table does not have."""


def record_of(envelope: Envelope, kind: EventType, encoded: bytes) -> OutboxRecord:
    """Return an event as the outbox holds it: its envelope, encoded, and what of it is looked for."""
    return OutboxRecord(
        seq=UNNUMBERED,
        event_id=envelope.id,
        topic=kind.topic.name,
        household=envelope.household,
        broadcast=kind.broadcast and envelope.household is None,
        type=kind.name,
        version=kind.version,
        occurred_at=envelope.occurred_at,
        business_date=envelope.business_date,
        traceparent=envelope.traceparent,
        envelope=encoded,
    )


class OutboxWriter:
    """Collects the events of one unit of work, encoded; the unit of work stores them when it commits."""

    def __init__(
        self,
        *,
        outbound: Mapping[type, type[Wire]],
        now: datetime,
        cause: Cause,
        households: Collection[str],
        new_id: Callable[[datetime], str],
        sealing: Sealing | None = None,
    ) -> None:
        self.emitted: list[Emitted] = []
        self.causes: dict[str, Cause] = {}
        self._outbound = outbound
        self._now = now
        self._today = local_date(now)
        self._cause = cause
        self._households = households
        self._new_id = new_id
        self._sealing = sealing
        self._to_seal: dict[str, tuple[Envelope, Wire]] = {}

    def emit(
        self, event: object, *, household: str | None, business_date: date | None, reasons: Sequence[Reason]
    ) -> None:
        """Add an event, encoded.

        Raises `UnknownEvent`, `HouseholdNotLocked`, `EventTooLarge`, and `Malformed` for a broken contract.
        """
        self._add([(household, event)], business_date=business_date, reasons=reasons)

    def emit_many(
        self, events: Mapping[str, object], *, business_date: date | None, reasons: Sequence[Reason]
    ) -> None:
        """Add an event of each of these households, encoded. Raises what `emit` raises."""
        self._add(events.items(), business_date=business_date, reasons=reasons)

    def _add(
        self,
        events: Iterable[tuple[str | None, object]],
        *,
        business_date: date | None,
        reasons: Sequence[Reason],
    ) -> None:
        now, on, why = self._now, business_date or self._today, tuple(reasons)
        span = current_traceparent()
        # What is personal is not in the record until it is sealed, which takes a key of storage: `seal`.
        for household, event in events:
            kind = self._kind_of(event, household)
            cause = self.causes.get(household, self._cause) if household is not None else self._cause
            event_id = self._new_id(now)
            model = wire.convert(event, kind.model)
            envelope = Envelope(
                id=event_id,
                type=kind.name,
                version=kind.version,
                household=household,
                occurred_at=now,
                business_date=on,
                correlation_id=cause.correlation_id or event_id,
                causation_id=cause.causation_id,
                traceparent=cause.traceparent or span,
                data=_NOT_SEALED if kind.model in SEALED else msgspec.Raw(wire.encode(model)),
                reasons=why,
            )
            if kind.model in SEALED:
                self._to_seal[event_id] = (envelope, model)
            self.emitted.append(
                Emitted(event=event, reasons=why, record=record_of(envelope, kind, _encoded(envelope)))
            )

    async def seal(self, uow: UnitOfWork) -> None:
        """Seal what is personal in what was said, each household's by its key: asked before it is stored. A key that
        is made for it is said before it. Raises `EventTooLarge`, `NotSealed` and `KeyMissing`.
        """
        if not self._to_seal:
            return
        if self._sealing is None:
            raise NotSealed("personal data is said here, and there is no key to seal it by")
        to_seal, self._to_seal = self._to_seal, {}
        households = {_household(envelope) for envelope, _ in to_seal.values()}
        keys, made = await self._sealing.keys_to_seal(uow, households)
        unsaid = {each.household: each for each in made}
        before, self.emitted = self.emitted, []
        for each in before:
            envelope, model = to_seal.get(each.record.event_id, (None, None))
            if envelope is None or model is None:
                self.emitted.append(each)
                continue
            household = _household(envelope)
            if (said := unsaid.pop(household, None)) is not None:
                self._add([(household, said)], business_date=None, reasons=())
            data = msgspec.Raw(self._sealing.seal(model, key=keys[household], event_id=envelope.id))
            encoded = _encoded(msgspec.structs.replace(envelope, data=data))
            self.emitted.append(replace(each, record=replace(each.record, envelope=encoded)))

    def _kind_of(self, event: object, household: str | None) -> EventType:
        if household is not None and household not in self._households:
            raise HouseholdNotLocked(
                f"{type(event).__name__} is about a household this unit of work has not locked"
            )
        model = self._outbound.get(type(event))
        if model is None:
            raise UnknownEvent(f"{type(event).__name__} is in no outbound table")
        return BY_MODEL[model]


def _encoded(envelope: Envelope) -> bytes:
    encoded = wire.encode(envelope)
    if len(encoded) > LARGEST_EVENT_BYTES:
        raise EventTooLarge(f"{envelope.type} of {len(encoded)} bytes, above {LARGEST_EVENT_BYTES}")
    return encoded


def _household(envelope: Envelope) -> str:
    if envelope.household is None:
        raise NotSealed(
            f"{envelope.type} has personal data and is about no household, by whose key it were sealed"
        )
    return envelope.household


def current_traceparent() -> str | None:
    """Return the W3C ``traceparent`` of the span now active, None where there is none."""
    if not trace.get_current_span().get_span_context().is_valid:
        return None
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")
