"""Tells those who watch the logs what keeps notices from going out: types and ids, never contents."""

from __future__ import annotations

from bulkhead.kernel.errors import Retryable
from bulkhead.observability.logging import describe, get_logger
from notifications.domain.announced import AnnouncedMaintenance
from notifications.domain.outages import Outage

_log = get_logger("notifications.sending")


class LogAlarms:
    """Alarms as log lines. An `Alarms`."""

    def outlet_away(self, *, poller: str, error: Retryable) -> None:
        """Say that an outlet is away and its notices wait."""
        _log.warning("outlet_away", poller=poller, **describe(error))

    def mail_set_aside(self, *, reason: str) -> None:
        """Say that a mail that came back is for a person."""
        _log.warning("returned_mail_set_aside", reason=reason)

    def channel_changed(self, outage: Outage) -> None:
        """Say that an outage of a channel has begun or ended."""
        began = {"channel": outage.channel, "outage": outage.number, "began_at": outage.began_at.isoformat()}
        if outage.ended_at is None:
            _log.error("channel_down", **began, evidence=outage.evidence)
        else:
            _log.warning(
                "channel_up", **began, ended_at=outage.ended_at.isoformat(), evidence=outage.end_evidence
            )

    def channel_closed(self, outage: Outage, maintenance: AnnouncedMaintenance) -> None:
        """Say that a channel is shut as it was announced: no alarm."""
        _log.info(
            "channel_closed",
            channel=outage.channel,
            outage=outage.number,
            maintenance=maintenance.maintenance,
            until=maintenance.ends_at.isoformat(),
        )
