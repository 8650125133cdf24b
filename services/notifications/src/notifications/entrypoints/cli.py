"""The command line of notifications."""

from __future__ import annotations

from bulkhead.runtime.cli import build_cli
from notifications.bootstrap import build
from notifications.config import NotificationsSettings
from notifications.domain.parameters import NotificationsParameters

cli = build_cli("notifications", NotificationsSettings, build, parameters=NotificationsParameters)
