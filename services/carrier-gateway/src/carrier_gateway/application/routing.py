"""The carrier gateway on one screen: which fact does what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from bulkhead.service import Received, Routes, route
from carrier_gateway.application import facts
from carrier_gateway.application.book import Book
from carrier_gateway.application.carriers import meet_carriers
from carrier_gateway.application.follow_lists import close_lists, list_households
from carrier_gateway.application.follow_policies import (
    activate_policy,
    cancel_policy,
    change_policy,
    note_decided_word,
    record_contact,
    reinstate_policy,
    release_binder,
    take_up_renewal,
    take_up_selection,
    terminate_policy,
)
from carrier_gateway.application.follow_records import note_decided
from carrier_gateway.application.follow_remittances import keep_remittances
from carrier_gateway.application.forget_contacts import forget_told, note_forgotten

ROUTES: Final[Routes[Book]] = {
    facts.PlansSelected: take_up_selection,
    facts.PlansRenewed: take_up_renewal,
    facts.BinderSatisfied: release_binder,
    facts.PolicyActivated: activate_policy,
    facts.PolicyCanceled: cancel_policy,
    facts.PolicyTerminated: terminate_policy,
    facts.PolicyReinstated: reinstate_policy,
    facts.PolicyChanged: change_policy,
    facts.ContactRecorded: record_contact,
    facts.CarrierRecordDecided: note_decided_word,
}
"""Facts about a household's policies. Those about lists and remittances are kept as they come (`follow_lists`,
`follow_remittances`).
"""


async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
    """Apply a batch of facts, each household's in order; decide what carriers must be told; write it all. That a
    household's key is set is heard where it is forgotten.
    """
    listed = [each.fact for each in batch if isinstance(each.fact, facts.DelinquencyListed)]
    closed = [each.fact for each in batch if isinstance(each.fact, facts.DelinquencyListClosed)]
    issued = [each.fact for each in batch if isinstance(each.fact, facts.RemittanceIssued)]
    kept = (facts.DelinquencyListed, facts.DelinquencyListClosed, facts.RemittanceIssued)
    await note_forgotten(uow, {each.about for each in batch if isinstance(each.fact, HouseholdKeySet)})
    others = [each for each in batch if not isinstance(each.fact, (*kept, HouseholdKeySet))]
    book = await Book.load(uow, {each.about for each in others})
    for received in others:
        route(ROUTES, received, book, now=uow.now)
    book.decide()
    await write(uow, book)
    await forget_told(uow, {each.household for each in batch if each.household is not None})
    await meet_carriers(uow, book.met | {each.carrier for each in (*closed, *issued)})
    await list_households(uow, listed)
    await close_lists(uow, closed)
    await keep_remittances(uow, issued)
    await note_decided(
        uow, [each.fact for each in others if isinstance(each.fact, facts.CarrierRecordDecided)]
    )
