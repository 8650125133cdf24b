"""Where rules are from of which no parameter of the pack speaks: what their reasons cite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SOURCES: Final[Mapping[str, str]] = {
    "CAL-3": 'VHC exhibit 1, "Plan Year"',
    "CAR-1": "45 CFR 155.240(a), 156.265(b); chosen (CAR-1)",
    "CAR-5": "45 CFR 155.430(b)(2), 147.128; chosen (CAR-5)",
    "ENR-3": "45 CFR 155.420",
    "ENR-4": "45 CFR 155.430(d)(2)(iv), 155.420(c)(6)",
    "ENR-5": "VHC §2",
    "ENR-7": "chosen (ENR-7)",
    "ENR-8": "VHC exhibit 1; the order is chosen (ENR-8)",
    "ENR-11": "N1",
    "ENR-13": "chosen (ENR-13)",
    "ENR-14": "VHC §2; 45 CFR 155.335(j)",
    "ENR-16": "chosen (ENR-16)",
    "ENR-17": "45 CFR 147.102",
    "INV-9": "VHC §3, exhibits 3 and 4",
    "INV-12": "VHC §3",
    "INV-13": "VHC §3; HBEE 64.06(b)",
    "INV-18": "45 CFR 155.240(e)",
    "OPS-5": "chosen (OPS-5)",
}
