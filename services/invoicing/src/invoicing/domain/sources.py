"""Where the rules are from: what a reason cites that no parameter of the pack decided, or that is worked out now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SOURCES: Final[Mapping[str, str]] = {
    "CAR-1": "45 CFR 155.240(a), 156.265(b); chosen (CAR-1)",
    "CAR-5": "45 CFR 155.430(b)(2), 147.128; chosen (CAR-5)",
    "INV-1": "VHC §2",
    "INV-2": "VHC §3",
    "INV-3": "VHC §3; chosen (INV-3)",
    "INV-4": "chosen (INV-4)",
    "INV-5": "VHC §3; groups are chosen (INV-5)",
    "INV-6": "chosen (INV-6)",
    "INV-7": "VHC §3",
    "INV-8": "VHC §3; 45 CFR 156.270(d)",
    "INV-9": "VHC §3, exhibits 3 and 4",
    "INV-11": "VHC §3",
    "INV-12": "VHC §3, exhibits 3 and 4",
    "INV-13": "VHC §3; HBEE 64.06(b)",
    "INV-14": "VHC §3; 45 CFR 156.270(d)",
    "INV-15": "45 CFR 155.400(g)",
    "INV-16": "chosen (INV-16)",
    "INV-17": "N2; chosen (INV-17)",
    "INV-18": "45 CFR 155.240(e)",
    "ENR-6": "VHC §2",
    "ENR-8": "VHC exhibit 1; the order is chosen (ENR-8)",
    "ENR-10": "45 CFR 155.315(f)",
    "ENR-13": "chosen (ENR-13)",
    "ENR-14": "VHC §2; 45 CFR 155.335(j)",
    "PAY-2": "chosen (PAY-2)",
    "PAY-11": "chosen (PAY-11)",
    "PAY-12": "chosen (PAY-12)",
    "OPS-4": "N2",
    "OPS-5": "chosen (OPS-5)",
}
