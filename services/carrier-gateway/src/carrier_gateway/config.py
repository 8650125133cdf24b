"""The carrier gateway's settings, read from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from bulkhead.runtime.settings import Settings


class CarrierGatewaySettings(Settings):
    """Where carriers' files go and come from, besides what every service needs."""

    dropbox_dir: Path = Field(
        validation_alias="CARRIER_GATEWAY_DROPBOX_DIR",
        description="The root of the carriers' drop-boxes, a folder for each. It is never made: while it is not there,"
        " it is tried again and told.",
    )
