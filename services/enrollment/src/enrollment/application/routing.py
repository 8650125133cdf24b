"""Enrollment on one screen: which fact does what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from bulkhead.service import Received, Routes, route
from enrollment.application import facts
from enrollment.application.book import PolicyBook
from enrollment.application.follow_carriers import note_effectuation, note_transmission
from enrollment.application.follow_grace import advance_grace, end_for_non_payment, enter_grace, leave_grace
from enrollment.application.ports import Parameters
from enrollment.application.reinstate_coverage import reinstate_coverage
from enrollment.application.settle_binders import lapse_binder, satisfy_binder

_RATED_ANEW = (facts.BinderLapsed, facts.ReinstatementGranted)
"""After these, another policy than before may have the household's assistance."""


def routes(parameters: Parameters) -> Routes[PolicyBook]:
    """Return what is done about each fact."""
    return {
        facts.BinderSatisfied: satisfy_binder,
        facts.BinderLapsed: partial(lapse_binder, parameters=parameters),
        facts.GraceEntered: enter_grace,
        facts.GraceAdvanced: advance_grace,
        facts.GraceExited: leave_grace,
        facts.GraceExpired: end_for_non_payment,
        facts.ReinstatementGranted: reinstate_coverage,
        facts.TransmissionSent: note_transmission,
        facts.CoverageEffectuated: note_effectuation,
    }


def handler(parameters: Parameters) -> Callable[[UnitOfWork, Sequence[Received]], Awaitable[None]]:
    """Return what applies a batch of facts, each household's in order, and writes all changes as one set.

    It raises `Impossible` for a fact about a policy nobody selected, or one that contradicts what is known.
    """
    do = routes(parameters)

    async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
        book = await PolicyBook.load(uow, [each.about for each in batch])
        if rated := [each.about for each in batch if isinstance(each.fact, _RATED_ANEW)]:
            await book.take_what_was_selected(uow, rated)
        for received in batch:
            route(do, received, book, now=uow.now)
        await write(uow, book)

    return handle
