"""Selecting plans."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import NotFound
from bulkhead.web.authority import StatedBy
from bulkhead.web.commands import Command, HouseholdPath, commands_or_dry_runs
from bulkhead.web.dates import PlainDate, from_to
from bulkhead.web.fields import Body, Id
from bulkhead.web.refusals import refusals
from bulkhead.web.views import ReasonView
from enrollment.application.select_plans import Choice, change_plans, select_plans
from enrollment.domain.age_rates import NotRatedHere
from enrollment.domain.choices import (
    KindAlreadyHeld,
    NobodyToCover,
    NoPlansSelected,
    NotEligible,
    PaperDates,
    PlanSelectedTwice,
    RenewsAndBegins,
    UnknownPlan,
)
from enrollment.domain.effective_dates import OutsideEnrollment, QualifyingEvent, StartNotOffered
from enrollment.domain.events import Via
from enrollment.domain.household_acts import HouseholdForgotten
from enrollment.domain.medicaid import ChildLeftInPlans
from enrollment.domain.merges import HouseholdMergedAway
from enrollment.domain.parameters import EventKind
from enrollment.domain.plan_changes import PlanNotChangeable
from enrollment.domain.selections import Act, Selected
from enrollment.domain.transfers import UnknownCarrier
from enrollment.entrypoints.api.fields import LATEST, Day, View, reasons_of
from enrollment.entrypoints.api.policies import PolicyView

router = APIRouter(tags=["selections"])

_EXCHANGES_OPENED = date(2013, 10, 1)

_PAPER = StatedBy(
    ("operator",),
    rule="ENR-11",
    says="The day paper was received counts as the selection's: the operator who enters it reads it off the paper.",
)


class EventBody(Body):
    """A qualifying event: what happened to the household, and when (ENR-3).

    ``starts`` asks for coverage from the first of the month after the selection, or from the event's date, where
    the kind of event gives the choice; left out, it is the kind's usual start.
    """

    kind: EventKind
    on: Day
    starts: Literal["event-date", "next-month"] | None = None

    def event(self) -> QualifyingEvent:
        """Return the event."""
        return QualifyingEvent(kind=self.kind, on=self.on, starts=self.starts)


class SelectionBody(Body):
    """The plans selected, and how the selection came in.

    ``received_on`` is the day a paper application was received, the selection date for every rule (ENR-11);
    without it paper counts as received today. An operator says it. ``transferred_from`` is the carrier with which the
    household is enrolled directly, at full cost, and from which it comes over with these plans (ENR-12).
    """

    plans: Annotated[list[Id], Field(max_length=20)]
    via: Via
    received_on: Annotated[Annotated[PlainDate, from_to(_EXCHANGES_OPENED, LATEST)] | None, _PAPER] = None
    event: EventBody | None = None
    transferred_from: Id | None = None

    def choice(self, household: str) -> Choice:
        """Return what this household asks for."""
        return Choice(
            household=household,
            plans=tuple(self.plans),
            via=self.via,
            received_on=self.received_on,
            event=self.event.event() if self.event else None,
            transferred_from=self.transferred_from,
        )


class SelectionView(View):
    """A selection that was taken. ``selected_on`` is the date that counts, ``entered_on`` when it came in,
    ``transferred_from`` the carrier that the household comes from.
    """

    selection: str
    selected_on: date
    entered_on: date
    via: Act
    effective: date
    policies: list[PolicyView]
    binder_required: bool
    transferred_from: str | None
    reasons: list[ReasonView]

    @classmethod
    def of(cls, selected: Selected, *, today: date) -> SelectionView:
        """Return the view of a selection on a day."""
        selection = selected.selection
        return cls(
            selection=selection.selection,
            selected_on=selection.selected_on,
            entered_on=selection.entered_on,
            via=selection.via,
            effective=selection.effective,
            policies=[
                PolicyView.of(policy, household=selected.household, today=today)
                for policy in selected.policies
            ],
            binder_required=selection.binder_required,
            transferred_from=selection.transferred_from,
            reasons=reasons_of(selection.reasons),
        )


@router.post(
    "/v1/households/{household}/selections",
    status_code=201,
    response_model=SelectionView,
    operation_id="selectPlans",
    summary="Select plans",
    responses=refusals(
        NotFound,
        HouseholdForgotten,
        HouseholdMergedAway,
        ChildLeftInPlans,
        KindAlreadyHeld,
        NoPlansSelected,
        NobodyToCover,
        NotEligible,
        NotRatedHere,
        OutsideEnrollment,
        PaperDates,
        PlanSelectedTwice,
        RenewsAndBegins,
        StartNotOffered,
        UnknownCarrier,
        UnknownPlan,
    ),
)
async def post_selection(
    household: HouseholdPath,
    body: SelectionBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("member", "assister", "operator"))],
) -> Response:
    """Select plans for a household. A refusal says which rules it rests on and which dates would do."""
    command.require_household(household)
    choice = body.choice(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: select_plans(uow, choice, parameters=command.dependencies.parameters),
        view=lambda selected: SelectionView.of(selected, today=local_date(command.now)),
        status=201,
    )


class PlanChangeBody(Body):
    """The plans that take the place of what the household has of their kinds, how that came in, and what allows it."""

    plans: Annotated[list[Id], Field(max_length=20)]
    via: Via
    received_on: Annotated[Annotated[PlainDate, from_to(_EXCHANGES_OPENED, LATEST)] | None, _PAPER] = None
    event: EventBody | None = None


@router.post(
    "/v1/households/{household}/plan-changes",
    status_code=201,
    response_model=SelectionView,
    operation_id="changePlans",
    summary="Change plans in the course of a year",
    responses=refusals(
        NotFound,
        HouseholdForgotten,
        HouseholdMergedAway,
        ChildLeftInPlans,
        KindAlreadyHeld,
        NoPlansSelected,
        NobodyToCover,
        NotEligible,
        NotRatedHere,
        OutsideEnrollment,
        PaperDates,
        PlanNotChangeable,
        PlanSelectedTwice,
        StartNotOffered,
        UnknownPlan,
    ),
)
async def post_plan_change(
    household: HouseholdPath,
    body: PlanChangeBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("member", "assister", "operator"))],
) -> Response:
    """Change plans in the course of a year: the old ends the day before the new begins, which waits for no payment."""
    command.require_household(household)
    choice = Choice(
        household=household,
        plans=tuple(body.plans),
        via=body.via,
        received_on=body.received_on,
        event=body.event.event() if body.event else None,
    )
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: change_plans(uow, choice, parameters=command.dependencies.parameters),
        view=lambda selected: SelectionView.of(selected, today=local_date(command.now)),
        status=201,
    )
