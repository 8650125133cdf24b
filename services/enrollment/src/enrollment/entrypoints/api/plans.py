"""The plan catalog."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field

from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import Body, Id
from bulkhead.web.pagination import Page, Paging
from enrollment.application.offer_plan import offer_plan
from enrollment.domain.plans import Kind, Plan
from enrollment.entrypoints.api.fields import Cents, View

router = APIRouter(tags=["plans"])

PlanPath = Annotated[Id, Path(description="The plan's id.")]


class MonthlyCents(Body):
    """A plan's price a month for each tier, in cents."""

    single: Cents
    couple: Cents
    parent: Cents
    family: Cents


class PlanBody(Body):
    """A plan as it is sold. Without ``plan_year`` it is sold for every year."""

    carrier: Id
    kind: Kind
    monthly_cents: MonthlyCents
    plan_year: Annotated[int, Field(ge=2014, le=2199)] | None = None


class PlanView(View):
    """A plan of the catalog."""

    plan: str
    carrier: str
    kind: Kind
    monthly_cents: MonthlyCents
    plan_year: int | None

    @classmethod
    def of(cls, plan: Plan) -> PlanView:
        """Return the view of a plan."""
        return cls(
            plan=plan.plan,
            carrier=plan.carrier,
            kind=plan.kind,
            monthly_cents=MonthlyCents(
                single=plan.single_cents,
                couple=plan.couple_cents,
                parent=plan.parent_cents,
                family=plan.family_cents,
            ),
            plan_year=plan.plan_year,
        )


@router.put("/v1/plans/{plan}", response_model=PlanView, operation_id="offerPlan")
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
    )
    return await command.run(
        use_case=lambda uow: offer_plan(uow, offered), view=PlanView.of, body=body, idempotency="none"
    )


@router.get("/v1/plans", response_model=Page[PlanView], operation_id="listPlans")
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
