"""What invoicing decided of a household, kept for as long as the household is: the outbox forgets (ADR 0016)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final, Literal, TypeAlias, cast

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from invoicing.domain import events

Decided: TypeAlias = Literal[
    "invoice-voided",
    "invoice-restored",
    "binder-satisfied",
    "binder-lapsed",
    "premium-unsettled",
    "grace-entered",
    "grace-advanced",
    "grace-exited",
    "grace-expired",
    "listed",
    "reinstated",
    "refund-approved",
    "credit-passed-on",
    "credit-called-back",
    "deadline-moved",
    "deadline-moved-back",
]
"""What was decided."""

_KEPT: Final[Mapping[type, Decided]] = {
    events.InvoiceVoided: "invoice-voided",
    events.InvoiceRestored: "invoice-restored",
    events.BinderSatisfied: "binder-satisfied",
    events.BinderLapsed: "binder-lapsed",
    events.PremiumUnsettled: "premium-unsettled",
    events.GraceEntered: "grace-entered",
    events.GraceAdvanced: "grace-advanced",
    events.GraceExited: "grace-exited",
    events.GraceExpired: "grace-expired",
    events.DelinquencyListed: "listed",
    events.ReinstatementGranted: "reinstated",
    events.RefundApproved: "refund-approved",
    events.CreditPassedOn: "credit-passed-on",
    events.CreditCalledBack: "credit-called-back",
    events.DeadlineMoved: "deadline-moved",
    events.DeadlineMovedBack: "deadline-moved-back",
}
"""What is kept as a decision. Invoices and what settles charges are not: they are rows of their own, one a month of
every household.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision on a household. ``number`` counts them, ``after`` is the household's turn when it was made: it came
    after what has that number. ``on`` is the date it counts for; ``facts`` are what was decided, as texts.
    """

    household: str
    number: int
    after: int
    decided: Decided
    at: datetime
    on: date
    facts: dict[str, str]
    reasons: tuple[Reason, ...]


def decided_by(event: events.Event) -> Decided | None:
    """Return what an event says was decided, None for one that is not kept as a decision."""
    return _KEPT.get(type(event))


def facts_told(event: events.Event) -> dict[str, str]:
    """Return what an event says, as texts: dates, amounts, ids; ids of several things beside each other."""
    found = {
        each.name: _text(getattr(event, each.name)) for each in fields(event) if each.name != "household"
    }
    return {name: text for name, text in found.items() if text is not None}


def _text(value: Any) -> str | None:
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | date() | CoverageMonth():
            return str(value)
        case tuple():
            parts = [_text(each) for each in cast("tuple[Any, ...]", value)]
            return " ".join(each for each in parts if each is not None) or None
        case events.PolicyEnd():
            return value.policy
        case _:
            return None
