"""No policy covers children alone unless somebody is named who acts for them (ENR-4, ENR-13)."""

from __future__ import annotations

from collections.abc import Sequence

from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.book import PolicyBook
from enrollment.domain.households import Contact, has_minor
from enrollment.domain.medicaid import check_adult_left
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.policies import Policy


async def check_adult_covered(
    uow: UnitOfWork,
    book: PolicyBook,
    policies: Sequence[Policy],
    *,
    field: str | None,
    parameters: EnrollmentParameters,
) -> None:
    """Check that these policies of one household, which are new or stand again, cover an adult on each of their days,
    or that somebody is named who acts for the children; raises `ChildLeftInPlans`.
    """
    household, since = policies[0].household, min(each.effective for each in policies)
    members = book.members_of(household)
    if not has_minor(members, since=since, adult_age=parameters.adult_age):
        return
    contact = await uow.records(Contact).get(household=household)
    if contact is None or contact.responsible_name is None:
        check_adult_left(members, policies=policies, since=since, field=field, parameters=parameters)
