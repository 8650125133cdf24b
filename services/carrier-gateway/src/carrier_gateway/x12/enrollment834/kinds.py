"""What a carrier's 834 is about, told by maintenance type, reason and additional reason: one table."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from carrier_gateway.x12.enrollment834.categories import ADDITIONAL_REASON
from carrier_gateway.x12.enrollment834.model import Member

InboundKind: TypeAlias = Literal[
    "effectuation", "cancellation", "termination", "maintenance", "reinstatement"
]

EndReason: TypeAlias = Literal[
    "non-payment",
    "free-look",
    "fraud",
    "rescission",
    "casework",
    "other-coverage",
    "out-of-area",
    "other",
]

INBOUND: dict[tuple[str, str, str], InboundKind] = {
    ("021", "28", "CONFIRM"): "effectuation",
    ("024", "59", "CANCEL"): "cancellation",
    ("024", "14", "CANCEL-FLC"): "cancellation",
    ("024", "07", "CANCEL-FRD"): "cancellation",
    ("024", "07", "CANCEL-RESCIND"): "cancellation",
    ("024", "26", "CANCEL-HICS"): "cancellation",
    ("024", "", "CANCEL-OTH"): "cancellation",
    ("024", "", "CANCEL-ANTIDUPLICATION"): "cancellation",
    ("024", "", "CANCEL-OUT-OF-AREA"): "cancellation",
    ("024", "59", "TERM"): "termination",
    ("024", "", "TERM-OTH"): "termination",
    ("024", "", "TERM-ANTIDUPLICATION"): "termination",
    ("024", "26", "TERM-HICS"): "termination",
    ("001", "25", "ISSUER MAINT"): "maintenance",
    ("001", "", "NO CHANGE"): "maintenance",
    ("025", "", "ISSUER-REINSTATEMENT"): "reinstatement",
}
"""(INS03, INS04, additional reason without blanks at dashes) of the subscriber → what the carrier says."""

END_REASONS: dict[str, EndReason] = {
    "CANCEL": "non-payment",
    "CANCEL-FLC": "free-look",
    "CANCEL-FRD": "fraud",
    "CANCEL-RESCIND": "rescission",
    "CANCEL-HICS": "casework",
    "CANCEL-OTH": "other",
    "CANCEL-ANTIDUPLICATION": "other-coverage",
    "CANCEL-OUT-OF-AREA": "out-of-area",
    "TERM": "non-payment",
    "TERM-OTH": "other",
    "TERM-ANTIDUPLICATION": "other-coverage",
    "TERM-HICS": "casework",
}
"""The additional reason of an end, without blanks at dashes → why the carrier ended coverage."""

_DASH = re.compile(r"\s*-\s*")


def inbound_kind(*, member: Member) -> InboundKind | None:
    """Return what a carrier's record is about; None for a combination nobody has agreed on."""
    return INBOUND.get((member.maintenance_type, member.reason, _additional_reason(member)))


def inbound_end_reason(*, member: Member) -> EndReason | None:
    """Return why a carrier ended coverage; None of a record that says no end of those that are agreed on."""
    ends = inbound_kind(member=member) in ("cancellation", "termination")
    return END_REASONS.get(_additional_reason(member)) if ends else None


def _additional_reason(member: Member) -> str:
    return _DASH.sub("-", member.category(ADDITIONAL_REASON).strip())
