"""Tells those who watch the logs whose coverage could not be renewed: ids, never contents."""

from __future__ import annotations

from bulkhead.observability.logging import describe, get_logger

_log = get_logger("renewals")


class LogAlarms:
    """Alarms as log lines. An `Alarms`."""

    def household_not_renewed(self, *, household: str, error: Exception) -> None:
        """Say that a household had a fault of ours: it was passed over, or all wait there."""
        _log.error("household_not_renewed", household=household, **describe(error))
