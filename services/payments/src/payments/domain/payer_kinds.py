"""Kinds of third parties who pay for others (PAY-1)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

PayerKind: TypeAlias = Literal[
    "ryan-white", "tribe", "government", "employer", "family", "charity", "provider"
]
"""Who pays. ``ryan-white``: a program of title XXVI of the Public Health Service Act. ``tribe``: an Indian tribe,
tribal organization or urban Indian organization. ``government``: a local, state or federal program, or its grantee.
``provider``: a hospital or another provider of care, or an entity that one stands behind.
"""
MUST_BE_ACCEPTED: Final[frozenset[PayerKind]] = frozenset({"ryan-white", "tribe", "government"})
"""Whose payments no issuer may refuse (45 CFR 156.1250)."""
