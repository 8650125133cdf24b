"""What invoicing decided about money, applied to where it is: settled, unsettled, to be refunded (PAY-7,
PAY-9, INV-6).
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Impossible, InvalidValue
from bulkhead.kernel.ids import checked_id
from bulkhead.persistence.ports import UnitOfWork
from payments.application.desk import Desk, MoneyFact
from payments.application.facts import PremiumsSettled, PremiumUnsettled, RefundApproved, SettledPremium
from payments.domain.events import PaymentRefunded
from payments.domain.refunds import Refund, checked_refund, parts_of, settle_refund
from payments.domain.settlements import Settlement, settle, take, unsettle


def apply_money_fact(uow: UnitOfWork, desk: Desk, fact: MoneyFact) -> None:
    """Apply one fact to the desk; one that says what already holds changes nothing.

    Raises `Impossible` where it contradicts what is known here.
    """
    match fact:
        case PremiumsSettled():
            _settle(desk, fact)
        case PremiumUnsettled():
            _unsettle(desk, fact)
        case RefundApproved():
            _refund(uow, desk, fact)
        case _:
            assert_never(fact)


def _settle(desk: Desk, fact: PremiumsSettled) -> None:
    for premium in fact.premiums:
        _settle_one(desk, _asked(fact, premium))


def _asked(fact: PremiumsSettled, premium: SettledPremium) -> Settlement:
    return Settlement(
        settlement=premium.settlement,
        household=fact.household,
        group=fact.group,
        policy=premium.policy,
        carrier=_carrier(premium.carrier),
        month=premium.month,
        cents=premium.cents,
        settled_on=fact.settled_on,
        funded_by=premium.funded_by,
        remit_from=fact.settled_on,
        remittance=None,
        unsettled_on=None,
        recovery=None,
    )


def _settle_one(desk: Desk, asked: Settlement) -> None:
    known = desk.settlements.get(asked.settlement)
    if known is not None:
        if not _same(known, asked):
            raise Impossible("a settlement's id was used for another one")
        return  # heard before, whatever has become of it since
    settled = settle(asked, payments=desk.payments)
    desk.put_settlement(settled.settlement)
    desk.put_payments(settled.payments)
    desk.waiting[asked.settlement] = settled.waiting


def _carrier(carrier: str) -> str:
    # It names a folder: an id that could leave it is not one.
    try:
        return checked_id(carrier, field="carrier")
    except InvalidValue as invalid:
        raise Impossible("a carrier's id is not an id") from invalid


def _same(known: Settlement, asked: Settlement) -> bool:
    said = replace(known, remit_from=asked.remit_from, remittance=None, unsettled_on=None, recovery=None)
    return said == asked


def _unsettle(desk: Desk, fact: PremiumUnsettled) -> None:
    known = desk.settlements.get(fact.settlement)
    if known is None or known.household != fact.household:
        raise Impossible("a premium is unsettled that was never settled")
    if known.unsettled_on is not None:
        return
    fallen, freed = unsettle(known, on=fact.unsettled_on, cents=fact.cents, payments=desk.payments)
    desk.put_settlement(fallen)
    desk.put_payments(freed)
    if desk.waiting.pop(fact.settlement, None) is None:
        desk.no_longer_waiting.add(fact.settlement)


def _refund(uow: UnitOfWork, desk: Desk, fact: RefundApproved) -> None:
    known = desk.refunds.get(fact.refund)
    if known is not None:
        if (known.household, known.cents) != (fact.household, fact.cents):
            raise Impossible("a refund's id was used for another one")
        return
    checked_refund(cents=fact.cents, shares=fact.taken_from)
    desk.put_payments(take(fact.taken_from, household=fact.household, payments=desk.payments))
    parts = parts_of(
        refund=fact.refund,
        household=fact.household,
        shares=fact.taken_from,
        payments=desk.payments,
        today=uow.today,
    )
    refund = Refund(
        refund=fact.refund,
        household=fact.household,
        cents=fact.cents,
        approved_on=uow.today,
        state="due",
        paid_on=None,
    )
    refund, refunded = settle_refund(refund, parts)
    desk.put_refund(refund, parts)
    if refunded is not None:
        say_refunded(uow, refunded)


def say_refunded(uow: UnitOfWork, refunded: PaymentRefunded) -> None:
    """Say that credit was paid back (INV-6)."""
    uow.emit(
        refunded,
        household=refunded.household,
        business_date=refunded.refunded_on,
        reasons=(Reason(rule="INV-6", says="an approved refund was paid back", citation="VHC §3"),),
    )
