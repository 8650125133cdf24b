"""Traces across HTTP, outbox, Kafka and handlers, and the ids that tie logs together."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from bulkhead.persistence.outbox import current_traceparent
from bulkhead.persistence.ports import Cause

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

_CORRELATION_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LEFT_OUT = frozenset({"url.path", "url.query", "user_agent.original", "client.address"})

_correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
_propagator = TraceContextTextMapPropagator()


def new_correlation_id(asked_for: str | None = None) -> str:
    """Return the id asked for if it can be one, else a new one."""
    if asked_for is not None and _CORRELATION_ID.fullmatch(asked_for):
        return asked_for
    return secrets.token_hex(16)


@contextmanager
def correlated(correlation_id: str) -> Generator[None]:
    """Make everything inside part of one correlation."""
    token = _correlation_id.set(correlation_id)
    try:
        yield
    finally:
        _correlation_id.reset(token)


def correlation_id() -> str | None:
    """Return the id of the correlation this runs in, if any."""
    return _correlation_id.get()


def current_cause() -> Cause:
    """Return what this runs for, to begin a unit of work with."""
    return Cause(
        correlation_id=_correlation_id.get() or new_correlation_id(), traceparent=current_traceparent()
    )


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    traceparent: str | None = None,
    links: Sequence[str | None] = (),
    attributes: Mapping[str, str | int | bool] | None = None,
) -> Generator[None]:
    """Trace what happens inside, under ``traceparent`` (another process's span) or else the current span.

    ``links`` are the traceparents of spans this one also continues: a batch continues every event in it.
    ``attributes`` are ids, enums and counts. An error marks the span by its type; its text is left out.
    """
    parent = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    with trace.get_tracer("bulkhead").start_as_current_span(
        name,
        context=parent,
        kind=kind,
        attributes=dict(attributes or {}),
        links=[link for each in links if (link := _link(each)) is not None],
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_attribute("error.type", type(error).__qualname__)
            current.set_status(StatusCode.ERROR)
            raise


def _link(traceparent: str | None) -> trace.Link | None:
    if traceparent is None:
        return None
    linked = trace.get_current_span(_propagator.extract({"traceparent": traceparent})).get_span_context()
    return trace.Link(linked) if linked.is_valid else None


def configure_tracing(
    *, service: str, trace_file: Path | None, otlp_endpoint: str = "", ratio: float = 1.0
) -> TracerProvider | None:
    """Write this process's spans to a file, one JSON object a line, and send them to a collector; return the provider,
    to be shut down.

    ``ratio`` of the traces that begin here are kept; what another began is kept where it said so. Without file and
    collector nothing is traced and None comes back.
    """
    if trace_file is None and not otlp_endpoint:
        return None
    from opentelemetry.sdk.resources import Resource  # the SDK is loaded only where it is wanted: it is slow
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

    resource = Resource({"service.name": service})
    provider = TracerProvider(
        resource=resource, sampler=ParentBasedTraceIdRatio(ratio), shutdown_on_exit=False
    )
    if trace_file is not None:
        trace_file.parent.mkdir(parents=True, exist_ok=True)
        lines = trace_file.open("a", encoding="utf-8", buffering=1)
        exporter = ConsoleSpanExporter(out=lines, formatter=_span_line)
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=500))
    if otlp_endpoint:
        from bulkhead.observability.otlp import span_exporter

        provider.add_span_processor(BatchSpanProcessor(span_exporter(otlp_endpoint, leave_out=_LEFT_OUT)))
    trace.set_tracer_provider(provider)
    return provider


def _span_line(span: ReadableSpan) -> str:
    context = span.get_span_context()
    attributes = {key: value for key, value in (span.attributes or {}).items() if key not in _LEFT_OUT}
    line: dict[str, Any] = {
        "trace": trace.format_trace_id(context.trace_id) if context else None,
        "span": trace.format_span_id(context.span_id) if context else None,
        "parent": trace.format_span_id(span.parent.span_id) if span.parent else None,
        "links": [trace.format_trace_id(link.context.trace_id) for link in span.links],
        "service": span.resource.attributes.get("service.name"),
        "name": span.name,
        "kind": span.kind.name.lower(),
        "start_ns": span.start_time,
        "end_ns": span.end_time,
        "status": span.status.status_code.name.lower(),
        "attributes": attributes,
    }
    return json.dumps(line, default=str) + "\n"
