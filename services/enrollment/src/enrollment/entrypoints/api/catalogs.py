"""A plan year's catalog, taken from files as CMS publishes them (ENR-17)."""

from __future__ import annotations

from io import StringIO
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field

from bulkhead.kernel.calendar import local_date
from bulkhead.web.commands import Command, commands_or_dry_runs
from bulkhead.web.fields import Body, Like
from bulkhead.web.refusals import refusals
from enrollment.application.import_catalog import import_catalog, read_catalog
from enrollment.domain.catalog import Catalog, CatalogRefused
from enrollment.domain.determination import CsrVariant
from enrollment.domain.plans import Kind, Metal, RatedBy
from enrollment.entrypoints.api.fields import View

router = APIRouter(tags=["plans"])

YearPath = Annotated[int, Path(ge=2014, le=2199, description="The plan year.")]


class ImportBody(Body):
    """Two files as texts of CSV, whole or what a carrier hands in of them: CMS's Plan Attributes PUF (``plans``) and
    Rate PUF (``rates``). Lines of other states are passed over.
    """

    state: Annotated[str, Like(r"^[A-Z]{2}$", "must be two capital letters, such as MA")]
    plans: Annotated[str, Field(min_length=1)]
    rates: Annotated[str, Field(min_length=1)]


class ImportedPlanView(View):
    """A plan that was taken; ``rating_areas`` are those for which there are rates by age, none where it has tiers."""

    plan: str
    carrier: str
    kind: Kind
    name: str | None
    metal: Metal | None
    variants: list[CsrVariant]
    rated_by: RatedBy
    rating_areas: list[int]


class ImportView(View):
    """What was taken of a plan year's catalog. Plans and rates that the files do not name are as they were."""

    plan_year: int
    plans: list[ImportedPlanView]

    @classmethod
    def of(cls, catalog: Catalog, *, year: int) -> ImportView:
        """Return the view of what was taken."""
        areas: dict[str, list[int]] = {}
        for rates in catalog.rates:
            areas.setdefault(rates.plan, []).append(rates.rating_area)
        return cls(
            plan_year=year,
            plans=[
                ImportedPlanView(
                    plan=each.plan,
                    carrier=each.carrier,
                    kind=each.kind,
                    name=each.name,
                    metal=each.metal,
                    variants=[*each.variants],
                    rated_by=each.rated_by,
                    rating_areas=sorted(areas.get(each.plan, [])),
                )
                for each in sorted(catalog.plans, key=lambda each: each.plan)
            ],
        )


@router.post(
    "/v1/catalogs/{year}/imports",
    status_code=201,
    response_model=ImportView,
    operation_id="importCatalog",
    summary="Take plans and rates from files",
    responses=refusals(CatalogRefused),
)
async def post_import(
    year: YearPath, body: ImportBody, command: Annotated[Command, Depends(commands_or_dry_runs("operator"))]
) -> Response:
    """Take a plan year's plans and rates from files as CMS publishes them, all of it or nothing.

    What cannot be meant is said by file, line and column, a reason each. Policies keep the price they have.
    """
    reading = read_catalog(
        # Files as they are published may begin with a mark of their byte order.
        StringIO(body.plans.removeprefix("\ufeff"), newline=""),
        StringIO(body.rates.removeprefix("\ufeff"), newline=""),
        year=year,
        state=body.state,
        files=command.dependencies.catalog_files,
        parameters=command.dependencies.parameters,
        today=local_date(command.now),
    )
    return await command.run(
        use_case=lambda uow: import_catalog(uow, reading),
        view=lambda taken: ImportView.of(taken, year=year),
        status=201,
        body=body,
    )
