"""Writes into docs/metrics.md what the services measure: ``python -m tools.metrics_index [--check]``."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence

from bulkhead.observability.metrics import CATALOG, Metric
from tools.event_index import SERVICES
from tools.generated import REPOSITORY, replace_or_check

PAGE = REPOSITORY / "docs" / "metrics.md"


def metrics_of(service: str) -> Sequence[Metric]:
    """Return what a service measures besides what every service does."""
    module = f"{service.replace('-', '_')}.adapters.metrics"
    return importlib.import_module(module).METRICS if importlib.util.find_spec(module) else ()


def tables() -> str:
    """Return a table of what every service measures, and one of what each does besides."""
    parts = ["## Every service", *_table(CATALOG)]
    for service in SERVICES:
        if own := metrics_of(service):
            parts += ["", f"## Besides, {service}", *_table(own)]
    return "\n".join(parts)


def _table(metrics: Sequence[Metric]) -> list[str]:
    return [
        "",
        "| in Prometheus | in OpenTelemetry | what it is | labels | told by |",
        "|---|---|---|---|---|",
        *(
            f"| `{each.prometheus}` | `{each.name}`, {each.kind}, {each.unit} | {each.description}"
            f" | {_labels(each)} | {each.told_by} |"
            for each in metrics
        ),
    ]


def _labels(metric: Metric) -> str:
    return "<br>".join(f"`{name}`: {holds}" for name, holds in metric.labels.items())


def main() -> None:
    """Write the page's generated part; with ``--check`` end with 1 when it is not what it would be."""
    replace_or_check(PAGE, tables(), arguments=sys.argv[1:])


if __name__ == "__main__":
    main()
