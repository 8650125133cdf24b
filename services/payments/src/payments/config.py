"""The settings of payments, read from the environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, model_validator

from bulkhead.kernel.key_rings import read_key_ring
from bulkhead.kernel.webhooks import keys_of
from bulkhead.runtime.addresses import SANDBOX, HttpAddressOrNothing, HttpAddressOrSandbox
from bulkhead.runtime.settings import Settings
from payments.domain.ach_debits import OffsetAccount, offset_of
from payments.domain.bank_accounts import is_routing_number
from payments.domain.timed_webhooks import secrets_of

_COMPANY_ID: Final = re.compile(r"[0-9A-Z]{10}")
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
        description="Our secret key at the processor, which is asked nothing without one: needed unless that is"
        " `sandbox:`. Over http, without TLS, only a test key is sent: one with `_test_` in it.",
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

    account_keys: SecretStr | None = Field(
        default=None,
        validation_alias="PAYMENTS_ACCOUNT_KEYS",
        description="The keys that bank accounts kept here are sealed by: a name, a colon and the base64 of 32 bytes,"
        " several with blanks between them. The first writes, and each reads: see `payments keys`. Without one no bank"
        " account is kept here.",
    )
    debits_dir: Path | None = Field(
        default=None,
        validation_alias="PAYMENTS_DEBITS_DIR",
        description="The folder that files of debits are written to for our bank, in NACHA's format. It is never made:"
        " while it is not there, it is tried again and told. Needed with `PAYMENTS_ACCOUNT_KEYS`.",
    )
    debit_bank: str = Field(
        default="",
        validation_alias="PAYMENTS_DEBIT_BANK",
        description="The routing number of the bank that takes our files of debits. Needed with"
        " `PAYMENTS_ACCOUNT_KEYS`.",
    )
    debit_bank_name: str = Field(
        default="",
        max_length=23,
        validation_alias="PAYMENTS_DEBIT_BANK_NAME",
        description="That bank's name, as its files have it.",
    )
    debit_company: str = Field(
        default="",
        max_length=16,
        validation_alias="PAYMENTS_DEBIT_COMPANY",
        description="What a payer's statement calls us. Needed with `PAYMENTS_ACCOUNT_KEYS`.",
    )
    debit_company_id: str = Field(
        default="",
        validation_alias="PAYMENTS_DEBIT_COMPANY_ID",
        description="The ten characters that our bank knows us by, capitals and digits. Needed with"
        " `PAYMENTS_ACCOUNT_KEYS`.",
    )
    debit_offset_account: SecretStr | None = Field(
        default=None,
        validation_alias="PAYMENTS_DEBIT_OFFSET_ACCOUNT",
        description="Our account at that bank that debits are paid into: `checking` or `savings`, a colon and its"
        " number. With it each batch has an entry that balances it; without one the bank posts by itself.",
    )

    @property
    def offset_account(self) -> OffsetAccount | None:
        """The account that balances batches, None where they are not balanced. Raises `ValueError`."""
        if self.debit_offset_account is None:
            return None
        return offset_of(self.debit_offset_account.get_secret_value())

    @model_validator(mode="after")
    def _can_debit(self) -> Self:
        """Refuse keys that cannot be any, and what a file of debits would lack; no key or number is repeated."""
        if self.account_keys is None:
            return self
        if self.debits_dir is None:
            raise ValueError("PAYMENTS_DEBITS_DIR is needed with PAYMENTS_ACCOUNT_KEYS")
        if not is_routing_number(self.debit_bank):
            raise ValueError("PAYMENTS_DEBIT_BANK must be a routing number, nine digits")
        if not _COMPANY_ID.fullmatch(self.debit_company_id) or not self.debit_company.strip():
            raise ValueError(
                "PAYMENTS_DEBIT_COMPANY_ID must be ten capitals and digits, and PAYMENTS_DEBIT_COMPANY a name"
            )
        try:
            read_key_ring(self.account_keys.get_secret_value())
        except ValueError as error:
            raise ValueError(f"PAYMENTS_ACCOUNT_KEYS: {error}") from None
        try:
            _ = self.offset_account
        except ValueError as error:
            raise ValueError(f"PAYMENTS_DEBIT_OFFSET_ACCOUNT: {error}") from None
        return self

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
        if self.processor_url == SANDBOX:
            return self
        key = "" if self.processor_key is None else self.processor_key.get_secret_value()
        if not _KEY.fullmatch(key):
            raise ValueError(
                "PAYMENTS_PROCESSOR_KEY is needed to ask the processor: visible characters without blanks"
            )
        if not self.processor_url.startswith("https://") and "_test_" not in key:
            raise ValueError(
                "PAYMENTS_PROCESSOR_URL: https:// is needed unless PAYMENTS_PROCESSOR_KEY is a test key"
            )
        return self
