"""Invoicing's command line."""

from __future__ import annotations

from bulkhead.runtime.cli import build_cli
from invoicing.bootstrap import build
from invoicing.config import InvoicingSettings

cli = build_cli("invoicing", InvoicingSettings, build)
