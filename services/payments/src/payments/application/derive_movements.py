"""Duty: what the books say moved on the trust account yesterday, and what of it the bank's statements have (PAY-13).

Movements follow from the records of what came and went, by the day on which each was recorded. What was begun before
midnight may be recorded after its day was derived, with an instant of that day: the days before are looked at again,
and what is new of them moved on the day on which it is found. Beside their sum stands the ledger's own, from the
journal, of the same days, and once a month of all days there ever were: what either passed over is then a difference.
What is drawn from accounts kept here is told apart by the file that asks for it, as the bank posts it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from bulkhead.kernel.calendar import local, local_date
from bulkhead.persistence.ports import UnitOfWork
from payments.application.match_bank_entries import asked_about_by, match_open
from payments.application.ports import Parameters
from payments.application.write_journal import trust_of
from payments.domain.ach_debits import AchDebit, AchFile
from payments.domain.bank_statements import TRUST_LOCK
from payments.domain.files_in import UNREAD
from payments.domain.lockbox import LockboxFile
from payments.domain.payments import EARLIEST_DATE, Payment
from payments.domain.refunds import RefundPart
from payments.domain.remittances import Remittance
from payments.domain.returns import PaymentReturn
from payments.domain.suspense import SuspenseItem
from payments.domain.third_parties import ThirdPartyPayment
from payments.domain.trust_movements import (
    DEBITS,
    MovementKind,
    TrustDay,
    TrustMovement,
    day_of,
    filed,
    lockbox_reference,
    movement,
    remittance_reference,
    sum_of,
)

LATE_DAYS: Final = 7
"""So many days before a derived one are looked at again: a turn that began before midnight ends long before that."""

_SUMMED: Final[dict[str, MovementKind]] = {
    "online": "processor",
    "counter": "counter",
    "web-debit": "web-debits",
    "ppd-debit": "ppd-debits",
}
"""Sources whose money is one sum a day, and the kinds of these."""


async def trust_to_derive(uow: UnitOfWork, duty_date: date, after: str, _limit: int) -> list[str]:
    """Return the lock of the trust account, where its day before the duty's is not derived yet; not while a lockbox
    file is recorded in part: a day is derived with the whole of it, the next time.
    """
    if after >= TRUST_LOCK or await uow.records(TrustDay).count(day=duty_date - timedelta(days=1)):
        return []
    if await uow.records(LockboxFile).count(state=UNREAD, loaded_at__ne=None):
        return []
    return [TRUST_LOCK]


def deriving_duty(*, parameters: Parameters) -> Callable[[UnitOfWork, date, list[str]], Awaitable[None]]:
    """Return the duty's run."""

    async def run(uow: UnitOfWork, duty_date: date, _locks: list[str]) -> None:
        await derive_day(uow, duty_date - timedelta(days=1), parameters=parameters)

    return run


async def derive_day(uow: UnitOfWork, day: date, *, parameters: Parameters) -> None:
    """Keep what moved on a day that is over, both balances at its end, and what is matched by it; before it, each day
    since the last derived one, or since anything was recorded. The trust account is locked. Done before, nothing
    happens.
    """
    last = await uow.records(TrustDay).select(order_by=("-day",), limit=1)
    before = last[0] if last else None
    if before is not None and before.day >= day:
        return
    each = await _first_recorded(uow, day) if before is None else before.day + timedelta(days=1)
    while each <= day:
        before = await _derived(uow, each, before)
        each += timedelta(days=1)
    await _tell_files_apart(uow)
    await match_open(uow, parameters=parameters)


async def _tell_files_apart(uow: UnitOfWork) -> None:
    """Give open sums of debits to the files that have them by now. What was drawn after the hour of a day's file is in
    a later one, and what many households were drawn of may be in several; what a file had that was withdrawn is in it
    or in another, as people said since.
    """
    withdrawn = await uow.records(AchFile).distinct("file", state="withdrawn")
    by: dict[str, Any] = {"kind": sorted(DEBITS), "state": "open", "by_hand": False}
    to_tell = [
        *await uow.records(TrustMovement).select(**by, file=None),
        *await uow.records(TrustMovement).select(**by, file=withdrawn),
    ]
    asked_about = await asked_about_by(uow)
    sums: set[tuple[MovementKind, date]] = {
        (each.kind, day_of(each)) for each in to_tell if each.movement not in asked_about
    }
    for kind, day in sorted(sums):
        await _tell_apart(uow, kind, day, asked_about=asked_about)


async def _tell_apart(
    uow: UnitOfWork, kind: MovementKind, day: date, *, asked_about: Collection[str]
) -> None:
    """Give what is open of the debits of one kind and day to the files that ask for it. What is matched or explained,
    was taken apart, or waits for a second person stays as it is.
    """
    cents = await uow.records(AchDebit).totals(
        "asked_cents", by="file", entry_class=DEBITS[kind], drawn_on=day, state="sent", file__ne=None
    )
    near = await uow.records(TrustMovement).select(
        kind=kind, on__ge=day, on__le=day + timedelta(days=LATE_DAYS), order_by=("on", "of")
    )
    there = [each for each in near if day_of(each) == day]
    waiting = [
        each
        for each in there
        if each.state == "open" and not each.by_hand and each.movement not in asked_about
    ]
    beside = [each for each in there if each not in waiting]
    parts = filed(waiting, beside, cents, now=uow.now)
    if set(parts) == set(waiting):
        return
    await uow.records(TrustMovement).remove(movement=[each.movement for each in waiting])
    await uow.records(TrustMovement).add(parts)


async def _derived(uow: UnitOfWork, day: date, before: TrustDay | None) -> TrustDay:
    """Keep what is new of a day and of those shortly before it, and both balances; ``before`` is the day before it."""
    since = day - timedelta(days=LATE_DAYS)
    added = await uow.records(TrustMovement).add_new(
        [*await movements_of(uow, first=since, last=day), *await _sums(uow, since, day)]
    )
    older = since - timedelta(days=1)
    if before is None or day.day == 1:
        older_cents = await trust_of(uow, first=EARLIEST_DATE, last=older)
    else:
        older_cents = before.older_cents + await trust_of(uow, first=older, last=older)
    derived = TrustDay(
        day=day,
        ledger_cents=older_cents + await trust_of(uow, first=since, last=day),
        older_cents=older_cents,
        movements_cents=sum(each.signed_cents for each in added)
        + (0 if before is None else before.movements_cents),
        derived_at=uow.now,
    )
    await uow.records(TrustDay).add([derived])
    return derived


async def _first_recorded(uow: UnitOfWork, day: date) -> date:
    """Return the day on which money was first recorded as come, at the latest a day; before it nothing went."""
    payments = await uow.records(Payment).select(order_by=("known_at",), limit=1)
    items = await uow.records(SuspenseItem).select(order_by=("recorded_at",), limit=1)
    instants = [*(each.known_at for each in payments), *(each.recorded_at for each in items)]
    return min([day, *(local_date(each) for each in instants)])


async def movements_of(uow: UnitOfWork, *, first: date, last: date) -> list[TrustMovement]:
    """Return what moved by itself, not in a sum, by the records of what came and went on these days: on the last."""
    return [*await _came(uow, first, last), *await _went(uow, first, last)]


async def _came(uow: UnitOfWork, first: date, last: date) -> list[TrustMovement]:
    files = await uow.records(LockboxFile).select(
        state="loaded", accepted_cents__gt=0, **_within("loaded_at", first, last)
    )
    again = await uow.records(Payment).select(
        source="return-file", moved_from=None, **_within("known_at", first, last)
    )
    sums = await uow.records(ThirdPartyPayment).select(file=[each.file for each in files])
    third = {each.file: each for each in sums}
    found = partial(movement, on=last, now=uow.now)
    return [
        *(
            found(
                "lockbox",
                each.file,
                cents=each.accepted_cents,
                reference=_deposit_reference(each, third.get(each.file)),
            )
            for each in files
            if each.file not in third or third[each.file].means != "suspense"
        ),
        *(
            found(
                "came-again",
                each.payment,
                cents=each.amount_cents,
                reference=each.reference,
            )
            for each in again
        ),
    ]


def _deposit_reference(file: LockboxFile, third: ThirdPartyPayment | None) -> str | None:
    """Return what the bank may call what a file brought. A check's number alone may be another's too."""
    if third is None:
        return lockbox_reference(deposit_date=file.deposit_date, sequence=file.sequence)
    return third.reference if third.means == "bank-entry" else None


async def _sums(uow: UnitOfWork, first: date, last: date) -> list[TrustMovement]:
    """Return what is new of what comes in one sum a day: that of the last day, and what days before it have more than
    was known of them.
    """
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    since = await uow.records(TrustMovement).select(kind=sorted(_SUMMED.values()), on__ge=first)
    known = [each for each in since if day_of(each) >= first]
    earlier = await _by_source(uow, first, last - timedelta(days=1))
    if sum(earlier.values()) == sum(each.signed_cents for each in known):
        days = [last]  # nothing of before is new
    found = list[TrustMovement]()
    for day in days:
        came = await _by_source(uow, day, day)
        for source, kind in _SUMMED.items():
            of_it = [each for each in known if each.kind == kind and day_of(each) == day]
            cents = came.get(source, 0) - sum(each.signed_cents for each in of_it)
            if cents:
                found.append(movement(kind, sum_of(day, found=last), on=last, cents=cents, now=uow.now))
    return found


async def _by_source(uow: UnitOfWork, first: date, last: date) -> dict[str, int]:
    """Return what came on these days of each source that has one sum a day."""
    return await uow.records(Payment).totals(
        "amount_cents",
        by="source",
        source=sorted(_SUMMED),
        moved_from=None,
        **_within("known_at", first, last),
    )


async def _went(uow: UnitOfWork, first: date, last: date) -> list[TrustMovement]:
    returns = await uow.records(PaymentReturn).select(
        cents__gt=0, together=None, **_within("recorded_at", first, last)
    )
    whole = await uow.records(ThirdPartyPayment).select(
        returned_cents__gt=0, **_within("returned_at", first, last)
    )
    parts = await uow.records(RefundPart).select(state="paid", paid_on__ge=first, paid_on__le=last)
    remitted = await uow.records(Remittance).select(
        total_cents__gt=0, issued_on__ge=first, issued_on__le=last
    )
    doubles = await uow.records(SuspenseItem).select(
        state="dismissed", third_party=None, **_within("decided_at", first, last)
    )
    found = partial(movement, on=last, now=uow.now)
    return [
        *(
            found(
                "return",
                each.payment,
                cents=-each.cents,
                reference=each.reference,
            )
            for each in returns
        ),
        *(
            found("return", each.file, cents=-each.returned_cents, reference=each.return_reference)
            for each in whole
        ),
        *(
            found(
                "refund",
                each.reference,
                cents=-each.cents,
                reference=each.reference,
            )
            for each in parts
        ),
        *(
            found(
                "remittance",
                each.remittance,
                cents=-each.total_cents,
                reference=remittance_reference(
                    carrier=each.carrier, business_date=each.business_date, sequence=each.sequence
                ),
            )
            for each in remitted
        ),
        *(found("double", each.item, cents=-each.amount_cents) for each in doubles),
    ]


def _within(field: str, first: date, last: date) -> dict[str, Any]:
    """Return the conditions that an instant is within days."""
    return {f"{field}__ge": local(first), f"{field}__lt": local(last + timedelta(days=1))}
