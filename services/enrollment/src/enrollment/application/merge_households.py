"""Staff merge two households of one person, which takes a second of them, and take that back (OPS-5, ENR-16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bulkhead.kernel.corrections import reason_of, step
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.ids import derived_id
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.book import PolicyBook
from enrollment.application.doing_corrections import Given
from enrollment.application.find_household import (
    absorbed_by,
    goes_on_as,
    household_of,
    registered,
    require_stands,
)
from enrollment.domain.corrections import Correction, changed_since
from enrollment.domain.events import HouseholdMerged, MergeReversed
from enrollment.domain.explaining_merges import BY_ITSELF
from enrollment.domain.households import Household
from enrollment.domain.merges import (
    check_another,
    check_covers_nobody,
    check_one_number,
    check_same_person,
    covers_from,
    merged_away,
)


async def require_household_stands(uow: UnitOfWork, household: str) -> None:
    """Raise `HouseholdMergedAway` for a household that was merged into another, `NotFound` for an unknown one."""
    await require_stands(uow, await household_of(uow, household))


async def load_both(uow: UnitOfWork, household: str, into: str) -> PolicyBook:
    """Return the book of two households, whose locks are held, and of all that they go on as or that go on as they do,
    with their people.

    Raises `NotFound` where one of them is not registered.
    """
    check_another(household, into=into)
    book = await PolicyBook.load(uow, [household, into])
    for each in (household, into):
        found = registered(book.find(Household, each))
        book.take([*await goes_on_as(uow, found), *await absorbed_by(uow, each)])
    await book.take_circumstances(uow)
    return book


def merge(book: PolicyBook, correction: Correction, given: Given) -> Correction:
    """Let a household go on as another one, or stand for itself again where that is taken back; say so.

    Raises `NotMerged`, `HouseholdMergedAway`, and `ChangedSince` where what is taken back is not so.
    """
    into = correction.merged_into
    if into is None:
        raise Impossible("a household is merged, and it is not said into which")
    absorbed, survivor = book.get(Household, correction.household), book.get(Household, into)
    if given.first is not None:
        stand_for_itself(book, correction, given)
        return correction
    for each in (absorbed, survivor):
        if each.merged_into is not None:
            raise merged_away(_survivor_in(book, each))
    check_same_person(book.members_of(absorbed.household), book.members_of(survivor.household))
    check_one_number(book.members_of(each.household) for each in book.rows(Household))
    check_covers_nobody(book.find_policies(absorbed.household), today=given.today)
    book.put(replace(absorbed, merged_into=into))
    book.say(
        HouseholdMerged(household=absorbed.household, into=into, correction=correction.correction),
        household=absorbed.household,
        on=given.today,
        reasons=(reason_of(correction),),
    )
    return correction


def _survivor_in(book: PolicyBook, household: Household) -> str:
    while household.merged_into is not None:
        household = book.get(Household, household.merged_into)
    return household.household


def stand_for_itself(book: PolicyBook, correction: Correction, given: Given) -> None:
    """Let a household that was merged stand for itself again, and say so; raises `ChangedSince` where it was not."""
    absorbed, into = book.get(Household, correction.household), correction.merged_into
    if into is None or absorbed.merged_into != into:
        raise changed_since(
            "into which household this one was merged", facts={"household": absorbed.household}
        )
    book.put(replace(absorbed, merged_into=None))
    book.say(
        MergeReversed(
            household=absorbed.household,
            into=into,
            correction=correction.correction,
            reverses=correction.reverses or "",
        ),
        household=absorbed.household,
        on=given.today,
        reasons=(reason_of(correction),),
    )


async def take_back_of_covered(
    uow: UnitOfWork, book: PolicyBook, households: Iterable[str], given: Given
) -> None:
    """Have households stand for themselves again that were merged and cover somebody after all: what lets coverage
    stand again was on its way when they were merged, and counts (INV-12).
    """
    for household in sorted(set(households)):
        known = book.find(Household, household)
        if known is None or known.merged_into is None:
            continue
        if not any(covers_from(each, given.today) for each in book.find_policies(household)):
            continue
        (merged,) = await uow.records(Correction).select(
            household=household, kind="merge-households", state="applied", reverses=None
        )
        reversal = _by_itself(merged, at=uow.now)
        stand_for_itself(book, reversal, replace(given, first=merged))
        await uow.records(Correction).add([reversal])
        reversed_ = step(
            merged, "reverse", by=reversal.asked_by, now=uow.now, reversed_by=reversal.correction
        )
        await uow.records(Correction).put([reversed_])


def _by_itself(merged: Correction, *, at: datetime) -> Correction:
    return replace(
        merged,
        correction=derived_id("correction", merged.correction, "covered-again"),
        because="other",
        note=None,
        by_two=False,
        asked_at=at,
        asked_by=BY_ITSELF,
        decided_at=None,
        decided_by=None,
        reverses=merged.correction,
    )
