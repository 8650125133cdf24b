"""The carrier gateway on one screen: which fact does what."""

from __future__ import annotations

from collections.abc import Sequence

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Received
from carrier_gateway.application import facts
from carrier_gateway.application.book import Book
from carrier_gateway.application.carriers import meet_carriers
from carrier_gateway.application.follow_lists import close_lists, list_households
from carrier_gateway.application.follow_policies import (
    activate_policy,
    cancel_policy,
    record_contact,
    reinstate_policy,
    release_binder,
    take_up_selection,
    terminate_policy,
)


async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
    """Apply a batch of facts, each household's in order; decide what carriers must be told; write it all."""
    book = await Book.load(uow, {each.household for each in batch if each.household is not None})
    listed: list[facts.DelinquencyListed] = []
    closed: list[facts.DelinquencyListClosed] = []
    for received in batch:
        match received.fact:
            case facts.DelinquencyListed() as fact:
                listed.append(fact)
            case facts.DelinquencyListClosed() as fact:
                closed.append(fact)
            case fact:
                _apply(book, fact, received)
    book.decide()
    await book.save(uow)
    await meet_carriers(uow, book.met | {each.carrier for each in closed})
    await list_households(uow, listed)
    await close_lists(uow, closed)


def _apply(book: Book, fact: object, received: Received) -> None:
    on = local_date(received.occurred_at)
    match fact:
        case facts.PlansSelected():
            take_up_selection(book, fact)
        case facts.BinderSatisfied():
            release_binder(book, fact)
        case facts.PolicyActivated():
            activate_policy(book, fact, on=on)
        case facts.PolicyCanceled():
            cancel_policy(book, fact)
        case facts.PolicyTerminated():
            terminate_policy(book, fact)
        case facts.PolicyReinstated():
            reinstate_policy(book, fact, on=on)
        case facts.ContactRecorded():
            record_contact(book, fact)
        case _:
            raise Impossible(f"the carrier gateway has no use for {type(fact).__name__}")
