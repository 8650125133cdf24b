"""Some households' policies are renewed, or looked at, or their renewals taken back: as sets (ENR-14)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.age_out_children import take_out_aged
from enrollment.application.book import PolicyBook
from enrollment.application.import_crosswalk import crosswalk_of
from enrollment.application.ports import Parameters
from enrollment.application.rerate_policies import follow_what_is_known
from enrollment.domain.ages import age_out
from enrollment.domain.households import Household, Member, covered_on
from enrollment.domain.months import PolicyVersion
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plans import Plan
from enrollment.domain.policies import Policy, call_off
from enrollment.domain.renewal_runs import RenewalAct
from enrollment.domain.renewals import (
    NextYear,
    Renewal,
    failed,
    last_day_before,
    not_renewed,
    renew,
)
from enrollment.domain.selections import Applicant

Households: TypeAlias = Collection[str]


async def households_to_renew(
    uow: UnitOfWork, *, year: int, act: RenewalAct, after: str, limit: int
) -> list[str]:
    """Return, in order, the next households with something to be renewed for a plan year, or to be taken back."""
    if act == "reverse":
        return await uow.records(Renewal).distinct(
            "household", limit=limit, plan_year=year, state="renewed", household__gt=after
        )
    return await uow.records(Policy).distinct(
        "household",
        limit=limit,
        lifecycle="active",
        coverage_ends=last_day_before(year),
        household__gt=after,
    )


async def plan_renewals(uow: UnitOfWork, households: Households, *, year: int, parameters: Parameters) -> int:
    """Write down what these households' policies would become, and change nothing; return of how many."""
    return await _renew(uow, households, year=year, parameters=parameters, act="plan")


async def renew_policies(
    uow: UnitOfWork, households: Households, *, year: int, parameters: Parameters
) -> int:
    """Renew these households' policies that are mapped, and write down why the others are not; return how many.

    They stand at once and are told of at once: a renewal waits for no payment (ENR-5). One that was renewed is left
    as it is.
    """
    return await _renew(uow, households, year=year, parameters=parameters, act="run")


async def _renew(
    uow: UnitOfWork, households: Households, *, year: int, parameters: Parameters, act: RenewalAct
) -> int:
    households = sorted({each.household for each in await _yet_to_renew(uow, households, year=year)})
    if not households:
        return 0
    book = await PolicyBook.load(uow, households)
    book.take(await uow.records(Renewal).select(household=households, plan_year=year))
    first = date(year, 1, 1)
    in_force = parameters.as_of(uow.today)
    members = await _members_then(uow, book, households, act=act, year=year, parameters=in_force)
    crosswalk = {each.plan: each for each in await crosswalk_of(uow, year)}
    catalog = {each.plan: each for each in await uow.records(Plan).select()}
    for applicant in _applicants(book, households, members=members, first=first):
        found = renew(
            applicant,
            year=year,
            crosswalk=crosswalk,
            catalog=catalog,
            before=book.by_key(Renewal),
            today=uow.today,
            parameters=in_force,
        )
        if act == "plan":
            book.put(*found.renewals)
            continue
        book.put(*_made(book, found, applicant, year=year, on=uow.today))
        if found.act is not None:
            household = applicant.household
            await follow_what_is_known(
                uow, book, household, members=members[household.household], after=first
            )
    decided = len(book.changed(Renewal))
    await write(uow, book)
    return decided


def _made(book: PolicyBook, found: NextYear, applicant: Applicant, *, year: int, on: date) -> list[Renewal]:
    """Take up the act that renews a household's policies, and what it must hear of the others; return all renewals as
    they are then.
    """
    went_on_as: dict[str | None, str] = {}
    if found.act is not None:
        book.renew(found.act, on=on)
        went_on_as = {each.renews: each.policy for each in found.act.policies}
    ending = not_renewed(found.renewals, household=applicant.household, year=year)
    if ending is not None:
        book.say(ending, household=ending.household, on=on)
    told = () if ending is None else tuple(each.policy for each in ending.policies)
    made = [
        replace(each, state="renewed", renewed_as=went_on_as[each.policy], decided_on=on)
        if each.policy in went_on_as
        else each
        for each in found.renewals
    ]
    return [replace(each, told_on=on) if each.policy in told else each for each in made]


async def _yet_to_renew(uow: UnitOfWork, households: Households, *, year: int) -> list[Policy]:
    """Return these households' active policies that are not renewed: every night most have none."""
    wanted = sorted(households)
    active = await uow.records(Policy).select(
        household=wanted, lifecycle="active", coverage_ends=last_day_before(year)
    )
    renewed = await uow.records(Renewal).select(household=wanted, plan_year=year, state="renewed")
    left = {each.policy for each in renewed}
    return [each for each in active if each.policy not in left]


async def reverse_renewals(uow: UnitOfWork, households: Households, *, year: int) -> int:
    """Take back these households' renewals that no carrier was told of; return how many were.

    What a carrier has is not taken back: it is ended, household by household, like all coverage.
    """
    book = await PolicyBook.load(uow, households)
    renewals = await uow.records(Renewal).select(
        household=sorted(households), plan_year=year, state="renewed"
    )
    taken_back = 0
    for renewal in renewals:
        policy = book.get(Policy, renewal.renewed_as or "")
        if policy.acknowledgement != "unsent" or policy.lifecycle == "canceled":
            continue
        reason = Reason(
            rule="ENR-14",
            says=f"The renewal for {year} was made in error and is taken back before the carrier was told.",
            facts={"renews": renewal.policy},
        )
        after = call_off(policy, decision=book.decide(policy), end_reason="error", reason=reason)
        book.change(policy, after, on=uow.today)
        book.put(replace(renewal, state="reversed", renewed_as=None, decided_on=uow.today))
        taken_back += 1
    await write(uow, book)
    return taken_back


async def note_failure(uow: UnitOfWork, household: str, *, year: int) -> None:
    """Note that a household's policies could not be renewed for a fault of ours: the report has them."""
    known = await uow.records(Renewal).select(household=household, plan_year=year)
    before = {each.policy: each for each in known}
    await uow.records(Renewal).put(
        failed(each, year=year, before=before.get(each.policy), today=uow.today)
        for each in await _yet_to_renew(uow, [household], year=year)
    )


async def _members_then(
    uow: UnitOfWork,
    book: PolicyBook,
    households: Households,
    *,
    act: RenewalAct,
    year: int,
    parameters: EnrollmentParameters,
) -> Mapping[str, Sequence[Member]]:
    """Return these households' people where children who will be too old for the plan year leave before it: not renewed
    with the household, and taken out now where renewals are made (ENR-13, ENR-14).
    """
    members, last = await _members(uow, households), last_day_before(year)
    if act == "run":
        return await take_out_aged(uow, book, members, by=last, parameters=parameters)
    return {
        household: age_out(people, by=last, today=uow.today, parameters=parameters).members
        for household, people in members.items()
    }


async def _members(uow: UnitOfWork, households: Households) -> defaultdict[str, list[Member]]:
    members = defaultdict[str, list[Member]](list)
    for member in await uow.records(Member).select(
        household=sorted(households), order_by=("household", "position")
    ):
        members[member.household].append(member)
    return members


def _applicants(
    book: PolicyBook, households: Households, *, members: Mapping[str, Sequence[Member]], first: date
) -> list[Applicant]:
    held = defaultdict[str, list[Policy]](list)
    for policy in book.rows(Policy):
        held[policy.household].append(policy)
    versions = defaultdict[str, list[PolicyVersion]](list)
    for version in book.versions():
        versions[version.household].append(version)
    return [
        Applicant(
            household=book.get(Household, each),
            members=covered_on(members[each], first),
            held=held[each],
            versions=versions[each],
        )
        for each in sorted(households)
    ]
