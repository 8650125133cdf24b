"""Payments' command line."""

from __future__ import annotations

from bulkhead.runtime.cli import build_cli
from payments.bootstrap import build
from payments.config import PaymentsSettings
from payments.domain.parameters import PaymentsParameters

cli = build_cli("payments", PaymentsSettings, build, parameters=PaymentsParameters)
