"""The settings of notifications, read from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from bulkhead.runtime.settings import Settings


class NotificationsSettings(Settings):
    """Where mail and paper go, besides what every service needs.

    ``instance`` names this replica among others: it must be its own, and the same after a restart, for then
    it takes up at once what it was sending when it stopped.
    """

    smtp_host: str = Field(validation_alias="NOTIFICATIONS_SMTP_HOST")
    smtp_port: int = Field(default=25, validation_alias="NOTIFICATIONS_SMTP_PORT")
    smtp_tls: Literal["implicit", "required", "offered", "none"] = Field(
        default="offered", validation_alias="NOTIFICATIONS_SMTP_TLS"
    )
    smtp_username: str | None = Field(default=None, validation_alias="NOTIFICATIONS_SMTP_USERNAME")
    smtp_password: SecretStr | None = Field(default=None, validation_alias="NOTIFICATIONS_SMTP_PASSWORD")
    sender: str = Field(validation_alias="NOTIFICATIONS_SENDER")
    print_dir: Path = Field(validation_alias="NOTIFICATIONS_PRINT_DIR")
    instance: str = Field(default="notifications", validation_alias="NOTIFICATIONS_INSTANCE")
