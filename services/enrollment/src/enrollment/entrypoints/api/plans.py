"""The plan catalog."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import AfterValidator, Field

from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import Body, Id, WrittenLine
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from enrollment.application.offer_plan import AreaPrices, Offered, offer_plan
from enrollment.domain.age_rates import AGE_BANDS, RatesRefused
from enrollment.domain.determination import CsrVariant
from enrollment.domain.plans import STANDARD, Kind, Metal, Plan, RatedBy, YearPrices
from enrollment.entrypoints.api.fields import Cents, PlanYear, View

router = APIRouter(tags=["plans"])

PlanPath = Annotated[Id, Path(description="The plan's id.")]


def _once_each(years: list[YearBody]) -> list[YearBody]:
    if len({each.plan_year for each in years}) < len(years):
        raise ValueError("must name each plan year once")
    return years


def _with_the_standard_one(variants: list[CsrVariant]) -> list[CsrVariant]:
    if variants and STANDARD not in variants:
        raise ValueError(f"must have {STANDARD}, the standard variant")
    return sorted(set(variants))


class MonthlyCents(Body):
    """A plan's price a month for each tier, in cents."""

    single: Cents
    couple: Cents
    parent: Cents
    family: Cents

    @classmethod
    def of(cls, plan: Plan, *, year: int | None) -> MonthlyCents:
        """Return what a plan that is rated by tier costs in a plan year, None for those with no price of their own."""
        return cls(
            single=plan.monthly_cents("single", year=year),
            couple=plan.monthly_cents("couple", year=year),
            parent=plan.monthly_cents("parent", year=year),
            family=plan.monthly_cents("family", year=year),
        )


class YearBody(Body):
    """What a plan costs in one plan year."""

    plan_year: PlanYear
    monthly_cents: MonthlyCents


class AgesBody(Body):
    """What a plan costs one person a month in a plan year and rating area, by age as in CMS's Rate PUF: ``0-14``,
    ``15`` to ``63``, ``64 and over``. One is enough of a medical plan where an age curve is in force.

    ``tobacco_monthly_cents`` are the rates of who uses tobacco, of the same ages, where they differ.
    """

    plan_year: PlanYear
    rating_area: Annotated[int, Field(ge=1, le=999)]
    monthly_cents: Annotated[dict[str, Cents], Field(max_length=100)]
    tobacco_monthly_cents: Annotated[dict[str, Cents], Field(max_length=100)] | None = None


class PlanBody(Body):
    """A plan as it is sold. Without ``plan_year`` it is sold for every year.

    One that is rated by tier has ``monthly_cents``; ``years`` are those in which it costs something else. One that is
    rated by age has ``ages`` instead; those of other years and areas stay as they were stated before (ENR-17).
    ``name`` is what its carrier calls it; ``variants`` are those in which it is sold, each with less cost sharing, the
    standard one among them (45 CFR 156.420).
    """

    carrier: Id
    kind: Kind
    rated_by: RatedBy = "tier"
    monthly_cents: MonthlyCents | None = None
    plan_year: PlanYear | None = None
    years: Annotated[
        list[YearBody], Field(max_length=50, default_factory=list[YearBody]), AfterValidator(_once_each)
    ]
    ages: Annotated[list[AgesBody], Field(max_length=200, default_factory=list[AgesBody])]
    name: WrittenLine | None = None
    metal: Metal | None = None
    variants: Annotated[
        list[CsrVariant],
        Field(max_length=6, default_factory=list[CsrVariant]),
        AfterValidator(_with_the_standard_one),
    ]

    def offered(self, plan: str) -> Plan:
        """Return the plan of this id."""
        monthly = self.monthly_cents
        return Plan(
            plan=plan,
            carrier=self.carrier,
            kind=self.kind,
            single_cents=None if monthly is None else monthly.single,
            couple_cents=None if monthly is None else monthly.couple,
            parent_cents=None if monthly is None else monthly.parent,
            family_cents=None if monthly is None else monthly.family,
            plan_year=self.plan_year,
            years=tuple(
                YearPrices(
                    plan_year=each.plan_year,
                    single_cents=each.monthly_cents.single,
                    couple_cents=each.monthly_cents.couple,
                    parent_cents=each.monthly_cents.parent,
                    family_cents=each.monthly_cents.family,
                )
                for each in sorted(self.years, key=lambda each: each.plan_year)
            ),
            rated_by=self.rated_by,
            name=self.name,
            metal=self.metal,
            variants=tuple(self.variants),
        )

    def areas(self) -> list[AreaPrices]:
        """Return its rates by age."""
        return [
            AreaPrices(
                plan_year=each.plan_year,
                rating_area=each.rating_area,
                monthly_cents=each.monthly_cents,
                tobacco_cents=each.tobacco_monthly_cents,
            )
            for each in self.ages
        ]


class PlanView(View):
    """A plan of the catalog; one that is rated by age has no ``monthly_cents``."""

    plan: str
    carrier: str
    kind: Kind
    name: str | None
    metal: Metal | None
    variants: list[CsrVariant]
    rated_by: RatedBy
    monthly_cents: MonthlyCents | None
    plan_year: int | None
    years: list[YearBody]

    @classmethod
    def of(cls, plan: Plan) -> PlanView:
        """Return the view of a plan."""
        return cls(
            plan=plan.plan,
            carrier=plan.carrier,
            kind=plan.kind,
            name=plan.name,
            metal=plan.metal,
            variants=[*plan.variants],
            rated_by=plan.rated_by,
            monthly_cents=None if plan.rated_by == "age" else MonthlyCents.of(plan, year=None),
            plan_year=plan.plan_year,
            years=[
                YearBody(plan_year=each.plan_year, monthly_cents=MonthlyCents.of(plan, year=each.plan_year))
                for each in plan.years
            ],
        )


class OfferedView(PlanView):
    """A plan as it was put into the catalog, with the rates by age that were stated."""

    ages: list[AgesBody]

    @classmethod
    def offered(cls, offered: Offered) -> OfferedView:
        """Return the view of a plan just offered."""
        return cls(
            **PlanView.of(offered.plan).model_dump(),
            ages=[
                AgesBody(
                    plan_year=each.plan_year,
                    rating_area=each.rating_area,
                    monthly_cents=dict(zip(AGE_BANDS, each.cents, strict=True)),
                    tobacco_monthly_cents=dict(zip(AGE_BANDS, each.tobacco_cents, strict=True))
                    if each.tobacco_cents
                    else None,
                )
                for each in offered.rates
            ],
        )


@router.put(
    "/v1/plans/{plan}",
    response_model=OfferedView,
    operation_id="offerPlan",
    summary="Put a plan into the catalog",
    responses=refusals(RatesRefused),
)
async def put_plan(
    plan: PlanPath, body: PlanBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Put a plan into the catalog, or replace its carrier and prices. Policies keep the price they have."""
    offered = body.offered(plan)
    return await command.run(
        use_case=lambda uow: offer_plan(
            uow, offered, areas=body.areas(), parameters=command.dependencies.parameters
        ),
        view=OfferedView.offered,
        body=body,
        idempotency="none",
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
