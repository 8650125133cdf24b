"""Corrections of coverage: asked for, tried, approved by a second person, reversed, looked at (OPS-5)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from bulkhead.kernel.corrections import CorrectionNotOpen, CorrectionState, SecondPersonNeeded
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.kernel.personal import Masked
from bulkhead.web.commands import Command, HouseholdPath, Query, commands_or_dry_runs, queries
from bulkhead.web.corrections import DecisionBody, RecordedView, correction_id, recorded
from bulkhead.web.fields import Body, Id, WrittenLine
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from enrollment.application.ask_corrections import (
    correct_birth_date,
    redate_departure,
    redate_end,
    rerate_household,
)
from enrollment.application.corrections import (
    Asked,
    decide_correction,
    find_correction,
    reverse_correction,
)
from enrollment.application.redate_selections import redate_selection
from enrollment.domain.age_rates import NotRatedHere
from enrollment.domain.changes import CannotLeave, LeaveKind
from enrollment.domain.choices import KindAlreadyHeld, NobodyToCover, UnknownPlan
from enrollment.domain.corrections import (
    AskedEnd,
    ChangedSince,
    Correction,
    Departure,
    NotCorrected,
    NothingToCorrect,
    SelectionDates,
    SelectionRedated,
    WrongBecause,
)
from enrollment.domain.effective_dates import OutsideEnrollment, StartNotOffered
from enrollment.domain.ends import EndReason
from enrollment.domain.parameters import CorrectionKind
from enrollment.domain.people import BirthDateImplausible, PersonNamedTwice, TooOldForChild
from enrollment.domain.restorations import RestorationBlocked
from enrollment.entrypoints.api.fields import Day, View
from enrollment.entrypoints.api.households import MemberPath

router = APIRouter(tags=["corrections"])

_WHATEVER_IT_DOES = (
    ChangedSince,
    KindAlreadyHeld,
    NobodyToCover,
    NotCorrected,
    NotRatedHere,
    NothingToCorrect,
    OutsideEnrollment,
    RestorationBlocked,
    StartNotOffered,
    UnknownPlan,
)
"""What doing a correction, of any kind, may come up against."""

Staff = Annotated[Command, Depends(commands_or_dry_runs("operator"))]


class ReasonBody(Body):
    """Why something is put right."""

    because: WrongBecause = Field(
        description="Why: the exchange mistyped it, whoever told it was mistaken, the catalog was wrong, a correction "
        "of it was wrong itself, or else."
    )
    note: WrittenLine | None = Field(default=None, description="More of it, for other operators.")


class DatesBody(ReasonBody):
    """The dates of a selection as they are: both, also the one that was recorded right."""

    selected_on: Day = Field(
        description="The day that counts as that of the selection: of paper, its receipt."
    )
    event_on: Day | None = Field(default=None, description="When the event happened that it names.")


class EndBody(ReasonBody):
    """With which day coverage ends, of the plans named, else of all whose end was asked for."""

    plans: Annotated[list[Id], Field(min_length=1, max_length=20)] | None = None
    through: Day | None = Field(
        default=None, description="The last covered day; left out where nobody asked for an end."
    )


class DepartureBody(ReasonBody):
    """By what somebody left, and the day it happened; neither where they did not leave."""

    kind: LeaveKind | None = None
    on: Day | None = None


class BirthDateBody(ReasonBody):
    """When somebody was born."""

    born: Day


class RatesBody(ReasonBody):
    """Since when the catalog as it is now counts: a day of this plan year."""

    since: Annotated[Day, Field(alias="from")]


class SelectionDatesView(View):
    """When a selection was made, and when the event happened that it names."""

    selected_on: date
    event_on: date | None


class SelectionRedatedView(View):
    """What the dates of a selection are, and what they were recorded as."""

    before: SelectionDatesView
    after: SelectionDatesView

    @classmethod
    def of(cls, redated: SelectionRedated) -> SelectionRedatedView:
        """Return the view of a correction of dates."""
        before, after = (
            SelectionDatesView(selected_on=each.selected_on, event_on=each.event_on)
            for each in (redated.before, redated.after)
        )
        return cls(before=before, after=after)


class AskedEndView(View):
    """An end that somebody asked for; a day before the first one called coverage off."""

    on: date
    reason: EndReason

    @classmethod
    def of(cls, end: AskedEnd | None) -> AskedEndView | None:
        """Return the view of an end, None of none."""
        return None if end is None else cls(on=end.on, reason=end.reason)


class EndRedatedView(View):
    """What the end of a policy is, and what it was recorded as; null: it has none."""

    policy: str
    before: AskedEndView | None
    after: AskedEndView | None


class DepartureView(View):
    """The first day on which somebody is not of the household any more, and what ends coverage of the last one."""

    first: date
    reason: EndReason

    @classmethod
    def of(cls, departure: Departure | None) -> DepartureView | None:
        """Return the view of a departure, None of none."""
        return None if departure is None else cls(first=departure.first, reason=departure.reason)


class DepartureRedatedView(View):
    """When somebody left, and what that was recorded as; null: they did not."""

    before: DepartureView | None
    after: DepartureView | None


class CorrectionView(RecordedView, View):
    """A correction: what it does, why, who asked for it, and what became of it (OPS-5).

    ``amount_cents`` is by how much charges differ, through the present month. ``takes_two``: a second person approves
    it, for that amount or its kind, and until then it is only ``requested``. ``rerated`` are the policies that cost
    something else, or cover others.
    """

    household: str
    kind: CorrectionKind
    because: WrongBecause
    selection: str | None
    dates: SelectionRedatedView | None
    selected_as: str | None
    ends: list[EndRedatedView]
    member: str | None
    departure: DepartureRedatedView | None
    born: str | None
    born_before: str | None
    since: Annotated[date | None, Field(alias="from")]
    rerated: list[str]

    @classmethod
    def of(cls, correction: Correction) -> CorrectionView:
        """Return the view of a correction."""
        departure = correction.departure
        return cls(
            **recorded(correction),
            household=correction.household,
            kind=correction.kind,
            because=correction.because,
            selection=correction.selection,
            dates=None if correction.dates is None else SelectionRedatedView.of(correction.dates),
            selected_as=correction.selected_as,
            ends=[
                EndRedatedView(
                    policy=each.policy,
                    before=AskedEndView.of(each.before),
                    after=AskedEndView.of(each.after),
                )
                for each in correction.ends
            ],
            member=correction.member,
            departure=None
            if departure is None
            else DepartureRedatedView(
                before=DepartureView.of(departure.before), after=DepartureView.of(departure.after)
            ),
            born=_revealed(correction.born),
            born_before=_revealed(correction.born_before),
            since=correction.since,
            rerated=[each.policy for each in correction.rerated],
        )


@router.post(
    "/v1/households/{household}/selections/{selection}/date-corrections",
    status_code=201,
    response_model=CorrectionView,
    operation_id="redateSelection",
    summary="Correct the dates of a selection",
    responses=refusals(
        NotFound,
        KindAlreadyHeld,
        NobodyToCover,
        NotCorrected,
        NotRatedHere,
        NothingToCorrect,
        ChangedSince,
        InvalidValue,
        OutsideEnrollment,
        StartNotOffered,
        UnknownPlan,
    ),
)
async def post_dates(household: HouseholdPath, selection: Id, body: DatesBody, command: Staff) -> Response:
    """Correct the day that counts as a selection's, or that of its event: coverage that begins on another day by them
    is called off and selected anew, and what was paid for it pays that.

    Up to the pack's limit it is done at once; above, it is asked for, and another operator decides (OPS-5).
    """
    asked = await _asked(command, body)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: redate_selection(
            uow,
            household,
            selection,
            dates=SelectionDates(selected_on=body.selected_on, event_on=body.event_on),
            asked=asked,
            parameters=command.dependencies.parameters,
        ),
        view=CorrectionView.of,
        status=201,
    )


@router.post(
    "/v1/households/{household}/end-corrections",
    status_code=201,
    response_model=CorrectionView,
    operation_id="redateEnd",
    summary="Correct with which day coverage ends",
    responses=refusals(NotFound, NothingToCorrect, NotCorrected, ChangedSince, RestorationBlocked),
)
async def post_end(household: HouseholdPath, body: EndBody, command: Staff) -> Response:
    """Correct an end that was recorded with a wrong day, or in error: then coverage stands as if it had none.

    Up to the pack's limit it is done at once; above, it is asked for, and another operator decides (OPS-5).
    """
    asked = await _asked(command, body)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: redate_end(
            uow,
            household,
            plans=body.plans,
            through=body.through,
            asked=asked,
            parameters=command.dependencies.parameters,
        ),
        view=CorrectionView.of,
        status=201,
    )


@router.post(
    "/v1/households/{household}/members/{member}/departure-corrections",
    status_code=201,
    response_model=CorrectionView,
    operation_id="redateDeparture",
    summary="Correct when somebody left a household",
    responses=refusals(
        NotFound, CannotLeave, InvalidValue, NothingToCorrect, NotCorrected, ChangedSince, RestorationBlocked
    ),
)
async def post_departure(
    household: HouseholdPath, member: MemberPath, body: DepartureBody, command: Staff
) -> Response:
    """Correct a death, a divorce or an age that was recorded with a wrong day, or of somebody who is there.

    The pack says whether one person may; where not, it is asked for, and another operator decides (OPS-5).
    """
    if (body.kind is None) != (body.on is None):
        raise InvalidValue(
            field="/on" if body.on is None else "/kind",
            problem="is left out, and the other is not: name both, or neither where they did not leave",
        )
    asked = await _asked(command, body)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: redate_departure(
            uow,
            household,
            member,
            kind=body.kind,
            on=body.on,
            asked=asked,
            parameters=command.dependencies.parameters,
        ),
        view=CorrectionView.of,
        status=201,
    )


@router.post(
    "/v1/households/{household}/members/{member}/birth-date-corrections",
    status_code=201,
    response_model=CorrectionView,
    operation_id="correctBirthDate",
    summary="Correct when somebody was born",
    responses=refusals(
        NotFound, BirthDateImplausible, NothingToCorrect, ChangedSince, PersonNamedTwice, TooOldForChild
    ),
)
async def post_birth_date(
    household: HouseholdPath, member: MemberPath, body: BirthDateBody, command: Staff
) -> Response:
    """Correct a birth date: plans by age cost what they do by it since the plan year began, and carriers are told where
    a premium changes; elsewhere they have it with the next that they are told of the household.

    Up to the pack's limit it is done at once; above, it is asked for, and another operator decides (OPS-5).
    """
    asked = await _asked(command, body)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: correct_birth_date(
            uow,
            household,
            member,
            born=Masked(body.born.isoformat()),
            asked=asked,
            parameters=command.dependencies.parameters,
        ),
        view=CorrectionView.of,
        status=201,
    )


@router.post(
    "/v1/households/{household}/rate-corrections",
    status_code=201,
    response_model=CorrectionView,
    operation_id="rerateHousehold",
    summary="Rate a household's policies anew",
    responses=refusals(NotFound, NothingToCorrect, ChangedSince, InvalidValue),
)
async def post_rates(household: HouseholdPath, body: RatesBody, command: Staff) -> Response:
    """Rate policies by the catalog as it is now, since a day of this plan year: it had been wrong when they were rated.

    Up to the pack's limit it is done at once; above, it is asked for, and another operator decides (OPS-5).
    """
    asked = await _asked(command, body)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: rerate_household(
            uow, household, since=body.since, asked=asked, parameters=command.dependencies.parameters
        ),
        view=CorrectionView.of,
        status=201,
    )


@router.get(
    "/v1/corrections", operation_id="listCorrections", summary="List corrections and what became of them"
)
async def list_corrections(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    state: CorrectionState | None = None,
    kind: CorrectionKind | None = None,
    household: Id | None = None,
) -> Page[CorrectionView]:
    """Return corrections; with ``state=requested`` those that wait for a second person."""
    asked: dict[str, Any] = {"state": state, "kind": kind, "household": household}
    conditions = {name: value for name, value in asked.items() if value is not None}
    async with query.begin() as uow:
        found = await uow.records(Correction).select(
            correction__gt=paging.after_id,
            order_by=("correction",),
            limit=paging.limit + 1,
            **conditions,
        )
    return paging.page(found, key=lambda each: each.correction, view=CorrectionView.of)


@router.get(
    "/v1/corrections/{correction}",
    response_model=CorrectionView,
    operation_id="showCorrection",
    summary="Show a correction",
    responses=refusals(NotFound),
)
async def get_correction(
    correction: Id, query: Annotated[Query, Depends(queries("operator"))]
) -> CorrectionView:
    """Return a correction: what it did, why, by whom, and whether it stands."""
    async with query.begin() as uow:
        return CorrectionView.of(await find_correction(uow, correction))


@router.post(
    "/v1/corrections/{correction}/decisions",
    status_code=201,
    response_model=CorrectionView,
    operation_id="decideCorrection",
    summary="Approve or decline a correction",
    responses=refusals(NotFound, CorrectionNotOpen, SecondPersonNeeded, *_WHATEVER_IT_DOES),
)
async def post_decision(correction: Id, body: DecisionBody, command: Staff) -> Response:
    """Approve a correction that another asked for, which does it, or decline it: whoever asked may (OPS-5)."""
    return await command.run(
        households=[await _household(command, correction)],
        body=body,
        use_case=lambda uow: decide_correction(
            uow,
            correction,
            body.decision,
            operator=command.caller.subject,
            parameters=command.dependencies.parameters,
        ),
        view=CorrectionView.of,
        status=201,
    )


@router.post(
    "/v1/corrections/{correction}/reversals",
    status_code=201,
    response_model=CorrectionView,
    operation_id="reverseCorrection",
    summary="Reverse a correction",
    responses=refusals(NotFound, CorrectionNotOpen, *_WHATEVER_IT_DOES),
)
async def post_reversal(correction: Id, body: ReasonBody, command: Staff) -> Response:
    """Take a correction back by another that refers to it; above the limit it takes two people as well (OPS-5)."""
    asked = await _asked(command, body)
    return await command.run(
        households=[await _household(command, correction)],
        body=body,
        use_case=lambda uow: reverse_correction(
            uow, correction, asked, parameters=command.dependencies.parameters
        ),
        view=CorrectionView.of,
        status=201,
    )


async def _asked(command: Command, body: ReasonBody) -> Asked:
    """Return who asks for a correction, and why."""
    return Asked(
        correction=await correction_id(command),
        because=body.because,
        note=None if body.note is None else Masked(body.note),
        operator=command.caller.subject,
        preview=command.dry_run,
    )


async def _household(command: Command, correction: str) -> str:
    async with command.begin() as uow:
        return (await find_correction(uow, correction)).household


def _revealed(text: Masked | None) -> str | None:
    return None if text is None else text.reveal()
