"""The metrics an objective needs, by name. Nothing is recorded until a meter provider is configured."""

from __future__ import annotations

from typing import Final

from opentelemetry import metrics

OUTBOX_AGE: Final = "bulkhead.outbox.age"
OUTBOX_PENDING: Final = "bulkhead.outbox.pending"
CONSUMER_LAG: Final = "bulkhead.consumer.lag"
PARKED: Final = "bulkhead.parked.events"
STOPPED_PARTITIONS: Final = "bulkhead.consumer.stopped_partitions"
DUTY_LATENESS: Final = "bulkhead.duty.lateness"
DUTY_FAILURES: Final = "bulkhead.duty.failures"
OVERDUE: Final = "bulkhead.overdue"
RETRIES_WAITING: Final = "bulkhead.retries.waiting"
RETRIES_STUCK: Final = "bulkhead.retries.stuck"
EVENTS_PUBLISHED: Final = "bulkhead.events.published"
EVENTS_CONSUMED: Final = "bulkhead.events.consumed"
EVENTS_PASSED_OVER: Final = "bulkhead.events.passed_over"

_meter = metrics.get_meter("bulkhead")

outbox_age = _meter.create_gauge(
    OUTBOX_AGE, unit="s", description="Age of the oldest event not yet published."
)
outbox_pending = _meter.create_gauge(OUTBOX_PENDING, unit="{event}", description="Events not yet published.")
consumer_lag = _meter.create_gauge(CONSUMER_LAG, unit="{event}", description="Events not yet handled.")
parked = _meter.create_gauge(PARKED, unit="{event}", description="Events set aside and waiting for someone.")
stopped_partitions = _meter.create_gauge(
    STOPPED_PARTITIONS,
    unit="{partition}",
    description="Partitions not read on because many households have the same fault there.",
)
duty_lateness = _meter.create_histogram(
    DUTY_LATENESS, unit="s", description="How long after its hour a duty was done, in the exchange's time."
)
duty_failures = _meter.create_counter(
    DUTY_FAILURES, unit="{attempt}", description="Attempts at a duty that failed."
)
overdue = _meter.create_gauge(
    OVERDUE, unit="{thing}", description="Things past their deadline that have not come to an end."
)
retries_waiting = _meter.create_gauge(
    RETRIES_WAITING, unit="{item}", description="Items of a kind of work that failed and are tried again."
)
retries_stuck = _meter.create_gauge(
    RETRIES_STUCK,
    unit="{item}",
    description="Items of a kind of work that failed so often that somebody was alarmed.",
)
events_published = _meter.create_counter(EVENTS_PUBLISHED, unit="{event}", description="Events published.")
events_consumed = _meter.create_counter(EVENTS_CONSUMED, unit="{event}", description="Events handled.")
events_passed_over = _meter.create_counter(
    EVENTS_PASSED_OVER, unit="{event}", description="Events of types not known here, passed over."
)
