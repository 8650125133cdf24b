"""The settings of payments, read from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from bulkhead.runtime.settings import Settings


class PaymentsSettings(Settings):
    """Where files come from and go, and who takes the money, besides what every service needs.

    ``processor_url`` is the processor's address, or ``sandbox:`` for one in this process that moves no money
    and forgets everything when it stops.
    """

    lockbox_dir: Path = Field(validation_alias="PAYMENTS_LOCKBOX_DIR")
    remittance_dir: Path = Field(validation_alias="PAYMENTS_REMITTANCE_DIR")
    processor_url: str = Field(validation_alias="PAYMENTS_PROCESSOR_URL")
