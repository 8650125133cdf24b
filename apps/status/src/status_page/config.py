"""The settings of the status page, read from the environment. What every service is told too has the same name here."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from bulkhead.runtime.addresses import HttpAddress


class StatusSettings(BaseSettings):
    """Where it looks, and where it is found."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    enrollment_url: HttpAddress = Field(
        validation_alias="STATUS_ENROLLMENT_URL",
        description="The address at which front ends reach enrollment. It is looked at every 8 seconds.",
    )
    invoicing_url: HttpAddress = Field(validation_alias="STATUS_INVOICING_URL", description="Invoicing's.")
    payments_url: HttpAddress = Field(validation_alias="STATUS_PAYMENTS_URL", description="Payments'.")
    carrier_gateway_url: HttpAddress = Field(
        validation_alias="STATUS_CARRIER_GATEWAY_URL", description="The carrier gateway's."
    )
    notifications_url: HttpAddress = Field(
        validation_alias="STATUS_NOTIFICATIONS_URL", description="Notifications'."
    )
    http_host: str = Field(
        default="127.0.0.1",
        validation_alias="BULKHEAD_HTTP_HOST",
        description="The address that the page is served at.",
    )
    http_port: int = Field(
        default=8000,
        ge=0,
        le=65535,
        validation_alias="BULKHEAD_HTTP_PORT",
        description="The port that the page is served at.",
    )
    grace_seconds: float = Field(
        default=5.0,
        gt=0,
        validation_alias="BULKHEAD_GRACE_SECONDS",
        description="Seconds that stopping may take in all.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO",
        validation_alias="BULKHEAD_LOG_LEVEL",
        description="From which level on the log has lines.",
    )
    policy_dir: Path = Field(
        default=Path("policy"),
        validation_alias="BULKHEAD_POLICY_DIR",
        description="The folder of the policy packs.",
    )
    policy_pack: str = Field(
        default="vermont-2016",
        validation_alias="BULKHEAD_POLICY_PACK",
        description="The pack whose notices it shares the exchange's name and the ways to pay with.",
    )
    simulation_start: date | None = Field(
        default=None,
        validation_alias="BULKHEAD_SIMULATION_START",
        description="The exchange's clock is a simulated one that begins at this date's midnight.",
    )
    simulation_clock_file: Path | None = Field(
        default=None,
        validation_alias="BULKHEAD_SIMULATION_CLOCK_FILE",
        description="The file that tells the simulated time. Without one it is as payments and enrollment tell it.",
    )
