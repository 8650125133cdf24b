"""Changing a household's assistance, and its people (ENR-13)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.personal import Masked
from bulkhead.web.commands import Command, HouseholdPath, commands_or_dry_runs
from bulkhead.web.fields import Body
from bulkhead.web.refusals import refusals
from bulkhead.web.views import ReasonView
from enrollment.application.change_address import change_address
from enrollment.application.change_assistance import change_assistance
from enrollment.application.change_members import Joining, add_member, take_out_member
from enrollment.application.rerate_policies import Changed
from enrollment.application.state_tobacco_use import state_tobacco_use
from enrollment.domain.changes import (
    AssistanceInMidMonth,
    CannotJoin,
    CannotLeave,
    JoinKind,
    LeaveKind,
    Leaving,
)
from enrollment.domain.effective_dates import OutsideEnrollment, StartNotOffered
from enrollment.domain.household_acts import HouseholdForgotten
from enrollment.domain.households import AssistanceChange
from enrollment.domain.merges import HouseholdMergedAway
from enrollment.domain.moves import CannotMove, Move
from enrollment.domain.names import LatinNameNeeded, NameNotReadable
from enrollment.domain.people import (
    BirthDateImplausible,
    PersonNamedTwice,
    RelationsUnclear,
    SsnNamedTwice,
    TooOldForChild,
)
from enrollment.domain.restorations import RestorationBlocked
from enrollment.domain.tobacco import CannotStateTobaccoUse, TobaccoNotAsked, TobaccoStatement
from enrollment.entrypoints.api.fields import Cents, Day, Lines, View, reasons_of
from enrollment.entrypoints.api.households import MemberPath, PersonBody, ResponsibleBody
from enrollment.entrypoints.api.policies import PolicyView

router = APIRouter(tags=["changes"])


class ChangeView(View):
    """What a change made: the first day on which it counts, the policies it changed as they are now, and why.

    A policy that costs what it did, and covers whom it did, is not among them.
    """

    since: Annotated[date, Field(alias="from")]
    policies: list[PolicyView]
    reasons: list[ReasonView]

    @classmethod
    def of(cls, changed: Changed, *, today: date) -> ChangeView:
        """Return the view of a change on a day."""
        return cls(
            since=changed.since,
            policies=[
                PolicyView.of(policy, household=changed.household, today=today) for policy in changed.policies
            ],
            reasons=reasons_of(changed.reasons),
        )


class AssistanceBody(Body):
    """The assistance a household has from the first of a month on, past or to come, in cents a month."""

    since: Annotated[Day, Field(alias="from")]
    aptc_cents: Cents
    subsidy_cents: Cents


@router.post(
    "/v1/households/{household}/assistance-changes",
    status_code=201,
    response_model=ChangeView,
    operation_id="changeAssistance",
    summary="State a household's assistance from a month on",
    responses=refusals(NotFound, AssistanceInMidMonth),
)
async def post_assistance_change(
    household: HouseholdPath,
    body: AssistanceBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("operator", "service"))],
) -> Response:
    """State a household's APTC and state subsidy from a month on: staff's or a service's, never the household's."""
    command.require_household(household)
    change = AssistanceChange(since=body.since, aptc_cents=body.aptc_cents, subsidy_cents=body.subsidy_cents)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: change_assistance(uow, household=household, change=change),
        view=lambda changed: ChangeView.of(changed, today=local_date(command.now)),
        status=201,
    )


class AddressBody(Body):
    """Where the household lives from a day on; its rating area follows from the ZIP code (ENR-17)."""

    since: Annotated[Day, Field(alias="from")]
    address: Lines


@router.post(
    "/v1/households/{household}/address-changes",
    status_code=201,
    response_model=ChangeView,
    operation_id="changeAddress",
    summary="State where a household lives from a day on",
    responses=refusals(NotFound, CannotMove),
)
async def post_address_change(
    household: HouseholdPath,
    body: AddressBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("member", "assister", "operator"))],
) -> Response:
    """State where a household lives from a day on: a new version of its contact, and of what its plans by age cost.

    Letters go there at once. Days gone by are an operator's to state.
    """
    command.require_household(household)
    move = Move(
        since=body.since,
        address=Masked(body.address),
        by="operator" if "operator" in command.caller.roles else "household",
    )
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: change_address(uow, household, move, parameters=command.dependencies.parameters),
        view=lambda changed: ChangeView.of(changed, today=local_date(command.now)),
        status=201,
    )


class TobaccoBody(Body):
    """Whether somebody uses tobacco from a day on (ENR-17)."""

    since: Annotated[Day, Field(alias="from")]
    uses_tobacco: bool


@router.post(
    "/v1/households/{household}/members/{member}/tobacco-uses",
    status_code=201,
    response_model=ChangeView,
    operation_id="stateTobaccoUse",
    summary="State whether somebody uses tobacco",
    responses=refusals(NotFound, CannotStateTobaccoUse, TobaccoNotAsked),
)
async def post_tobacco_use(
    household: HouseholdPath,
    member: MemberPath,
    body: TobaccoBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("member", "assister", "operator"))],
) -> Response:
    """State whether somebody of the household uses tobacco from a day on, where rates may differ by it: a new version
    of what plans by age cost. Days gone by are an operator's to state.
    """
    command.require_household(household)
    statement = TobaccoStatement(
        member=member,
        since=body.since,
        uses=body.uses_tobacco,
        by="operator" if "operator" in command.caller.roles else "household",
    )
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: state_tobacco_use(
            uow, household, statement, parameters=command.dependencies.parameters
        ),
        view=lambda changed: ChangeView.of(changed, today=local_date(command.now)),
        status=201,
    )


class JoiningBody(Body):
    """Who comes into the household, by what, and the day it happened.

    ``responsible`` names who acts for a child that came where nobody else is left.
    """

    person: PersonBody
    kind: JoinKind
    on: Day
    responsible: ResponsibleBody | None = None


@router.post(
    "/v1/households/{household}/members",
    status_code=201,
    response_model=ChangeView,
    operation_id="addMember",
    summary="Take somebody into a household",
    responses=refusals(
        NotFound,
        HouseholdForgotten,
        HouseholdMergedAway,
        BirthDateImplausible,
        CannotJoin,
        LatinNameNeeded,
        NameNotReadable,
        OutsideEnrollment,
        PersonNamedTwice,
        RelationsUnclear,
        RestorationBlocked,
        SsnNamedTwice,
        StartNotOffered,
        TobaccoNotAsked,
        TooOldForChild,
    ),
)
async def post_member(
    household: HouseholdPath,
    body: JoiningBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("member", "assister", "operator"))],
) -> Response:
    """Take somebody into the household and its coverage: a newborn from the day of birth on."""
    command.require_household(household)
    joining = Joining(
        person=body.person.person(),
        kind=body.kind,
        on=body.on,
        responsible=None if body.responsible is None else body.responsible.responsible(),
    )
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: add_member(
            uow,
            household=household,
            joining=joining,
            parameters=command.dependencies.parameters,
            transliterator=command.dependencies.transliterator,
        ),
        view=lambda changed: ChangeView.of(changed, today=local_date(command.now)),
        status=201,
    )


class LeavingBody(Body):
    """By what somebody goes out of the household, and the day it happened or will.

    ``responsible`` names who acts for a child that a death leaves.
    """

    kind: LeaveKind
    on: Day
    responsible: ResponsibleBody | None = None


@router.post(
    "/v1/households/{household}/members/{member}/departures",
    status_code=201,
    response_model=ChangeView,
    operation_id="takeOutMember",
    summary="Take somebody out of a household's coverage",
    responses=refusals(NotFound, CannotLeave, LatinNameNeeded, NameNotReadable),
)
async def post_departure(
    household: HouseholdPath,
    member: MemberPath,
    body: LeavingBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("member", "assister", "operator"))],
) -> Response:
    """Take somebody out of the household's coverage: after a death the next day, else from the next month on.

    After the subscriber's death another takes their place; after that of the only one covered, coverage ends.
    """
    command.require_household(household)
    leaving = Leaving(
        member=member,
        kind=body.kind,
        on=body.on,
        responsible=None if body.responsible is None else body.responsible.responsible(),
    )
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: take_out_member(
            uow,
            household=household,
            leaving=leaving,
            by="operator" if "operator" in command.caller.roles else "household",
            parameters=command.dependencies.parameters,
            transliterator=command.dependencies.transliterator,
        ),
        view=lambda changed: ChangeView.of(changed, today=local_date(command.now)),
        status=201,
    )
