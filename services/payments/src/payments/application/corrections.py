"""What corrections of every kind have in common: they are asked for, recorded and found (OPS-5)."""

from __future__ import annotations

from typing import TypeAlias

from bulkhead.kernel import corrections
from bulkhead.kernel.corrections import require_none_waits, takes_two
from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from payments.application.ports import Parameters
from payments.domain.corrections import Correction, CorrectionKind, Move, Redating
from payments.domain.events import WrongBecause

Asked: TypeAlias = corrections.Asked[WrongBecause]
"""Who asks for a correction of payments, and why."""


async def find_correction(uow: UnitOfWork, correction: str) -> Correction:
    """Return a correction; raises `NotFound`."""
    found = await uow.records(Correction).get(correction=correction)
    if found is None:
        raise NotFound("there is no such correction")
    return found


async def record_correction(
    uow: UnitOfWork,
    asked: Asked,
    *,
    kind: CorrectionKind,
    cents: int,
    parameters: Parameters,
    moves: tuple[Move, ...] = (),
    redates: Redating | None = None,
    reverses: str | None = None,
) -> Correction:
    """Keep a correction as asked for where it takes a second person, else as applied, which is then to be done; return
    it (OPS-5). Raises `CorrectionWaits` where one of the kind and of the same payment waits.
    """
    in_force = parameters.as_of(uow.today)
    by_two = takes_two(
        kind,
        cents,
        alone_cents=in_force.correction_alone_cents,
        kinds_by_two=in_force.correction_kinds_by_two,
    )
    correction = Correction(
        correction=asked.correction,
        kind=kind,
        state="requested" if by_two else "applied",
        because=asked.because,
        note=asked.note,
        cents=cents,
        moves=moves,
        redates=redates,
        by_two=by_two,
        asked_at=uow.now,
        asked_by=asked.operator,
        reverses=reverses,
    )
    waiting = await uow.records(Correction).select(state="requested")
    require_none_waits(each for each in waiting if each.kind == kind and each.payments & correction.payments)
    await uow.records(Correction).add([correction])
    return correction


def is_done_now(correction: Correction, asked: Asked) -> bool:
    """Whether a correction is to be done at once: nobody else must approve it, or what it would do is to be shown."""
    return correction.state == "applied" or asked.preview
