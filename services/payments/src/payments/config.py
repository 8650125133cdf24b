"""The settings of payments, read from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from bulkhead.runtime.addresses import HttpAddressOrSandbox
from bulkhead.runtime.settings import Settings
from payments.domain.webhooks import keys_of


class PaymentsSettings(Settings):
    """Where files come from and go, and who takes the money, besides what every service needs."""

    lockbox_dir: Path = Field(
        validation_alias="PAYMENTS_LOCKBOX_DIR",
        description="The folder that the bank's lockbox files are dropped in. It is never made: while it is not there,"
        " it is tried again and told.",
    )
    returns_dir: Path = Field(
        validation_alias="PAYMENTS_RETURNS_DIR",
        description="The folder that the bank's return files are dropped in. It is never made: while it is not there,"
        " it is tried again and told.",
    )
    statements_dir: Path = Field(
        validation_alias="PAYMENTS_STATEMENTS_DIR",
        description="The folder that the bank's statements of the trust account are dropped in, BAI2 or camt.053. It is"
        " never made: while it is not there, it is tried again and told.",
    )
    trust_account: str | None = Field(
        default=None,
        min_length=1,
        max_length=40,
        validation_alias="PAYMENTS_TRUST_ACCOUNT",
        description="The number of the trust account, as the bank's statements have it. Without one a statement file is"
        " taken that is of one account, whichever.",
    )
    remittance_dir: Path = Field(
        validation_alias="PAYMENTS_REMITTANCE_DIR",
        description="The folder that remittance files are written to, in a folder of each carrier. It is never made:"
        " while it is not there, it is tried again and told.",
    )
    processor_url: HttpAddressOrSandbox = Field(
        validation_alias="PAYMENTS_PROCESSOR_URL",
        description="The card processor's address, or `sandbox:` for one in this process that moves no money and"
        " forgets everything when it stops.",
    )
    trial_token: SecretStr | None = Field(
        default=None,
        validation_alias="PAYMENTS_TRIAL_TOKEN",
        description="The processor's token of a card of the exchange's own: `GET /v1/online-payment` tries whether"
        " money would be taken by it now, and takes none. Without one it is only tried whether the processor is there.",
    )
    processor_webhook_secrets: SecretStr | None = Field(
        default=None,
        validation_alias="PAYMENTS_PROCESSOR_WEBHOOK_SECRETS",
        description="What the processor signs its webhooks with (Standard Webhooks): `whsec_` and the base64 of 24 to"
        " 64 bytes. Several with blanks between them while it is rotated: each is believed. Without one no webhook is.",
    )
    processor_webhook_window_seconds: int = Field(
        default=300,
        ge=1,
        le=3600,
        validation_alias="PAYMENTS_PROCESSOR_WEBHOOK_WINDOW_SECONDS",
        description="Seconds between the signing of a webhook and now, by the wall's clock and either way, above which"
        " it is refused as an old one that somebody sends again.",
    )

    @field_validator("processor_webhook_secrets")
    @classmethod
    def _are_secrets(cls, secrets: SecretStr | None) -> SecretStr | None:
        """Refuse what cannot be secrets before a webhook does; no value is repeated."""
        if secrets is not None:
            keys_of(secrets.get_secret_value())
        return secrets
