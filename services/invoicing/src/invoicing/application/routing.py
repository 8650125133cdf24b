"""Invoicing on one screen: which fact does what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Received
from invoicing.application import facts
from invoicing.application.accounts import Named, load_accounts, save_accounts
from invoicing.application.payments import note_refund, receive_payment
from invoicing.application.policies import (
    cancel_policy,
    reinstate_policy,
    take_up_selection,
    terminate_policy,
)
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
        accounts = await load_accounts(
            uow,
            sorted({each.household for each in batch if each.household}),
            as_of=min(_since(each) for each in batch),
            named=_named(batch),
        )
        closed: dict[int, Watermark] = {}
        for received in batch:
            if isinstance(received.fact, facts.BooksClosed):
                closed[received.partition] = Watermark(
                    partition=received.partition, closed_through=received.fact.through
                )
            elif received.household is None:
                raise Impossible(f"{type(received.fact).__name__} without a household")
            else:
                _apply(accounts[received.household], received, now=uow.now, parameters=parameters)
        await save_accounts(uow, accounts.values())
        await _raise_watermarks(uow, closed)


def _since(received: Received) -> date:
    """Return since when a fact is so: what is heard late counts as it did then (INV-12)."""
    happened_on = local_date(received.occurred_at)
    if isinstance(received.fact, facts.PaymentReceived):
        return min(happened_on, received.fact.received_on)
    return happened_on


def _named(batch: Sequence[Received]) -> Named:
    """Return what these facts are about by name, whatever its age."""
    policies: set[str] = set()
    invoices: set[str] = set()
    refunds: set[str] = set()
    selections: set[str] = set()
    for received in batch:
        match received.fact:
            case facts.PolicyCanceled() | facts.PolicyTerminated() | facts.PolicyReinstated() as fact:
                policies.add(fact.policy)
            case facts.PaymentReceived(invoice=str() as invoice):
                invoices.add(invoice)
            case facts.PaymentReceived(selection=str() as selection):
                selections.add(selection)
            case facts.PaymentRefunded() as fact:
                refunds.add(fact.refund)
            case _:
                pass
    return Named(policies=policies, invoices=invoices, refunds=refunds, selections=selections)


def _apply(account: Account, received: Received, *, now: datetime, parameters: InvoicingParameters) -> None:
    match received.fact:
        case facts.PlansSelected() as fact:
            take_up_selection(account, fact, selected_at=received.occurred_at, now=now, parameters=parameters)
        case facts.PolicyCanceled() as fact:
            cancel_policy(account, fact, now=now)
        case facts.PolicyTerminated() as fact:
            terminate_policy(account, fact, now=now, at=received.occurred_at)
        case facts.PolicyReinstated() as fact:
            reinstate_policy(account, fact, now=now, at=received.occurred_at)
        case facts.PaymentReceived() as fact:
            receive_payment(account, fact, now=now, parameters=parameters)
        case facts.PaymentRefunded() as fact:
            note_refund(account, fact)
        case _:
            raise Impossible(f"invoicing has no use for {type(received.fact).__name__}")


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
