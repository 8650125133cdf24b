"""From a service's own event to the outbox record that carries it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from bulkhead.contracts import wire
from bulkhead.contracts.registry import BY_MODEL, EventType
from bulkhead.contracts.wire import Envelope, Wire
from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.persistence.ports import Cause, Emitted

UNNUMBERED = -1
"""The ``seq`` of a record storage has not numbered yet."""


_PROPAGATOR = TraceContextTextMapPropagator()


LARGEST_EVENT_BYTES = 8_000_000
"""The largest event there may be: topics are made for a little more."""


class EventTooLarge(ValueError):
    """An event is larger than the broker takes. Said at once: in the outbox it would hold up all others."""


class HouseholdNotLocked(RuntimeError):
    """An event was said of a household whose lock is not held: nobody could tell what it comes after."""


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
    ) -> None:
        self.emitted: list[Emitted] = []
        self.causes: dict[str, Cause] = {}
        self._outbound = outbound
        self._now = now
        self._today = local_date(now)
        self._cause = cause
        self._households = households
        self._new_id = new_id

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
        for household, event in events:
            kind = self._kind_of(event, household)
            cause = self.causes.get(household, self._cause) if household is not None else self._cause
            event_id = self._new_id(now)
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
                data=msgspec.Raw(wire.encode(wire.convert(event, kind.model))),
                reasons=why,
            )
            encoded = wire.encode(envelope)
            if len(encoded) > LARGEST_EVENT_BYTES:
                raise EventTooLarge(f"{kind.name} of {len(encoded)} bytes, above {LARGEST_EVENT_BYTES}")
            record = record_of(envelope, kind, encoded)
            self.emitted.append(Emitted(event=event, reasons=why, record=record))

    def _kind_of(self, event: object, household: str | None) -> EventType:
        if household is not None and household not in self._households:
            raise HouseholdNotLocked(
                f"{type(event).__name__} is about a household this unit of work has not locked"
            )
        model = self._outbound.get(type(event))
        if model is None:
            raise UnknownEvent(f"{type(event).__name__} is in no outbound table")
        return BY_MODEL[model]


def current_traceparent() -> str | None:
    """Return the W3C ``traceparent`` of the span now active, None where there is none."""
    if not trace.get_current_span().get_span_context().is_valid:
        return None
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")
