"""Spans and metrics to a collector, by OTLP over HTTP. Imported only where there is one: it takes its time."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

SECONDS_FOR_THE_COLLECTOR = 5.0
"""How long it may take to answer, tries included: a process that ends waits for it, within its grace period."""


def metric_reader(endpoint: str, *, every_seconds: float) -> PeriodicExportingMetricReader:
    """Return what sends all metrics to the collector again and again, from a thread of its own."""
    exporter = OTLPMetricExporter(endpoint=_at(endpoint, "metrics"), timeout=SECONDS_FOR_THE_COLLECTOR)
    return PeriodicExportingMetricReader(exporter, export_interval_millis=every_seconds * 1000)


def span_exporter(endpoint: str, *, leave_out: Collection[str]) -> SpanExporter:
    """Return what sends spans to the collector, without the attributes that may hold what a person typed."""
    exporter = OTLPSpanExporter(endpoint=_at(endpoint, "traces"), timeout=SECONDS_FOR_THE_COLLECTOR)
    return _Without(exporter, leave_out)


def _at(endpoint: str, signal: str) -> str:
    return f"{endpoint.rstrip('/')}/v1/{signal}"


class _Without(SpanExporter):
    def __init__(self, exporter: SpanExporter, leave_out: Collection[str]) -> None:
        self._exporter = exporter
        self._leave_out = frozenset(leave_out)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans."""
        return self._exporter.export([self._stripped(each) for each in spans])

    def shutdown(self) -> None:
        """Close the connection."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Return whether nothing is left to send: nothing is kept here."""
        return self._exporter.force_flush(timeout_millis)

    def _stripped(self, span: ReadableSpan) -> ReadableSpan:
        attributes = span.attributes or {}
        if not self._leave_out & attributes.keys():
            return span
        return ReadableSpan(
            name=span.name,
            context=span.get_span_context(),
            parent=span.parent,
            resource=span.resource,
            attributes={name: value for name, value in attributes.items() if name not in self._leave_out},
            events=span.events,
            links=span.links,
            kind=span.kind,
            status=span.status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )
