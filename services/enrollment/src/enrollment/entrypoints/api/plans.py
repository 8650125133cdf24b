"""The plan catalog."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import AfterValidator, Field

from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import Body, Id
from bulkhead.web.pagination import Page, Paging
from enrollment.application.offer_plan import offer_plan
from enrollment.domain.plans import Kind, Plan, YearPrices
from enrollment.entrypoints.api.fields import Cents, View

router = APIRouter(tags=["plans"])

PlanPath = Annotated[Id, Path(description="The plan's id.")]


def _once_each(years: list[YearBody]) -> list[YearBody]:
    if len({each.plan_year for each in years}) < len(years):
        raise ValueError("must name each plan year once")
    return years


class MonthlyCents(Body):
    """A plan's price a month for each tier, in cents."""

    single: Cents
    couple: Cents
    parent: Cents
    family: Cents


PlanYear = Annotated[int, Field(ge=2014, le=2199)]


class YearBody(Body):
    """What a plan costs in one plan year."""

    plan_year: PlanYear
    monthly_cents: MonthlyCents


class PlanBody(Body):
    """A plan as it is sold. Without ``plan_year`` it is sold for every year; ``years`` are those in which it costs
    something else.
    """

    carrier: Id
    kind: Kind
    monthly_cents: MonthlyCents
    plan_year: PlanYear | None = None
    years: Annotated[
        list[YearBody], Field(max_length=50, default_factory=list[YearBody]), AfterValidator(_once_each)
    ]


class PlanView(View):
    """A plan of the catalog."""

    plan: str
    carrier: str
    kind: Kind
    monthly_cents: MonthlyCents
    plan_year: int | None
    years: list[YearBody]

    @classmethod
    def of(cls, plan: Plan) -> PlanView:
        """Return the view of a plan."""
        return cls(
            plan=plan.plan,
            carrier=plan.carrier,
            kind=plan.kind,
            monthly_cents=_monthly(plan),
            plan_year=plan.plan_year,
            years=[YearBody(plan_year=each.plan_year, monthly_cents=_monthly(each)) for each in plan.years],
        )


def _monthly(prices: Plan | YearPrices) -> MonthlyCents:
    return MonthlyCents(
        single=prices.single_cents,
        couple=prices.couple_cents,
        parent=prices.parent_cents,
        family=prices.family_cents,
    )


@router.put(
    "/v1/plans/{plan}",
    response_model=PlanView,
    operation_id="offerPlan",
    summary="Put a plan into the catalog",
)
async def put_plan(
    plan: PlanPath, body: PlanBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Put a plan into the catalog, or replace its carrier and prices. Policies keep the price they have."""
    offered = Plan(
        plan=plan,
        carrier=body.carrier,
        kind=body.kind,
        single_cents=body.monthly_cents.single,
        couple_cents=body.monthly_cents.couple,
        parent_cents=body.monthly_cents.parent,
        family_cents=body.monthly_cents.family,
        plan_year=body.plan_year,
        years=tuple(
            YearPrices(
                plan_year=each.plan_year,
                single_cents=each.monthly_cents.single,
                couple_cents=each.monthly_cents.couple,
                parent_cents=each.monthly_cents.parent,
                family_cents=each.monthly_cents.family,
            )
            for each in sorted(body.years, key=lambda each: each.plan_year)
        ),
    )
    return await command.run(
        use_case=lambda uow: offer_plan(uow, offered), view=PlanView.of, body=body, idempotency="none"
    )


@router.get("/v1/plans", response_model=Page[PlanView], operation_id="listPlans", summary="List the catalog")
async def get_plans(
    paging: Paging,
    query: Annotated[Query, Depends(queries("member", "assister", "operator", "carrier", "service"))],
) -> Page[PlanView]:
    """Return the plans of the catalog, by id."""
    async with query.begin() as uow:
        rows = await uow.records(Plan).select(
            plan__gt=paging.after_id, order_by=("plan",), limit=paging.limit + 1
        )
    return paging.page(rows, key=lambda plan: plan.plan, view=PlanView.of)
