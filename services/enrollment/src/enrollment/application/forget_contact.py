"""Use case: what is known of a household's people is forgotten, here and by all who heard of it (ADR 0075)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import ClassVar

from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.explanations import facts_of
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.rotating import forget_keys
from enrollment.application.find_household import absorbed_by, household_of, require_not_merged
from enrollment.application.waiting import VERIFICATIONS
from enrollment.domain.corrections import Correction, forgotten_correction
from enrollment.domain.household_acts import ForgottenBecause, HouseholdAct
from enrollment.domain.households import Contact, Household, Member, forgotten_contact, forgotten_member
from enrollment.domain.policies import Policy


class StillCovered(Conflict):
    """A household covers somebody, or may still: its carriers must be told of them, and letters reach them."""

    kind: ClassVar[str] = "still-covered"


class CorrectionUndecided(Conflict):
    """A second person has yet to decide about a correction of a household: it may say who its people are, or let
    coverage stand again.
    """

    kind: ClassVar[str] = "correction-undecided"


async def locks_to_forget(uow: UnitOfWork, household: str) -> list[str]:
    """Return what has to be locked to forget a household: it, and all that were merged into it."""
    return [household, *(each.household for each in await absorbed_by(uow, household))]


async def forget_contact(uow: UnitOfWork, household: str, *, because: ForgottenBecause) -> bool:
    """Erase names, addresses and numbers of a household's people, and forget the key that all was sealed by that was
    said of them; return False where nothing was left to forget. Households that were merged into it are the same
    person's, and are forgotten with it. Policies, money and ids stay, and that it was forgotten, in its timeline.

    A key that is forgotten proves nothing: a restored database has names again. The caller holds the locks of
    `locks_to_forget`. Raises `NotFound` for a household nobody registered, `HouseholdMergedAway` for one that goes on
    as another, `CorrectionUndecided` and `StillCovered`.
    """
    asked = await household_of(uow, household)
    await require_not_merged(uow, asked)
    found = [asked, *await absorbed_by(uow, household)]
    wanted = [each.household for each in found]
    await _require_nothing_to_come(uow, wanted)
    forgotten = {*await forget_keys(uow, wanted), *await _erase(uow, wanted)}
    acts = [
        HouseholdAct(
            household=each.household,
            kind="forgotten",
            number=each.contact_version,
            at=uow.now,
            on=uow.today,
            facts=facts_of(because=because),
            reasons=(),
        )
        for each in found
        if each.household in forgotten
    ]
    await uow.records(HouseholdAct).add_new(acts)
    return bool(forgotten)


async def _require_nothing_to_come(uow: UnitOfWork, households: Collection[str]) -> None:
    policies = await uow.records(Policy).select(household=households)
    if any(each.overlaps(first=uow.today, last=date.max) for each in policies):
        raise StillCovered("the household covers somebody, or may still: end its coverage first")
    corrections = uow.records(Correction)
    undecided = await corrections.count(household=households, state="requested")
    if undecided or await corrections.count(merged_into=households, state="requested"):
        raise CorrectionUndecided(
            "a correction of the household waits for a second person: have it decided first"
        )


async def _erase(uow: UnitOfWork, households: Collection[str]) -> set[str]:
    """Erase whatever is there of these households' people; return of which something was."""
    contacts = [
        (each, forgotten_contact(each)) for each in await uow.records(Contact).select(household=households)
    ]
    members = [
        (each, forgotten_member(each)) for each in await uow.records(Member).select(household=households)
    ]
    born = [
        (each, forgotten_correction(each))
        for each in await uow.records(Correction).select(household=households, kind="correct-birth-date")
    ]
    asked = [
        (each, replace(each, awaits_hub=False))
        for each in await uow.records(Household).select(household=households)
    ]
    await uow.records(Contact).put(after for before, after in contacts if after != before)
    await uow.records(Member).put(after for before, after in members if after != before)
    await uow.records(Correction).put(after for before, after in born if after != before)
    await uow.records(Household).put(after for before, after in asked if after != before)
    await VERIFICATIONS.forget(uow, households)
    return {before.household for before, after in (*contacts, *members, *born, *asked) if after != before}
