"""Where rules are from of which no parameter of the pack speaks: what their reasons cite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SOURCES: Final[Mapping[str, str]] = {
    "CAL-3": 'VHC exhibit 1, "Plan Year"',
    "ENR-4": "45 CFR 155.430(d)(2)(iv), 155.420(c)(6)",
    "ENR-5": "VHC §2",
    "ENR-7": "chosen (ENR-7)",
    "ENR-8": "VHC exhibit 1; the order is chosen (ENR-8)",
    "ENR-11": "N1",
    "ENR-13": "chosen (ENR-13)",
    "ENR-14": "VHC §2; 45 CFR 155.335(j)",
    "ENR-16": "chosen (ENR-16)",
    "INV-12": "VHC §3",
}
