"""The records of messaging, as they are kept beside every service's own."""

from __future__ import annotations

from bulkhead.persistence.event_tables import NOBODY, InboxRecord, OutboxRecord, ParkedEvent

__all__ = ["NOBODY", "InboxRecord", "OutboxRecord", "ParkedEvent"]
