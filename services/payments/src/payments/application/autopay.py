"""Autopay is agreed to and ended, and plans a draw of each monthly invoice it hears of (PAY-8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from payments.application.facts import (
    AmountDueChanged,
    HouseholdMerged,
    InvoiceIssued,
    InvoiceRestored,
    InvoiceVoided,
)
from payments.application.find_payment import drawn_as
from payments.application.keep_bank_accounts import close_accounts_of, require_drawable
from payments.application.pass_on_credit import require_paid_here
from payments.application.ports import AccountKeys, Parameters
from payments.application.take_online_payment import checked_token, require_open
from payments.domain.autopay import (
    ASKED_ANEW,
    BilledInvoice,
    Draw,
    LeftToPay,
    Mandate,
    began_event,
    ended,
    ended_event,
    is_unpaid,
    left_to_pay,
    no_autopay,
    planned,
    planned_again,
    planned_when_heard,
    with_due,
    withdrawn,
)
from payments.domain.bank_accounts import is_kept_here
from payments.domain.consents import ConsentLanguage, ConsentWording
from payments.domain.events import EndedBecause, OnlineMethod
from payments.domain.payments import Payment

AGREED = (
    Reason(rule="PAY-8", says="a member agreed that each monthly invoice is paid on the day it is due"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutopayOrder:
    """Autopay as a member agrees to it, in the words of a wording of ``consent``, shown in ``language``."""

    mandate: str
    household: str
    method: OnlineMethod
    token: Masked
    consent: ConsentWording
    language: ConsentLanguage
    agreed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Autopay:
    """How a household's autopay stands: what is agreed to, what it would draw next, and how much that is as of now."""

    mandate: Mandate | None
    next_draw: Draw | None
    next_left: LeftToPay | None
    last_draw: Draw | None


async def begin_autopay(
    uow: UnitOfWork, order: AutopayOrder, *, keys: AccountKeys | None, parameters: Parameters
) -> Autopay:
    """Keep a mandate in the place of the one there is, plan to draw the latest invoice, and return how it stands.
    ``keys`` are those of accounts kept here, None where none are.

    Raises `InvalidValue` naming the field (PAY-1), `AccountClosed` and `NoAccountsKept` of an account kept here,
    `OnlinePaymentNotOpen` (OPS-4), and `PaidThere` for a household that was merged (OPS-5).
    """
    token = checked_token(order.token)
    require_open(parameters, today=uow.today)
    await require_paid_here(uow, order.household, invoice=None)
    if is_kept_here(token):
        await require_drawable(uow, household=order.household, account=token, method=order.method, keys=keys)
    invoice = await uow.records(BilledInvoice).get(household=order.household)
    instead = invoice is not None and await _is_to_be_paid(uow, invoice)
    before = await mandate_of(uow, order.household)
    if before is not None:
        await end_mandate(uow, before, because="replaced")
    mandate = Mandate(
        mandate=order.mandate,
        household=order.household,
        method=order.method,
        token=token,
        consent=order.consent,
        language=order.language,
        agreed_at=uow.now,
        agreed_by=order.agreed_by,
        state="on",
    )
    await uow.records(Mandate).add([mandate])
    draw = None if invoice is None else planned(mandate, invoice, instead=instead)
    if draw is not None:
        await uow.records(Draw).add([draw])
    stands = await autopay_of(uow, order.household)
    nothing = draw is None or stands.next_left is None or not stands.next_left.cents
    draws_on = None if draw is None or nothing else draw.next_on
    uow.emit(
        began_event(mandate, on=uow.today, draws_on=draws_on), household=mandate.household, reasons=AGREED
    )
    return stands


async def end_autopay(uow: UnitOfWork, household: str) -> Autopay:
    """End a household's autopay because it is asked for, and return how it stands; raises `NoAutopay` (PAY-8)."""
    mandate = await mandate_of(uow, household)
    if mandate is None:
        raise no_autopay()
    await end_mandate(uow, mandate, because="asked")
    return await autopay_of(uow, household)


async def end_mandate(uow: UnitOfWork, mandate: Mandate, *, because: EndedBecause) -> None:
    """End a mandate, call off what it was to draw, and say so. What the processor may have been asked for goes on."""
    await _end_mandates(uow, [mandate], because=because)


async def _end_mandates(uow: UnitOfWork, mandates: Sequence[Mandate], *, because: EndedBecause) -> None:
    """End mandates of different households, as one set: see `end_mandate`."""
    off = [ended(each, because=because, now=uow.now) for each in mandates]
    await uow.records(Mandate).put(off)
    households = sorted(each.household for each in off)
    waiting = await uow.records(Draw).select(household=households, state="planned")
    await uow.records(Draw).put(withdrawn(waiting))
    for each in off:
        uow.emit(
            ended_event(each, on=uow.today),
            household=each.household,
            reasons=(Reason(rule="PAY-8", says="autopay ends", facts={"because": because}),),
        )


async def end_drawing_from(uow: UnitOfWork, payments: Collection[str], *, because: EndedBecause) -> None:
    """End the autopay that made each of these payments, where it did and is on: its bank says no for good (PAY-8). An
    account kept here that one came from is closed, and autopay from it ends, whether or not it drew that one.

    Money that was moved was drawn for the household it came from. The households drawn from are locked: those of
    `households_of` each payment.
    """
    if not payments:
        return
    drawn = sorted(await drawn_as(uow, payments))
    shut = {each.account: each.household for each in await close_accounts_of(uow, drawn)}
    draws = await uow.records(Draw).select(payment=drawn)
    made_by = sorted({each.mandate for each in draws})
    ending = {each.mandate: each for each in await uow.records(Mandate).select(mandate=made_by, state="on")}
    of_payers = await uow.records(Mandate).select(household=sorted({*shut.values()}), state="on")
    ending |= {
        each.mandate: each for each in of_payers if each.token is not None and each.token.reveal() in shut
    }
    await _end_mandates(uow, list(ending.values()), because=because)


async def end_of_merged(uow: UnitOfWork, told: Sequence[HouseholdMerged]) -> None:
    """End the autopay of households that were merged: nobody has them draw any more, and whoever wants it agrees to it
    for the household that goes on (OPS-5, PAY-8).
    """
    households = sorted({each.household for each in told})
    mandates = await uow.records(Mandate).select(household=households, state="on")
    await _end_mandates(uow, mandates, because="household-merged")


async def autopay_of(uow: UnitOfWork, household: str) -> Autopay:
    """Return how a household's autopay stands (PAY-8)."""
    draws = uow.records(Draw)
    waiting = await draws.select(
        household=household, state=["planned", "drawing"], order_by=("next_on", "draw"), limit=1
    )
    over = await draws.select(
        household=household,
        state=["drawn", "nothing-due", "declined"],
        order_by=("-next_on", "-draw"),
        limit=1,
    )
    left = await left_of(uow, waiting)
    return Autopay(
        mandate=await mandate_of(uow, household),
        next_draw=waiting[0] if waiting else None,
        next_left=left[waiting[0].draw] if waiting else None,
        last_draw=over[0] if over else None,
    )


async def left_of(uow: UnitOfWork, draws: Sequence[Draw]) -> dict[str, LeftToPay]:
    """Return what each draw would ask for as of now: what of its invoice is not paid, nothing of one in whose place a
    later one stands.
    """
    billed = await uow.records(BilledInvoice).select(household=sorted({each.household for each in draws}))
    invoices = {each.invoice: each for each in billed}
    counts = {(each.household, count) for each in billed for count in (each.payments, each.due_payments)}
    since = await _paid_since(uow, counts)
    left = {
        name: left_to_pay(
            each,
            since_issued_cents=since[each.household, each.payments],
            since_due_cents=since[each.household, each.due_payments],
        )
        for name, each in invoices.items()
    }
    return {each.draw: left.get(each.invoice, ASKED_ANEW) for each in draws}


async def _paid_since(uow: UnitOfWork, counts: Collection[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
    """Return what came of households after so many of their payments, for no selection, and is still theirs."""
    households = defaultdict[int, list[str]](list)
    for household, count in sorted(counts):
        households[count].append(household)
    payments, since = uow.records(Payment), dict[tuple[str, int], int]()
    for count, these in households.items():
        of_invoices: dict[str, Any] = {
            "household": these,
            "number__gt": count,
            "selection": None,
            "returned_on": None,
        }
        came = await payments.totals("amount_cents", by="household", **of_invoices)
        moved = await payments.totals("moved_cents", by="household", **of_invoices)
        since |= {(each, count): came.get(each, 0) - moved.get(each, 0) for each in these}
    return since


async def follow_invoices(
    uow: UnitOfWork, told: Sequence[AmountDueChanged | InvoiceVoided | InvoiceRestored]
) -> None:
    """Keep what became of latest monthly invoices: what is to be paid, whether they are void. Nothing is drawn of one
    that is; one that stands again is drawn as long as that is on time. What is told of an earlier one is over (PAY-8,
    OPS-5).
    """
    known = await uow.records(BilledInvoice).select(household=sorted({each.household for each in told}))
    latest = {each.invoice: each for each in known}
    restored = set[str]()
    for each in told:
        invoice = latest.get(each.invoice)
        if invoice is None:
            continue
        match each:
            case AmountDueChanged():
                invoice = with_due(
                    invoice, cents=each.due_cents, payments=each.payments, because=each.because
                )
            case InvoiceVoided():
                invoice = replace(invoice, void=True)
            case InvoiceRestored():
                invoice = with_due(invoice, cents=each.due_cents, payments=each.payments, because="money")
                invoice = replace(invoice, void=False)
                restored.add(each.invoice)
        latest[each.invoice] = invoice
    changed = [latest[each] for each in sorted({each.invoice for each in told} & latest.keys())]
    await uow.records(BilledInvoice).put(changed)
    void = [each.household for each in changed if each.void]
    waiting = await uow.records(Draw).select(household=void, state="planned")
    await uow.records(Draw).put(withdrawn(waiting))
    await _draw_again(uow, [each for each in changed if each.invoice in restored and not each.void])


async def _draw_again(uow: UnitOfWork, invoices: Sequence[BilledInvoice]) -> None:
    """Plan to draw invoices that stand again, where autopay is on."""
    for invoice in invoices:
        mandate = await mandate_of(uow, invoice.household)
        if mandate is None or mandate.token is None:
            continue
        known = await uow.records(Draw).select(invoice=invoice.invoice, mandate=mandate.mandate)
        again = [planned_again(each, mandate, invoice, today=uow.today) for each in known or [None]]
        await uow.records(Draw).put(each for each in again if each is not None)


async def plan_draws(uow: UnitOfWork, issued: Sequence[InvoiceIssued]) -> None:
    """Keep each household's latest monthly invoice and plan a draw of it, where autopay is on (PAY-8).

    A later one asks for all that is open, so it takes the place of one that is not drawn yet.
    """
    latest = {each.household: each for each in issued if each.kind == "monthly"}
    known = await uow.records(BilledInvoice).select(household=sorted(latest))
    older = {each.household: each.number for each in known}
    new = [each for each in latest.values() if each.number > older.get(each.household, 0)]
    invoices = [
        BilledInvoice(
            household=each.household,
            invoice=each.invoice,
            number=each.number,
            due=each.due,
            on_time_until=each.on_time_until,
            total_cents=each.total_cents,
            payments=each.payments,
            due_cents=each.total_cents,
            due_payments=each.payments,
        )
        for each in new
    ]
    await uow.records(BilledInvoice).put(invoices)
    households = [each.household for each in invoices]
    on = await uow.records(Mandate).select(household=households, state="on")
    if not on:
        return
    for lost in [each for each in on if each.token is None]:
        await end_mandate(uow, lost, because="lost")
    mandates = {each.household: each for each in on if each.token is not None}
    draws = [
        planned_when_heard(mandates[each.household], each, today=uow.today)
        for each in invoices
        if each.household in mandates
    ]
    new_draws = {each.draw: each for each in draws if each is not None}
    waiting = await uow.records(Draw).select(household=sorted(mandates), state="planned")
    await uow.records(Draw).put(withdrawn(each for each in waiting if each.draw not in new_draws))
    await uow.records(Draw).add_new(new_draws.values())


async def _is_to_be_paid(uow: UnitOfWork, invoice: BilledInvoice) -> bool:
    """Whether autopay was to pay an invoice and has not, by whatever mandate."""
    draws = await uow.records(Draw).select(household=invoice.household, invoice=invoice.invoice)
    return any(is_unpaid(each) for each in draws) and not any(each.state == "drawn" for each in draws)


async def mandate_of(uow: UnitOfWork, household: str) -> Mandate | None:
    """Return what a household's invoices are drawn by, None where autopay is off (PAY-8)."""
    found = await uow.records(Mandate).select(household=household, state="on")
    return found[0] if found else None
