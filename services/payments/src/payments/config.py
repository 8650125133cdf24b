"""The settings of payments, read from the environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, model_validator

from bulkhead.runtime.addresses import SANDBOX, HttpAddressOrNothing, HttpAddressOrSandbox
from bulkhead.runtime.settings import Settings
from payments.domain.timed_webhooks import secrets_of
from payments.domain.webhooks import keys_of

_KEY: Final = re.compile(r"[!-~]{8,255}")


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
    processor_protocol: Literal["charges", "payment-intents"] = Field(
        default="charges",
        validation_alias="PAYMENTS_PROCESSOR_PROTOCOL",
        description="What the processor at that address speaks: `charges`, a protocol of this exchange's own, or"
        " `payment-intents`, as Stripe's public API does.",
    )
    processor_key: SecretStr | None = Field(
        default=None,
        validation_alias="PAYMENTS_PROCESSOR_KEY",
        description="Our secret key at a processor of payment intents, which needs one. Over http, without TLS, only a"
        " test key is sent.",
    )
    processor_return_url: HttpAddressOrNothing = Field(
        default="",
        validation_alias="PAYMENTS_PROCESSOR_RETURN_URL",
        description="Where a processor of payment intents sends a member back to who has confirmed a payment with"
        " whoever issued the card. Without one, a payment that would have to be confirmed is declined.",
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
        description="What the processor signs its webhooks with: `whsec_` and, of charges (Standard Webhooks), the"
        " base64 of 24 to 64 bytes, of payment intents whatever it shows. Several with blanks between them while it is"
        " rotated: each is believed. Without one no webhook is.",
    )
    processor_webhook_window_seconds: int = Field(
        default=300,
        ge=1,
        le=3600,
        validation_alias="PAYMENTS_PROCESSOR_WEBHOOK_WINDOW_SECONDS",
        description="Seconds between the signing of a webhook and now, by the wall's clock and either way, above which"
        " it is refused as an old one that somebody sends again.",
    )

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        """Refuse secrets that cannot be any, and a key that is missing or would be sent for all to read; no value is
        repeated.
        """
        speaks_intents = self.processor_protocol == "payment-intents"
        if self.processor_webhook_secrets is not None:
            try:
                (secrets_of if speaks_intents else keys_of)(self.processor_webhook_secrets.get_secret_value())
            except ValueError as error:
                raise ValueError(f"PAYMENTS_PROCESSOR_WEBHOOK_SECRETS: {error}") from None
        if not speaks_intents or self.processor_url == SANDBOX:
            return self
        key = "" if self.processor_key is None else self.processor_key.get_secret_value()
        if not _KEY.fullmatch(key):
            raise ValueError(
                "PAYMENTS_PROCESSOR_KEY is needed for payment intents: visible characters without blanks"
            )
        if not self.processor_url.startswith("https://") and "_test_" not in key:
            raise ValueError(
                "PAYMENTS_PROCESSOR_URL: https:// is needed unless PAYMENTS_PROCESSOR_KEY is a test key"
            )
        return self
