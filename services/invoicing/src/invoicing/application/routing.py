"""Invoicing on one screen: which fact does what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Received
from invoicing.application import facts
from invoicing.application.accounts import load_accounts, save_accounts
from invoicing.application.payments import note_refund, receive_payment
from invoicing.application.policies import cancel_policy, take_up_selection, terminate_policy
from invoicing.application.ports import Parameters
from invoicing.domain.account import Account
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Watermark


class Router:
    """Applies batches of facts."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters

    async def handle(self, uow: UnitOfWork, batch: Sequence[Received]) -> None:
        """Apply the facts of a batch, each household's in order, and write all changes as sets."""
        parameters = self._parameters.as_of(uow.today)
        accounts = await load_accounts(uow, sorted({each.household for each in batch if each.household}))
        closed: dict[int, Watermark] = {}
        for received in batch:
            if isinstance(received.fact, facts.BooksClosed):
                closed[received.partition] = Watermark(
                    partition=received.partition, closed_through=received.fact.through
                )
            elif received.household is None:
                raise Impossible(f"{type(received.fact).__name__} without a household")
            else:
                _apply(accounts[received.household], received.fact, now=uow.now, parameters=parameters)
        await save_accounts(uow, accounts.values())
        await _raise_watermarks(uow, closed)


def _apply(account: Account, fact: object, *, now: datetime, parameters: InvoicingParameters) -> None:
    match fact:
        case facts.PlansSelected():
            take_up_selection(account, fact, now=now, parameters=parameters)
        case facts.PolicyCanceled():
            cancel_policy(account, fact, now=now)
        case facts.PolicyTerminated():
            terminate_policy(account, fact, now=now)
        case facts.PaymentReceived():
            receive_payment(account, fact, now=now, parameters=parameters)
        case facts.PaymentRefunded():
            note_refund(account, fact)
        case _:
            raise Impossible(f"invoicing has no use for {type(fact).__name__}")


async def _raise_watermarks(uow: UnitOfWork, closed: dict[int, Watermark]) -> None:
    if not closed:
        return
    known = {each.partition: each for each in await uow.records(Watermark).select(partition=sorted(closed))}
    await uow.records(Watermark).put(
        [
            mark
            for partition, mark in sorted(closed.items())
            if partition not in known or known[partition].closed_through < mark.closed_through
        ]
    )
