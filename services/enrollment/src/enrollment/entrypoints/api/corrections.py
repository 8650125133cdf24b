"""Corrections of coverage: asked for, tried, approved by a second person, reversed, looked at (OPS-5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.corrections import (
    CorrectionNotOpen,
    CorrectionState,
    CorrectionWaits,
    SecondPersonNeeded,
)
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.corrections import find_correction
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.web.commands import Command, HouseholdPath, Query, commands_or_dry_runs, queries
from bulkhead.web.corrections import DecisionBody, asked_of, corrections_of
from bulkhead.web.fields import HouseholdId, Id
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
    merge_households,
    reverse_correction,
)
from enrollment.application.ports import Parameters
from enrollment.application.redate_selections import redate_selection
from enrollment.domain.age_rates import NotRatedHere
from enrollment.domain.changes import CannotLeave
from enrollment.domain.choices import KindAlreadyHeld, NobodyToCover, UnknownPlan
from enrollment.domain.corrections import (
    ChangedSince,
    Correction,
    NotCorrected,
    NothingToCorrect,
    SelectionDates,
)
from enrollment.domain.effective_dates import OutsideEnrollment, StartNotOffered
from enrollment.domain.household_acts import HouseholdForgotten
from enrollment.domain.merges import HouseholdMergedAway, NotMerged
from enrollment.domain.parameters import CorrectionKind
from enrollment.domain.people import BirthDateImplausible, PersonNamedTwice, TooOldForChild
from enrollment.domain.restorations import RestorationBlocked
from enrollment.entrypoints.api.correction_schemas import (
    BirthDateBody,
    CorrectionView,
    DatesBody,
    DepartureBody,
    EndBody,
    MergeBody,
    RatesBody,
    ReasonBody,
)
from enrollment.entrypoints.api.households import MemberPath

router = APIRouter(tags=["corrections"])

_WHATEVER_IT_DOES = (
    BirthDateImplausible,
    CannotLeave,
    ChangedSince,
    HouseholdForgotten,
    HouseholdMergedAway,
    KindAlreadyHeld,
    NobodyToCover,
    NotCorrected,
    NotMerged,
    NotRatedHere,
    NothingToCorrect,
    OutsideEnrollment,
    PersonNamedTwice,
    RestorationBlocked,
    StartNotOffered,
    TooOldForChild,
    UnknownPlan,
)
"""What doing a correction, of any kind, may come up against."""

Staff = Annotated[Command, Depends(commands_or_dry_runs("operator"))]


@router.post(
    "/v1/households/{household}/selections/{selection}/date-corrections",
    status_code=201,
    response_model=CorrectionView,
    operation_id="redateSelection",
    summary="Correct the dates of a selection",
    responses=refusals(
        NotFound,
        CorrectionWaits,
        HouseholdForgotten,
        HouseholdMergedAway,
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
    return await _ask(
        command,
        household,
        body,
        lambda uow, asked, parameters: redate_selection(
            uow,
            household,
            selection,
            dates=SelectionDates(selected_on=body.selected_on, event_on=body.event_on),
            asked=asked,
            parameters=parameters,
        ),
    )


@router.post(
    "/v1/households/{household}/end-corrections",
    status_code=201,
    response_model=CorrectionView,
    operation_id="redateEnd",
    summary="Correct with which day coverage ends",
    responses=refusals(
        NotFound,
        CorrectionWaits,
        HouseholdForgotten,
        HouseholdMergedAway,
        NothingToCorrect,
        NotCorrected,
        ChangedSince,
        RestorationBlocked,
    ),
)
async def post_end(household: HouseholdPath, body: EndBody, command: Staff) -> Response:
    """Correct an end that was recorded with a wrong day, or in error: then coverage stands as if it had none.

    Up to the pack's limit it is done at once; above, it is asked for, and another operator decides (OPS-5).
    """
    return await _ask(
        command,
        household,
        body,
        lambda uow, asked, parameters: redate_end(
            uow, household, plans=body.plans, through=body.through, asked=asked, parameters=parameters
        ),
    )


@router.post(
    "/v1/households/{household}/members/{member}/departure-corrections",
    status_code=201,
    response_model=CorrectionView,
    operation_id="redateDeparture",
    summary="Correct when somebody left a household",
    responses=refusals(
        NotFound,
        CorrectionWaits,
        HouseholdForgotten,
        HouseholdMergedAway,
        CannotLeave,
        InvalidValue,
        KindAlreadyHeld,
        NobodyToCover,
        NotRatedHere,
        NothingToCorrect,
        NotCorrected,
        ChangedSince,
        RestorationBlocked,
        UnknownPlan,
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
    return await _ask(
        command,
        household,
        body,
        lambda uow, asked, parameters: redate_departure(
            uow, household, member, kind=body.kind, on=body.on, asked=asked, parameters=parameters
        ),
    )


@router.post(
    "/v1/households/{household}/members/{member}/birth-date-corrections",
    status_code=201,
    response_model=CorrectionView,
    operation_id="correctBirthDate",
    summary="Correct when somebody was born",
    responses=refusals(
        NotFound,
        CorrectionWaits,
        HouseholdForgotten,
        HouseholdMergedAway,
        BirthDateImplausible,
        KindAlreadyHeld,
        NobodyToCover,
        NotCorrected,
        NotRatedHere,
        NothingToCorrect,
        ChangedSince,
        PersonNamedTwice,
        RestorationBlocked,
        TooOldForChild,
        UnknownPlan,
    ),
)
async def post_birth_date(
    household: HouseholdPath, member: MemberPath, body: BirthDateBody, command: Staff
) -> Response:
    """Correct a birth date: plans by age cost what they do by it since the plan year began, and carriers are told where
    a premium changes; elsewhere they have it with the next that they are told of the household. A selection that was
    called off because a child seemed too old is made again (ENR-13).

    Up to the pack's limit it is done at once; above, it is asked for, and another operator decides (OPS-5).
    """
    return await _ask(
        command,
        household,
        body,
        lambda uow, asked, parameters: correct_birth_date(
            uow, household, member, born=Masked(body.born.isoformat()), asked=asked, parameters=parameters
        ),
    )


@router.post(
    "/v1/households/{household}/rate-corrections",
    status_code=201,
    response_model=CorrectionView,
    operation_id="rerateHousehold",
    summary="Rate a household's policies anew",
    responses=refusals(
        NotFound,
        CorrectionWaits,
        HouseholdForgotten,
        HouseholdMergedAway,
        NothingToCorrect,
        ChangedSince,
        InvalidValue,
    ),
)
async def post_rates(household: HouseholdPath, body: RatesBody, command: Staff) -> Response:
    """Rate policies by the catalog as it is now, since a day of this plan year: it had been wrong when they were rated.

    Up to the pack's limit it is done at once; above, it is asked for, and another operator decides (OPS-5).
    """
    return await _ask(
        command,
        household,
        body,
        lambda uow, asked, parameters: rerate_household(
            uow, household, since=body.since, asked=asked, parameters=parameters
        ),
    )


@router.post(
    "/v1/households/{household}/merges",
    status_code=201,
    response_model=CorrectionView,
    operation_id="mergeHouseholds",
    summary="Merge a household into another of the same person",
    responses=refusals(
        NotFound,
        ChangedSince,
        CorrectionWaits,
        HouseholdMergedAway,
        InvalidValue,
        NotMerged,
    ),
)
async def post_merge(household: HouseholdPath, body: MergeBody, command: Staff) -> Response:
    """Let a household that covers nobody any more go on as another one of the same person: nothing is selected or paid
    online for it from then on, and money that it has and does not owe goes to the other.

    It is asked for, and another operator decides, always (OPS-5).
    """
    return await _ask(
        command,
        household,
        body,
        lambda uow, asked, parameters: merge_households(
            uow, household, into=body.into, asked=asked, parameters=parameters
        ),
        others=[body.into],
    )


@router.get(
    "/v1/corrections", operation_id="listCorrections", summary="List corrections and what became of them"
)
async def list_corrections(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    state: CorrectionState | None = None,
    kind: CorrectionKind | None = None,
    household: HouseholdId | None = None,
) -> Page[CorrectionView]:
    """Return corrections; with ``state=requested`` those that wait for a second person."""
    found = await corrections_of(query, Correction, paging, state=state, kind=kind, household=household)
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
        return CorrectionView.of(await find_correction(uow, Correction, correction))


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
        households=await _households(command, correction),
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
    responses=refusals(NotFound, CorrectionNotOpen, CorrectionWaits, *_WHATEVER_IT_DOES),
)
async def post_reversal(correction: Id, body: ReasonBody, command: Staff) -> Response:
    """Take a correction back by another that refers to it; above the limit it takes two people as well (OPS-5)."""
    household, *others = await _households(command, correction)
    return await _ask(
        command,
        household,
        body,
        lambda uow, asked, parameters: reverse_correction(uow, correction, asked, parameters=parameters),
        others=others,
    )


async def _ask(
    command: Command,
    household: str,
    body: ReasonBody,
    correct: Callable[[UnitOfWork, Asked, Parameters], Awaitable[Correction]],
    others: Sequence[str] = (),
) -> Response:
    """Ask for a correction of a household's coverage, or of it and others; answer with it."""
    asked: Asked = await asked_of(command, because=body.because, note=body.note)
    return await command.run(
        households=[household, *others],
        body=body,
        use_case=lambda uow: correct(uow, asked, command.dependencies.parameters),
        view=CorrectionView.of,
        status=201,
    )


async def _households(command: Command, correction: str) -> tuple[str, ...]:
    async with command.begin() as uow:
        return (await find_correction(uow, Correction, correction)).households
