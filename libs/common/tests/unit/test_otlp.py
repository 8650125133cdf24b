"""A collector gets spans and metrics, and nothing that a person typed."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import cast

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

# In a process of its own: providers are set once. It is told a collector, measures, traces and ends.
SENDING = """
import asyncio, sys
from pathlib import Path
from bulkhead.observability import metrics
from bulkhead.observability.exposition import begin_to_measure
from bulkhead.observability.readings import Reading, Readings, Source
from bulkhead.observability.tracing import configure_tracing, span

async def read():
    return {metrics.PARKED.name: (Reading(value=3),)}

readings = Readings([Source(name="database", gauges=(metrics.PARKED,), read=read)])
tracing = configure_tracing(service="payments", trace_file=None, otlp_endpoint=sys.argv[1])
measuring = begin_to_measure(service="payments", readings=readings, scraped=False, otlp_endpoint=sys.argv[1])
asyncio.run(readings.refresh())
metrics.events_published.add(7)
with span("GET /v1/households/{household}", attributes={"url.query": "name=June", "http.route": "/v1"}):
    pass
tracing.shutdown()
measuring.shutdown()
"""


class Collector(ThreadingHTTPServer):
    """Keeps what it is sent, by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Keeping)
        self.got: dict[str, bytes] = {}


class _Keeping(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        zipped = self.headers.get("Content-Encoding") == "gzip"
        cast("Collector", self.server).got[self.path] = gzip.decompress(body) if zipped else body
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def send(endpoint: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SENDING, endpoint], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_spans_and_metrics_arrive_without_what_a_person_typed(collector: Collector) -> None:
    send(f"http://127.0.0.1:{collector.server_port}/")
    (told,) = ExportMetricsServiceRequest.FromString(collector.got["/v1/metrics"]).resource_metrics
    assert [(each.key, each.value.string_value) for each in told.resource.attributes] == [
        ("service.name", "payments")
    ]
    values = {
        metric.name: [*metric.sum.data_points, *metric.gauge.data_points]
        for scope in told.scope_metrics
        for metric in scope.metrics
        if metric.name.startswith("bulkhead.")
    }
    assert {name: [point.as_int for point in points] for name, points in values.items()} == {
        "bulkhead.events.published": [7],
        "bulkhead.parked.events": [3],
    }
    (traced,) = ExportTraceServiceRequest.FromString(collector.got["/v1/traces"]).resource_spans
    (span,) = traced.scope_spans[0].spans
    assert span.name == "GET /v1/households/{household}"
    assert [each.key for each in span.attributes] == ["http.route"]
    assert b"June" not in b"".join(collector.got.values())


def test_a_collector_that_is_away_keeps_nobody_from_ending() -> None:
    send("http://127.0.0.1:9")
