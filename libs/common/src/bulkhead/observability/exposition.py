"""What was measured: in the text format that Prometheus scrapes, and sent to a collector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import metrics
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client import REGISTRY, generate_latest

from bulkhead.observability.readings import Readings

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricReader

__all__ = ["CONTENT_TYPE", "begin_to_measure", "exposed"]


def begin_to_measure(
    *,
    service: str,
    readings: Readings,
    scraped: bool = True,
    otlp_endpoint: str = "",
    otlp_seconds: float = 15.0,
) -> MeterProvider:
    """Begin to measure in this process, once; return the provider, to be shut down."""
    from opentelemetry.exporter.prometheus import PrometheusMetricReader  # loaded only where it is wanted
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource

    readers: list[MetricReader] = []
    if scraped:
        readers.append(PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False))
    if otlp_endpoint:
        from bulkhead.observability.otlp import metric_reader

        readers.append(metric_reader(otlp_endpoint, every_seconds=otlp_seconds))
    resource = Resource({"service.name": service})
    provider = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
    metrics.set_meter_provider(provider)
    readings.observe()
    return provider


async def exposed(readings: Readings) -> bytes:
    """Return every measurement of this process so far, how things stand now, and what Python says of itself."""
    await readings.refresh()
    return generate_latest(REGISTRY)
