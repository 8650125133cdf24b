"""What was measured, in the text format that Prometheus scrapes."""

from __future__ import annotations

from opentelemetry import metrics
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client import REGISTRY, generate_latest

from bulkhead.observability.readings import Readings

__all__ = ["CONTENT_TYPE", "begin_to_measure", "exposed"]


def begin_to_measure(*, service: str, readings: Readings) -> None:
    """Begin to measure in this process, once."""
    from opentelemetry.exporter.prometheus import PrometheusMetricReader  # loaded only where it is wanted
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource

    reader = PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False)
    resource = Resource({"service.name": service})
    metrics.set_meter_provider(MeterProvider([reader], resource=resource, shutdown_on_exit=False))
    readings.observe()


async def exposed(readings: Readings) -> bytes:
    """Return every measurement of this process so far, how things stand now, and what Python says of itself."""
    await readings.refresh()
    return generate_latest(REGISTRY)
