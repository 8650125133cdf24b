"""Paying credit back, on an operator's word, and above the limit on another's as well (INV-6, OPS-5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.corrections import done_alone_cents, require_none_waits, takes_two
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, Refused
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.money import format_cents
from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import load_accounts, save_accounts
from invoicing.application.ports import Parameters
from invoicing.domain.account import Account
from invoicing.domain.corrections import REFUND, Correction
from invoicing.domain.events import RefundApproved
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Funding, Payment, Refund
from invoicing.domain.sources import SOURCES


class NotThatMuchCredit(Refused):
    """A refund asks for more than the household's credit."""

    kind = "not-that-much-credit"


class RefundKnown(Conflict):
    """A request asked for another amount before, longer ago than its answer is kept."""

    kind = "refund-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRefund:
    """An operator's request to pay credit back. ``request`` tells one request of this operator from another.

    ``preview``: what it does is shown, and not kept.
    """

    household: str
    amount_cents: int
    operator: str
    request: str
    preview: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRefund:
    """What became of a request: its ``refund`` is None while a second person has not approved it."""

    asked: Correction
    refund: Refund | None


def lock_of(operator: str) -> str:
    """Return the name under which an operator's refunds are summed, one at a time: no household's id has a colon."""
    return f"refunds-of:{operator}"


async def ask_refund(uow: UnitOfWork, command: AskRefund, *, parameters: Parameters) -> AskedRefund:
    """Reserve credit and have it paid back, or ask that a second person approve it; return what became of it (INV-6,
    OPS-5): of a request that was made before, as it is.

    The household and the operator's refunds are locked. Raises `NotThatMuchCredit`, `CorrectionWaits` where another
    refund of the household waits, and `RefundKnown` where the request asked for another amount (PAY-2).
    """
    name = derived_id("refund", command.household, f"{command.operator}:{command.request}")
    known = await uow.records(Correction).get(correction=name)
    if known is not None:
        return await _as_before(uow, known, cents=command.amount_cents)
    theirs = await uow.records(Correction).select(household=command.household, kind=REFUND)
    require_none_waits(each for each in theirs if each.state == "requested")
    by_two = await _takes_two(uow, command, theirs, parameters=parameters.as_of(uow.today))
    asked = Correction(
        correction=name,
        kind=REFUND,
        household=command.household,
        invoice=None,
        state="requested" if by_two else "applied",
        because="credit-asked-for",
        note=None,
        cents=command.amount_cents,
        by_two=by_two,
        asked_at=uow.now,
        asked_by=command.operator,
    )
    account = (await load_accounts(uow, [command.household]))[command.household]
    refund = _pay_back(account, asked, on=uow.today)
    await uow.records(Correction).add([asked])
    if by_two and not command.preview:  # it could be paid back, and nothing of that is kept
        return AskedRefund(asked=asked, refund=None)
    await save_accounts(uow, [account])
    return AskedRefund(asked=asked, refund=None if by_two else refund)


async def pay_approved(uow: UnitOfWork, approved: Correction) -> None:
    """Pay back what another asked for, of the credit that is there now; raises `NotThatMuchCredit`."""
    account = (await load_accounts(uow, [approved.household]))[approved.household]
    _pay_back(account, approved, on=uow.today)
    await save_accounts(uow, [account])


async def _takes_two(
    uow: UnitOfWork, command: AskRefund, theirs: Sequence[Correction], *, parameters: InvoicingParameters
) -> bool:
    """Whether a refund takes a second person. What this operator paid back alone in the last days counts with it,
    whosever credit that was, and what anybody did of the household: slices are as much as the whole of them.
    """
    since = uow.now - timedelta(days=parameters.correction_alone_days)
    own = await uow.records(Correction).select(kind=REFUND, asked_by=command.operator, asked_at__gt=since)
    by_operator = done_alone_cents(own, by=command.operator, since=since)
    of_household = sum(
        done_alone_cents(theirs, by=each, since=since) for each in {each.asked_by for each in theirs}
    )
    return takes_two(
        REFUND,
        command.amount_cents + max(by_operator, of_household),
        alone_cents=parameters.correction_alone_cents,
        kinds_by_two=(),
    )


def _pay_back(account: Account, asked: Correction, *, on: date) -> Refund:
    """Reserve the credit of a refund and say that it is approved; return it. Raises `NotThatMuchCredit`."""
    refund = Refund(refund=asked.correction, household=asked.household, cents=asked.cents, approved_on=on)
    free = [each for each in account.payments() if each.waits_until is None]
    taken = _reserve(account, free, cents=_checked(account, free, cents=asked.cents), on=on)
    account.put(refund)
    why = [Reason(rule="INV-6", says="credit is paid back on request", citation=SOURCES["INV-6"])]
    if asked.by_two:
        why.append(
            Reason(
                rule="OPS-5",
                says="a refund above the limit takes two people",
                citation=SOURCES["OPS-5"],
                facts={"refund": asked.correction},
            )
        )
    account.tell(
        RefundApproved(
            household=refund.household, refund=refund.refund, cents=refund.cents, taken_from=tuple(taken)
        ),
        on=on,
        reasons=tuple(why),
    )
    return refund


def _checked(account: Account, free: Sequence[Payment], *, cents: int) -> int:
    """Return the cents where they are credit that is free; raises `NotThatMuchCredit`."""
    credit = min(account.position.credit_cents, sum(each.unapplied_cents for each in free))
    if 0 < cents <= credit:
        return cents
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


def _reserve(account: Account, free: Sequence[Payment], *, cents: int, on: date) -> list[Funding]:
    """Take cents of payments' free money, the oldest first; return how much of each."""
    taken: list[Funding] = []
    left = cents
    for payment in free:
        part = min(left, payment.free_cents)
        if part:
            taken.append(Funding(payment=payment.payment, cents=part))
            account.put(replace(payment, unapplied_cents=payment.unapplied_cents - part))
            account.transfer(
                "refund-approved",
                on=on,
                debit="unapplied",
                credit="refunds",
                cents=part,
                payment=payment.payment,
            )
            left -= part
    return taken


async def _as_before(uow: UnitOfWork, known: Correction, *, cents: int) -> AskedRefund:
    if known.cents == cents:
        refund = await uow.records(Refund).get(refund=known.correction)
        return AskedRefund(asked=known, refund=refund)
    asked_on = local_date(known.asked_at)
    raise RefundKnown(
        "this Idempotency-Key asked for another refund",
        field="/amount_cents",
        reasons=(
            Reason(
                rule="PAY-2",
                says=f"It asked for {format_cents(known.cents)} on {asked_on}: another refund has a key of its own.",
                citation=SOURCES["PAY-2"],
                facts={"asked": format_cents(known.cents), "asked_on": str(asked_on)},
            ),
        ),
    )
