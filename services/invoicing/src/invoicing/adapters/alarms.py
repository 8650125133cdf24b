"""Tells someone what must never be."""

from __future__ import annotations

from opentelemetry import metrics

from bulkhead.observability.logging import get_logger

LEDGER_FAULTS = "invoicing.ledger.faults"

_log = get_logger("invoicing")
_faults = metrics.get_meter("invoicing").create_counter(
    LEDGER_FAULTS,
    unit="{household}",
    description="Households whose rows are not what their ledger adds up to.",
)


def ledger_disagrees(household: str) -> None:
    """Say that a household's rows are not what its ledger adds up to (INV-16)."""
    _faults.add(1)
    _log.error("ledger_disagrees", household=household)
