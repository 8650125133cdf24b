"""Settled premiums: which payments paid them, whether a carrier has the money, and what happens when they
fall.

Each cent of a payment is free (``Payment.unapplied_cents``), or settles a premium, or was refunded. A settled
premium waits for its remittance; its waiting cents are kept by payment so that the age of each is known
(PAY-9).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Impossible
from payments.domain.payments import Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a settled premium one payment paid."""

    payment: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One settled premium of one policy and month, as invoicing said it.

    ``group`` is what it was settled with and is remitted with: a binder or a coverage month (INV-5, PAY-6).
    ``remit_from`` is the first date on which a carrier may be paid it: settled, and every payment in it
    cleared (PAY-6). ``remittance`` is the one it was paid in, ``recovery`` the one it was taken back in
    (PAY-7), ``unsettled_on`` the date it no longer stood: three independent facts.
    """

    settlement: str
    household: str
    group: str
    policy: str
    carrier: str
    month: CoverageMonth
    cents: int
    settled_on: date
    funded_by: tuple[Share, ...]
    remit_from: date
    remittance: str | None
    unsettled_on: date | None
    recovery: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingShare:
    """Cents of one payment in a settled premium that no carrier has been paid yet, with their age (PAY-9)."""

    settlement: str
    payment: str
    household: str
    cents: int
    received_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A settlement with the payments as it leaves them, and its waiting cents."""

    settlement: Settlement
    payments: tuple[Payment, ...]
    waiting: tuple[WaitingShare, ...]


def settle(asked: Settlement, *, payments: Mapping[str, Payment]) -> Settled:
    """Return a premium as settled by its payments, whose free money is used up by it (INV-5, PAY-9).

    Raises `Impossible` when a payment is not known here, is another household's, has less free money than it
    is said to pay, or when the parts do not add up to the premium.
    """
    if asked.cents < 0 or sum(share.cents for share in asked.funded_by) != asked.cents:
        raise Impossible("a settled premium is not the sum of what its payments paid")
    if len({share.payment for share in asked.funded_by}) != len(asked.funded_by):
        raise Impossible("a settled premium names a payment twice")
    taken = take(asked.funded_by, household=asked.household, payments=payments)
    by_id = {payment.payment: payment for payment in taken}
    return Settled(
        settlement=replace(
            asked, remit_from=max([asked.settled_on, *(payment.remittable_on for payment in taken)])
        ),
        payments=taken,
        waiting=tuple(
            WaitingShare(
                settlement=asked.settlement,
                payment=share.payment,
                household=asked.household,
                cents=share.cents,
                received_on=by_id[share.payment].received_on,
            )
            for share in asked.funded_by
        ),
    )


def unsettle(
    settlement: Settlement, *, on: date, cents: int, payments: Mapping[str, Payment]
) -> tuple[Settlement, tuple[Payment, ...]]:
    """Return the settlement as fallen, and its payments with their money free again (PAY-7, PAY-9).

    If a carrier has been paid it, the money is free for the household at once and recovered from the carrier
    by its next remittance. Raises `Impossible` when the amount is not the one settled.
    """
    if cents != settlement.cents:
        raise Impossible("a premium is unsettled with another amount than it was settled with")
    funding = [(_known(payments, share.payment), share.cents) for share in settlement.funded_by]
    freed = (replace(payment, unapplied_cents=payment.unapplied_cents + paid) for payment, paid in funding)
    return replace(settlement, unsettled_on=on), tuple(freed)


def remittable(settlements: Iterable[Settlement], *, cleared: Collection[str]) -> list[Settlement]:
    """Return those premiums that carriers are paid now: a household's group whole, or nothing of it (PAY-6).

    ``settlements`` are all that stand and no carrier was paid yet; ``cleared`` the payments that have cleared and
    were not returned since.
    """
    groups = defaultdict[tuple[str, str], list[Settlement]](list)
    for each in settlements:
        groups[each.household, each.group].append(each)
    return [each for group in groups.values() if _has_cleared(group, cleared) for each in group]


def _has_cleared(group: Iterable[Settlement], cleared: Collection[str]) -> bool:
    return all(share.payment in cleared for each in group for share in each.funded_by)


def take(shares: Iterable[Share], *, household: str, payments: Mapping[str, Payment]) -> tuple[Payment, ...]:
    """Return the payments with these shares of their free money taken; raises `Impossible` where they do not
    have it.
    """
    after: dict[str, Payment] = {}
    for share in shares:
        payment = after.get(share.payment) or _known(payments, share.payment)
        if payment.household != household:
            raise Impossible("money of one household is said to pay for another")
        if not 0 <= share.cents <= payment.usable_cents:
            raise Impossible("more of a payment is said to be used than is free")
        after[share.payment] = replace(payment, unapplied_cents=payment.unapplied_cents - share.cents)
    return tuple(after.values())


def _known(payments: Mapping[str, Payment], payment: str) -> Payment:
    found = payments.get(payment)
    if found is None:
        raise Impossible("money of a payment that was never received is said to be used")
    return found
