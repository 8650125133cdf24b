"""The carrier gateway's settings, read from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from bulkhead.kernel.key_rings import read_key_ring
from bulkhead.runtime.contact_keys import ContactKeySettings
from carrier_gateway.domain.books import MOST_BOOK_BYTES


class CarrierGatewaySettings(ContactKeySettings):
    """Where carriers' files go and come from, besides what every service needs."""

    dropbox_dir: Path = Field(
        validation_alias="CARRIER_GATEWAY_DROPBOX_DIR",
        description="The root of the carriers' drop-boxes, a folder for each. It is never made: while it is not there,"
        " it is tried again and told.",
    )
    file_keys: SecretStr = Field(
        validation_alias="CARRIER_GATEWAY_FILE_KEYS",
        description="The keys that files and people are sealed by in the database: a name, a colon and the base64 of 32"
        " bytes, several with blanks between them. The first writes, and each reads: see `carrier_gateway keys`. With"
        " others than those that sealed there nothing starts.",
    )
    sftp_host: str = Field(
        default="127.0.0.1",
        validation_alias="CARRIER_GATEWAY_SFTP_HOST",
        description="The address that `carrier_gateway sftp` listens at.",
    )
    sftp_port: int = Field(
        default=2222,
        ge=0,
        le=65535,
        validation_alias="CARRIER_GATEWAY_SFTP_PORT",
        description="The port that it listens at.",
    )
    sftp_host_keys: Path | None = Field(
        default=None,
        validation_alias="CARRIER_GATEWAY_SFTP_HOST_KEYS",
        description="A folder of private keys in OpenSSH's format, which prove to carriers that it is the exchange's."
        " Without it SFTP is not served.",
    )
    courier_keys: Path | None = Field(
        default=None,
        validation_alias="CARRIER_GATEWAY_COURIER_KEYS",
        description="A folder of private keys in OpenSSH's format, with which `carrier_gateway courier` logs in to"
        " carriers' own hosts. Without it nobody goes there.",
    )
    courier_seconds: int = Field(
        default=30,
        ge=1,
        validation_alias="CARRIER_GATEWAY_COURIER_SECONDS",
        description="How often each of them is visited, in seconds.",
    )
    book_bytes: int = Field(
        default=MOST_BOOK_BYTES,
        ge=1,
        validation_alias="CARRIER_GATEWAY_BOOK_BYTES",
        description="How many bytes a carrier's book (`RCNI…`) may have, however it is brought. A longer one stays in"
        " `inbound`.",
    )
    sftp_box_bytes: int = Field(
        default=1024 * 1024 * 1024,
        ge=1,
        validation_alias="CARRIER_GATEWAY_SFTP_BOX_BYTES",
        description="How many bytes may lie in a carrier's `inbound` while more is brought by SFTP, or fetched from its"
        " host.",
    )

    @field_validator("file_keys")
    @classmethod
    def _are_keys(cls, given: SecretStr) -> SecretStr:
        """Refuse what can be no keys; none is repeated."""
        read_key_ring(given.get_secret_value())
        return given
