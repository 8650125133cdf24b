"""Staff correct the dates of a payment, which decide whether it was on time (PAY-12)."""

from __future__ import annotations

from datetime import date

from bulkhead.kernel.corrections import reason_of
from bulkhead.persistence.ports import UnitOfWork
from payments.application.corrections import Asked, is_done_now, record_correction
from payments.application.find_payment import find_payment
from payments.application.ports import Parameters
from payments.domain.corrections import Correction, Redating
from payments.domain.payments import Payment
from payments.domain.redating import opposite_of, redate, redated_event, redating_of
from payments.domain.settlements import WaitingShare


async def redate_payment(
    uow: UnitOfWork,
    payment: str,
    *,
    received_on: date,
    postmarked_on: date | None,
    asked: Asked,
    parameters: Parameters,
) -> Correction:
    """Correct the dates of a payment, or ask that a second person approve it; return the correction (OPS-5, PAY-12).

    Raises `NotFound`, `CorrectionWaits`, `WentBack`, `MovedAway`, and `InvalidValue` naming the field.
    """
    found = await find_payment(uow, payment)
    redating = redating_of(found, received_on=received_on, postmarked_on=postmarked_on, today=uow.today)
    return await make_redating(
        uow, redating, asked, cents=found.kept_cents, reverses=None, parameters=parameters
    )


async def redate_back(
    uow: UnitOfWork, first: Correction, redating: Redating, asked: Asked, *, parameters: Parameters
) -> Correction:
    """Give a payment the dates back that it had before a correction, or ask for it; return that correction.

    Raises `WentBack`, `MovedAway`, and `ChangedSince` where they were corrected again since.
    """
    return await make_redating(
        uow,
        opposite_of(redating),
        asked,
        cents=first.cents,
        reverses=first.correction,
        parameters=parameters,
    )


async def make_redating(
    uow: UnitOfWork,
    redating: Redating,
    asked: Asked,
    *,
    cents: int,
    reverses: str | None,
    parameters: Parameters,
) -> Correction:
    """Record a correction of a payment's dates and do it, or see that it could be done; return it."""
    redate(await find_payment(uow, redating.payment), redating)
    correction = await record_correction(
        uow,
        asked,
        kind="redate-payment",
        cents=cents,
        redates=redating,
        reverses=reverses,
        parameters=parameters,
    )
    if is_done_now(correction, asked):
        await apply_redating(uow, correction, redating)
    return correction


async def apply_redating(uow: UnitOfWork, correction: Correction, redating: Redating) -> None:
    """Give a payment its dates, and what of it waits the age that it has by them; say so (PAY-9, PAY-12)."""
    after = redate(await find_payment(uow, redating.payment), redating)
    await uow.records(Payment).put([after])
    await uow.records(WaitingShare).update({"received_on": after.received_on}, payment=after.payment)
    uow.emit(
        redated_event(redating, correction, on=uow.today),
        household=after.household,
        reasons=(reason_of(correction),),
    )
