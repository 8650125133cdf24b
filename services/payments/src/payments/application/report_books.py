"""The books: where every cent is, from independent records, and how old the unremitted ones are (PAY-9)."""

from __future__ import annotations

from collections import Counter

from bulkhead.persistence.ports import UnitOfWork
from payments.application.close_books import last_closed
from payments.domain.ach_debits import AchDebit, AchFile
from payments.domain.attempts import Attempt
from payments.domain.books import (
    AgeBucket,
    BooksReport,
    CrossChecks,
    Places,
    Taken,
    by_age,
)
from payments.domain.lockbox import LockboxFile
from payments.domain.payments import Payment
from payments.domain.refunds import RefundPart
from payments.domain.remittances import CarrierBalance, Remittance, RemittanceLine
from payments.domain.return_files import ReturnItem
from payments.domain.returns import PaymentReturn
from payments.domain.settlements import Settlement, WaitingShare
from payments.domain.suspense import SuspenseItem


async def report_books(uow: UnitOfWork) -> BooksReport:
    """Return the books as of now. They are exact when no money is moving at this moment (PAY-9)."""
    return BooksReport(
        taken=await _taken(uow),
        places=await _places(uow),
        checks=await _checks(uow),
        closed_through=await last_closed(uow),
        unremitted_by_age=await ages_of_unremitted(uow),
    )


async def _taken(uow: UnitOfWork) -> Taken:
    return Taken(
        online_cents=await uow.records(Attempt).total("amount_cents", state="captured"),
        counter_cents=await uow.records(Payment).total("amount_cents", source="counter", moved_from=None),
        lockbox_cents=await uow.records(LockboxFile).total("accepted_cents", state="loaded")
        - await uow.records(SuspenseItem).total("amount_cents", state="dismissed"),
        debited_cents=await _debited(uow),
        came_again_cents=await uow.records(ReturnItem).total("amount_cents", state="came-again"),
    )


async def _debited(uow: UnitOfWork) -> int:
    """Return what was drawn from accounts kept here: what files have by the file, and what no file has for certain."""
    files, debits = uow.records(AchFile), uow.records(AchDebit)
    withdrawn = [each.file for each in await files.select(state="withdrawn")]
    return (
        await files.total("drawn_cents", state__ne="withdrawn")
        + await debits.total("amount_cents", file=None)
        + await debits.total("amount_cents", file=withdrawn)
    )


async def _places(uow: UnitOfWork) -> Places:
    settlements = uow.records(Settlement)
    parts = uow.records(RefundPart)
    return Places(
        remitted_lines_cents=await uow.records(RemittanceLine).total("cents"),
        recoverable_cents=await settlements.total(
            "cents", unsettled_on__ne=None, remittance__ne=None, recovery=None
        ),
        settled_waiting_cents=await settlements.total("cents", unsettled_on=None, remittance=None),
        not_applied_cents=await uow.records(Payment).total("unapplied_cents", unapplied_cents__ne=0),
        suspense_cents=await uow.records(SuspenseItem).total("amount_cents", state="open"),
        refunded_cents=await parts.total("cents", state__ne="withdrawn"),
        refunds_due_cents=await parts.total("cents", state="due"),
        returned_cents=await uow.records(PaymentReturn).total("cents"),
    )


async def _checks(uow: UnitOfWork) -> CrossChecks:
    settlements = uow.records(Settlement)
    payments = uow.records(Payment)
    payments_cents = await payments.total("amount_cents") - await payments.total("moved_cents")
    suspense_cents = await uow.records(SuspenseItem).total("amount_cents", state="open")
    paid_cents = await settlements.total("cents", remittance__ne=None)
    recovered_cents = await settlements.total("cents", recovery__ne=None)
    return CrossChecks(
        payments_and_suspense_cents=payments_cents + suspense_cents,
        waiting_shares_cents=await uow.records(WaitingShare).total("cents"),
        remitted_settlements_cents=paid_cents - recovered_cents,
        carriers_paid_cents=await uow.records(Remittance).total("total_cents"),
        carriers_owe_cents=await uow.records(CarrierBalance).total("carried_cents"),
        remittances_net_cents=await uow.records(Remittance).total("net_cents"),
        returned_payments_cents=await payments.total("amount_cents", returned_on__ne=None)
        - await payments.total("moved_cents", returned_on__ne=None),
    )


async def ages_of_unremitted(uow: UnitOfWork) -> tuple[AgeBucket, ...]:
    """Return the cents no carrier has been paid, by days since receipt: waiting, not applied and in suspense
    (PAY-9).
    """
    payments, items = uow.records(Payment), uow.records(SuspenseItem)
    by_day = Counter(await uow.records(WaitingShare).totals("cents", by="received_on"))
    by_day.update(await payments.totals("unapplied_cents", by="received_on", unapplied_cents__ne=0))
    by_day.update(await items.totals("amount_cents", by="held_since", state="open"))
    return by_age(by_day, today=uow.today)
