"""What the policy pack says of the exchange as carriers know it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bulkhead.kernel.maintenance import MaintenanceTerms
from bulkhead.kernel.parameters import ParameterFault, outside
from carrier_gateway.domain.discrepancies import KINDS

_ON_THE_WIRE: Final = {
    "sender_id": (r"[A-Z0-9]{1,15}", "1 to 15 capitals and digits (ISA06)"),
    "application_id": (r"[A-Z0-9]{2,15}", "2 to 15 capitals and digits (GS02)"),
    "source_exchange_id": (r"[A-Z0-9]{1,50}", "1 to 50 capitals and digits (REF02)"),
    "rating_area": (r"R-[A-Z]{2}\d{3}", "R-, the state and three digits, as R-VT001"),
    "time_code": (r"[A-Z]{2}", "two capitals, as ET (BGN05)"),
    "payer_name": (r"[A-Za-z0-9][A-Za-z0-9 .&',/-]{0,59}", "1 to 60 plain characters (N102)"),
    "payer_phone": (r"[0-9]{10}", "ten digits (PER04)"),
}
"""By parameter, what a file to a carrier can carry, and how to say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayParameters:
    """The exchange's own identity on the wire, and for how long things may wait.

    ``sender_id`` is ISA06, ``application_id`` GS02; ``source_exchange_id`` and ``rating_area`` go into the
    reporting categories; ``time_code`` is BGN05. After so many days somebody is told of what has not come to
    an end (I9): a set that did not reach its carrier, a file that was not read, a list that was not written, an 820
    that was not, an audit that was not, a difference between a carrier's book and ours that still stands. Audits are
    of ``audit_day`` of each month; ``carrier_wins`` are the fields of which a carrier's word counts in a
    reconciliation: of all others the exchange's does (CAR-6). ``payer_name`` and ``payer_phone`` are those of who pays
    carriers (N1*RM, PER*IC).
    """

    sender_id: str
    application_id: str
    source_exchange_id: str
    rating_area: str
    time_code: str
    transmission_overdue_days: int
    inbound_file_overdue_days: int
    list_overdue_days: int
    remittance_overdue_days: int
    audit_day: int
    audit_overdue_days: int
    carrier_wins: tuple[str, ...]
    discrepancy_overdue_days: int
    payer_name: str
    payer_phone: str
    maintenance: MaintenanceTerms
    """When the service may be taken out, and the exchange's deadlines by the calendar (OPS-2)."""
    citations: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)

    def faults(self) -> list[ParameterFault]:
        """Return what of these values no file to a carrier can carry, and what cannot be meant."""
        unfit = [
            ParameterFault(parameter=name, problem=f"is {value!r}: it must be {must}", rule="CAR-2")
            for name, (form, must) in _ON_THE_WIRE.items()
            if not re.fullmatch(form, value := getattr(self, name), re.ASCII)
        ]
        return [
            *unfit,
            *outside(self, "CAR-4, I9", "transmission_overdue_days", least=1, most=60),
            *outside(self, "I9", "inbound_file_overdue_days", "list_overdue_days", least=1, most=60),
            *outside(self, "PAY-6, I9", "remittance_overdue_days", least=1, most=60),
            *[
                ParameterFault(
                    parameter="carrier_wins",
                    problem=f"has {each!r}: it must be of {', '.join(KINDS)}",
                    rule="CAR-6",
                )
                for each in self.carrier_wins
                if each not in KINDS
            ],
            *outside(self, "CAR-6", "audit_day", least=1, most=28),
            *outside(self, "CAR-6, I9", "audit_overdue_days", "discrepancy_overdue_days", least=1, most=120),
        ]
