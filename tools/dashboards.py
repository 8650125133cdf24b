"""Writes the dashboards of deploy/helm/observability: ``python -m tools.dashboards [--check]``.

A panel is a title, a unit and queries; the rest of what Grafana wants is the same for all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.generated import REPOSITORY

FOLDER = REPOSITORY / "deploy" / "helm" / "observability" / "files" / "dashboards"

_ACROSS = 3
_WIDTH, _HEIGHT = 24 // _ACROSS, 8
_OF = 'namespace=~"$namespace",job=~"$job"'
_BY = "by (namespace, job)"
_COUNT = "http_server_request_duration_seconds_count"
_FAILED = "bulkhead_measure_failures_total"
_SOURCE = {"type": "prometheus", "uid": "$source"}


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines over time: of each query what the legend says, of values in ``unit`` as Grafana names units."""

    title: str
    unit: str
    queries: Mapping[str, str]


def _each(query: str) -> dict[str, str]:
    return {"{{job}}": query}


SERVICES = (
    Panel(
        "Requests a second",
        "reqps",
        _each(f"sum {_BY} (rate({_COUNT}{{{_OF}}}[5m]))"),
    ),
    Panel("Intake that failed", "percentunit", _each(f"bulkhead:intake_failed:ratio_rate5m{{{_OF}}}")),
    Panel(
        "Slowest one in a hundred",
        "s",
        _each(
            "histogram_quantile(0.99, sum by (namespace, job, le)"
            f" (rate(http_server_request_duration_seconds_bucket{{{_OF}}}[5m])))"
        ),
    ),
    Panel("Oldest event not published", "s", _each(f"max {_BY} (bulkhead_outbox_age_seconds{{{_OF}}})")),
    Panel("Events not published", "short", _each(f"max {_BY} (bulkhead_outbox_pending{{{_OF}}})")),
    Panel(
        "Events published a second",
        "cps",
        _each(f"sum {_BY} (rate(bulkhead_events_published_total{{{_OF}}}[5m]))"),
    ),
    Panel(
        "Events to read, by topic",
        "short",
        {"{{job}} {{topic}}": f"sum by (namespace, job, topic) (bulkhead_consumer_lag{{{_OF}}})"},
    ),
    Panel(
        "Events read a second", "cps", _each(f"sum {_BY} (rate(bulkhead_events_consumed_total{{{_OF}}}[5m]))")
    ),
    Panel(
        "Events that took over a minute", "percentunit", _each(f"bulkhead:events_late:ratio_rate5m{{{_OF}}}")
    ),
    Panel("Events set aside", "short", _each(f"max {_BY} (bulkhead_parked_events{{{_OF}}})")),
    Panel(
        "Events that wait for a household's key",
        "short",
        _each(f"max {_BY} (bulkhead_consumer_sealed_events{{{_OF}}})"),
    ),
    Panel(
        "Events of forgotten households, in 15 minutes",
        "short",
        _each(f"sum {_BY} (increase(bulkhead_events_forgotten_total{{{_OF}}}[15m]))"),
    ),
    Panel("Partitions stopped", "short", _each(f"max {_BY} (bulkhead_consumer_stopped_partitions{{{_OF}}})")),
    Panel(
        "Attempts to measure that failed, in 15 minutes",
        "short",
        {"{{job}} {{source}}": f"sum by (namespace, job, source) (increase({_FAILED}{{{_OF}}}[15m]))"},
    ),
    Panel("Memory of a process", "bytes", {"{{job}} {{pod}}": f"process_resident_memory_bytes{{{_OF}}}"}),
    Panel(
        "Cores of a process", "short", {"{{job}} {{pod}}": f"rate(process_cpu_seconds_total{{{_OF}}}[5m])"}
    ),
    Panel("Requests under way", "short", _each(f"sum {_BY} (http_server_active_requests{{{_OF}}})")),
)
BUSINESS = (
    Panel(
        "Duties that are late",
        "s",
        {
            "{{duty}}: {{why}}": f"max by (namespace, job, duty, why) (bulkhead_duty_lateness_seconds{{{_OF}}}) > 0"
        },
    ),
    Panel(
        "How late duties were done, nine in ten, in a day",
        "s",
        {
            "{{duty}}": "histogram_quantile(0.9, sum by (namespace, job, duty, le)"
            f" (increase(bulkhead_duty_delay_seconds_bucket{{{_OF}}}[1d])))"
        },
    ),
    Panel(
        "Attempts at duties that failed, in an hour",
        "short",
        {"{{duty}}": f"sum by (namespace, job, duty) (increase(bulkhead_duty_failures_total{{{_OF}}}[1h]))"},
    ),
    Panel(
        "Days that books are behind yesterday",
        "d",
        {
            "closed": 'max by (namespace) (bulkhead_payments_books_behind_days{namespace=~"$namespace"})',
            "known at invoicing": 'max by (namespace) (bulkhead_invoicing_books_behind_days{namespace=~"$namespace"})',
        },
    ),
    Panel(
        "Money no carrier has, by days since receipt",
        "currencyUSD",
        {
            "{{days}}": 'max by (namespace, days) (bulkhead_payments_unremitted{namespace=~"$namespace"}) / 100'
        },
    ),
    Panel(
        "What bank and books have alone",
        "short",
        {"{{side}}": 'max by (namespace, side) (bulkhead_payments_bank_open{namespace=~"$namespace"})'},
    ),
    Panel(
        "What carriers said that waits for somebody",
        "short",
        {
            "{{carrier}}": "max by (namespace, carrier)"
            ' (bulkhead_carrier_gateway_records_waiting{namespace=~"$namespace"}) > 0'
        },
    ),
    Panel(
        "Households whose ledger disagrees",
        "short",
        {
            "{{namespace}}": 'max by (namespace) (bulkhead_invoicing_ledger_faults_total{namespace=~"$namespace"})'
        },
    ),
    Panel(
        "Work that waits for its next try",
        "short",
        {"{{job}} {{kind}}": f"max by (namespace, job, kind) (bulkhead_retries_waiting{{{_OF}}}) > 0"},
    ),
    Panel(
        "Work that is stuck",
        "short",
        {"{{job}} {{kind}}": f"max by (namespace, job, kind) (bulkhead_retries_stuck{{{_OF}}}) > 0"},
    ),
    Panel(
        "Overdue",
        "short",
        {"{{job}} {{kind}}": f"max by (namespace, job, kind) (bulkhead_overdue{{{_OF}}}) > 0"},
    ),
    Panel(
        "Where carriers' books differ",
        "short",
        {
            "{{carrier}}": f"max by (namespace, job, carrier) (bulkhead_carrier_gateway_discrepancies_open{{{_OF}}})"
        },
    ),
)
DASHBOARDS = {"services": ("Bulkhead: services", SERVICES), "business": ("Bulkhead: business", BUSINESS)}


def dashboard(name: str) -> str:
    """Return a dashboard's JSON, a panel a line."""
    title, panels = DASHBOARDS[name]
    head: dict[str, Any] = {
        "uid": f"bulkhead-{name}",
        "title": title,
        "tags": ["bulkhead"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_source(), *(_variable(each) for each in ("namespace", "job"))]},
    }
    lines = ",\n    ".join(json.dumps(_panel(number, each)) for number, each in enumerate(panels))
    return json.dumps(head, indent=2).removesuffix("\n}") + f',\n  "panels": [\n    {lines}\n  ]\n}}\n'


def _source() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _variable(label: str) -> dict[str, Any]:
    query = f"label_values(bulkhead_outbox_pending, {label})"
    return {
        "name": label,
        "type": "query",
        "datasource": _SOURCE,
        "query": query,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "current": {"text": "All", "value": "$__all"},
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": {
            "x": number % _ACROSS * _WIDTH,
            "y": number // _ACROSS * _HEIGHT,
            "w": _WIDTH,
            "h": _HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + index), "expr": query, "legendFormat": legend}
            for index, (legend, query) in enumerate(panel.queries.items())
        ],
    }


def main(arguments: Sequence[str]) -> None:
    """Write the dashboards; with ``--check`` end with 1 when one is not what it would be."""
    for name in DASHBOARDS:
        path = FOLDER / f"{name}.json"
        if "--check" not in arguments:
            path.write_text(dashboard(name))
        elif not path.exists() or path.read_text() != dashboard(name):
            sys.exit(f"{path.relative_to(REPOSITORY)} is out of date.\n  What to do: make contracts")


if __name__ == "__main__":
    main(sys.argv[1:])
