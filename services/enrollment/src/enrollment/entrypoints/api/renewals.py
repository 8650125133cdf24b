"""Renewals of a plan year: the crosswalk, what is asked for, and how every policy stands (ENR-14)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from fastapi import Query as QueryParameter
from pydantic import Field

from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import Body, Id
from bulkhead.web.pagination import Page, Paging
from enrollment.application.import_crosswalk import crosswalk_of, import_crosswalk
from enrollment.application.renewal_runs import (
    Report,
    ask_for_renewals,
    lock_of,
    renewals_of,
    report_renewals,
)
from enrollment.domain.crosswalk import CrosswalkEntry
from enrollment.domain.plans import Because, Kind
from enrollment.domain.renewal_runs import RenewalAct, RenewalRun, RunState
from enrollment.domain.renewals import Obstacle, Renewal, RenewalState
from enrollment.entrypoints.api.fields import View

router = APIRouter(tags=["renewals"])

YearPath = Annotated[int, Path(ge=2014, le=2199, description="The plan year that is renewed for.")]


class EntryBody(Body):
    """What becomes of a plan. Without ``next_plan`` its households must choose for themselves."""

    plan: Id
    next_plan: Id | None = None
    because: Because


class CrosswalkBody(Body):
    """All entries of a plan year: they take the place of what was."""

    entries: Annotated[list[EntryBody], Field(min_length=1, max_length=10_000)]


class EntryView(View):
    """What becomes of a plan."""

    plan: str
    next_plan: str | None
    because: Because


class CrosswalkView(View):
    """The crosswalk of a plan year, by plan."""

    plan_year: int
    entries: list[EntryView]

    @classmethod
    def of(cls, entries: list[CrosswalkEntry], *, year: int) -> CrosswalkView:
        """Return the view of a plan year's entries."""
        return cls(
            plan_year=year,
            entries=[
                EntryView(plan=each.plan, next_plan=each.next_plan, because=each.because) for each in entries
            ],
        )


@router.put("/v1/renewals/{year}/crosswalk", response_model=CrosswalkView, operation_id="importCrosswalk")
async def put_crosswalk(
    year: YearPath, body: CrosswalkBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Say what becomes of each plan in a plan year. What is renewed already stays as it is."""
    entries = [
        CrosswalkEntry(plan_year=year, plan=each.plan, next_plan=each.next_plan, because=each.because)
        for each in body.entries
    ]
    return await command.run(
        households=[lock_of(year)],
        use_case=lambda uow: import_crosswalk(uow, entries, year=year),
        view=lambda found: CrosswalkView.of(found, year=year),
        body=body,
        idempotency="none",
    )


@router.get("/v1/renewals/{year}/crosswalk", response_model=CrosswalkView, operation_id="getCrosswalk")
async def get_crosswalk(
    year: YearPath, query: Annotated[Query, Depends(queries("operator"))]
) -> CrosswalkView:
    """Return what becomes of each plan in a plan year."""
    async with query.begin() as uow:
        return CrosswalkView.of(await crosswalk_of(uow, year), year=year)


class RunBody(Body):
    """What is to be done: ``plan`` looks and changes nothing, ``run`` renews, ``reverse`` takes back what no
    carrier was told yet.
    """

    act: RenewalAct


class RunView(View):
    """A walk through all households: how many it has done, of how many policies something was decided."""

    number: int
    act: RenewalAct
    asked_by: str
    asked_at: datetime
    state: RunState
    households: int
    policies: int
    failed: int
    done_at: datetime | None

    @classmethod
    def of(cls, run: RenewalRun) -> RunView:
        """Return the view of a walk."""
        return cls(
            number=run.number,
            act=run.act,
            asked_by=run.asked_by,
            asked_at=run.asked_at,
            state=run.state,
            households=run.households,
            policies=run.policies,
            failed=run.failed,
            done_at=run.done_at,
        )


@router.post(
    "/v1/renewals/{year}/runs", status_code=202, response_model=RunView, operation_id="askForRenewals"
)
async def post_run(
    year: YearPath, body: RunBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Ask for all of a plan year's renewals to be looked at, made, or taken back: the worker does it, in chunks."""
    return await command.run(
        households=[lock_of(year)],
        use_case=lambda uow: ask_for_renewals(uow, year=year, act=body.act, by=command.caller.subject),
        view=RunView.of,
        body=body,
        status=202,
    )


class ReportView(View):
    """How a plan year's renewals stand: how many policies are in which state, and what is in the way of how many."""

    plan_year: int
    states: dict[RenewalState, int]
    obstacles: dict[Obstacle, int]
    runs: list[RunView]

    @classmethod
    def of(cls, report: Report) -> ReportView:
        """Return the view of a report."""
        return cls(
            plan_year=report.plan_year,
            states=report.states,
            obstacles=report.obstacles,
            runs=[RunView.of(each) for each in report.runs],
        )


@router.get("/v1/renewals/{year}", response_model=ReportView, operation_id="reportRenewals")
async def get_report(year: YearPath, query: Annotated[Query, Depends(queries("operator"))]) -> ReportView:
    """Return how a plan year's renewals stand."""
    async with query.begin() as uow:
        return ReportView.of(await report_renewals(uow, year))


class RenewalView(View):
    """What becomes of a policy in the plan year; amounts are cents a whole month.

    ``obstacle`` says why one that is not mapped does not go on, or one that was renewed could not be taken back;
    ``renewed_as`` is the policy that it went on as.
    """

    policy: str
    household: str
    plan: str
    carrier: str
    kind: Kind
    net_before_cents: int
    state: RenewalState
    obstacle: Obstacle | None
    because: Because | None
    next_plan: str | None
    gross_cents: int | None
    assistance_cents: int | None
    net_cents: int | None
    renewed_as: str | None
    decided_on: date

    @classmethod
    def of(cls, renewal: Renewal) -> RenewalView:
        """Return the view of a renewal."""
        return cls(
            policy=renewal.policy,
            household=renewal.household,
            plan=renewal.plan,
            carrier=renewal.carrier,
            kind=renewal.kind,
            net_before_cents=renewal.net_before_cents,
            state=renewal.state,
            obstacle=renewal.obstacle,
            because=renewal.because,
            next_plan=renewal.next_plan,
            gross_cents=renewal.gross_cents,
            assistance_cents=renewal.assistance_cents,
            net_cents=renewal.net_cents,
            renewed_as=renewal.renewed_as,
            decided_on=renewal.decided_on,
        )


StateParameter = Annotated[RenewalState | None, QueryParameter(description="Those in this state alone.")]


@router.get("/v1/renewals/{year}/policies", response_model=Page[RenewalView], operation_id="listRenewals")
async def get_renewals(
    year: YearPath,
    paging: Paging,
    query: Annotated[Query, Depends(queries("operator"))],
    state: StateParameter = None,
) -> Page[RenewalView]:
    """Return what becomes of each policy in a plan year: ``state=unmapped`` are those to be looked at."""
    async with query.begin() as uow:
        rows = await renewals_of(uow, year, state=state, after=paging.after_id, limit=paging.limit + 1)
    return paging.page(rows, key=lambda renewal: renewal.policy, view=RenewalView.of)
