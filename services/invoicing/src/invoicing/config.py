"""Invoicing's settings, read from the environment."""

from __future__ import annotations

from bulkhead.runtime.settings import Settings


class InvoicingSettings(Settings):
    """Nothing beyond what every service needs."""
