"""Invoicing on one screen: which fact does what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import partial
from typing import Final

from bulkhead.kernel.calendar import local_date
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Received, Routes, route
from invoicing.application import facts
from invoicing.application.accounts import Named, load_accounts, save_accounts
from invoicing.application.extensions import note_channels
from invoicing.application.merges import note_merge_reversed, note_merged
from invoicing.application.payments import (
    move_payment_away,
    note_refund,
    receive_payment,
    redate_payment,
    take_back_payment,
    withdraw_refund,
)
from invoicing.application.policies import (
    begin_policy,
    cancel_policy,
    change_policy,
    note_asked_end,
    reinstate_policy,
    take_up_renewal,
    take_up_selection,
    terminate_policy,
)
from invoicing.application.ports import Parameters
from invoicing.domain.account import Account
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Watermark

OF_CHANNELS: Final = facts.ChannelDown | facts.ChannelUp
"""Facts about a way to pay, and about no household."""


def routes(parameters: InvoicingParameters) -> Routes[Account]:
    """Return what is done about each fact about a household. Closed books and channels are about none: they
    raise watermarks, and move cut-offs.
    """
    return {
        facts.PlansSelected: partial(take_up_selection, parameters=parameters),
        facts.PlansRenewed: partial(take_up_renewal, parameters=parameters),
        facts.PolicyActivated: begin_policy,
        facts.PolicyCanceled: partial(cancel_policy, parameters=parameters),
        facts.PolicyTerminated: terminate_policy,
        facts.PolicyEndAsked: partial(note_asked_end, parameters=parameters),
        facts.PolicyReinstated: reinstate_policy,
        facts.PolicyChanged: change_policy,
        facts.HouseholdMerged: note_merged,
        facts.MergeReversed: note_merge_reversed,
        facts.PaymentReceived: partial(receive_payment, parameters=parameters),
        facts.PaymentReturned: take_back_payment,
        facts.PaymentMoved: move_payment_away,
        facts.PaymentRedated: partial(redate_payment, parameters=parameters),
        facts.PaymentRefunded: note_refund,
        facts.RefundWithdrawn: withdraw_refund,
    }


def handler(parameters: Parameters) -> Callable[[UnitOfWork, Sequence[Received]], Awaitable[None]]:
    """Return what applies a batch of facts, each household's in order, and writes all changes as sets."""

    async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
        closed = [each for each in batch if isinstance(each.fact, facts.BooksClosed)]
        channels = [each.fact for each in batch if isinstance(each.fact, OF_CHANNELS)]
        others = [each for each in batch if not isinstance(each.fact, facts.BooksClosed | OF_CHANNELS)]
        if channels:
            await note_channels(uow, channels, parameters=parameters.as_of(uow.today))
        if others:
            in_force = parameters.as_of(uow.today)
            accounts = await load_accounts(
                uow,
                sorted({each.about for each in others}),
                as_of=min(_since(each) for each in others),
                named=_named(others),
                threshold=in_force.threshold,
            )
            do = routes(in_force)
            for received in others:
                route(do, received, accounts[received.about], now=uow.now)
            await save_accounts(uow, accounts.values())
        await _raise_watermarks(uow, closed)

    return handle


def _since(received: Received) -> date:
    """Return since when a fact is so: what is heard late counts as it did then (INV-12)."""
    happened_on = local_date(received.occurred_at)
    if isinstance(received.fact, facts.PaymentReceived | facts.PaymentRedated):
        return min(happened_on, received.fact.received_on)
    if isinstance(
        received.fact, facts.PolicyEndAsked
    ):  # the grace that ended coverage before that day is judged again
        return min(happened_on, received.fact.through)
    return happened_on


def _named(batch: Sequence[Received]) -> Named:
    """Return what these facts are about by name, whatever its age."""
    policies: set[str] = set()
    invoices: set[str] = set()
    refunds: set[str] = set()
    selections: set[str] = set()
    payments: set[str] = set()
    for received in batch:
        match received.fact:
            case (
                facts.PolicyActivated()
                | facts.PolicyCanceled()
                | facts.PolicyTerminated()
                | facts.PolicyEndAsked()
                | facts.PolicyReinstated()
                | facts.PolicyChanged() as fact
            ):
                policies.add(fact.policy)
            case facts.PaymentReceived(invoice=str() as invoice):
                invoices.add(invoice)
            case facts.PaymentReceived(selection=str() as selection):
                selections.add(selection)
            case facts.PaymentReturned() | facts.PaymentMoved() | facts.PaymentRedated() as fact:
                payments.add(fact.payment)
            case facts.PaymentRefunded() as fact:
                refunds.add(fact.refund)
            case facts.RefundWithdrawn() as fact:
                refunds.add(fact.refund)
                payments.add(fact.payment)
            case _:
                pass
    return Named(
        policies=policies, invoices=invoices, refunds=refunds, selections=selections, payments=payments
    )


async def _raise_watermarks(uow: UnitOfWork, closed: Sequence[Received]) -> None:
    if not closed:
        return
    through = {each.partition: each.fact.through for each in closed}
    known = await uow.records(Watermark).select(partition=sorted(through))
    before = {each.partition: each.closed_through for each in known}
    await uow.records(Watermark).put(
        [
            Watermark(partition=partition, closed_through=last)
            for partition, last in sorted(through.items())
            if partition not in before or before[partition] < last
        ]
    )
