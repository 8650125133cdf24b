"""Answers to "why?" about a household's coverage: read, never written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.explanations import Explanation, Ground
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.find_household import absorbed_by, goes_on_as, household_of, members_of
from enrollment.application.ports import Parameters
from enrollment.domain.corrections import Correction
from enrollment.domain.explaining import (
    WhyNot,
    explain_end,
    explain_start,
    grounds,
    why_not,
    why_not_end,
)
from enrollment.domain.explaining_merges import LatestMerge, explain_merge
from enrollment.domain.households import Household
from enrollment.domain.merges import one_person_by
from enrollment.domain.policies import Policy
from enrollment.domain.selections import Selection
from enrollment.domain.timeline import end_of


@dataclass(frozen=True, slots=True, kw_only=True)
class StartExplained:
    """Why a policy begins when it does, and why not on the day that was expected, where one was."""

    policy: Policy
    selection: Selection
    explanation: Explanation
    why_not: WhyNot | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndExplained:
    """Why a policy ends when it does, and when that was decided; None where nothing has ended it. ``why_not`` says why
    not on the day that was expected, where one was.
    """

    policy: Policy
    explanation: Explanation
    decided_at: datetime | None
    why_not: WhyNot | None


async def explain_effective_date(
    uow: UnitOfWork, *, household: str, policy: str, expected: date | None, parameters: Parameters
) -> StartExplained:
    """Return why a household's policy begins on its first day, and not on the one expected; raises `NotFound`."""
    found = await _policy_of(uow, household=household, policy=policy)
    selection = await uow.records(Selection).get(selection=found.selection)
    if selection is None:
        raise NotFound("the household has no such policy")
    then = parameters.as_of(selection.selected_on)
    return StartExplained(
        policy=found,
        selection=selection,
        explanation=explain_start(found, selection, parameters=then),
        why_not=None if expected is None else why_not(found, selection, expected=expected, parameters=then),
    )


async def explain_policy_end(
    uow: UnitOfWork, *, household: str, policy: str, expected: date | None, parameters: Parameters
) -> EndExplained:
    """Return why a household's policy ends, or that it does not, and why not on the day expected; raises `NotFound`."""
    found = await _policy_of(uow, household=household, policy=policy)
    made = end_of(found)
    then = parameters.as_of(uow.today if made is None else made.on)
    return EndExplained(
        policy=found,
        explanation=explain_end(found, parameters=then),
        decided_at=None if made is None else made.at,
        why_not=None if expected is None else why_not_end(found, expected=expected, parameters=then),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeExplained:
    """As which household one goes on now, through all merges since, itself where it stands, and which go on as it; its
    latest merge, None where there is none, and why that is so.
    """

    household: Household
    survivor: str
    latest: LatestMerge | None
    absorbed: tuple[str, ...]
    explanation: Explanation


async def explain_merge_of(uow: UnitOfWork, household: str) -> MergeExplained:
    """Return why a household goes on as another, or stands for itself (OPS-5); raises `NotFound`."""
    known = await household_of(uow, household)
    latest = await _latest_merge(uow, household)
    survivor = (await goes_on_as(uow, known))[-1].household
    absorbed = tuple(each.household for each in await absorbed_by(uow, household))
    return MergeExplained(
        household=known,
        survivor=survivor,
        latest=latest,
        absorbed=absorbed,
        explanation=explain_merge(survivor=survivor, latest=latest, absorbed=absorbed),
    )


async def _latest_merge(uow: UnitOfWork, household: str) -> LatestMerge | None:
    corrections = uow.records(Correction)
    done = await corrections.select(
        household=household,
        kind="merge-households",
        state=["applied", "reversed"],
        reverses=None,
        order_by=("-asked_at", "-correction"),
        limit=1,
    )
    if not done or done[0].merged_into is None:
        return None
    back = None if done[0].reversed_by is None else await corrections.get(correction=done[0].reversed_by)
    return LatestMerge(
        correction=done[0],
        one_person_by=one_person_by(
            await members_of(uow, household), await members_of(uow, done[0].merged_into)
        ),
        taken_back=back,
    )


def grounds_as_of(parameters: Parameters) -> Callable[[Sequence[Reason], date], tuple[Ground, ...]]:
    """Return what gives reasons the parameters that were in force on a day."""

    def of(reasons: Sequence[Reason], day: date) -> tuple[Ground, ...]:
        return grounds(reasons, parameters=parameters.as_of(day))

    return of


async def _policy_of(uow: UnitOfWork, *, household: str, policy: str) -> Policy:
    found = await uow.records(Policy).get(policy=policy)
    if found is None or found.household != household:
        raise NotFound("the household has no such policy")
    return found
