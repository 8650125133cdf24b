"""The plans that a household can select, at what each would cost it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Query as QueryParameter

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import HouseholdPath, Query, queries
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from bulkhead.web.views import ReasonView
from enrollment.application.list_offers import list_offers
from enrollment.domain.choices import NobodyToCover
from enrollment.domain.determination import CsrVariant
from enrollment.domain.months import MemberRate
from enrollment.domain.offers import Offer
from enrollment.domain.plans import Kind, Metal, RatedBy
from enrollment.entrypoints.api.carriers import BilledByCarrierView
from enrollment.entrypoints.api.fields import Day, View, reasons_of

router = APIRouter(tags=["plans"])

Effective = Annotated[
    Day,
    QueryParameter(
        description="The first day of coverage, such as `2016-01-01`: prices are those of its year."
    ),
]
KindParameter = Annotated[Kind | None, QueryParameter(description="Plans of this kind alone.")]


class MemberRateView(View):
    """What a member is of a premium that is rated by age, in cents a month: 0 of a child beyond those who count."""

    member: str
    cents: int

    @classmethod
    def of(cls, rate: MemberRate) -> MemberRateView:
        """Return the view of a member's rate."""
        return cls(member=rate.member, cents=rate.cents)


class OfferView(View):
    """A plan, and what a whole month of it would cost the household, in cents; null where it has no rate for where the
    household lives, as the reasons say. ``variant`` is the one with less cost sharing that it would have, 01 that
    without; null where the plan's are not known. ``billed_by_carrier`` is the carrier to which its premium would
    be paid, null where that is the exchange (CAR-1).
    """

    plan: str
    carrier: str
    kind: Kind
    name: str | None
    metal: Metal | None
    variant: CsrVariant | None
    effective: date
    rated_by: RatedBy
    rating_area: int | None
    rates: list[MemberRateView]
    gross_cents: int | None
    aptc_cents: int | None
    subsidy_cents: int | None
    net_cents: int | None
    billed_by_carrier: BilledByCarrierView | None
    reasons: list[ReasonView]

    @classmethod
    def of(cls, offer: Offer) -> OfferView:
        """Return the view of an offer."""
        plan, gross, premium = offer.plan, offer.gross, offer.premium
        return cls(
            plan=plan.plan,
            carrier=plan.carrier,
            kind=plan.kind,
            name=plan.name,
            metal=plan.metal,
            variant=offer.variant,
            effective=offer.effective,
            rated_by=plan.rated_by,
            rating_area=None if gross is None else gross.rating_area,
            rates=[] if gross is None else [MemberRateView.of(each) for each in gross.rates],
            gross_cents=None if premium is None else premium.gross_cents,
            aptc_cents=None if premium is None else premium.aptc_cents,
            subsidy_cents=None if premium is None else premium.subsidy_cents,
            net_cents=None if premium is None else premium.net_cents,
            billed_by_carrier=BilledByCarrierView.of(offer.billed_by_carrier),
            reasons=reasons_of(offer.reasons),
        )


@router.get(
    "/v1/households/{household}/plans",
    response_model=Page[OfferView],
    operation_id="listOffers",
    summary="List the plans a household can select, with what each would cost it",
    responses=refusals(NotFound, NobodyToCover),
)
async def get_offers(
    household: HouseholdPath,
    effective: Effective,
    paging: Paging,
    query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
    kind: KindParameter = None,
) -> Page[OfferView]:
    """Return the plans that are sold for a first day of coverage, by id, each as if it were selected alone, beside what
    the household has of the other kind then. What several cost together, and on which day coverage would begin, a
    selection's dry run says.
    """
    query.require_household(household)
    async with query.begin() as uow:
        found = await list_offers(
            uow,
            household,
            effective=effective,
            kind=kind,
            after=paging.after_id,
            limit=paging.limit + 1,
            parameters=query.dependencies.parameters,
        )
    return paging.page(found, key=lambda each: each.plan.plan, view=OfferView.of)
