"""What is measured, by name: what an objective needs (docs/slo.md). Nothing is recorded until somebody wants it.

Each measurement is declared here, or beside the service that has it alone, as a `Metric`: `docs/metrics.md` is made
from that, and no rule or dashboard may ask for another. What happens is counted when it happens, by the instruments
below. How things stand is read when somebody asks (`bulkhead.observability.readings`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from opentelemetry import metrics

Kind = Literal["gauge", "counter", "histogram"]
ToldBy = Literal["api", "worker", "both"]

_SUFFIXES = {"s": "_seconds", "d": "_days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One measurement. ``labels`` says of each label what it holds; ``told_by`` which processes of a service tell it.

    What ``both`` tell is read from the database they share: each says the same, so it is never to be added up.
    """

    name: str
    kind: Kind
    unit: str
    description: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    told_by: ToldBy

    @property
    def prometheus(self) -> str:
        """Its name in Prometheus: of a histogram, what comes before ``_bucket``, ``_sum`` and ``_count``."""
        plain = self.name.replace(".", "_") + _SUFFIXES.get(self.unit, "")
        return f"{plain}_total" if self.kind == "counter" else plain


OUTBOX_AGE: Final = Metric(
    name="bulkhead.outbox.age",
    kind="gauge",
    unit="s",
    description="Age of the oldest event not yet published.",
    told_by="both",
)
OUTBOX_PENDING: Final = Metric(
    name="bulkhead.outbox.pending",
    kind="gauge",
    unit="{event}",
    description="Events not yet published, counted up to 100,000.",
    told_by="both",
)
CONSUMER_LAG: Final = Metric(
    name="bulkhead.consumer.lag",
    kind="gauge",
    unit="{event}",
    description="Events not yet handled, of the partitions that this process has; none while Kafka is away.",
    labels={"topic": "its name without `BULKHEAD_TOPIC_PREFIX`", "partition": "its number"},
    told_by="worker",
)
PARKED: Final = Metric(
    name="bulkhead.parked.events",
    kind="gauge",
    unit="{event}",
    description="Events set aside and waiting for someone.",
    told_by="both",
)
SEALED_EVENTS: Final = Metric(
    name="bulkhead.consumer.sealed_events",
    kind="gauge",
    unit="{event}",
    description="Events that wait for the key that opens what they say about a household. Once all is read there is"
    " none.",
    told_by="both",
)
PASSED_OVER_TYPES: Final = Metric(
    name="bulkhead.consumer.passed_over_types",
    kind="gauge",
    unit="{type}",
    description="Types of event that were passed over here and are not taken in yet.",
    told_by="both",
)
STOPPED_PARTITIONS: Final = Metric(
    name="bulkhead.consumer.stopped_partitions",
    kind="gauge",
    unit="{partition}",
    description="Partitions not read on because many households have the same fault there.",
    told_by="both",
)
RETRIES_WAITING: Final = Metric(
    name="bulkhead.retries.waiting",
    kind="gauge",
    unit="{item}",
    description="Items of a kind of work that failed, or have to wait, and are tried again.",
    labels={"kind": "the kind of work, as in `retries list`"},
    told_by="both",
)
RETRIES_STUCK: Final = Metric(
    name="bulkhead.retries.stuck",
    kind="gauge",
    unit="{item}",
    description="Items of a kind of work that failed so often that somebody was alarmed; they are still tried.",
    labels={"kind": "the kind of work, as in `retries list`"},
    told_by="both",
)
DUTY_LATENESS: Final = Metric(
    name="bulkhead.duty.lateness",
    kind="gauge",
    unit="s",
    description="How long ago the hour of a duty's first date not done was, in the exchange's time; 0 if none is due.",
    labels={
        "duty": "its name",
        "why": "`nothing-due`, `not-begun`, `begun`, `failing`, or what it waits for: `duty`, `books`, `lockbox-file`,"
        " `lockbox-day`, `online-payment`, `suspense`",
    },
    told_by="both",
)
OVERDUE: Final = Metric(
    name="bulkhead.overdue",
    kind="gauge",
    unit="{thing}",
    description="Things past their deadline that have not come to an end, 1,000 of a kind at most.",
    labels={"kind": "as in `GET /v1/overdue`"},
    told_by="worker",
)
DUTY_DELAY: Final = Metric(
    name="bulkhead.duty.delay",
    kind="histogram",
    unit="s",
    description="How long after its hour a duty was done, in the exchange's time.",
    labels={"duty": "its name"},
    told_by="worker",
)
DUTY_FAILURES: Final = Metric(
    name="bulkhead.duty.failures",
    kind="counter",
    unit="{attempt}",
    description="Attempts at a duty that failed.",
    labels={"duty": "its name"},
    told_by="worker",
)
EVENTS_PUBLISHED: Final = Metric(
    name="bulkhead.events.published",
    kind="counter",
    unit="{event}",
    description="Events published.",
    told_by="worker",
)
EVENTS_CONSUMED: Final = Metric(
    name="bulkhead.events.consumed",
    kind="counter",
    unit="{event}",
    description="Events done with: handled, parked, passed over, or known already.",
    told_by="worker",
)
EVENTS_HANDLED: Final = Metric(
    name="bulkhead.events.handled",
    kind="counter",
    unit="{event}",
    description="Events that had their effect here, by how long that was after they were committed by who said them.",
    labels={
        "within": "the shortest of `1`, `5`, `15`, `60`, `300`, `900`, `3600` seconds that it took at most, or `more`"
    },
    told_by="worker",
)
EVENTS_PASSED_OVER: Final = Metric(
    name="bulkhead.events.passed_over",
    kind="counter",
    unit="{event}",
    description="Events of types not known here, passed over.",
    told_by="worker",
)
EVENTS_FORGOTTEN: Final = Metric(
    name="bulkhead.events.forgotten",
    kind="counter",
    unit="{event}",
    description="Events left out because the key that opens what they say about a household is forgotten.",
    told_by="worker",
)
MEASURE_FAILURES: Final = Metric(
    name="bulkhead.measure.failures",
    kind="counter",
    unit="{attempt}",
    description="Attempts to read how things stand that failed: what could not be read is not told.",
    labels={"source": "`database`, `outbox`, `consumer`, `overdue` or `service`"},
    told_by="both",
)
REQUEST_DURATION: Final = Metric(
    name="http.server.request.duration",
    kind="histogram",
    unit="s",
    description="Requests, by how they ended and how long they took; those for health and measurements left out.",
    labels={
        "http_request_method": "the method",
        "http_route": "the route, such as `/v1/households/{household}`",
        "http_response_status_code": "the status",
        "error_type": "of an answer of 500 and above: the error's type, or its status",
        "url_scheme": "`http` or `https`",
        "network_protocol_version": "of HTTP",
    },
    told_by="api",
)
ACTIVE_REQUESTS: Final = Metric(
    name="http.server.active_requests",
    kind="gauge",
    unit="{request}",
    description="Requests under way.",
    labels={"http_request_method": "the method", "url_scheme": "`http` or `https`"},
    told_by="api",
)

CATALOG: Final = (
    REQUEST_DURATION, ACTIVE_REQUESTS, OUTBOX_AGE, OUTBOX_PENDING, CONSUMER_LAG, EVENTS_HANDLED, EVENTS_PUBLISHED,
    EVENTS_CONSUMED, EVENTS_PASSED_OVER, PARKED, SEALED_EVENTS, EVENTS_FORGOTTEN, PASSED_OVER_TYPES, STOPPED_PARTITIONS,
    DUTY_LATENESS, DUTY_DELAY, DUTY_FAILURES, RETRIES_WAITING, RETRIES_STUCK, OVERDUE, MEASURE_FAILURES,
)  # fmt: skip
"""What every service measures."""

_meter = metrics.get_meter("bulkhead")


def _counter(metric: Metric) -> metrics.Counter:
    return _meter.create_counter(metric.name, unit=metric.unit, description=metric.description)


duty_delay = _meter.create_histogram(
    DUTY_DELAY.name,
    unit=DUTY_DELAY.unit,
    description=DUTY_DELAY.description,
    explicit_bucket_boundaries_advisory=(5, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 72 * 3600),
)
duty_failures = _counter(DUTY_FAILURES)
events_published = _counter(EVENTS_PUBLISHED)
events_consumed = _counter(EVENTS_CONSUMED)
events_handled = _counter(EVENTS_HANDLED)
events_passed_over = _counter(EVENTS_PASSED_OVER)
events_forgotten = _counter(EVENTS_FORGOTTEN)
measure_failures = _counter(MEASURE_FAILURES)

WITHIN_SECONDS: Final = (1, 5, 15, 60, 300, 900, 3600)
_WITHIN = (*map(str, WITHIN_SECONDS), "more")


def count_handled(ages_seconds: Iterable[float]) -> None:
    """Count events that had their effect, by their ages.

    It is a counter by bounds and not a histogram, because a batch has thousands: one addition for each bound and not
    for each event.
    """
    for index, events in Tally(bisect_left(WITHIN_SECONDS, age) for age in ages_seconds).items():
        events_handled.add(events, {"within": _WITHIN[index]})
