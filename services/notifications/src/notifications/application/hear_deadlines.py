"""Use case: tell who still has to pay to when a last day moved, and that it is where it was again (NOT-1, OPS-4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bulkhead.service import Occasion
from notifications.application.desk import Desk
from notifications.application.facts import DeadlineMoved, DeadlineMovedBack
from notifications.domain.deadlines import DeadlineMovedBackFacts, DeadlineMovedFacts
from notifications.domain.notices import NoticeFacts, NoticeType


def tell_deadline_moved(desk: Desk, fact: DeadlineMoved, occasion: Occasion) -> None:
    """Lay out to when last days moved. What was told of them before and has not left is not so any more."""
    moved = DeadlineMovedFacts(
        extension=fact.extension, cutoffs=fact.cutoffs, until=fact.until, ground=fact.ground
    )
    _tell(
        desk,
        notice_type="deadline-moved",
        about=f"{_named(fact.household, fact.extension, fact.cutoffs)}:{fact.until}",
        household=fact.household,
        facts=NoticeFacts(deadline=moved),
        occasion=occasion,
    )


def tell_deadline_moved_back(desk: Desk, fact: DeadlineMovedBack, occasion: Occasion) -> None:
    """Lay out that last days are where they were. It is told also where no letter had left that they moved: what a
    restored database does not know of was sent by then (ADR 0024).
    """
    back = DeadlineMovedBackFacts(extension=fact.extension, cutoffs=fact.cutoffs)
    _tell(
        desk,
        notice_type="deadline-moved-back",
        about=_named(fact.household, fact.extension, fact.cutoffs),
        household=fact.household,
        facts=NoticeFacts(deadline_back=back),
        occasion=occasion,
    )


def _tell(
    desk: Desk, *, notice_type: NoticeType, about: str, household: str, facts: NoticeFacts, occasion: Occasion
) -> None:
    days = set(facts.deadlines)
    for each in desk.unsent_of_deadlines(household):
        if each.about != about and days.intersection(each.facts.deadlines):
            desk.withdraw(each)
    desk.tell(occasion=occasion, notice_type=notice_type, about=about, household=household, facts=facts)


def _named(household: str, extension: str, cutoffs: Sequence[date]) -> str:
    """Return what tells one household's days of an extension from any other's."""
    return ":".join((household, extension, *(str(each) for each in cutoffs)))
