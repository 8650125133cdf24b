"""Corrections of coverage are asked for, tried, approved by a second person, and reversed by another (OPS-5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from bulkhead.kernel import corrections
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.corrections import (
    CorrectionStep,
    done_alone_cents,
    reason_of,
    require_another,
    require_none_waits,
    step,
    takes_two,
)
from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.corrections import find_correction, note_reversed
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook
from enrollment.application.correct_coverage import carry_out, what_does
from enrollment.application.doing_corrections import Do, Given
from enrollment.application.merge_households import load_both, merge, require_household_stands
from enrollment.application.ports import Parameters
from enrollment.application.record_contact import record_contact
from enrollment.domain.corrections import Correction, WrongBecause, moved_cents
from enrollment.domain.households import Contact
from enrollment.domain.parameters import CorrectionKind
from enrollment.domain.plans import Kind
from enrollment.domain.policies import Policy, premiums_of
from enrollment.domain.selections import Selection

Asked: TypeAlias = corrections.Asked[WrongBecause]
"""Who asks for a correction of coverage, and why."""

ALWAYS_BY_TWO: Final[tuple[CorrectionKind, ...]] = ("merge-households",)
"""What takes a second person whatever the pack says: no amount says how much depends on who somebody is (ENR-16)."""


def draft_of(asked: Asked, household: str, kind: CorrectionKind, *, now: datetime) -> Correction:
    """Return the correction of a household that is asked for, which does nothing yet."""
    return Correction(
        correction=asked.correction,
        household=household,
        kind=kind,
        state="applied",
        because=asked.because,
        note=asked.note,
        cents=0,
        by_two=False,
        asked_at=now,
        asked_by=asked.operator,
    )


async def load_book(uow: UnitOfWork, household: str) -> PolicyBook:
    """Return the book of a household with all that rating it takes, and how it is reached.

    Raises `HouseholdMergedAway` for one that was merged into another: that is taken back before it is corrected.
    """
    await require_household_stands(uow, household)
    book = await PolicyBook.load(uow, [household])
    await book.take_circumstances(uow)
    book.take(
        await uow.records(Selection).select(household=household),
        await uow.records(Contact).select(household=household),
    )
    return book


async def _book_of(uow: UnitOfWork, correction: Correction) -> PolicyBook:
    """Return the book that a correction which is there already is done in."""
    if correction.merged_into is None:
        return await load_book(uow, correction.household)
    return await load_both(uow, correction.household, correction.merged_into)


async def merge_households(
    uow: UnitOfWork, household: str, *, into: str, asked: Asked, parameters: Parameters
) -> Correction:
    """Ask that a household be merged into another one of the same person; return the correction. Both are locked.

    Raises `NotFound`, `InvalidValue` for the household itself, `CorrectionWaits`, `NotMerged`, `HouseholdMergedAway`.
    """
    book = await load_both(uow, household, into)
    draft = replace(draft_of(asked, household, "merge-households", now=uow.now), merged_into=into)
    return await make_correction(uow, draft, book, asked, do=merge, parameters=parameters)


async def make_correction(
    uow: UnitOfWork,
    draft: Correction,
    book: PolicyBook,
    asked: Asked,
    *,
    do: Do,
    parameters: Parameters,
    first: Correction | None = None,
) -> Correction:
    """Do a correction, or ask that a second person approve it; return it with what it moves (OPS-5). ``first`` is the
    one that it takes back.

    It is done in the book to see what it moves; where it waits, nothing of that is kept. What the same person corrected
    of the household alone in the last days counts with it. Raises `CorrectionWaits`
    where one of the same fact does, and what doing it raises.
    """
    known = await uow.records(Correction).select(household=draft.household)
    require_none_waits(each for each in known if each.state == "requested" and each.is_of_the_same(draft))
    before, month = _charged(book), CoverageMonth.of(uow.today)
    in_force = parameters.as_of(uow.today)
    done = carry_out(do, book, draft, Given(today=uow.today, parameters=in_force, first=first))
    cents = moved_cents(before, _charged(book), through=month)
    since = uow.now - timedelta(days=in_force.correction_alone_days)
    alone = done_alone_cents(known, by=draft.asked_by, since=since, reverses=draft.reverses)
    by_two = takes_two(
        draft.kind,
        cents + alone,
        alone_cents=in_force.correction_alone_cents,
        kinds_by_two=(*in_force.coverage_corrections_by_two, *ALWAYS_BY_TWO),
    )
    correction = replace(done, cents=cents, by_two=by_two, state="requested" if by_two else "applied")
    if by_two and not asked.preview:  # what would be selected is selected when it is approved
        correction = replace(correction, selected_as=None)
    await uow.records(Correction).add([correction])
    if correction.state == "applied" or asked.preview:
        await _keep(uow, book, correction, parameters=parameters)
    return correction


async def decide_correction(
    uow: UnitOfWork, correction: str, what: CorrectionStep, *, operator: str, parameters: Parameters
) -> Correction:
    """Approve a correction that was asked for, which does it, or decline it; return it (OPS-5).

    Raises `NotFound`, `CorrectionNotOpen`, `SecondPersonNeeded`, and what asking for it raises where it cannot be done
    any more.
    """
    found = await find_correction(uow, Correction, correction)
    decided = step(found, what, by=operator, now=uow.now)
    if decided.state == "applied":
        require_another(found, by=operator)
        first = None if found.reverses is None else await find_correction(uow, Correction, found.reverses)
        book = await _book_of(uow, found)
        given = Given(today=uow.today, parameters=parameters.as_of(uow.today), first=first)
        decided = carry_out(what_does(decided.kind), book, decided, given)
        await _keep(uow, book, decided, parameters=parameters)
        await note_reversed(uow, decided)
    await uow.records(Correction).put([decided])
    return decided


async def reverse_correction(
    uow: UnitOfWork, correction: str, asked: Asked, *, parameters: Parameters
) -> Correction:
    """Take a correction back by another, or ask that a second person approve that; return that other (OPS-5).

    Raises `NotFound`, `CorrectionNotOpen`, and what doing the opposite raises.
    """
    first = await find_correction(uow, Correction, correction)
    step(first, "reverse", by=asked.operator, now=uow.now)
    book = await _book_of(uow, first)
    draft = replace(
        draft_of(asked, first.household, first.kind, now=uow.now),
        reverses=first.correction,
        selection=first.selected_as,
        dates=None
        if first.dates is None
        else replace(first.dates, before=first.dates.after, after=first.dates.before),
        ends=tuple(replace(each, before=each.after, after=each.before) for each in first.ends),
        member=first.member,
        departure=None
        if first.departure is None
        else replace(first.departure, before=first.departure.after, after=first.departure.before),
        born=first.born_before,
        born_before=first.born,
        since=first.since,
        merged_into=first.merged_into,
    )
    made = await make_correction(
        uow, draft, book, asked, do=what_does(first.kind), parameters=parameters, first=first
    )
    if made.state == "applied" or asked.preview:
        await note_reversed(uow, made)
    return made


async def _keep(uow: UnitOfWork, book: PolicyBook, correction: Correction, *, parameters: Parameters) -> None:
    """Write what a correction did; who the household's people are is told first where it was about one of them."""
    if correction.member is not None:
        contact = await uow.records(Contact).get(household=correction.household)
        if contact is None:
            raise NotFound("there is no such household")
        told = replace(contact, contact_version=contact.contact_version + 1)
        await uow.records(Contact).put([told])
        await record_contact(
            uow,
            contact=told,
            members=book.members_of(correction.household),
            parameters=parameters.as_of(uow.today),
            reasons=(reason_of(correction),),
        )
    await write(uow, book)


def _charged(book: PolicyBook) -> dict[tuple[Kind, CoverageMonth], int]:
    """Return what each month of the policies at hand costs: cents by kind of plan and month."""
    cents: dict[tuple[Kind, CoverageMonth], int] = {}
    for policy in book.rows(Policy):
        for run in premiums_of(policy, book.versions()):
            for month in run.first.until(run.last):
                cents[policy.kind, month] = cents.get((policy.kind, month), 0) + run.net_cents
    return cents
