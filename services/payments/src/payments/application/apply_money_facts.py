"""What invoicing decided about money, applied to where it is: settled, unsettled, to be refunded (PAY-7,
PAY-9, INV-6).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Impossible, InvalidValue
from bulkhead.kernel.ids import checked_id
from bulkhead.service import Occasion
from payments.application.desk import Desk
from payments.application.facts import PremiumsSettled, PremiumUnsettled, RefundApproved, SettledPremium
from payments.domain.refunds import Refund, checked_refund, parts_of, settle_refund
from payments.domain.settlements import Settlement, settle, take, unsettle

PAID_BACK: Final = (Reason(rule="INV-6", says="an approved refund was paid back", citation="VHC §3"),)


def settle_premiums(desk: Desk, fact: PremiumsSettled, _occasion: Occasion) -> None:
    """Keep a binder or a month as settled, whole: it waits for its remittance (PAY-6, PAY-9).

    Raises `Impossible` where the fact contradicts what is known here, as the others do.
    """
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
    known = desk.find(Settlement, asked.settlement)
    if known is not None:
        if not _same(known, asked):
            raise Impossible("a settlement's id was used for another one")
        return  # heard before, whatever has become of it since
    settled = settle(asked, payments=desk.payments)
    desk.put(settled.settlement, *settled.payments)
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


def unsettle_premium(desk: Desk, fact: PremiumUnsettled, _occasion: Occasion) -> None:
    """Free a settled premium's money again; the carrier gives it back if it has it (PAY-7)."""
    known = desk.find(Settlement, fact.settlement)
    if known is None or known.household != fact.household:
        raise Impossible("a premium is unsettled that was never settled")
    if known.unsettled_on is not None:
        return
    fallen, freed = unsettle(known, on=fact.unsettled_on, cents=fact.cents, payments=desk.payments)
    desk.put(fallen, *freed)
    if desk.waiting.pop(fact.settlement, None) is None:
        desk.no_longer_waiting.add(fact.settlement)


def refund_credit(desk: Desk, fact: RefundApproved, occasion: Occasion) -> None:
    """Let the money leave the household's: by check at once, else by the poller (INV-6)."""
    known = desk.find(Refund, fact.refund)
    if known is not None:
        if (known.household, known.cents) != (fact.household, fact.cents):
            raise Impossible("a refund's id was used for another one")
        return
    checked_refund(cents=fact.cents, shares=fact.taken_from)
    desk.put(*take(fact.taken_from, household=fact.household, payments=desk.payments))
    parts = parts_of(
        refund=fact.refund,
        household=fact.household,
        shares=fact.taken_from,
        payments=desk.payments,
        today=occasion.today,
    )
    refund = Refund(
        refund=fact.refund,
        household=fact.household,
        cents=fact.cents,
        approved_on=occasion.today,
        state="due",
        paid_on=None,
    )
    refund, refunded = settle_refund(refund, parts)
    desk.put(refund)
    for part in parts:
        desk.add(part)
    if refunded is not None:
        household, on = refunded.household, refunded.refunded_on
        desk.say(refunded, household=household, on=on, reasons=PAID_BACK)
