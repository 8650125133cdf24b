"""The partitions of outbox and inbox: one a month, of the database's clock in UTC, and one for what no month takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_PARTITION = re.compile(r"(outbox|inbox)_(default|[0-9]{4}_[0-9]{2})")


def partition_of_month(table: str, month: datetime) -> str:
    """Return the name of the partition of a table that holds a month."""
    return f"{table}_{month:%Y_%m}"


def default_partition(table: str) -> str:
    """Return the name of the partition that takes what no month's does: no insert fails for lack of one."""
    return f"{table}_default"


def month_of_partition(name: str) -> datetime | None:
    """Return the beginning of the month that a partition holds; None for the default one."""
    month = name.partition("_")[2]
    return None if month == "default" else datetime.strptime(month, "%Y_%m").replace(tzinfo=UTC)


def is_partition(name: str) -> bool:
    """Whether a table's name is that of a partition."""
    return _PARTITION.fullmatch(name) is not None


def month_of(instant: datetime) -> datetime:
    """Return the beginning of an instant's month."""
    return instant.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_after(month: datetime) -> datetime:
    """Return the beginning of the next month."""
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
