"""The renewal of plain households (`enrollment.domain.plain_renewals`): a chunk at once, without their books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.age_rates import AgeRates
from enrollment.domain.carriers import Carrier
from enrollment.domain.crosswalk import CrosswalkEntry
from enrollment.domain.households import Household, Member
from enrollment.domain.months import PolicyVersion
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plain_renewals import Season, due_of, plain_next_year
from enrollment.domain.plans import Plan
from enrollment.domain.policies import Policy
from enrollment.domain.renewals import Going, NextYear, Renewal, announced, last_day_before
from enrollment.domain.selections import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a walk through a plan year's renewals begins with: all policies by household, and what is noted of the
    renewals of those that last through the eve of it, by policy.
    """

    held: Mapping[str, Sequence[Going]]
    before: Mapping[str, Renewal]


async def known_of(uow: UnitOfWork, households: Collection[str], *, year: int) -> Known:
    """Return what is known of these households, whose locks are held."""
    held = defaultdict[str, list[Going]](list)
    lasting: list[str] = []
    for each in await uow.records(Policy).select_as(Going, household=list(households)):
        held[each.household].append(each)
        if each.coverage_ends == last_day_before(year):
            lasting.append(each.policy)
    # By policy: asked for by household and year, PostgreSQL reads all the year's that there are by then.
    before = await uow.records(Renewal).select(policy=lasting)
    return Known(held=held, before={each.policy: each for each in before})


async def renew_plainly(
    uow: UnitOfWork,
    known: Known,
    *,
    year: int,
    only_looks: bool,
    crosswalk: Mapping[str, CrosswalkEntry],
    parameters: EnrollmentParameters,
) -> tuple[int, list[str]]:
    """Renew the plain ones of these households, or only write down what their policies would become; return of how
    many policies something was decided, and the households that are left for the whole rule, in order.
    """
    before = known.before
    due = {
        household: found
        for household, policies in known.held.items()
        if (found := due_of(policies, year=year, before=before))
    }
    if not due:
        return 0, []
    season = await _season(uow, year=year, only_looks=only_looks, crosswalk=crosswalk, parameters=parameters)
    members = defaultdict[str, list[Member]](list)
    for each in await uow.records(Member).select(household=list(due), order_by=("household", "position")):
        members[each.household].append(each)
    found = {
        each.household: plain_next_year(
            each,
            members[each.household],
            known.held[each.household],
            due=due[each.household],
            before=before,
            season=season,
        )
        for each in await uow.records(Household).select(household=list(due))
    }
    plain = [each for each in found.values() if each is not None]
    decided = await _note(uow, plain, before=before)
    if not only_looks:
        await _keep(uow, plain, {each.policy: each for policies in due.values() for each in policies})
    return decided, sorted(household for household, each in found.items() if each is None)


async def _season(
    uow: UnitOfWork,
    *,
    year: int,
    only_looks: bool,
    crosswalk: Mapping[str, CrosswalkEntry],
    parameters: EnrollmentParameters,
) -> Season:
    wanted = sorted({each.next_plan for each in crosswalk.values() if each.next_plan is not None})
    plans = {each.plan: each for each in await uow.records(Plan).select(plan=wanted)}
    by_age = [each.plan for each in plans.values() if each.rated_by == "age"]
    rates = await uow.records(AgeRates).select(plan=by_age, plan_year=year) if by_age else []
    sells = sorted({each.carrier for each in plans.values()})
    return Season.of(
        year,
        now=uow.now,
        only_looks=only_looks,
        crosswalk=crosswalk,
        plans=plans,
        carriers={each.carrier: each for each in await uow.records(Carrier).select(carrier=sells)},
        rates={(each.plan, each.plan_year, each.rating_area): each for each in rates},
        parameters=parameters,
    )


async def _note(uow: UnitOfWork, plain: Iterable[NextYear], *, before: Mapping[str, Renewal]) -> int:
    """Write what is noted of renewals; return how many differ from what was noted before."""
    renewals = [each for next_year in plain for each in next_year.renewals]
    await uow.records(Renewal).add(each for each in renewals if each.policy not in before)
    again = [each for each in renewals if each.policy in before and before[each.policy] != each]
    await uow.records(Renewal).put(again)
    return sum(each.policy not in before for each in renewals) + len(again)


async def _keep(uow: UnitOfWork, plain: Sequence[NextYear], priors: Mapping[str, Going]) -> None:
    """Write the acts that renew, and tell of them."""
    acts = [each.act for each in plain if each.act is not None]
    await uow.records(Selection).add(each.selection for each in acts)
    await uow.records(Policy).add(policy for each in acts for policy in each.policies)
    await uow.records(PolicyVersion).add(version for each in acts for version in each.versions)
    for next_year in plain:
        if next_year.act is not None:
            event = announced(
                next_year.act, renewals=next_year.renewals, priors=priors, versions=next_year.act.versions
            )
            uow.emit(
                event,
                household=event.household,
                business_date=uow.today,
                reasons=next_year.act.selection.reasons,
            )
