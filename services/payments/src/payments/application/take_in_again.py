"""What payments said after the backup that its database was restored from, taken in again (ADR 0024).

Before others are heard: the payments, that they were moved, cleared or were returned, and closed books. After:
remittances and refunds, which are of what others said. Where an event does not say all that is kept of a payment, it
is asked of who knows: the processor has the charge of an online payment under the payment's id, and the bank's files
lie in their folder.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final, TypeAlias

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
from payments.application.issue_remittances import keep_telling, parts_left
from payments.application.keep_payments import keep_payments, put_in_order
from payments.application.load_bank_files_again import load_bank_files_again
from payments.application.load_files_again import load_files_again
from payments.application.load_return_files_again import load_return_files_again
from payments.application.ports import Charge, Folder, Parameters, Processor
from payments.application.remit_premiums import REMIT
from payments.application.take_autopay_again import take_autopay_again
from payments.application.take_corrections_again import NOT_KNOWN, take_corrections_again
from payments.application.waiting import REMITTANCE_PARTS
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
from payments.domain.remittances import (
    CarrierBalance,
    Remittance,
    RemittanceLine,
    RemittanceToTell,
    issued_event,
    to_tell,
    told,
)
from payments.domain.returns import PaymentReturn, return_payment
from payments.domain.settlements import Settlement, WaitingShare
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
    MaintenanceConcerns: ("household", "maintenance"),
}
"""By which fields each event is one (`bulkhead.service.TakingIn`)."""

IsDone: TypeAlias = Callable[[UnitOfWork, str, date], Awaitable[bool]]
"""Whether a duty is done for a date."""

_OTHERWISE: Final = "a remittance was told otherwise than this database would have told it"


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
        received = {each.fact.payment: each.fact for each in said if isinstance(each.fact, PaymentReceived)}
        cleared = {each.fact.payment: each.fact for each in said if isinstance(each.fact, PaymentCleared)}
        await load_files_again(uows, folder=self._folder, said=received, parameters=self._parameters, now=now)
        for fact in received.values():
            if fact.correction is None:
                await self._payment(uows, fact, now)
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
        parts = defaultdict[str, dict[int, RemittanceIssued]](dict)
        for each in said:
            if isinstance(each.fact, RemittanceIssued):
                parts[each.fact.remittance].setdefault(each.fact.part, each.fact)
        for remittance in parts.values():
            await _take_in_remittance(
                uows, [remittance[part] for part in sorted(remittance)], now, self._is_done
            )
        for each in said:
            if isinstance(each.fact, RefundWithdrawn):
                await _take_in_withdrawal(uows, each.fact, now)
        for each in said:
            if isinstance(each.fact, PaymentRefunded):
                await _take_in_refund(uows, each.fact, now)

    async def _payment(self, uows: UnitOfWorkFactory, fact: PaymentReceived, now: datetime) -> None:
        async with uows.begin(now=now) as uow:
            found = await uow.records(Payment).get(payment=fact.payment)
        if found is not None:  # of a file that was loaded again: it became known when it was said
            async with uows.begin(now=now, households=[fact.household]) as uow:
                await uow.records(Payment).put([replace(found, known_at=fact.known_at)])
            return
        charge = None
        if fact.method in ("card", "bank"):
            charge = await self._processor.find(reference=fact.payment)
        async with uows.begin(now=now, households=[fact.household]) as uow:
            item = await _suspended(uow, fact)
            if item is not None:
                tender = replace(tender_of(item, today=fact.received_on), received_on=fact.received_on)
            else:
                tender = await _online(uow, fact, charge) or _at_the_counter(fact)
            known_on = local_date(fact.known_at)
            payment = receive(tender, now=fact.known_at, parameters=self._parameters.as_of(known_on))
            # That it cleared is an event of its own, or it was not said yet and is due.
            await keep_payments(uow, [replace(payment, cleared_on=None)])
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
    """Return the money that the processor took, its attempt captured; None where it took none under this name."""
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


async def _take_in_remittance(
    uows: UnitOfWorkFactory, parts: Sequence[RemittanceIssued], now: datetime, is_done: IsDone
) -> None:
    """Take in what was told of one remittance, in the order of its parts. The poller tells what is left of it.

    Raises `Impossible` where lines of it are on no topic and this database cannot know them, and where it was told
    otherwise than this database would have.
    """
    first = parts[0]
    whole = [part.part for part in parts] == list(range(1, first.parts + 1))
    async with uows.begin(now=now) as uow:
        known = await uow.records(Remittance).get(remittance=first.remittance) is not None
        lines_known = await is_done(uow, REMIT, first.business_date)
    if not known and whole:
        for part in parts:
            await _take_in_lines(uows, part, now)
    elif not known and not lines_known:
        raise Impossible(
            f"the remittance of {first.business_date} to {first.carrier} was told in {first.parts} parts, of which"
            f" {len(parts)} are there, and this database is from before all lines of the others were known: restore"
            f" to a moment when `remit` of {first.business_date} was done"
        )
    async with uows.begin(now=now, households=_locks_of(first)) as uow:
        remittance = await uow.records(Remittance).get(remittance=first.remittance)
        telling = await uow.records(RemittanceToTell).get(remittance=first.remittance)
        if remittance is None:
            remittance = await _issued_again(uow, first)
            if not whole:
                telling = to_tell(remittance, size=max(1, len(first.lines)))
        if telling is not None:  # else told whole, or taken in before
            await keep_telling(uow, await _told_again(uow, remittance, telling, parts))


def _locks_of(fact: RemittanceIssued) -> list[str]:
    return [f"carrier:{fact.carrier}", REMITTANCE_PARTS.lock_of(fact.remittance)]


async def _issued_again(uow: UnitOfWork, fact: RemittanceIssued) -> Remittance:
    """Keep a remittance whose lines are all there, and the carrier's balance after it; return it. Raises `Impossible`
    where it would be another.
    """
    lines, balances = uow.records(RemittanceLine), uow.records(CarrierBalance)
    before = await balances.get(carrier=fact.carrier)
    sequence = 1 if before is None else before.sequence + 1
    remittance = Remittance(
        remittance=fact.remittance,
        carrier=fact.carrier,
        business_date=fact.business_date,
        sequence=sequence,
        issued_on=fact.issued_on,
        lines=await lines.count(remittance=fact.remittance),
        net_cents=await lines.total("cents", remittance=fact.remittance),
        brought_forward_cents=fact.brought_forward_cents,
        total_cents=fact.total_cents,
        carried_cents=fact.carried_cents,
        file=f"{fact.carrier}/REMIT_{fact.business_date.isoformat()}_{sequence}.csv",
        file_state="to-write",  # the same bytes under the same name, whether it was written or not
    )
    if remittance.net_cents != fact.total_cents - fact.carried_cents + fact.brought_forward_cents:
        raise Impossible(f"{_OTHERWISE}: {fact.carrier}, {fact.business_date}, its lines have another sum")
    await uow.records(Remittance).add([remittance])
    await balances.put(
        [CarrierBalance(carrier=fact.carrier, sequence=sequence, carried_cents=fact.carried_cents)]
    )
    return remittance


async def _told_again(
    uow: UnitOfWork, remittance: Remittance, telling: RemittanceToTell, parts: Sequence[RemittanceIssued]
) -> RemittanceToTell:
    """Return how far a remittance is told with these parts. Raises `Impossible` where they are not the next ones of it,
    word by word.
    """
    left, nothing = parts_left(uow, telling), list[RemittanceLine]()
    for part in parts:
        if part.part < telling.part:  # taken in before
            continue
        lines = await anext(left, nothing)
        if part != issued_event(remittance, telling, lines):
            raise Impossible(f"{_OTHERWISE}: {part.carrier}, {part.business_date}, part {part.part}")
        telling = told(telling, lines)
    return telling


async def _take_in_lines(uows: UnitOfWorkFactory, part: RemittanceIssued, now: datetime) -> None:
    households = {line.household for line in part.lines}
    async with uows.begin(now=now, households=households) as uow:
        ids = sorted({line.settlement for line in part.lines})
        settlements = {each.settlement: each for each in await uow.records(Settlement).select(settlement=ids)}
        lines: list[RemittanceLine] = []
        for line in part.lines:
            settlement = settlements.get(line.settlement)
            if settlement is None:
                raise Impossible("a remittance has a premium of which it was not heard that it is settled")
            paid = line.cents > 0
            settlements[line.settlement] = replace(
                settlement,
                remittance=part.remittance if paid else settlement.remittance,
                recovery=settlement.recovery if paid else part.remittance,
            )
            lines.append(
                RemittanceLine(
                    settlement=line.settlement,
                    direction="paid" if paid else "taken-back",
                    remittance=part.remittance,
                    carrier=part.carrier,
                    business_date=part.business_date,
                    household=line.household,
                    policy=line.policy,
                    month=line.month,
                    cents=line.cents,
                )
            )
        await uow.records(RemittanceLine).add_new(lines)
        await uow.records(Settlement).put(settlements.values())
        if ids:
            await uow.records(WaitingShare).remove(settlement=ids)


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
