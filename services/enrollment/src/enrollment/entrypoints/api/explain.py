"""Why a household's coverage is as it is: by which rules, in data and in sentences."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Query as Parameter

from bulkhead.kernel.calendar import in_exchange_time
from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import HouseholdPath, Query, queries
from bulkhead.web.explaining import (
    LARGEST_NUMBER_OF_REFUSALS,
    ExplanationView,
    LanguageAsked,
    Refusals,
    Telling,
    refusals_explained,
    telling_of,
)
from bulkhead.web.refusals import refusals
from enrollment.application.explain import (
    EndExplained,
    MergeExplained,
    StartExplained,
    explain_effective_date,
    explain_merge_of,
    explain_policy_end,
    grounds_as_of,
)
from enrollment.domain.ends import DecidedBy, EndReason
from enrollment.domain.explaining import Remedy, WhyNot
from enrollment.domain.lifecycle import Lifecycle
from enrollment.domain.parameters import StartRule
from enrollment.domain.selections import Act
from enrollment.entrypoints.api.fields import Day, View
from enrollment.entrypoints.api.policies import PolicyPath

router = APIRouter(tags=["explanations"])

Look = Annotated[Query, Depends(queries("member", "assister", "operator"))]


class WouldDoView(View):
    """What would have given the expected day: this, on a day from ``first`` (None: until now) to ``last``.

    ``starts`` is the other start that the qualifying event offers, where that had to be asked for.
    """

    do: Remedy
    first: date | None
    last: date
    starts: StartRule | None


class WhyNotView(ExplanationView):
    """Why coverage does not begin or end on the day expected, and what would have done; nothing where that is empty."""

    expected: date
    would_have_done: list[WouldDoView]

    @classmethod
    def of(cls, found: WhyNot, *, telling: Telling) -> WhyNotView:
        """Return the view of an answer."""
        return cls(
            **telling.explanation(found.explanation).model_dump(),
            expected=found.expected,
            would_have_done=[
                WouldDoView(do=each.do, first=each.first, last=each.last, starts=each.starts)
                for each in found.would_have_done
            ],
        )


class StartView(ExplanationView):
    """Why a policy's coverage begins on its first day."""

    policy: str
    plan: str
    effective: date
    selected_on: date
    entered_on: date
    via: Act
    why_not: WhyNotView | None

    @classmethod
    def of(cls, found: StartExplained, *, telling: Telling) -> StartView:
        """Return the view of an answer."""
        return cls(
            **telling.explanation(found.explanation).model_dump(),
            policy=found.policy.policy,
            plan=found.policy.plan,
            effective=found.policy.effective,
            selected_on=found.selection.selected_on,
            entered_on=found.selection.entered_on,
            via=found.selection.via,
            why_not=None if found.why_not is None else WhyNotView.of(found.why_not, telling=telling),
        )


class EndView(ExplanationView):
    """Why a policy's coverage ends, or that it lasts through its plan year. ``decision`` is the one that counts."""

    policy: str
    plan: str
    lifecycle: Lifecycle
    through: date | None
    end_reason: EndReason | None
    decided_by: DecidedBy | None
    decision: str | None
    decided_at: datetime | None
    why_not: WhyNotView | None

    @classmethod
    def of(cls, found: EndExplained, *, telling: Telling) -> EndView:
        """Return the view of an answer."""
        policy, end = found.policy, found.policy.end
        return cls(
            **telling.explanation(found.explanation).model_dump(),
            policy=policy.policy,
            plan=policy.plan,
            lifecycle=policy.lifecycle,
            through=policy.coverage_ends if policy.lifecycle == "expired" else policy.through,
            end_reason=policy.end_reason,
            decided_by=None if end is None else end.decided_by,
            decision=None if end is None else end.decision,
            decided_at=None if found.decided_at is None else in_exchange_time(found.decided_at),
            why_not=None if found.why_not is None else WhyNotView.of(found.why_not, telling=telling),
        )


class MergeView(ExplanationView):
    """Whether a household goes on as another one: ``merged_into``, the one that stands now, also where the one that
    it was merged into was merged since; null where it stands for itself. ``merged_on`` and ``correction`` are of its
    latest merge, ``taken_back_on`` says when that was taken back. ``absorbed`` are the households that go on as this
    one, those merged into them among them.
    """

    merged_into: str | None
    merged_on: date | None
    correction: str | None
    taken_back_on: date | None
    absorbed: list[str]

    @classmethod
    def of(cls, found: MergeExplained, *, telling: Telling) -> MergeView:
        """Return the view of an answer."""
        latest = found.latest
        return cls(
            **telling.explanation(found.explanation).model_dump(),
            merged_into=None if found.survivor == found.household.household else found.survivor,
            merged_on=latest and latest.on,
            correction=latest and latest.correction.correction,
            taken_back_on=latest and latest.taken_back_on,
            absorbed=[*found.absorbed],
        )


@router.get(
    "/v1/households/{household}/policies/{policy}/effective-date/explain",
    response_model=StartView,
    operation_id="explainEffectiveDate",
    summary="Explain when coverage begins",
    responses=refusals(NotFound),
)
async def get_effective_date(
    household: HouseholdPath,
    policy: PolicyPath,
    query: Look,
    expected: Annotated[
        Day | None, Parameter(description="The first day that was expected: why is it not that one?")
    ] = None,
    language: LanguageAsked = "en",
) -> StartView:
    """Return why coverage begins on the day it does, and why not on the one expected (ENR-2, ENR-3)."""
    query.require_household(household)
    async with query.begin() as uow:
        found = await explain_effective_date(
            uow,
            household=household,
            policy=policy,
            expected=expected,
            parameters=query.dependencies.parameters,
        )
    return StartView.of(found, telling=telling_of(query, language))


@router.get(
    "/v1/households/{household}/policies/{policy}/end/explain",
    response_model=EndView,
    operation_id="explainEnd",
    summary="Explain why coverage ends, or that it lasts",
    responses=refusals(NotFound),
)
async def get_end(
    household: HouseholdPath,
    policy: PolicyPath,
    query: Look,
    expected: Annotated[
        Day | None, Parameter(description="The last day that was expected: why is it not that one?")
    ] = None,
    language: LanguageAsked = "en",
) -> EndView:
    """Return why coverage ended or ends, whoever decided it, or that it lasts through its plan year (CAL-3); and why it
    does not on the day expected.
    """
    query.require_household(household)
    async with query.begin() as uow:
        found = await explain_policy_end(
            uow,
            household=household,
            policy=policy,
            expected=expected,
            parameters=query.dependencies.parameters,
        )
    return EndView.of(found, telling=telling_of(query, language))


@router.get(
    "/v1/households/{household}/merge/explain",
    response_model=MergeView,
    operation_id="explainMerge",
    summary="Explain whether a household goes on as another one",
    responses=refusals(NotFound),
)
async def get_merge(household: HouseholdPath, query: Look, language: LanguageAsked = "en") -> MergeView:
    """Return into which household of the same person this one was merged, when, by which correction and by which rules,
    whether that was taken back, and which households go on as this one (OPS-5, ENR-16).
    """
    query.require_household(household)
    async with query.begin() as uow:
        found = await explain_merge_of(uow, household)
    return MergeView.of(found, telling=telling_of(query, language))


@router.get(
    "/v1/households/{household}/refusals/explain",
    response_model=Refusals,
    operation_id="explainRefusals",
    summary="Explain what was asked for and not done",
    responses=refusals(NotFound),
)
async def get_refusals(
    household: HouseholdPath,
    query: Look,
    limit: Annotated[int, Parameter(ge=1, le=LARGEST_NUMBER_OF_REFUSALS)] = 10,
    language: LanguageAsked = "en",
) -> Refusals:
    """Return what was asked for the household lately and not done, and why, the last first (PAY-2)."""
    query.require_household(household)
    return await refusals_explained(
        query,
        household,
        limit=limit,
        telling=telling_of(query, language),
        grounds=grounds_as_of(query.dependencies.parameters),
    )
