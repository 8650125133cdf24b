"""Use cases: keep how a household wants to be told, and show it (NOT-1)."""

from __future__ import annotations

from dataclasses import replace

from bulkhead.persistence.ports import UnitOfWork
from notifications.application.reach import find_reach
from notifications.domain.notices import By, Notice
from notifications.domain.preferences import Preference, check_preference

_BY: By = "email"


async def set_preferences(
    uow: UnitOfWork, *, household: str, by: By | None, language: str | None, changed_by: str
) -> Preference:
    """Keep what a household chose in the place of what it chose before, and return it. The household is locked.

    What has not left goes by it too: on paper, where that is chosen, and in the language. What is queued for paper
    stays there; what a sender has in hand turns to paper if it comes back. Raises `NoPostalAddress`.
    """
    check_preference(by, (await find_reach(uow, [household])).get(household))
    preference = Preference(
        household=household, by=by, language=language, changed_at=uow.now, changed_by=changed_by
    )
    await uow.records(Preference).put([preference])
    if by == "paper":
        queued = await uow.records(Notice).select(household=household, state=["queued", "stuck"], by=_BY)
        await uow.records(Notice).put([replace(each, by="paper") for each in queued])
    return preference


async def find_preferences(uow: UnitOfWork, *, household: str) -> Preference | None:
    """Return what a household chose, None where it chose nothing."""
    return await uow.records(Preference).get(household=household)
