"""The command line of notifications: what every service has, and ``contact-keys``."""

from __future__ import annotations

from bulkhead.runtime.cli import build_cli
from bulkhead.runtime.contact_keys_cli import contact_keys_cli
from notifications.adapters.writing.wordings import WrittenParameters
from notifications.bootstrap import build
from notifications.config import NotificationsSettings

cli = build_cli("notifications", NotificationsSettings, build, parameters=WrittenParameters)
cli.add_typer(contact_keys_cli(NotificationsSettings, build, says=False), name="contact-keys")
