"""What customers are told of carriers, and who bills for their plans."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import AfterValidator, Field

from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import Body, Id, WrittenLine
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from enrollment.application.state_carrier import state_carrier
from enrollment.domain.carriers import BilledByCarrier, Billing, BillingSince, Carrier, YearBilledOtherwise
from enrollment.entrypoints.api.fields import PHONE, PlanYear, View

router = APIRouter(tags=["carriers"])

CarrierPath = Annotated[Id, Path(description="The carrier's id, as plans name it.")]


def _once_each(billing: list[BillingBody]) -> list[BillingBody]:
    if len({each.plan_year for each in billing}) < len(billing):
        raise ValueError("must name each plan year once")
    return sorted(billing, key=lambda each: each.plan_year)


class BillingBody(Body):
    """Who bills, from a plan year on."""

    plan_year: PlanYear
    billing: Billing


class CarrierBody(Body):
    """A carrier as its customers are told of it: its name, and where it is called. ``billing`` says who bills for its
    plans from which plan year on; before the first that is named the exchange does (CAR-1).
    """

    name: WrittenLine
    phone: Annotated[str, PHONE]
    billing: Annotated[
        list[BillingBody], Field(max_length=50, default_factory=list[BillingBody]), AfterValidator(_once_each)
    ]

    def stated(self, carrier: str) -> Carrier:
        """Return the carrier of this id."""
        return Carrier(
            carrier=carrier,
            name=self.name,
            phone=self.phone,
            billing=tuple(
                BillingSince(plan_year=each.plan_year, billing=each.billing) for each in self.billing
            ),
        )


class CarrierView(View):
    """A carrier, and who bills for its plans from which plan year on."""

    carrier: str
    name: str
    phone: str
    billing: list[BillingBody]

    @classmethod
    def of(cls, carrier: Carrier) -> CarrierView:
        """Return the view of a carrier."""
        return cls(
            carrier=carrier.carrier,
            name=carrier.name,
            phone=carrier.phone,
            billing=[BillingBody(plan_year=each.plan_year, billing=each.billing) for each in carrier.billing],
        )


class BilledByCarrierView(View):
    """The carrier to which a premium is paid, in place of the exchange."""

    name: str
    phone: str

    @classmethod
    def of(cls, billed: BilledByCarrier | None) -> BilledByCarrierView | None:
        """Return the view of the carrier that bills, null where the exchange does."""
        return None if billed is None else cls(name=billed.name, phone=billed.phone)


@router.put(
    "/v1/carriers/{carrier}",
    response_model=CarrierView,
    operation_id="stateCarrier",
    summary="State who bills for a carrier's plans, and what customers are told of it",
    responses=refusals(YearBilledOtherwise),
)
async def put_carrier(
    carrier: CarrierPath, body: CarrierBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """State a carrier, or replace what was stated. It counts for what is selected or renewed from now on: policies stay
    with who bills for them. For a plan year of which policies stand or wait already that does not change (CAR-1).
    """
    stated = body.stated(carrier)
    return await command.run(
        use_case=lambda uow: state_carrier(uow, stated), view=CarrierView.of, body=body, idempotency="none"
    )


@router.get(
    "/v1/carriers",
    response_model=Page[CarrierView],
    operation_id="listStatedCarriers",
    summary="List the carriers that were stated",
)
async def get_carriers(
    paging: Paging,
    query: Annotated[Query, Depends(queries("member", "assister", "operator", "carrier", "service"))],
) -> Page[CarrierView]:
    """Return the carriers of which something was stated, by id. For the plans of all others the exchange bills."""
    async with query.begin() as uow:
        rows = await uow.records(Carrier).select(
            carrier__gt=paging.after_id, order_by=("carrier",), limit=paging.limit + 1
        )
    return paging.page(rows, key=lambda each: each.carrier, view=CarrierView.of)
