"""What payments measures: how old the money is that no carrier has been paid yet (PAY-9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from opentelemetry import metrics

from payments.domain.books import AgeBucket

UNREMITTED: Final = "bulkhead.payments.unremitted"

_unremitted = metrics.get_meter("bulkhead.payments").create_gauge(
    UNREMITTED, unit="{cent}", description="Cents no carrier has been paid yet, by days since receipt."
)


def record_ages(buckets: Sequence[AgeBucket]) -> None:
    """Record the unremitted cents of each bucket of ages under its name, such as ``3-7`` or ``91+``."""
    for bucket in buckets:
        days = f"{bucket.from_days}+" if bucket.to_days is None else f"{bucket.from_days}-{bucket.to_days}"
        _unremitted.set(bucket.cents, {"days": days})
