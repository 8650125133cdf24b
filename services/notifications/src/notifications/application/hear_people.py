"""Use case: tell people that some of them leave their plans: by age, or for Medicaid and back (NOT-1)."""

from __future__ import annotations

from bulkhead.service import Occasion
from notifications.application.desk import Desk
from notifications.application.facts import ChildrenAgeOut, MedicaidBegun, MedicaidEnded
from notifications.domain.notices import AgeOutFacts, MedicaidFacts, NoticeFacts


def tell_age_out(desk: Desk, fact: ChildrenAgeOut, occasion: Occasion) -> None:
    """Lay out the notice that children will be too old to be covered with the household (NOT-1, ENR-13)."""
    desk.tell(
        occasion=occasion,
        notice_type="child-too-old",
        about=".".join((*fact.members, fact.through.isoformat())),
        household=fact.household,
        facts=NoticeFacts(
            age_out=AgeOutFacts(
                children=len(fact.members),
                age_limit=fact.age_limit,
                through=fact.through,
                select_from=fact.select_from,
                select_until=fact.select_until,
            )
        ),
        contact_version=fact.contact_version,
    )


def tell_medicaid_begun(desk: Desk, fact: MedicaidBegun, occasion: Occasion) -> None:
    """Lay out the notice that Medicaid covers people of the household, without a premium (NOT-1, ENR-4)."""
    desk.tell(
        occasion=occasion,
        notice_type="medicaid-begun",
        about=".".join((*fact.members, fact.begins.isoformat())),
        household=fact.household,
        facts=NoticeFacts(
            medicaid=MedicaidFacts(
                people=len(fact.members),
                program=fact.program,
                begins=fact.begins,
                plans_through=fact.plans_through,
            )
        ),
        contact_version=fact.contact_version,
    )


def tell_medicaid_ended(desk: Desk, fact: MedicaidEnded, occasion: Occasion) -> None:
    """Lay out the notice that Medicaid ends, and that plans may be selected after that loss (NOT-1, ENR-3)."""
    desk.tell(
        occasion=occasion,
        notice_type="medicaid-ended",
        about=".".join((*fact.members, fact.through.isoformat())),
        household=fact.household,
        facts=NoticeFacts(
            medicaid=MedicaidFacts(
                people=len(fact.members),
                program=fact.program,
                through=fact.through,
                select_from=fact.select_from,
                select_until=fact.select_until,
            )
        ),
        contact_version=fact.contact_version,
    )
