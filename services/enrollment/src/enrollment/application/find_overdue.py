"""Selections that nobody has decided: neither paid nor lapsed long after they were entered (I9)."""

from __future__ import annotations

from bulkhead.overdue import MOST_LISTED, Overdue
from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.policies import Policy

SELECTION_UNDECIDED = "selection-undecided"
OVERDUE_KINDS = (SELECTION_UNDECIDED,)


async def find_overdue(uow: UnitOfWork) -> list[Overdue]:
    """Return the policies still selected after the day by which their binder is decided, the oldest first."""
    undecided = await uow.records(Policy).select(
        lifecycle="selected",
        decision_due__lt=uow.today,
        order_by=("decision_due", "policy"),
        limit=MOST_LISTED,
    )
    return [
        Overdue(
            kind=SELECTION_UNDECIDED,
            id=policy.policy,
            household=policy.household,
            deadline=policy.decision_due,
            says="Its binder is neither paid nor lapsed, and nobody called it off: see invoicing (ENR-6).",
        )
        for policy in undecided
    ]
