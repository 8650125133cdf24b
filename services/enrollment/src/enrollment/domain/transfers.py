"""A household comes over from a carrier with which it was enrolled directly, at full cost (ENR-12)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused
from enrollment.domain.effective_dates import (
    EffectiveDate,
    OutsideEnrollment,
    QualifyingEvent,
    decide_effective_date,
)
from enrollment.domain.parameters import EnrollmentParameters

CITATION: Final = "VHC §4"
FIELD: Final = "/transferred_from"


class UnknownCarrier(Refused):
    """A household says that it comes from a carrier of which no plan was ever offered here."""

    kind = "unknown-carrier"


def unknown_carrier(carrier: str) -> UnknownCarrier:
    """Return the refusal of a transfer from a carrier that nobody knows."""
    return UnknownCarrier(
        "there is no such carrier",
        field=FIELD,
        reasons=(
            Reason(
                rule="ENR-12",
                says="A household transfers in from a carrier whose plans are offered here. Name that carrier as the "
                "plan catalog does; who was covered otherwise selects plans without naming one.",
                citation=CITATION,
                facts={"transferred_from": carrier},
            ),
        ),
    )


def decide_transfer_date(
    *, selected_on: date, event: QualifyingEvent | None, carrier: str, parameters: EnrollmentParameters
) -> EffectiveDate:
    """Return the first day of coverage of a transfer: the same as that of any other selection (ENR-12).

    Raises what `decide_effective_date` does; `OutsideEnrollment` says of a transfer too that it needs either.
    """
    try:
        return decide_effective_date(selected_on=selected_on, event=event, parameters=parameters)
    except OutsideEnrollment as outside:
        needed = Reason(
            rule="ENR-12",
            says=f"Who is enrolled with {carrier} directly transfers in during open enrollment, or after a qualifying "
            "event: direct enrollment itself is none.",
            citation=CITATION,
            facts={"transferred_from": carrier, "selected_on": str(selected_on)},
        )
        raise OutsideEnrollment(
            outside.message, field=outside.field, reasons=(*outside.reasons, needed)
        ) from None


def transferred(start: EffectiveDate, *, carrier: str) -> EffectiveDate:
    """Return the start of a transfer, and why: whose the days before are, and that nothing is renewed."""
    eve = start.effective - timedelta(days=1)
    reason = Reason(
        rule="ENR-12",
        says=f"The household comes from {carrier}, with which it was enrolled directly at full cost: the days "
        f"through {eve} are {carrier}'s to bill. It renews nothing of this exchange's by coming.",
        citation=CITATION,
        facts={"transferred_from": carrier, "effective": str(start.effective)},
    )
    return EffectiveDate(effective=start.effective, reasons=(*start.reasons, reason))
