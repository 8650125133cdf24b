"""The settings of notifications, read from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from bulkhead.kernel.personal import Masked
from bulkhead.kernel.webhooks import keys_of
from bulkhead.runtime.addresses import HttpAddress
from bulkhead.runtime.contact_keys import ContactKeySettings
from notifications.domain.contacts import is_mailable


class NotificationsSettings(ContactKeySettings):
    """Where mail and paper go, besides what every service needs."""

    smtp_host: str = Field(validation_alias="NOTIFICATIONS_SMTP_HOST", description="The mail server's host.")
    smtp_port: int = Field(
        default=25, validation_alias="NOTIFICATIONS_SMTP_PORT", description="The mail server's port."
    )
    smtp_tls: Literal["implicit", "required", "offered", "none"] = Field(
        default="offered",
        validation_alias="NOTIFICATIONS_SMTP_TLS",
        description="TLS with the mail server: from the first byte, by STARTTLS or not at all, by STARTTLS where it is"
        " offered, or never.",
    )
    smtp_username: str | None = Field(
        default=None,
        validation_alias="NOTIFICATIONS_SMTP_USERNAME",
        description="Who logs in there, if anybody must.",
    )
    smtp_password: SecretStr | None = Field(
        default=None, validation_alias="NOTIFICATIONS_SMTP_PASSWORD", description="With which password."
    )
    sender: str = Field(
        validation_alias="NOTIFICATIONS_SENDER",
        description="Whom mails are from: `mail@exchange.example` or `Exchange <mail@exchange.example>`.",
    )
    returned_mail_dir: Path | None = Field(
        default=None,
        validation_alias="NOTIFICATIONS_RETURNED_MAIL_DIR",
        description="The maildir that mail to the sender's address is delivered to: reports of e-mail that did not"
        " arrive (RFC 3464) are taken out of its `new`. Without one they come by `POST /v1/bounces` alone. It is never"
        " made: while it is not there, it is tried again and told.",
    )
    mail_webhook_secrets: SecretStr | None = Field(
        default=None,
        validation_alias="NOTIFICATIONS_MAIL_WEBHOOK_SECRETS",
        description="What the provider that delivers e-mail signs its webhooks with (Standard Webhooks): `whsec_` and"
        " the base64 of 24 to 64 bytes. Several with blanks between them while it is rotated: each is believed. Without"
        " one no webhook is.",
    )
    mail_webhook_window_seconds: int = Field(
        default=300,
        ge=1,
        le=3600,
        validation_alias="NOTIFICATIONS_MAIL_WEBHOOK_WINDOW_SECONDS",
        description="Seconds between the signing of a webhook and now, by the wall's clock and either way, above which"
        " it is refused as an old one that somebody sends again.",
    )
    proof_addresses: str = Field(
        default="",
        validation_alias="NOTIFICATIONS_PROOF_ADDRESSES",
        description="The e-mail addresses of staff to whom proofs of notices may be mailed, with blanks between them."
        " Without one none is.",
    )
    print_dir: Path = Field(
        validation_alias="NOTIFICATIONS_PRINT_DIR",
        description="The folder that letters are written to. It is never made: while it is not there, it is tried"
        " again and told.",
    )
    payments_url: HttpAddress | None = Field(
        default=None,
        validation_alias="NOTIFICATIONS_PAYMENTS_URL",
        description="The address at which front ends reach payments. Every 7 seconds it is tried whether money can be"
        " paid online there; while it cannot, no notice sends anybody there. Without it nobody looks, and what was"
        " found before is over.",
    )
    enrollment_url: HttpAddress | None = Field(
        default=None,
        validation_alias="NOTIFICATIONS_ENROLLMENT_URL",
        description="The address at which front ends reach enrollment. Every 7 seconds it is tried whether plans can be"
        " selected online there; while they cannot, no notice sends anybody there. And whether the federal hub answers"
        " enrollment. Without it nobody looks, and what was found before is over.",
    )
    carrier_gateway_url: HttpAddress | None = Field(
        default=None,
        validation_alias="NOTIFICATIONS_CARRIER_GATEWAY_URL",
        description="The address at which the carrier gateway is reached. Every 7 seconds it is asked whether it"
        " reaches carriers' drop-boxes. Without it nobody looks, and what was found before is over.",
    )
    tries_near_seconds: int = Field(
        default=60,
        ge=30,
        le=3600,
        validation_alias="NOTIFICATIONS_TRIES_NEAR_SECONDS",
        description="Seconds of wall time between two tries of a channel up to which they are in a row. Between two"
        " that are further apart nobody looked, and they make no outage.",
    )
    instance: str = Field(
        default="notifications",
        validation_alias="NOTIFICATIONS_INSTANCE",
        description="This replica's name, its own among others and the same after a restart: by it, it takes up at once"
        " what it was sending when it stopped.",
    )

    @model_validator(mode="after")
    def _can_be_secrets(self) -> Self:
        """Refuse secrets that cannot be any; none is repeated."""
        try:
            self.mail_webhook_keys()
        except ValueError as error:
            raise ValueError(f"NOTIFICATIONS_MAIL_WEBHOOK_SECRETS: {error}") from None
        return self

    @model_validator(mode="after")
    def _can_be_mailed(self) -> Self:
        """Refuse what cannot be an address; none is repeated."""
        if not all(is_mailable(each) for each in self.proof_recipients()):
            raise ValueError("NOTIFICATIONS_PROOF_ADDRESSES: one of them cannot be an e-mail address")
        return self

    def proof_recipients(self) -> tuple[Masked, ...]:
        """Return the addresses of staff to whom proofs may be mailed."""
        return tuple(map(Masked, self.proof_addresses.split()))

    def mail_webhook_keys(self) -> tuple[bytes, ...]:
        """Return the keys that webhooks of e-mail may be signed with; raises `ValueError`, which names none."""
        secrets = self.mail_webhook_secrets
        return () if secrets is None else keys_of(secrets.get_secret_value())
