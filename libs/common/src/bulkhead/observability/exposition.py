"""What was measured, in the text format that Prometheus scrapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry import metrics

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Meters:
    """Collects this process's measurements; there is one in a process that measures."""

    def __init__(self, reader: InMemoryMetricReader) -> None:
        self._reader = reader

    @classmethod
    def configure(cls, *, service: str) -> Meters:
        """Begin to measure in this process."""
        from opentelemetry.sdk.metrics import MeterProvider  # loaded only where it is wanted
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.resources import Resource

        reader = InMemoryMetricReader()
        resource = Resource({"service.name": service})
        metrics.set_meter_provider(MeterProvider([reader], resource=resource, shutdown_on_exit=False))
        return cls(reader)

    def exposed(self) -> str:
        """Return every measurement so far, by name."""
        data: Any = self._reader.get_metrics_data()
        scopes = (
            [scope for resource in data.resource_metrics for scope in resource.scope_metrics] if data else []
        )
        lines: list[str] = []
        for metric in sorted(
            (metric for scope in scopes for metric in scope.metrics), key=lambda each: each.name
        ):
            lines.extend(_lines(metric))
        return "\n".join(lines) + "\n"


def _lines(metric: Any) -> Iterator[str]:
    name = metric.name.replace(".", "_") + ("_seconds" if metric.unit == "s" else "")
    points = metric.data.data_points
    if hasattr(metric.data, "is_monotonic"):
        kind = "counter" if metric.data.is_monotonic else "gauge"
    else:
        kind = "histogram" if any(hasattr(point, "bucket_counts") for point in points) else "gauge"
    name += "_total" if kind == "counter" else ""
    yield f"# HELP {name} {metric.description}"
    yield f"# TYPE {name} {kind}"
    for point in points:
        if kind == "histogram":
            yield from _histogram(name, point)
        else:
            yield f"{name}{_labels(point.attributes)} {point.value}"


def _histogram(name: str, point: Any) -> Iterable[str]:
    below = 0
    for bound, count in zip([*point.explicit_bounds, "+Inf"], point.bucket_counts, strict=True):
        below += count
        yield f"{name}_bucket{_labels({**point.attributes, 'le': bound})} {below}"
    yield f"{name}_sum{_labels(point.attributes)} {point.sum}"
    yield f"{name}_count{_labels(point.attributes)} {point.count}"


def _labels(attributes: Mapping[str, object] | None) -> str:
    labels = [
        f'{key.replace(".", "_")}="{_escaped(str(value))}"'
        for key, value in sorted((attributes or {}).items())
    ]
    return "{" + ",".join(labels) + "}" if labels else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
