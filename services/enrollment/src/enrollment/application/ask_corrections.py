"""Staff ask that what was told wrong of a household be corrected: an end, a departure, a birth date, rates (OPS-5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.change_members import END_REASONS
from enrollment.application.correct_coverage import put_birth, put_departure, put_ends, rate_anew
from enrollment.application.corrections import Asked, draft_of, load_book, make_correction
from enrollment.application.find_household import Found, find_household, household_of
from enrollment.application.ports import Parameters
from enrollment.domain.changes import LeaveKind, Leaving
from enrollment.domain.corrections import (
    AskedEnd,
    Correction,
    Departure,
    DepartureRedated,
    EndRedated,
    NothingToCorrect,
)
from enrollment.domain.households import Member
from enrollment.domain.redating import asked_end, decide_departure, policies_to_correct
from enrollment.domain.sources import SOURCES


async def redate_end(
    uow: UnitOfWork,
    household: str,
    *,
    plans: Sequence[str] | None,
    through: date | None,
    asked: Asked,
    parameters: Parameters,
) -> Correction:
    """Correct with which day coverage ends that somebody asked to end, None: that nobody did; return the correction.

    Raises `NotFound`, `NothingToCorrect`, `NotCorrected`, and `RestorationBlocked` where other plans or Medicaid
    cover the days that would be covered again.
    """
    await household_of(uow, household)
    book = await load_book(uow, household)
    found = policies_to_correct(book.find_policies(household), plans=plans)
    ends: list[EndRedated] = []
    for policy in found:
        before = asked_end(policy)
        if before is not None:
            # A day before the first one calls coverage off, whichever it is.
            called_off = policy.effective - timedelta(days=1)
            after = None if through is None else AskedEnd(on=max(through, called_off), reason=before.reason)
            ends.append(EndRedated(policy=policy.policy, before=before, after=after))
    draft = replace(draft_of(asked, household, "redate-end", now=uow.now), ends=tuple(ends))
    return await make_correction(uow, draft, book, asked, do=put_ends, parameters=parameters)


async def redate_departure(
    uow: UnitOfWork,
    household: str,
    member: str,
    *,
    kind: LeaveKind | None,
    on: date | None,
    asked: Asked,
    parameters: Parameters,
) -> Correction:
    """Correct when somebody left, or by what, None: that they did not; return the correction.

    Raises `NotFound`, `NothingToCorrect`, `NotCorrected`, `CannotLeave`, and `RestorationBlocked`.
    """
    found = await find_household(uow, household)
    known = _member_of(found, member)
    if known.left is None:
        raise NothingToCorrect(
            "nobody told that they left",
            reasons=(
                Reason(
                    rule="ENR-13",
                    says="Who left without that being told is taken out first.",
                    citation=SOURCES["ENR-13"],
                ),
            ),
        )
    after = None
    book = await load_book(uow, household)
    if kind is not None and on is not None:
        leaving = Leaving(member=member, kind=kind, on=on)
        start = decide_departure(
            known, leaving, members=found.members, today=uow.today, parameters=parameters.as_of(uow.today)
        )
        after = Departure(first=start.effective, reason=END_REASONS[kind])
    if after is not None and after.first == known.left:
        raise NothingToCorrect("that is what is recorded", field="/on")
    before = Departure(first=known.left, reason=known.left_for or "death")
    draft = replace(
        draft_of(asked, household, "redate-departure", now=uow.now),
        member=member,
        departure=DepartureRedated(before=before, after=after),
    )
    return await make_correction(uow, draft, book, asked, do=put_departure, parameters=parameters)


async def correct_birth_date(
    uow: UnitOfWork, household: str, member: str, *, born: Masked, asked: Asked, parameters: Parameters
) -> Correction:
    """Correct when somebody was born; policies of the plan year are rated by it from their first day on; return the
    correction.

    Raises `NotFound`, `NothingToCorrect`, `NotCorrected`, `BirthDateImplausible`, `PersonNamedTwice`, `TooOldForChild`.
    """
    found = await find_household(uow, household)
    known = _member_of(found, member)
    if known.born == born:
        raise NothingToCorrect("that is the birth date already", field="/born")
    draft = replace(
        draft_of(asked, household, "correct-birth-date", now=uow.now),
        member=member,
        born=born,
        born_before=known.born,
        since=date(uow.today.year, 1, 1),
    )
    book = await load_book(uow, household)
    return await make_correction(uow, draft, book, asked, do=put_birth, parameters=parameters)


async def rerate_household(
    uow: UnitOfWork, household: str, *, since: date, asked: Asked, parameters: Parameters
) -> Correction:
    """Rate a household's policies from a day of this plan year on by the catalog as it is now; return the correction.

    Raises `NotFound`, `InvalidValue` for a day of a plan year that is over or within a month, and `NothingToCorrect`
    where they cost that.
    """
    await household_of(uow, household)
    first = date(uow.today.year, 1, 1)
    if since < first:
        raise InvalidValue(
            field="/from",
            problem=f"must be {first} or later",
            reasons=(
                Reason(
                    rule="ENR-17",
                    says=f"Policies of plan years that are over keep their rates; {first} would do.",
                    citation=SOURCES["ENR-17"],
                    facts={"would_do": str(first)},
                ),
            ),
        )
    month = CoverageMonth.of(since)
    if since != month.first_day:
        raise InvalidValue(
            field="/from",
            problem="must be the first day of a month",
            reasons=(
                Reason(
                    rule="INV-18",
                    says=f"A whole month is never split: {month.first_day} or {month.plus(1).first_day} would do.",
                    citation=SOURCES["INV-18"],
                    facts={"would_do": str(month.first_day)},
                ),
            ),
        )
    draft = replace(draft_of(asked, household, "rerate", now=uow.now), since=since)
    book = await load_book(uow, household)
    made = await make_correction(uow, draft, book, asked, do=rate_anew, parameters=parameters)
    if not made.rerated:
        raise NothingToCorrect(
            "the policies cost what the catalog says",
            field="/from",
            reasons=(
                Reason(
                    rule="ENR-17",
                    says="Import or offer the right rates first, then rate anew.",
                    citation=SOURCES["ENR-17"],
                ),
            ),
        )
    return made


def _member_of(found: Found, member: str) -> Member:
    known = next((each for each in found.members if each.member == member), None)
    if known is None:
        raise NotFound("there is no such member")
    return known
