"""What payments said after the backup that its database was restored from, taken in again (ADR 0024).

Before others are heard: the payments, that they were moved, cleared or were returned, and closed books. After:
remittances and refunds, which are of what others said. Where an event does not say all that is kept of a payment, it
is asked of who knows: the processor has the charge of an online payment under the payment's id, and the bank's files
lie in their folder.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.maintenance import (
    MaintenanceEnded,
    MaintenanceScheduled,
    MaintenanceStarted,
    MaintenanceWithdrawn,
)
from bulkhead.maintenance.windows import take_windows_again
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.service import Received
from payments.application.hold_debits import hold_debits
from payments.application.keep_payments import keep_payments, put_in_order
from payments.application.load_bank_files_again import load_bank_files_again
from payments.application.load_files_again import load_files_again
from payments.application.load_return_files_again import load_return_files_again
from payments.application.ports import Charge, Folder, Parameters, Processor
from payments.application.take_autopay_again import take_autopay_again
from payments.application.take_corrections_again import NOT_KNOWN, take_corrections_again
from payments.application.take_processor_events import locks_of, note_failed
from payments.application.take_remittances_again import (
    IsDone,
    take_remittances_again,
    tell_no_remittance_again,
)
from payments.domain import attempts
from payments.domain.attempts import Attempt
from payments.domain.books import ClosedBooks
from payments.domain.events import (
    AutopayBegan,
    AutopayEnded,
    BooksClosed,
    DrawDeclined,
    MaintenanceConcerns,
    PaymentCleared,
    PaymentMoved,
    PaymentReceived,
    PaymentRedated,
    PaymentRefunded,
    PaymentReturned,
    RefundWithdrawn,
    RemittanceIssued,
)
from payments.domain.payments import Payment, Tender, receive
from payments.domain.refunds import Refund, RefundPart, settle_refund, withdraw
from payments.domain.returns import PaymentReturn, return_payment
from payments.domain.suspense import SuspenseItem, tender_of

NAMES: Final = {
    PaymentReceived: ("payment",),
    PaymentCleared: ("payment",),
    PaymentReturned: ("payment",),
    PaymentMoved: ("payment", "correction"),
    PaymentRedated: ("payment", "correction"),
    PaymentRefunded: ("refund",),
    RefundWithdrawn: ("refund", "payment"),
    RemittanceIssued: ("remittance", "part"),
    AutopayBegan: ("mandate",),
    AutopayEnded: ("mandate",),
    DrawDeclined: ("draw", "tries"),
    BooksClosed: ("through",),
    MaintenanceScheduled: ("maintenance",),
    MaintenanceWithdrawn: ("maintenance",),
    MaintenanceStarted: ("maintenance",),
    MaintenanceEnded: ("maintenance",),
    MaintenanceConcerns: ("household", "maintenance", "withdrawn"),
}
"""By which fields each event is one (`bulkhead.service.TakingIn`)."""


class TakeInAgain:
    """Both steps, for a processor, a folder of lockbox files and one of return files."""

    def __init__(
        self,
        *,
        processor: Processor,
        folder: Folder,
        returns: Folder,
        statements: Folder,
        trust_account: str | None,
        parameters: Parameters,
        is_done: IsDone,
    ) -> None:
        self._processor = processor
        self._folder = folder
        self._returns = returns
        self._statements = statements
        self._trust_account = trust_account
        self._parameters = parameters
        self._is_done = is_done

    async def before(self, uows: UnitOfWorkFactory, said: Sequence[Received], now: datetime) -> None:
        """Take in payments, that they were moved, cleared or returned, autopay, and closed books.

        Raises `ProcessorUnreachable`.
        """
        await hold_debits(uows, now=now)
        received = {each.fact.payment: each.fact for each in said if isinstance(each.fact, PaymentReceived)}
        cleared = {each.fact.payment: each.fact for each in said if isinstance(each.fact, PaymentCleared)}
        await load_files_again(uows, folder=self._folder, said=received, parameters=self._parameters, now=now)
        returned = {each.fact.payment for each in said if isinstance(each.fact, PaymentReturned)}
        for fact in received.values():
            if fact.correction is None:
                await self._payment(uows, fact, now, is_returned=fact.payment in returned)
        await take_corrections_again(uows, said, now=now)
        for household, theirs in _told(received.values()).items():
            async with uows.begin(now=now, households=[household]) as uow:
                await put_in_order(uow, household, theirs)
        await take_autopay_again(uows, said, now=now)
        for fact in cleared.values():
            async with uows.begin(now=now, households=[fact.household]) as uow:
                payments = uow.records(Payment)
                known = await payments.select(payment=fact.payment)
                await payments.put(replace(each, cleared_on=fact.cleared_on) for each in known)
        for each in said:
            if isinstance(each.fact, PaymentReturned):
                await _take_in_return(uows, each.fact, recorded_at=each.occurred_at, now=now)
        await load_return_files_again(uows, folder=self._returns, now=now)
        await load_bank_files_again(
            uows,
            folder=self._statements,
            account=self._trust_account,
            parameters=self._parameters,
            now=now,
        )
        closed = [
            ClosedBooks(through=each.fact.through, closed_at=each.occurred_at)
            for each in said
            if isinstance(each.fact, BooksClosed)
        ]
        async with uows.begin(now=now) as uow:
            await uow.records(ClosedBooks).add_new(closed)
            await take_windows_again(uow, said)

    async def after(self, uows: UnitOfWorkFactory, said: Sequence[Received], now: datetime) -> None:
        """Take in remittances and refunds. Raises `Impossible` where what they are of was not heard."""
        await take_remittances_again(uows, said, now=now, is_done=self._is_done)
        for each in said:
            if isinstance(each.fact, RefundWithdrawn):
                await _take_in_withdrawal(uows, each.fact, now)
        for each in said:
            if isinstance(each.fact, PaymentRefunded):
                await _take_in_refund(uows, each.fact, now)

    async def leave_out(self, uows: UnitOfWorkFactory, said: Sequence[Received], now: datetime) -> list[str]:
        """Keep how far remittances were told: nothing that is told little by little is told twice. Return what people
        have to see to.
        """
        return await tell_no_remittance_again(uows, said, now=now, is_done=self._is_done)

    async def _payment(
        self, uows: UnitOfWorkFactory, fact: PaymentReceived, now: datetime, *, is_returned: bool
    ) -> None:
        async with uows.begin(now=now) as uow:
            found = await uow.records(Payment).get(payment=fact.payment)
        if found is not None:  # of a file that was loaded again: it became known when it was said
            async with uows.begin(now=now, households=[fact.household]) as uow:
                await uow.records(Payment).put([replace(found, known_at=fact.known_at)])
            return
        charge = None
        if fact.method in ("card", "bank"):
            charge = await self._processor.find(reference=fact.payment)
        locked = [fact.household, *locks_of("dispute", fact.payment)]
        async with uows.begin(now=now, households=locked) as uow:
            item = await _suspended(uow, fact)
            if item is not None:
                tender = replace(tender_of(item, today=fact.received_on), received_on=fact.received_on)
            else:
                tender = await _online(uow, fact, charge) or _at_the_counter(fact)
            known_on = local_date(fact.known_at)
            payment = receive(tender, now=fact.known_at, parameters=self._parameters.as_of(known_on))
            # That it cleared is an event of its own, or it was not said yet and is due.
            await keep_payments(uow, [replace(payment, cleared_on=None)])
            if charge is not None and charge.status == "failed" and not is_returned:
                await note_failed(uow, payment.payment)
            if item is not None:
                await uow.records(SuspenseItem).put([item])


def _told(received: Iterable[PaymentReceived]) -> dict[str, list[str]]:
    """Return each household's payments in the order in which they were told."""
    told = defaultdict[str, list[str]](list)
    for fact in received:
        told[fact.household].append(fact.payment)
    return told


def _at_the_counter(fact: PaymentReceived) -> Tender:
    return Tender(
        payment=fact.payment,
        household=fact.household,
        amount_cents=fact.cents,
        method=fact.method,
        source="counter",
        received_on=fact.received_on,
        postmarked_on=fact.postmarked_on,
        at_selection=fact.at_selection,
        selection=fact.selection,
        invoice=fact.invoice,
        reference=None,
        origin=NOT_KNOWN,
    )


async def _suspended(uow: UnitOfWork, fact: PaymentReceived) -> SuspenseItem | None:
    """Return the suspense item that the payment was made of, as assigned with it; None where it was made of none."""
    for item in await uow.records(SuspenseItem).select(state="open"):
        if derived_id("suspense", item.item) == fact.payment:
            return replace(
                item,
                state="assigned",
                received_on=item.received_on or fact.received_on,
                postmarked_on=fact.postmarked_on,
                selection=fact.selection,
                invoice=fact.invoice,
                payment=fact.payment,
                household=fact.household,
                decided_at=fact.known_at,
            )
    return None


async def _online(uow: UnitOfWork, fact: PaymentReceived, charge: Charge | None) -> Tender | None:
    """Return the money that the processor took, its attempt captured, also where it failed since; None where it took
    none under this name.
    """
    if charge is None or charge.status == "declined" or fact.method not in ("card", "bank"):
        return None
    attempt = await uow.records(Attempt).get(payment=fact.payment) or Attempt(
        payment=fact.payment,
        household=fact.household,
        amount_cents=fact.cents,
        method=fact.method,
        at_selection=fact.at_selection,
        selection=fact.selection,
        invoice=fact.invoice,
        received_on=None,
        postmarked_on=fact.postmarked_on,
        fingerprint="",  # of no request: its key is refused for every other payment, and for this one
        started_at=fact.known_at,
        counts_on=fact.received_on,
        state="started",
        open_tries=1,
        charge=None,
    )
    attempt = attempts.captured(attempt, charge=charge.charge, today=fact.received_on)
    await uow.records(Attempt).put([attempt])
    return replace(attempts.tender_of(attempt), received_on=fact.received_on)


async def _take_in_return(
    uows: UnitOfWorkFactory, fact: PaymentReturned, *, recorded_at: datetime, now: datetime
) -> None:
    async with uows.begin(now=now, households=[fact.household]) as uow:
        payment = await uow.records(Payment).get(payment=fact.payment)
        if payment is None:
            raise Impossible("a payment was returned of which it was not said that it came")
        if payment.returned_on is not None:  # taken in before
            return
        returned = PaymentReturn(
            payment=fact.payment,
            household=fact.household,
            cents=fact.cents,
            kind=fact.kind,
            returned_on=fact.returned_on,
            reference="",  # the bank's is said by no event
            recorded_at=recorded_at,
            recorded_by=NOT_KNOWN,
        )
        await uow.records(Payment).put([return_payment(payment, returned, today=fact.returned_on)])
        await uow.records(PaymentReturn).add([returned])


async def _take_in_withdrawal(uows: UnitOfWorkFactory, fact: RefundWithdrawn, now: datetime) -> None:
    async with uows.begin(now=now, households=[fact.household]) as uow:
        refund = await uow.records(Refund).get(refund=fact.refund)
        part = await uow.records(RefundPart).get(refund=fact.refund, payment=fact.payment)
        payment = await uow.records(Payment).get(payment=fact.payment)
        if refund is None or part is None or payment is None:
            raise Impossible("a refund was withdrawn of which it was not heard that it is approved")
        if part.state == "withdrawn":  # taken in before
            return
        part, payment, _ = withdraw(part, payment, today=fact.withdrawn_on)
        await uow.records(RefundPart).put([part])
        await uow.records(Payment).put([payment])
        parts = await uow.records(RefundPart).select(refund=fact.refund)
        refund, _ = settle_refund(refund, parts)
        await uow.records(Refund).put([refund])


async def _take_in_refund(uows: UnitOfWorkFactory, fact: PaymentRefunded, now: datetime) -> None:
    async with uows.begin(now=now, households=[fact.household]) as uow:
        refund = await uow.records(Refund).get(refund=fact.refund)
        if refund is None:
            raise Impossible("a refund was paid of which it was not heard that it is approved")
        parts = await uow.records(RefundPart).select(refund=fact.refund)
        on = fact.refunded_on
        await uow.records(RefundPart).put(
            replace(each, state="paid", paid_on=min(each.paid_on or on, on))
            for each in parts
            if each.state != "withdrawn"
        )
        paid = replace(refund, state="paid", paid_on=on, approved_on=min(refund.approved_on, on))
        await uow.records(Refund).put([paid])
