"""Money on its way in and out, held against the calendar and against what bank, processor and carriers have.

It shares no rule with payments: what is a business day is all it asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from bulkhead.kernel.calendar import is_business_day, local_date
from bulkhead_testing.files import MemoryFiles
from payments.adapters.processor.sandbox import SandboxRefund
from payments.domain.attempts import Attempt
from payments.domain.books import ClosedBooks
from payments.domain.corrections import Correction
from payments.domain.lockbox import LockboxDay
from payments.domain.payments import Payment
from payments.domain.refunds import RefundPart
from payments.domain.remittances import RemittanceLine
from payments.domain.settlements import Settlement
from payments.domain.suspense import SuspenseItem
from simulation.debited import DEBITED, moves_on
from simulation.sight import Sight

_BUSINESS_DAYS = 2
_DAYS_LOOKED_AT = 14


def wrong(sight: Sight, *, refunded: Iterable[SandboxRefund], debits: MemoryFiles) -> list[str]:
    """Return what came in, cleared or went out other than it must, in words; nothing where all is well."""
    moving = moves_on(sight, debits)
    found = [
        *books_close_on_all_there_is(sight),
        *books_close_on_what_is_decided(sight),
        *nothing_goes_back_twice(sight, refunded),
    ]
    for household in sight.households:
        its = sight.of(household)
        found += [*clearing(its, moving), *nothing_goes_out_early(its, moving), *a_check_is_money_once(its)]
    return found


def clearing(sight: Sight, moving: Mapping[str, date]) -> list[str]:
    """Money clears on the second business day after its receipt, or when it is known if that is later (PAY-4). What a
    debit brings clears on the day on which it is ``moving`` at the earliest, and never while no file has it.

    What was moved clears when it would have where it was, what was redated when it would have before (PAY-11, PAY-12).
    """
    otherwise = redated(sight)
    cleared = [
        each for each in sight.rows("payments", Payment) if each.cleared_on is not None and each.kept_cents
    ]
    return [
        f"PAY-4: {each.household}'s money of {each.received_on} cleared on {each.cleared_on}, not"
        f" {clears_on(each, moving)}"
        for each in cleared
        if each.moved_from is None and each.payment not in otherwise
        if each.cleared_on != clears_on(each, moving)
    ] + [
        f"PAY-4: {each.household}'s money of {each.received_on} cleared, and no bank was asked for it"
        for each in cleared
        if each.source in DEBITED and _drawn_as(each) not in moving
    ]


def _drawn_as(payment: Payment) -> str:
    """Return the payment that a debit was drawn as, of which this one is or was moved from."""
    return payment.origin.removeprefix("debit:")


def redated(sight: Sight) -> set[str]:
    """Return the payments whose dates were ever corrected (PAY-12)."""
    done = [each for each in sight.databases["payments"].rows(Correction) if each.decided_at is not None]
    return {each.redates.payment for each in done if each.redates is not None}


def clears_on(payment: Payment, moving: Mapping[str, date]) -> date:
    """Return the day on which a payment clears."""
    day = payment.received_on
    for _ in range(_BUSINESS_DAYS):
        day += timedelta(days=1)
        while not is_business_day(day):
            day += timedelta(days=1)
    return max(day, local_date(payment.known_at), moving.get(_drawn_as(payment), day))


def nothing_goes_out_early(sight: Sight, moving: Mapping[str, date]) -> list[str]:
    """No carrier is paid with money that has not cleared, nor on a day before it was settled (PAY-6)."""
    payments = {each.payment: each for each in sight.rows("payments", Payment)}
    settlements = {each.settlement: each for each in sight.rows("payments", Settlement)}
    found: list[str] = []
    for line in sight.rows("payments", RemittanceLine):
        settled = settlements[line.settlement]
        days = [
            settled.settled_on,
            *(clears_on(payments[share.payment], moving) for share in settled.funded_by),
        ]
        if line.direction == "paid" and line.business_date < max(days):
            found.append(
                f"PAY-6: {line.month} of {line.household} went out on {line.business_date}, before {max(days)}"
            )
    return found


def a_check_is_money_once(sight: Sight) -> list[str]:
    """The same check in another file is no payment unless a person says so (PAY-3)."""
    by_a_person = {
        each.payment for each in sight.rows("payments", SuspenseItem) if each.decided_by is not None
    }
    credited = Counter(
        (each.household, each.reference, each.amount_cents)
        for each in sight.rows("payments", Payment)
        if each.source == "lockbox" and each.reference is not None and each.payment not in by_a_person
        if each.moved_from is None
    )
    return [
        f"PAY-3: check {reference} of {household} over {cents} is {n} payments"
        for (household, reference, cents), n in credited.items()
        if n > 1
    ]


def books_close_on_all_there_is(sight: Sight) -> list[str]:
    """Books are closed through no day whose lockbox file is neither loaded nor known not to come (PAY-10).

    Days that were closed long ago are looked at with the whole.
    """
    closed = sorted(each.through for each in sight.rows("payments", ClosedBooks))
    known = {each.day for each in sight.rows("payments", LockboxDay)}
    if not sight.whole:
        closed = closed[-_DAYS_LOOKED_AT:]
    days = (
        ((closed[0] + timedelta(days=n)) for n in range(1, (closed[-1] - closed[0]).days + 1))
        if closed
        else ()
    )
    return [
        f"PAY-10: the books are closed through {closed[-1]}, and the file of {day} may still come"
        for day in days
        if is_business_day(day) and day not in known
    ]


def books_close_on_what_is_decided(sight: Sight) -> list[str]:
    """Books are closed through no day on which an online payment counts that may yet prove to have been taken (PAY-10)."""
    through = max((each.through for each in sight.rows("payments", ClosedBooks)), default=None)
    return [
        f"PAY-10: the books are closed through {through}, and it is not known whether {each.household}'s payment of"
        f" {each.counts_on} was taken"
        for each in sight.rows("payments", Attempt)
        if each.state in ("started", "missing") and through is not None and each.counts_on <= through
    ]


def nothing_goes_back_twice(sight: Sight, refunded: Iterable[SandboxRefund]) -> list[str]:
    """No card is paid back more than its refunds' parts are (INV-6)."""
    given: Counter[str] = Counter()
    for each in refunded:
        given[each.charge] += each.amount_cents
    due: Counter[str] = Counter()
    for part in sight.rows("payments", RefundPart) if given else ():
        if part.charge is not None and part.state != "withdrawn":
            due[part.charge] += part.cents
    return [
        f"INV-6: the processor gave back {cents} of {charge}, and {due[charge]} was to go back"
        for charge, cents in given.items()
        if cents > due[charge]
    ]
