"""One trace across outbox, broker and inbox: a span for each sampled event, with ids for attributes only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()
_NOT_SAMPLED = "-00"


@contextmanager
def event_spans(
    name: str, *, kind: SpanKind, events: Iterable[tuple[str, str | None, str]]
) -> Iterator[dict[str, str]]:
    """Continue each event's trace while what is inside runs; give each event's new ``traceparent`` by its id.

    ``events`` are (id, traceparent, type). One that is not traced costs nothing and is not in the result.
    """
    spans: list[Span] = []
    continued: dict[str, str] = {}
    tracer = trace.get_tracer("bulkhead")
    for event_id, traceparent, event_type in events:
        if traceparent is None or traceparent.endswith(_NOT_SAMPLED):
            continue
        context = _PROPAGATOR.extract({"traceparent": traceparent})
        attributes = {"messaging.message.id": event_id, "bulkhead.event.type": event_type}
        span = tracer.start_span(f"{name} {event_type}", context=context, kind=kind, attributes=attributes)
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier, context=trace.set_span_in_context(span))
        continued[event_id] = carrier.get("traceparent", traceparent)
        spans.append(span)
    try:
        yield continued
    finally:
        for span in spans:
            span.end()
