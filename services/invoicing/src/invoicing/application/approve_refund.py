"""Paying credit back, on an operator's word (INV-6)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, Refused
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.money import format_cents
from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import load_accounts, save_accounts
from invoicing.domain.events import RefundApproved
from invoicing.domain.records import Funding, Refund
from invoicing.domain.sources import SOURCES


class NotThatMuchCredit(Refused):
    """A refund asks for more than the household's credit."""

    kind = "not-that-much-credit"


class RefundKnown(Conflict):
    """A request approved another amount before, longer ago than its answer is kept."""

    kind = "refund-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveRefund:
    """An operator's request to pay credit back. ``request`` tells one request from another."""

    household: str
    amount_cents: int
    request: str


async def approve_refund(uow: UnitOfWork, command: ApproveRefund) -> Refund:
    """Reserve credit and have it paid back; return the refund (INV-6): of a request that approved it before, as it is.

    Raises `NotThatMuchCredit`, and `RefundKnown` where it approved another amount (PAY-2).
    """
    refund = Refund(
        refund=derived_id("refund", command.household, command.request),
        household=command.household,
        cents=command.amount_cents,
        approved_on=uow.today,
    )
    known = await uow.records(Refund).get(refund=refund.refund)
    if known is not None:
        return _as_before(known, cents=command.amount_cents)
    account = (await load_accounts(uow, [command.household]))[command.household]
    free = [each for each in account.payments() if each.waits_until is None]
    credit = min(account.position.credit_cents, sum(each.unapplied_cents for each in free))
    if not 0 < command.amount_cents <= credit:
        raise NotThatMuchCredit(
            f"the credit is {format_cents(credit)}: ask for an amount above 0.00 and up to it",
            field="/amount_cents",
            reasons=(
                Reason(
                    rule="INV-6",
                    says="only credit is refunded; money held for a coverage month is not",
                    citation=SOURCES["INV-6"],
                    facts={"credit": format_cents(credit)},
                ),
            ),
        )
    taken: list[Funding] = []
    left = command.amount_cents
    for payment in free:
        part = min(left, payment.free_cents)
        if part:
            taken.append(Funding(payment=payment.payment, cents=part))
            account.put(replace(payment, unapplied_cents=payment.unapplied_cents - part))
            account.transfer(
                "refund-approved",
                on=uow.today,
                debit="unapplied",
                credit="refunds",
                cents=part,
                payment=payment.payment,
            )
            left -= part
    account.put(refund)
    account.tell(
        RefundApproved(
            household=refund.household, refund=refund.refund, cents=refund.cents, taken_from=tuple(taken)
        ),
        on=uow.today,
        reasons=(Reason(rule="INV-6", says="credit is paid back on request", citation=SOURCES["INV-6"]),),
    )
    await save_accounts(uow, [account])
    return refund


def _as_before(known: Refund, *, cents: int) -> Refund:
    if known.cents == cents:
        return known
    raise RefundKnown(
        "this Idempotency-Key approved another refund",
        field="/amount_cents",
        reasons=(
            Reason(
                rule="PAY-2",
                says=f"It approved {format_cents(known.cents)} on {known.approved_on}: another refund has a key of its "
                "own.",
                citation=SOURCES["PAY-2"],
                facts={"approved": format_cents(known.cents), "approved_on": str(known.approved_on)},
            ),
        ),
    )
