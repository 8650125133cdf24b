"""Months of the database's clock, and what the partitions that hold them are called."""

from __future__ import annotations

from datetime import UTC, datetime

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from bulkhead.persistence.months import (
    default_partition,
    is_partition,
    month_after,
    month_of,
    month_of_partition,
    partition_of_month,
)

DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
JANUARY = datetime(2027, 1, 1, tzinfo=UTC)


def test_a_month_begins_at_midnight_in_utc_wherever_the_instant_is_told() -> None:
    assert month_of(datetime(2026, 12, 31, 18, 59, 59, tzinfo=EXCHANGE_ZONE)) == DECEMBER
    assert month_of(datetime(2026, 12, 31, 19, tzinfo=EXCHANGE_ZONE)) == JANUARY


def test_december_is_followed_by_the_next_years_january() -> None:
    assert month_after(DECEMBER) == JANUARY
    assert month_after(JANUARY) == datetime(2027, 2, 1, tzinfo=UTC)


def test_a_partition_is_named_by_its_month_and_known_by_its_name() -> None:
    assert partition_of_month("outbox", DECEMBER) == "outbox_2026_12"
    assert month_of_partition("outbox_2026_12") == DECEMBER
    assert month_of_partition(default_partition("inbox")) is None
    names = ["outbox_2026_12", "inbox_default", "inbox", "outbox_of_somebody", "charges_2026_12"]
    assert [is_partition(name) for name in names] == [True, True, False, False, False]
