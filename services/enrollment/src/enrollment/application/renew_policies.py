"""Some households' policies are renewed, or looked at, or their renewals taken back: as sets (ENR-14)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.age_out_children import take_out_aged
from enrollment.application.book import PolicyBook
from enrollment.application.import_crosswalk import crosswalk_of
from enrollment.application.nobody_left import end_where_nobody_is_left
from enrollment.application.ports import Parameters
from enrollment.application.renew_plainly import known_of, renew_plainly
from enrollment.application.rerate_policies import follow_coverage
from enrollment.domain.ages import age_out
from enrollment.domain.crosswalk import CrosswalkEntry
from enrollment.domain.events import EndingPolicy
from enrollment.domain.households import Household, Member, covered_on
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plans import Kind
from enrollment.domain.policies import Policy, call_off
from enrollment.domain.renewal_runs import RenewalAct
from enrollment.domain.renewals import (
    GOING_ON,
    NextYear,
    Renewal,
    failed,
    is_to_be_renewed,
    is_to_be_taken_back,
    last_day_before,
    not_renewed,
    not_taken_back,
    renew,
)
from enrollment.domain.selections import Applicant
from enrollment.domain.sources import SOURCES

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
        lifecycle=[each for each in GOING_ON if each == "active" or uow.today.year == year],
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
    known = await known_of(uow, households, year=year)
    if act == "run":
        await _let_stand(uow, known.before.values())
    in_force = parameters.as_of(uow.today)
    crosswalk = {each.plan: each for each in await crosswalk_of(uow, year)}
    decided, households = await renew_plainly(
        uow, known, year=year, only_looks=act == "plan", crosswalk=crosswalk, parameters=in_force
    )
    if not households:
        return decided
    return decided + await renew_by_the_whole_rule(
        uow, households, year=year, crosswalk=crosswalk, parameters=in_force, act=act
    )


async def renew_by_the_whole_rule(
    uow: UnitOfWork,
    households: Sequence[str],
    *,
    year: int,
    crosswalk: Mapping[str, CrosswalkEntry],
    parameters: EnrollmentParameters,
    act: RenewalAct,
) -> int:
    """Renew households' policies, or look at them, by the whole rule; return of how many something was decided."""
    book = await PolicyBook.load(uow, households)
    await book.take_circumstances(
        uow, plans=[each.next_plan for each in crosswalk.values() if each.next_plan is not None]
    )
    for household in households:
        last = last_day_before(year)
        if act == "run":
            take_out_aged(book, household, by=last, today=uow.today, parameters=parameters)
        known = book.circumstances(household)
        # A child who is too old for the plan year leaves before it: not renewed with the household (ENR-13).
        staying = age_out(known.members, by=last, today=uow.today, parameters=parameters).members
        people: dict[Kind, tuple[Member, ...]] = {
            each.kind: covered_on(staying, date(year, 1, 1), policy=each.policy)
            for each in known.policies
            if is_to_be_renewed(each, year=year)
        }
        applicant = Applicant(known=known, people=people)
        found = renew(
            applicant,
            year=year,
            crosswalk=crosswalk,
            catalog=known.plans,
            before=book.by_key(Renewal),
            today=uow.today,
            parameters=parameters,
        )
        if act == "plan":
            book.put(*found.renewals)
            continue
        book.put(*_made(book, found, known.household, year=year, on=uow.today))
        end_where_nobody_is_left(book, household, today=uow.today)
        follow_coverage(book, household, today=uow.today)
    decided = len(book.changed(Renewal))
    await write(uow, book)
    return decided


def _made(book: PolicyBook, found: NextYear, household: Household, *, year: int, on: date) -> list[Renewal]:
    """Take up the act that renews a household's policies, and what it must hear of the others; return all renewals as
    they are then.
    """
    went_on_as: dict[str | None, str] = {}
    ending: Sequence[EndingPolicy] = ()
    if found.act is not None:
        ending = book.renew(found.act, found=found.renewals, on=on).ending
        went_on_as = {each.renews: each.policy for each in found.act.policies}
    elif (alone := not_renewed(found.renewals, household=household, year=year)) is not None:
        book.say(alone, household=alone.household, on=on)
        ending = alone.policies
    told = [each.policy for each in ending]
    made = [
        replace(each, state="renewed", renewed_as=went_on_as[each.policy], decided_on=on)
        if each.policy in went_on_as
        else each
        for each in found.renewals
    ]
    return [replace(each, told_on=each.told_on or on) if each.policy in told else each for each in made]


async def _yet_to_renew(uow: UnitOfWork, households: Households, *, year: int) -> list[Policy]:
    """Return these households' policies that go on and are not renewed: every night most have none."""
    wanted = sorted(households)
    going_on = await uow.records(Policy).select(
        household=wanted, lifecycle=list(GOING_ON), coverage_ends=last_day_before(year)
    )
    renewed = await uow.records(Renewal).select(household=wanted, plan_year=year, state="renewed")
    left = {each.policy for each in renewed}
    return [each for each in going_on if each.policy not in left]


async def is_owed(uow: UnitOfWork, year: int) -> bool:
    """Whether a renewal for a plan year that goes on is still owed late to somebody (ENR-14)."""
    owed = await uow.records(Renewal).select(plan_year=year, state="owed")
    due = await uow.records(Policy).select(policy=[each.policy for each in owed])
    return any(is_to_be_renewed(each, year=year) for each in due)


async def reverse_renewals(uow: UnitOfWork, households: Households, *, year: int) -> int:
    """Take back these households' renewals that no carrier was told of; return how many were.

    What a carrier has is not taken back: it is ended, household by household, like all coverage.
    """
    book = await PolicyBook.load(uow, households)
    await book.take_circumstances(uow)
    renewals = [each for each in book.rows(Renewal) if each.plan_year == year and each.state == "renewed"]
    taken_back = 0
    for renewal in renewals:
        policy = book.get(Policy, renewal.renewed_as or "")
        if not is_to_be_taken_back(policy):
            continue
        reason = Reason(
            rule="ENR-14",
            says=f"The renewal for {year} was made in error and is taken back before the carrier was told.",
            citation=SOURCES["ENR-14"],
            facts={"renews": renewal.policy},
        )
        after = call_off(policy, decision=book.decide(policy), end_reason="error", reason=reason)
        book.change(policy, after, on=uow.today)
        book.put(replace(renewal, state="reversed", obstacle=None, renewed_as=None, decided_on=uow.today))
        taken_back += 1
    for household in sorted(households):
        follow_coverage(book, household, today=uow.today)
    await write(uow, book)
    return taken_back


async def _let_stand(uow: UnitOfWork, renewals: Iterable[Renewal]) -> None:
    """Take it that those of these renewals that could not be taken back are wanted again."""
    kept = [each for each in renewals if each.obstacle == "reversal-failed"]
    await uow.records(Renewal).put(replace(each, obstacle=None) for each in kept)


async def note_failure(uow: UnitOfWork, household: str, *, year: int, act: RenewalAct) -> None:
    """Note that a household's policies could not be renewed, or their renewals not be taken back, for a fault of ours:
    the report has them.
    """
    if act == "reverse":
        await _note_not_taken_back(uow, household, year=year)
        return
    known = await uow.records(Renewal).select(household=household, plan_year=year)
    before = {each.policy: each for each in known}
    await uow.records(Renewal).put(
        failed(each, year=year, before=before.get(each.policy), today=uow.today)
        for each in await _yet_to_renew(uow, [household], year=year)
    )


async def _note_not_taken_back(uow: UnitOfWork, household: str, *, year: int) -> None:
    renewals = await uow.records(Renewal).select(household=household, plan_year=year, state="renewed")
    held = {each.policy: each for each in await uow.records(Policy).select(household=household)}
    await uow.records(Renewal).put(
        not_taken_back(each, today=uow.today)
        for each in renewals
        if each.renewed_as is not None and is_to_be_taken_back(held[each.renewed_as])
    )
