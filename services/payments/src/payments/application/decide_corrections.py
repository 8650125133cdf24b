"""A second person approves or declines a correction, and anybody of staff takes one back by another (OPS-5)."""

from __future__ import annotations

from bulkhead.kernel.corrections import CorrectionStep, require_another, step
from bulkhead.persistence.corrections import find_correction, note_reversed
from bulkhead.persistence.ports import UnitOfWork
from payments.application.corrections import Asked, is_done_now
from payments.application.move_payments import apply_moves, move_back
from payments.application.ports import Parameters
from payments.application.redate_payments import apply_redating, redate_back
from payments.domain.corrections import Correction


async def decide_correction(
    uow: UnitOfWork, correction: str, what: CorrectionStep, *, operator: str
) -> Correction:
    """Approve a correction that was asked for, which does it, or decline it; return it (OPS-5).

    Raises `NotFound`, `CorrectionNotOpen`, `SecondPersonNeeded`, and what asking for it raises where it cannot be done
    any more.
    """
    found = await find_correction(uow, Correction, correction)
    decided = step(found, what, by=operator, now=uow.now)
    if decided.state == "applied":
        require_another(found, by=operator)
        if decided.redates is None:
            await apply_moves(uow, decided)
        else:
            await apply_redating(uow, decided, decided.redates)
        await note_reversed(uow, decided)
    await uow.records(Correction).put([decided])
    return decided


async def reverse_correction(
    uow: UnitOfWork, correction: str, asked: Asked, *, parameters: Parameters
) -> Correction:
    """Take a correction back by another, or ask that a second person approve that; return that other (OPS-5).

    Raises `NotFound`, `CorrectionNotOpen`, and what doing the opposite raises: `WentBack`, `MovedAway`, `ChangedSince`.
    """
    first = await find_correction(uow, Correction, correction)
    step(first, "reverse", by=asked.operator, now=uow.now)
    if first.redates is None:
        made = await move_back(uow, first, asked, parameters=parameters)
    else:
        made = await redate_back(uow, first, first.redates, asked, parameters=parameters)
    if is_done_now(made, asked):
        await note_reversed(uow, made)
    return made
