"""Enrollment on one screen: which fact does what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from bulkhead.service import Received, Routes, route
from enrollment.application import facts
from enrollment.application.book import PolicyBook
from enrollment.application.follow_carriers import note_effectuation, note_transmission
from enrollment.application.follow_grace import advance_grace, end_for_non_payment, enter_grace, leave_grace
from enrollment.application.reinstate_coverage import reinstate_coverage
from enrollment.application.settle_binders import lapse_binder, satisfy_binder

ROUTES: Final[Routes[PolicyBook]] = {
    facts.BinderSatisfied: satisfy_binder,
    facts.BinderLapsed: lapse_binder,
    facts.GraceEntered: enter_grace,
    facts.GraceAdvanced: advance_grace,
    facts.GraceExited: leave_grace,
    facts.GraceExpired: end_for_non_payment,
    facts.ReinstatementGranted: reinstate_coverage,
    facts.TransmissionSent: note_transmission,
    facts.CoverageEffectuated: note_effectuation,
}


async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
    """Apply the facts of a batch, each household's in order, and write all changes as one set.

    Raises `Impossible` for a fact about a policy nobody selected, or one that contradicts what is known.
    """
    book = await PolicyBook.load(uow, [each.about for each in batch])
    for received in batch:
        route(ROUTES, received, book, now=uow.now)
    await write(uow, book)
