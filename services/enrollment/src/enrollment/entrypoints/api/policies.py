"""Policies, each with its four separate facts (ENR-9)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import HouseholdPath, Query, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from bulkhead.web.views import ReasonView
from enrollment.application.find_household import household_of, months_of_policy, policies_of
from enrollment.domain.acknowledgement import Acknowledgement
from enrollment.domain.ends import EndReason
from enrollment.domain.households import Household, Tier
from enrollment.domain.lifecycle import Lifecycle
from enrollment.domain.months import CoveredMonth
from enrollment.domain.payment_standing import Standing
from enrollment.domain.plans import Kind
from enrollment.domain.policies import Policy
from enrollment.domain.verification import Verification
from enrollment.entrypoints.api.carriers import BilledByCarrierView
from enrollment.entrypoints.api.fields import View, reasons_of

router = APIRouter(tags=["policies"])

PolicyPath = Annotated[Id, Path(description="The policy's id.")]


class StandingView(View):
    """How a policy stands with its premiums; ``month`` is the month of grace."""

    state: Standing
    month: int | None


class PolicyView(View):
    """A policy. ``through`` is the last covered day of one that ended. Tier, members and amounts, in cents a month, are
    those that count from its last change on; its months have what counts when. ``renews`` is the prior year's policy
    where it is an automatic renewal of one, ``billed_by_carrier`` the carrier to which its premium is paid, null where
    that is the exchange (CAR-1).
    """

    policy: str
    selection: str
    plan: str
    carrier: str
    kind: Kind
    lifecycle: Lifecycle
    first_day: Annotated[date, Field(alias="from")]
    through: date | None
    end_reason: EndReason | None
    acknowledgement: Acknowledgement
    payment_standing: StandingView
    verification: Verification
    tier: Tier
    members: list[str]
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    effective: date
    coverage_ends: date
    renews: str | None
    billed_by_carrier: BilledByCarrierView | None
    reasons: list[ReasonView]

    @classmethod
    def of(cls, policy: Policy, *, household: Household, today: date) -> PolicyView:
        """Return the view of a policy of a household on a day."""
        state, month = policy.standing_on(today)
        return cls(
            policy=policy.policy,
            selection=policy.selection,
            plan=policy.plan,
            carrier=policy.carrier,
            kind=policy.kind,
            lifecycle=policy.lifecycle,
            first_day=policy.effective,
            through=policy.coverage_ends if policy.lifecycle == "expired" else policy.through,
            end_reason=policy.end_reason,
            acknowledgement=policy.acknowledgement,
            payment_standing=StandingView(state=state, month=month),
            verification=household.verification,
            tier=policy.tier,
            members=list(policy.members),
            gross_cents=policy.gross_cents,
            aptc_cents=policy.aptc_cents,
            subsidy_cents=policy.subsidy_cents,
            net_cents=policy.net_cents,
            effective=policy.effective,
            coverage_ends=policy.coverage_ends,
            renews=policy.renews,
            billed_by_carrier=BilledByCarrierView.of(policy.billed_by_carrier),
            reasons=reasons_of(policy.reasons),
        )


@router.get(
    "/v1/households/{household}/policies",
    response_model=Page[PolicyView],
    operation_id="listPolicies",
    summary="List a household's policies",
    responses=refusals(NotFound),
)
async def get_policies(
    household: HouseholdPath,
    paging: Paging,
    query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
) -> Page[PolicyView]:
    """Return a household's policies, whatever became of them, by first day of coverage."""
    query.require_household(household)
    async with query.begin() as uow:
        found = await household_of(uow, household)
        policies = await policies_of(uow, household)
    today = local_date(query.now)
    return paging.page_of(
        policies,
        key=lambda policy: (policy.effective.isoformat(), policy.policy),
        view=lambda policy: PolicyView.of(policy, household=found, today=today),
    )


class MonthView(View):
    """A month that a policy covers, in whole or in part, with what is charged for it, in cents (INV-18)."""

    month: str
    members: list[str]
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    days_covered: int
    days_in_month: int

    @classmethod
    def of(cls, covered: CoveredMonth) -> MonthView:
        """Return the view of a covered month."""
        return cls(
            month=str(covered.month),
            members=list(covered.members),
            gross_cents=covered.gross_cents,
            aptc_cents=covered.aptc_cents,
            subsidy_cents=covered.subsidy_cents,
            net_cents=covered.net_cents,
            days_covered=covered.days_covered,
            days_in_month=covered.days_in_month,
        )


@router.get(
    "/v1/households/{household}/policies/{policy}/months",
    response_model=Page[MonthView],
    operation_id="listPolicyMonths",
    summary="List the months a policy covers",
    responses=refusals(NotFound),
)
async def get_months(
    household: HouseholdPath,
    policy: PolicyPath,
    paging: Paging,
    query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
) -> Page[MonthView]:
    """Return the months a policy covers as things stand; none of one that was called off."""
    query.require_household(household)
    async with query.begin() as uow:
        months = await months_of_policy(uow, household=household, policy=policy)
    return paging.page_of(months, key=lambda covered: str(covered.month), view=MonthView.of)
