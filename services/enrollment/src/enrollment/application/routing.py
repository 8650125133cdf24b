"""Enrollment on one screen: which fact does what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from bulkhead.service import Received, Routes, route
from enrollment.application import facts
from enrollment.application.book import PolicyBook
from enrollment.application.doing_corrections import Given
from enrollment.application.follow_carrier_words import end_by_carrier, reinstate_by_carrier
from enrollment.application.follow_carriers import note_effectuation, note_transmission
from enrollment.application.follow_grace import advance_grace, end_for_non_payment, enter_grace, leave_grace
from enrollment.application.merge_households import take_back_of_covered
from enrollment.application.ports import Parameters
from enrollment.application.reinstate_coverage import reinstate_coverage
from enrollment.application.rerate_policies import follow_coverage
from enrollment.application.settle_binders import lapse_binder, satisfy_binder
from enrollment.domain.selections import Selection

_MOVES_COVERAGE = (
    facts.BinderSatisfied,
    facts.BinderLapsed,
    facts.GraceExpired,
    facts.ReinstatementGranted,
    facts.CoverageEndedByCarrier,
    facts.CoverageReinstatedByCarrier,
)
"""What lets coverage begin, end or stand again: the household's other policies may cost something else then (ENR-8).

When it begins, it may be known that it covers nobody for all of the year (ENR-4).
"""


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
        facts.CoverageEndedByCarrier: partial(end_by_carrier, parameters=parameters),
        facts.CoverageReinstatedByCarrier: partial(reinstate_by_carrier, parameters=parameters),
    }


def handler(parameters: Parameters) -> Callable[[UnitOfWork, Sequence[Received]], Awaitable[None]]:
    """Return what applies a batch of facts, each household's in order, and writes all changes as one set.

    It raises `Impossible` for a fact about a policy nobody selected, or one that contradicts what is known.
    """
    do = routes(parameters)

    async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
        book = await PolicyBook.load(uow, [each.about for each in batch])
        if book.awaits_carriers or any(isinstance(each.fact, _MOVES_COVERAGE) for each in batch):
            await book.take_circumstances(uow)
        if lapsed := [each.about for each in batch if isinstance(each.fact, facts.BinderLapsed)]:
            book.take(await uow.records(Selection).select(household=sorted(set(lapsed))))
        for received in batch:
            route(do, received, book, now=uow.now)
            follow_coverage(book, received.about, today=uow.today)
        granted = [each.about for each in batch if isinstance(each.fact, facts.ReinstatementGranted)]
        given = Given(today=uow.today, parameters=parameters.as_of(uow.today), first=None)
        await take_back_of_covered(uow, book, granted, given)
        await write(uow, book)

    return handle
