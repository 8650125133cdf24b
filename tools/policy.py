"""Reads the policy packs of all five services: ``python -m tools.policy check|diff|explain``."""

from __future__ import annotations

from collections.abc import Iterator

import typer

from bulkhead.policy import PolicyPack
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


def contradictions(pack: PolicyPack) -> Iterator[str]:
    """Yield on which days letters send people to pay online while payments takes nothing there, or say nothing of it
    while it does (NOT-2, OPS-4), from the day on which both services speak.
    """
    door, letters = pack.file("payments"), pack.file("notifications")
    days = {each.since for each in door.parameters["online_payment"]}
    days |= {each.since for each in letters.parameters["payments_online"]}
    for day in sorted(days):
        opens, tells = door.entry_on("online_payment", day), letters.entry_on("payments_online", day)
        if opens is None or tells is None:
            continue
        is_open = pack.load("payments", PaymentsParameters, day).online_payment
        is_told = pack.load("notifications", WrittenParameters, day).payments_online is not None
        if is_open != is_told:
            yield (
                f"{letters.where}:{tells.line}: payments_online {'names' if is_told else 'is'} "
                f"{'an address' if is_told else 'null'} on {day}, and online_payment in {door.where}:{opens.line} is "
                f"{'true' if is_open else 'false'}: letters name the door that is open, and no other"
            )


cli: typer.Typer = policy_commands(KINDS, rules=rules_there_are, contradictions=contradictions)

if __name__ == "__main__":
    cli()
