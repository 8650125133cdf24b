"""Tells those who watch the logs what does not go on by itself: pollers and ids, never contents."""

from __future__ import annotations

from bulkhead.observability.logging import describe, get_logger

_log = get_logger("payments.pollers")


class LogAlarms:
    """Alarms as log lines. An `Alarms`."""

    def stuck(self, *, poller: str, item: str, error: Exception) -> None:
        """Say that one item failed for a reason that is no outage; it is tried again, later each time."""
        _log.error("item_stuck", poller=poller, item=item, **describe(error))
