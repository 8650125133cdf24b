"""The command line of notifications."""

from __future__ import annotations

from bulkhead.runtime.cli import build_cli
from notifications.adapters.writing.wordings import WrittenParameters
from notifications.bootstrap import build
from notifications.config import NotificationsSettings

cli = build_cli("notifications", NotificationsSettings, build, parameters=WrittenParameters)
