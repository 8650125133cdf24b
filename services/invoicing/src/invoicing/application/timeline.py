"""What became of a household's account: invoices, payments, money that was moved away or redated, changes of charges
and what was decided, in the household's own order; and what was charged and settled, by its ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, TypeAlias

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.explanations import facts_of
from bulkhead.kernel.timelines import About, Happened, earliest, in_own_order, marks
from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.explain import grounds_as_of
from invoicing.application.ports import Parameters
from invoicing.domain.decisions import Decision
from invoicing.domain.records import (
    Adjustment,
    Charge,
    Invoice,
    MoneyMoved,
    MoneyRedated,
    Payment,
    Transfer,
)
from invoicing.domain.sources import SOURCES
from invoicing.domain.statements import rule_of_change

Act: TypeAlias = Invoice | Payment | MoneyMoved | MoneyRedated | Adjustment | Decision

_ABOUT: Final[Sequence[tuple[str, About]]] = (
    ("invoice", "invoice"),
    ("refund", "refund"),
    ("policy", "policy"),
)
_CENTS: Final = ("cents", "paid_cents", "past_due_cents", "total_cents", "due_cents")


async def timeline_of(uow: UnitOfWork, household: str, *, parameters: Parameters) -> list[Happened]:
    """Return all that became of a household here, nothing earlier than what came before it in its own order."""
    history = await history_of(uow, household)
    charges = {each.charge: each for each in await uow.records(Charge).select(household=household)}
    ledger = await uow.records(Transfer).select(
        household=household, kind=("charged", "settled"), order_by=("number",)
    )
    ordered = in_own_order(_happened(each, parameters) for each in history)
    received = {each.payment: each for each in history if isinstance(each, Payment)}
    came = {
        act.payment: each.at for act, each in zip(history, ordered, strict=True) if isinstance(act, Payment)
    }
    charged = [_charged(each, charges[each.charge], parameters) for each in ledger if each.kind == "charged"]
    settled = [
        _settled(each, charges[each.charge], received[each.payment], came[each.payment], parameters)
        for each in ledger
        if each.kind == "settled"
    ]
    # What is of one instant stays so: a month is charged, then it is on an invoice, and then money settles it.
    return [*charged, *ordered, *settled]


async def history_of(uow: UnitOfWork, household: str) -> list[Act]:
    """Return what became of a household in its own order: a query for each kind of thing, by the household's key."""
    found: list[Act] = []
    for kind in (Invoice, Payment, MoneyMoved, MoneyRedated, Adjustment, Decision):
        found += await uow.records(kind).select(household=household)
    return sorted(found, key=place_of)


def place_of(act: Act) -> tuple[int, int]:
    """Return where in the history something is: the household's turn, and which decision after it, 0 for the turn's
    own.
    """
    return (act.after, act.number) if isinstance(act, Decision) else (act.number, 0)


def _happened(act: Act, parameters: Parameters) -> Happened:
    match act:
        case Invoice():
            return _of_invoice(act, parameters)
        case Payment():
            return _of_payment(act, parameters)
        case MoneyMoved():
            facts = facts_of(
                cents=act.cents,
                received_on=act.received_on,
                moved_on=act.moved_on,
                payment=act.payment,
                because=act.because,
                correction=act.correction,
                reverses=act.reverses,
            )
            return _of_correction("moved-away", act, act.moved_on, "PAY-11", facts, parameters)
        case MoneyRedated():
            facts = facts_of(
                cents=act.cents,
                received_on=act.received_on,
                postmarked_on=act.postmarked_on,
                received_before=act.received_before,
                postmarked_before=act.postmarked_before,
                redated_on=act.redated_on,
                payment=act.payment,
                because=act.because,
                correction=act.correction,
                reverses=act.reverses,
            )
            return _of_correction("redated", act, act.redated_on, "PAY-12", facts, parameters)
        case Adjustment():
            rule = rule_of_change(act.reason)
            facts = facts_of(
                cents=act.cents,
                policy=act.policy,
                month=str(act.month),
                reason=act.reason,
                invoice=act.invoice,
            )
            reason = Reason(rule=rule, says="", citation=SOURCES[rule], facts=facts)
            return _told(
                "adjusted",
                earliest(act.made_on),
                act.made_on,
                [reason],
                about=("policy", act.policy),
                cents=act.cents,
                facts=facts,
                parameters=parameters,
            )
        case Decision():
            return _told(
                act.decided,
                act.at,
                act.on,
                act.reasons,
                about=_about(act),
                cents=_cents(act.facts),
                facts=act.facts,
                parameters=parameters,
                decided_for=act.on,
            )


def _of_invoice(invoice: Invoice, parameters: Parameters) -> Happened:
    facts = facts_of(
        invoice=invoice.invoice,
        dated=invoice.dated,
        due=invoice.due,
        on_time_until=invoice.on_time_until,
        total_cents=invoice.total_cents,
        kind=invoice.kind,
        voided_on=invoice.voided_on,
        correction=invoice.correction,
    )
    rule, citation = ("INV-1", "VHC §2") if invoice.kind == "initial" else ("INV-2", "VHC §3")
    return _told(
        "invoiced",
        invoice.issued_at,
        invoice.dated,
        [Reason(rule=rule, says="", citation=citation, facts=facts)],
        about=("invoice", invoice.invoice),
        cents=invoice.total_cents,
        facts=facts,
        parameters=parameters,
    )


def _of_payment(payment: Payment, parameters: Parameters) -> Happened:
    facts = facts_of(
        cents=payment.cents,
        method=payment.method,
        received_on=payment.received_on,
        postmarked_on=payment.postmarked_on,
        returned_on=payment.returned_on,
        payment=payment.payment,
        correction=payment.correction,
    )
    if payment.correction is not None:
        return _of_correction("moved-here", payment, payment.received_on, "PAY-11", facts, parameters)
    return _told(
        "received",
        payment.known_at,
        payment.received_on,
        [Reason(rule="INV-5", says="", citation=SOURCES["INV-5"], facts=facts)],
        about=("payment", payment.payment),
        cents=payment.cents,
        facts=facts,
        parameters=parameters,
    )


def _of_correction(
    what: str,
    act: Payment | MoneyMoved | MoneyRedated,
    on: date,
    rule: str,
    facts: Mapping[str, str],
    parameters: Parameters,
) -> Happened:
    return _told(
        what,
        act.known_at if isinstance(act, Payment) else act.at,
        on,
        [Reason(rule=rule, says="", citation=SOURCES[rule], facts=dict(facts))],
        about=("payment", act.payment),
        cents=act.cents,
        facts=facts,
        parameters=parameters,
        marked=True,
    )


def _charged(transfer: Transfer, charge: Charge, parameters: Parameters) -> Happened:
    facts = facts_of(cents=transfer.cents, policy=charge.policy, month=str(charge.month))
    rule = "INV-1" if charge.binder is not None else "INV-2"
    return _told(
        "charged",
        charge.charged_at,
        transfer.booked_on,
        [Reason(rule=rule, says="", citation=SOURCES[rule], facts=facts)],
        about=("policy", charge.policy),
        cents=transfer.cents,
        facts=facts,
        parameters=parameters,
    )


def _settled(
    transfer: Transfer, charge: Charge, payment: Payment, came: datetime, parameters: Parameters
) -> Happened:
    facts = facts_of(
        cents=transfer.cents, policy=charge.policy, month=str(charge.month), payment=payment.payment
    )
    return _told(
        "settled",
        earliest(transfer.booked_on, came, charge.charged_at),
        transfer.booked_on,
        [Reason(rule="INV-5", says="", citation=SOURCES["INV-5"], facts=facts)],
        about=("policy", charge.policy),
        cents=transfer.cents,
        facts=facts,
        parameters=parameters,
        marked=payment.correction is not None,
    )


def _told(
    what: str,
    at: datetime,
    on: date,
    reasons: Sequence[Reason],
    *,
    about: tuple[About, str],
    cents: int | None,
    facts: Mapping[str, str],
    parameters: Parameters,
    decided_for: date | None = None,
    marked: bool = False,
) -> Happened:
    # As of when it was known here: a payment may be of a day before the pack's first.
    grounds = grounds_as_of(parameters)(reasons, min(decided_for or date.max, local_date(at)))
    return Happened(
        at=at,
        on=on,
        what=what,
        about=about[0],
        subject=about[1],
        cents=cents,
        facts=facts,
        grounds=grounds,
        marked=marked or marks(grounds),
        sentence=f"happened-{what}",
    )


def _about(decision: Decision) -> tuple[About, str]:
    if decision.decided == "listed":
        return "list", f"{decision.facts['carrier']} {decision.facts['on']}"
    for name, about in _ABOUT:
        if name in decision.facts:
            return about, decision.facts[name]
    return "household", decision.household


def _cents(facts: Mapping[str, str]) -> int | None:
    return next((int(facts[name]) for name in _CENTS if name in facts), None)
