"""Tells those who watch the logs what keeps notices from going out: types and ids, never contents."""

from __future__ import annotations

from bulkhead.kernel.errors import Retryable
from bulkhead.observability.logging import describe, get_logger

_log = get_logger("notifications.sending")


class LogAlarms:
    """Alarms as log lines. An `Alarms`."""

    def outlet_away(self, *, poller: str, error: Retryable) -> None:
        """Say that an outlet is away and its notices wait."""
        _log.warning("outlet_away", poller=poller, **describe(error))
