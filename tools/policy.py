"""Reads the policy packs of all five services: ``python -m tools.policy check|diff|explain``."""

from __future__ import annotations

import typer

from bulkhead.runtime.policy_cli import policy_commands
from carrier_gateway.domain.parameters import GatewayParameters
from enrollment.domain.parameters import EnrollmentParameters
from invoicing.domain.parameters import InvoicingParameters
from notifications.adapters.writing.wordings import WrittenParameters
from payments.domain.parameters import PaymentsParameters
from tools.rules_index import rules_there_are

KINDS: dict[str, type] = {
    "enrollment": EnrollmentParameters,
    "invoicing": InvoicingParameters,
    "payments": PaymentsParameters,
    "carrier-gateway": GatewayParameters,
    "notifications": WrittenParameters,
}
"""The dataclass of each service's parameters."""

cli: typer.Typer = policy_commands(KINDS, rules=rules_there_are)

if __name__ == "__main__":
    cli()
