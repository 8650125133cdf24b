"""Reasons: what a decision rests on, so that a notice, an audit row and an API answer say the same."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One ground of a decision: the rule's id, what it says here, where it comes from, the facts used.

    ``facts`` holds dates, amounts and ids only, never a name or an address.
    """

    rule: str
    says: str
    citation: str = ""
    facts: dict[str, str] = field(default_factory=lambda: dict[str, str]())
